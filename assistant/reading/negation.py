"""What a turn does not want: negation cues and how far each reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.reading.text import Text, listed
from assistant.reading.words import FILLERS, PADDING

_TAIL = (
    r"(?: (?:any|anything|a|an|the|too|it|them|to|be|in|with|those|that|made|of|by|from|so|very|thats|have|having"
    r"|ones?))*"
)
_CUES = listed(
    r"""
    (?:anything|everything|all|any (?:brand|make|color|one|kind)) (?:but|except|bar|other than|apart from)
        (?: for)?(?: the)?
    nothing@tail
    no(?: more)?@tail
    not@tail
    without@tail
    sans
    minus(?: the)?
    (?:except|excluding|exclude|avoid|avoiding)(?: for)?(?: the| any)?
    (?:steer|stay|keep) (?:well )?(?:clear|away) (?:of|from)(?: the)?
    (?:hate|hates|detest|loathe|cant stand|cant have|cant wear|cant eat|cant do|cant abide)(?: the)?@tail
    (?:dont|do not|doesnt|does not|didnt|wouldnt|would not|never)(?: really| actually)? (?:want|
        wants|like|likes|wear|wears|eat|eats|fancy)@tail
    (?:im |shes |hes |is )?allergic to
    (?:other than|apart from|rather than|instead of|leave out|rule out|keep out)(?: the)?
    (?:isnt|arent|is not|are not|aint|doesnt|does not|dont|do not|wont|will not|cant|shouldnt|should not|
        mustnt|must not|wouldnt|never)(?: (?:feel|look|get|make|come|contain|contains|include|use|require|
        involve|need))?@tail
""",
    tail=_TAIL,
)
_HARMLESS = listed(r"""
    no (?:idea|rush|hurry|problem|problems|prob|probs|worries|worry|thanks|thank you|preference|
        preferences|wait|sorry|way|clue|one|doubt|matter|biggie|offence|pressure|kidding|but|actually|
        nonsense|fuss|longer)
    not (?:fussed|bothered|picky|fussy|sure|only|just|bad|yet|necessarily|certain|quite|gonna lie|
        long|to worry|much|a lot)
    not without(?: a| an| the| any)?
    (?:cant|wont|couldnt|dont|not) (?:do|be|live|go|manage|leave)?(?: \w+)? ?without(?: a| an| the)?
    (?:dont|do not|doesnt) (?:know|care|have|think|see|worry|remember|understand|get me wrong|suppose|
        you|we|they|hesitate)
    (?:cant|couldnt|wont|didnt|havent|hasnt|wasnt|werent|wouldnt) (?:decide|find|believe|wait|remember|
        see|get|tell|say|think|go wrong|help|mind)
    why not
    if not
    or not
    not (?:a )?(?:bad|fan of mine)
    wont you
    (?:dont|doesnt) you
    isnt (?:it|there)
""")
_STOP = frozenset(
    "but though although just only because as so please then else cheers thanks if "
    "while when since preferably ideally max maximum budget".split()
)
_FRESH_START = frozenset("with in for make show must has have needs i im it something also ideally definitely".split())
_SPLIT = frozenset("or and nor / & and/or".split())
_MARKS = frozenset(",.!?;:()")


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Negated phrases as token ranges, all tokens that take part, and the cues that turned out to say nothing."""

    items: tuple[range, ...] = ()
    used: frozenset[int] = frozenset()


def find(text: Text, skip: frozenset[int]) -> Unwanted:
    """What the turn negates; tokens in `skip` (prices, references, corrections) end a scope and are never part of one."""
    harmless = frozenset(at for span in text.find(_HARMLESS) for at in span)
    items: list[range] = []
    used: set[int] = set(harmless)
    cues = [cue for cue in text.find(_CUES) if not (set(cue) & (harmless | skip)) and not _is_answer(text, cue)]
    starts = frozenset(cue.start for cue in cues)
    for cue in cues:
        body = _scope(text.words, cue.stop, skip | starts | harmless)
        used.update(cue, body)
        items += [item for item in (_trim(text.words, part) for part in _parts(text.words, body)) if item]
    return Unwanted(tuple(items), frozenset(used))


def _is_answer(text: Text, cue: range) -> bool:
    """ "no, ..." answers; "eww no" exclaims."""
    following = text.words[cue.stop] if cue.stop < len(text.words) else "."
    return len(cue) == 1 and text.words[cue.start] in ("no", "not") and following in _MARKS


def _scope(words: Sequence[str], start: int, stops: frozenset[int]) -> range:
    end = start
    while end < len(words) and end not in stops and not _ends(words, end):
        end += 1
    return range(start, end)


def _ends(words: Sequence[str], at: int) -> bool:
    if words[at] in _MARKS or words[at] in _STOP or not any(c.isalnum() for c in words[at]) and words[at] not in _SPLIT:
        return True
    following = words[at + 1] if at + 1 < len(words) else ""
    return words[at] in ("and", "with") and (words[at] == "with" or following in _FRESH_START)


def _parts(words: Sequence[str], body: range) -> list[range]:
    parts, start = [], body.start
    for at in body:
        if words[at] in _SPLIT:
            parts.append(range(start, at))
            start = at + 1
    return [*parts, range(start, body.stop)]


def _trim(words: Sequence[str], part: range) -> range:
    """The phrase without fillers at its ends."""
    start, end = part.start, part.stop
    while start < end and words[start] in FILLERS:
        start += 1
    while start < end and (words[end - 1] in FILLERS or words[end - 1] in PADDING):
        end -= 1
    return range(start, end)
