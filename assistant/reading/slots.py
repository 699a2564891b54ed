"""What a turn wants: the kind of thing, wanted properties and brands, from the words that nothing else has used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.reading.text import Text, listed
from assistant.reading.words import (
    AUDIENCES,
    COLORS,
    DISLIKES,
    EDGE_WORDS,
    FILLERS,
    KIN,
    LIKES,
    MATERIALS,
    MODIFIER_BEGINNINGS,
    MODIFIER_ENDINGS,
    MODIFIERS,
    STORY_SUBJECTS,
)
from assistant.vocabulary import LONGEST_PHRASE, Vocabulary

_WANT = listed(r"""
    needs?(?: (?:to be|to have|it to be|one|some))?
    wants?(?: (?:to (?:buy|get|see|have)|it to be|to))?
    wanting
    (?:looking|look|searching|search|hunting|shopping|browsing)(?: (?:for|at|to (?:buy|get)))?
    after
    (?:would|id|wed) (?:like|love|prefer)(?: to (?:see|buy|get|have))?
    prefers?(?:ably)?
    (?:show|find|get|give|bring|send)(?: (?:me|us))
    make (?:it|them|that)
    (?:has|have|got|needs?) to(?: (?:be|have|come|fit|come with))?
    must(?: (?:be|have))?
    should(?: (?:be|have))?
    (?:ive|weve|you|shes|hes|i) (?:got|have)
    i(?:ve)? (?:a|an)
    do you (?:have|sell|stock|carry|do|got)
    have you(?: got)?
    got(?: any)?
    any(?:thing)?
    (?:is|are) there
    (?:can|could|may) (?:i|we|you) (?:get|see|have|buy|show|find|do)
    lets (?:see|try|go|do|have)
    (?:how|what) about
    loves?
    (?:is|are|really|into) into
    into
    likes?
    enjoys?
    in the market for
    interested in
    comes? (?:in|with|from)
    wears?
    uses?
    plays?
    something
    ones?
    perfect for
    suitable for
    it is
    rather(?: (?:have|get|go for|see))?
    fits
    fit (?=a|my|the|in|on|into)
    works? (?:with|for|on)
    for
    copes? with
    made (?:of|from|in|with|by)
    does
    who does
    what have you
""")
_STATES = listed(r"""
    (?:will|would) be(?! (?:nice|good|great|ideal|perfect|lovely|cool|best|awesome|preferred|handy|
        useful|better|fine|amazing))
    (?:is|are|was|were) (?!there|it)\S+
    coming
    has been
    have been
    broke
    died
    says
    said
    starts?
    told me
    texted
    thinks?
    looks?
    lets be honest
    changed my mind
""")
_CONNECTORS = frozenset(
    "and but with for in that which from by who plus so because if as made having via on also ones one then than whose "
    "including like is are where when while to of at into".split()
)
_MARKS = frozenset('.!?;,:()-/+*|"<>=#$£€%~@[]{}\\^_')
_TURNS = frozenset("so because but although though whereas".split())
_SHADES = frozenset("light dark pale bright deep rose navy baby hot off sky royal forest matte matt".split())
_AFTER_WHICH_A_THING = frozenset("for my fit fits with on to of compatible size in into at iphone do a the an".split())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Token ranges: the head noun phrase (if the first thing said looks like one), properties, and brands."""

    phrases: tuple[range, ...] = ()
    brands: tuple[range, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """The first phrase of a search, taken apart: the kind of thing, and what stands around it."""

    query: range
    modifiers: tuple[range, ...]


def find(
    text: Text, skip: frozenset[int], measures: Sequence[range], vocabulary: Vocabulary, names: frozenset[str]
) -> Wanted:
    """Collects phrases and brands from the tokens not in `skip`.

    `names` are words known to be brands on the screen (first words of titles), in normal form.
    """
    brands = _brands(text, skip, vocabulary, names)
    taken = skip | frozenset(at for span in brands for at in span)
    found: list[range] = []
    wants, states = text.find(_WANT), text.find(_STATES)
    for clause in _clauses(text.words):
        cues = [cue for cue in wants if cue.start in clause and taken.isdisjoint(cue)]
        told = _is_story(text, clause, states)
        found += _clause_phrases(text, clause, taken, measures, cues, told)
    return Wanted(tuple(found), brands)


def split_head(text: Text, phrase: range, vocabulary: Vocabulary) -> Head:
    """Takes a noun phrase apart: a kind the shop knows, else its last words without known modifiers."""
    kind = _known_kind(text, phrase, vocabulary)
    if kind is None:
        start, end = phrase.start, phrase.stop
        while end - start > 1 and _is_modifier(text.words[start], vocabulary):
            start += 1
        while end - start > 1 and text.words[end - 1] in MODIFIERS:
            end -= 1
        if end - start > 3:
            start = end - 2
        kind = range(start, end)
    rest = (range(phrase.start, kind.start), range(kind.stop, phrase.stop))
    return Head(kind, tuple(part for side in rest for part in _modifier_parts(text, side, vocabulary)))


def is_modifier(text: Text, phrase: range, vocabulary: Vocabulary) -> bool:
    """Whether a phrase is made of properties only, so that it names no kind of thing."""
    whole = text.slice(phrase.start, phrase.stop - 1)
    if vocabulary.is_value(whole) and not vocabulary.is_kind(whole):
        return True
    return all(_is_modifier(text.words[at], vocabulary) or text.words[at] in ("or", "and") for at in phrase)


def has_kind(text: Text, phrase: range, vocabulary: Vocabulary) -> bool:
    """Whether a kind of goods that the shop has is named in the phrase."""
    return _known_kind(text, phrase, vocabulary) is not None


def is_brand(text: Text, phrase: range, vocabulary: Vocabulary, names: frozenset[str]) -> bool:
    """Whether a phrase names a brand: one of the shop's, one on the screen, or a name by its capital."""
    if _names_brand(text, phrase.start, phrase.stop, vocabulary) or text.words[phrase.start] in names:
        return True
    return _looks_like_name(text, phrase.start, names) and len(phrase) <= LONGEST_PHRASE


def _clauses(words: Sequence[str]) -> list[range]:
    """Stretches between commas, full stops and the like."""
    clauses, start = [], 0
    for at, word in enumerate([*words, "."]):
        if word in _TURNS or (word in _MARKS and word not in ("/", "-", "+")) or not any(c.isalnum() for c in word):
            if at > start:
                clauses.append(range(start, at))
            start = at + 1
    return clauses


def _clause_phrases(
    text: Text, clause: range, taken: frozenset[int], measures: Sequence[range], cues: Sequence[range], told: bool
) -> list[range]:
    """The phrases of a clause; of one that is `told` only what comes after its first word of wanting."""
    words = text.words
    start = clause.start
    if told:
        if not cues:
            return []
        start = cues[0].start
    separators = frozenset(at for cue in cues for at in cue) - frozenset(at for span in measures for at in span)
    found: list[range] = []
    run: list[int] = []
    whole = {at: span for span in measures for at in span}
    for at in range(start, clause.stop + 1):
        ends = at == clause.stop or at in taken or at in separators or (words[at] in _CONNECTORS and at not in whole)
        if not ends:
            run.append(at)
            continue
        found += _split_run(words, run, measures, joined=bool(found) or clause.start > 0)
        run = []
    return found


def _split_run(words: Sequence[str], run: Sequence[int], measures: Sequence[range], joined: bool = False) -> list[range]:
    """A run of words as phrases, trimmed of fillers.

    A measure stands alone ("8 inch" of "8 inch chefs knife"), but not after the head ("for an 80l tank": `joined`).
    """
    if not run:
        return []
    for span in measures:
        if span.start in run and len(run) > len(span):
            if joined and span.start == run[0] and len(run) <= len(span) + 2:
                break
            left = [at for at in run if at < span.start]
            right = [at for at in run if at >= span.stop]
            return [*_split_run(words, left, ()), span, *_split_run(words, right, measures)]
    start, end = run[0], run[-1] + 1
    if any(span.start <= start < span.stop for span in measures):
        return [range(start, end)]
    while start < end and _is_filler(words[start]):
        start += 1
    while start < end and _is_filler(words[end - 1]):
        end -= 1
    words_left = words[start:end]
    return [range(start, end)] if any(word not in DISLIKES for word in words_left) else []


def _is_filler(word: str) -> bool:
    return word in FILLERS or word in KIN or word in LIKES or word in EDGE_WORDS or not word.strip("'-")


def _is_story(text: Text, clause: range, states: Sequence[range]) -> bool:
    """Whether a clause tells something rather than asks: it starts with a person, or states a fact."""
    first = [text.words[at] for at in clause[:3]]
    led = any(word in STORY_SUBJECTS for word in first[:2]) or (first[:1] == ["my"] and len(first) > 1)
    return led or any(span.start in clause and span.start > clause.start for span in states)


def _brands(text: Text, skip: frozenset[int], vocabulary: Vocabulary, names: frozenset[str]) -> tuple[range, ...]:
    found: list[range] = []
    at = 0
    while at < len(text.tokens):
        span = None if at in skip else _brand_at(text, at, skip, vocabulary, names)
        if span:
            found.append(span)
        at = span.stop if span else at + 1
    return tuple(found)


def _brand_at(text: Text, at: int, skip: frozenset[int], vocabulary: Vocabulary, names: frozenset[str]) -> range | None:
    for length in range(LONGEST_PHRASE, 0, -1):
        end = at + length
        if end <= len(text.tokens) and not (set(range(at, end)) & skip) and _names_brand(text, at, end, vocabulary):
            return range(at, end)
    if not _looks_like_name(text, at, names):
        return None
    end = at + 1
    while end < len(text.tokens) and end not in skip and _is_capital(text, end):
        end += 1
    return range(at, end)


def _names_brand(text: Text, start: int, end: int, vocabulary: Vocabulary) -> bool:
    if any(text.tokens[at].is_mark and text.tokens[at].raw != "&" for at in range(start, end)):
        return False
    if end - start == 1 and (_is_filler(text.words[start]) or text.words[start] in MODIFIERS):
        return False
    return bool(vocabulary.brands) and vocabulary.brand(text.slice(start, end - 1)) is not None


def _looks_like_name(text: Text, at: int, names: frozenset[str]) -> bool:
    """A capital within a sentence, unless what stands before says that it is a device, a place or an owner."""
    word, before = text.words[at], text.words[at - 1] if at else "."
    if _is_filler(word) or word in MODIFIERS:
        return False
    if word in names and before in ("not", "no", "by", "from", "or", "any", "only", "and", "just", "some", "more"):
        return True
    opens = before in (".", "!", "?", ":", ";") and word not in names
    return _is_capital(text, at) and not opens and before not in _AFTER_WHICH_A_THING


def _is_capital(text: Text, at: int) -> bool:
    raw = text.tokens[at].raw
    shouted = text.source.isupper()
    return raw[0].isupper() and not shouted and not (raw.isupper() and len(raw) <= 4) and text.words[at] not in FILLERS


def _known_kind(text: Text, phrase: range, vocabulary: Vocabulary) -> range | None:
    """The longest stretch, the later of equals, that the shop has as a category."""
    for length in range(min(LONGEST_PHRASE, len(phrase)), 0, -1):
        for start in range(phrase.stop - length, phrase.start - 1, -1):
            if vocabulary.is_kind(text.slice(start, start + length - 1)):
                return range(start, start + length)
    return None


def _is_modifier(word: str, vocabulary: Vocabulary) -> bool:
    if vocabulary.is_kind(word):
        return False
    shaped = len(word) > 5 and (word.endswith(MODIFIER_ENDINGS) or word.startswith(MODIFIER_BEGINNINGS))
    return word in MODIFIERS or word in _SHADES or shaped or vocabulary.is_value(word) or word[0].isdigit()


def _modifier_parts(text: Text, side: range, vocabulary: Vocabulary) -> list[range]:
    """Modifiers one by one, but a shade with its colour, a value the shop knows, and unknown words stay together."""
    if not side:
        return []
    if vocabulary.is_value(text.slice(side.start, side.stop - 1)) or "or" in text.words[side.start : side.stop]:
        return [side]
    parts: list[range] = []
    for at in side:
        word = text.words[at]
        known = word in MODIFIERS or _is_modifier(word, vocabulary)
        before = text.words[at - 1]
        shade = parts and (
            (word in COLORS and before in _SHADES) or (word in MATERIALS and before not in COLORS | AUDIENCES)
        )
        unknown = parts and not known and not _is_modifier(text.words[at - 1], vocabulary)
        if parts and (shade or unknown):
            parts[-1] = range(parts[-1].start, at + 1)
        elif word not in EDGE_WORDS:
            parts.append(range(at, at + 1))
    return parts
