"""What a shopper states of themselves that lasts: "I'm vegan", "I'm allergic to wool", "I wear size 9". Rules, no model.

Precise rather than greedy: what is wanted of this search ("I need size 9 boots"), what is asked ("am I vegan?"), and what
points at something on the screen ("I can't stand the first one") is no lasting preference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.preferences import Preference

_I_AM = r"(?:i'?m|i am|we'?re|we are)"
_HOW = r"(?:(?:really|very|quite|rather|pretty|highly|badly|severely|extremely|a bit|also|always|so) )*"
_THINGS = (
    r"(?:(?:anything|things|clothes|products|stuff) (?:(?:made )?(?:of|from|with|out of)|containing|that"
    r" contains?) )?"
)
_START = (
    r"(?:(?<=^)|(?<=[.,;:!?\n] )|(?<=\band )|(?<=\bbut )|(?<=\bso )|(?<=\bsince )|(?<=\bbecause )|(?<=\bas )|(?<=\bthat"
    r" ))"
)
_LEAD = r"(?:(?:well|also|oh|ok|okay|hi|hey|hello|btw|by the way|fyi|note|remember|just so you know|please note),? )*"
_ENDS = (
    r"(?=\s*(?:$|[.,;:!)\n]|(?:and|but|so|since|because|though|too|now|myself|btw|please|thanks|looking|who|which|by"
    r"|i)\b))"
)
# The list of things follows the match.
_NEVER = re.compile(
    rf"{_START}{_LEAD}(?P<said>{_I_AM} {_HOW}(?:allergic|intolerant|sensitive) to"
    r"|i never (?:ever )?(?:wear|buy|use|eat|drink|touch)"
    r"|i (?:(?:really|just|absolutely|simply) )?(?:can't|cant|cannot|can not) (?:wear|eat|drink|have)"
    rf"|i (?:don'?t|do not|won'?t) (?:ever )?(?:wear|eat|drink)) {_THINGS}"
)
# What is said so may be about anything in the world.
_DETESTED = re.compile(
    rf"{_START}{_LEAD}(?P<said>i (?:(?:really|just|absolutely|simply) )?"
    r"(?:(?:can't|cant|cannot|can not) (?:stand|bear|abide|tolerate)|hate|detest|loathe|avoid)) "
    rf"{_THINGS}(?:(?:the )?(?:smell|scent|taste|feel|sound|look) of )?"
)
_ALWAYS = re.compile(
    rf"{_START}{_LEAD}(?P<said>i (?:always|only|only ever|exclusively) (?:buy|wear|use|eat|drink|choose|go for))"
    rf" {_THINGS}"
)
_REMEMBERED = re.compile(
    r"(?:^|[.,;!?] ?|\b(?:please|and) )(?:remember|note|keep in mind|bear in mind|don'?t forget)(?: that)? "
    r"(?P<said>i (?:(?:really|always|generally|usually) )*(?:like|love|prefer|want)) "
)
_LISTS = ((_NEVER, False), (_DETESTED, False), (_ALWAYS, True), (_REMEMBERED, True))

_DIETS = {"coeliac": "gluten-free", "celiac": "gluten-free", "left handed": "left-handed", "plus size": "plus-size"}
_TRAIT = re.compile(
    rf"{_START}{_LEAD}(?P<said>{_I_AM} (?:an? )?(?:(?:strict|strictly|committed|lifelong|practising|also|still) )*"
    r"(?P<what>vegan|vegetarian|pescatarian|coeliac|celiac|left[- ]handed|petite|plus[- ]size"
    r"|(?:gluten|dairy|sugar|meat|wheat|grain|soy|nut|lactose|alcohol)-free))" + _ENDS
)
_DIET = re.compile(
    rf"{_START}{_LEAD}(?P<said>(?:i eat|i keep|i follow|i only eat|{_I_AM} on) (?:an? )?(?:strictly )?(?:"
    r"(?P<what>halal|kosher|vegan|vegetarian|plant-based)|(?P<diet>[a-z]{2,20}(?:-[a-z]{2,20})?)(?= diet))(?: diet)?)"
    + _ENDS
)
_ALLERGY = re.compile(
    rf"{_START}{_LEAD}(?P<said>(?:i have|i'?ve got|i got) (?:an? )?(?:(?:severe|bad|strong|mild) )?"
    rf"(?P<what>[a-z]{{2,20}}(?: [a-z]{{2,20}})?) (?:allergy|intolerance)|{_I_AM} (?P<short>[a-z]{{2,20}})[- ]intolerant)"
    + _ENDS
)
_REACTION = re.compile(
    rf"{_START}{_LEAD}(?P<said>(?P<what>[a-z]{{2,20}}) (?:always )?(?:makes me (?:itch|itchy|sneeze|ill|sick|feel sick)"
    r"|gives me (?:a rash|rashes|hives|headaches|a headache|migraines)|irritates my skin))" + _ENDS
)
_SIZES = r"(?P<what>(?:(?:uk|us|eu) )?\d{1,2}(?:\.\d)?|xx?s|x{0,3}l|[sm]|small|medium|large|extra (?:small|large))"
_SIZE = re.compile(
    rf"{_START}{_LEAD}(?P<said>(?:i (?:(?:always|usually|normally) )?(?:wear|take) (?:an? )?(?:shoe )?size"
    rf"|i (?:(?:always|usually|normally) )?wear an?|{_I_AM} (?:an? )?(?:shoe )?size|my (?:\w+ )?size is(?: an?)?(?:"
    rf" size)?)"
    rf" {_SIZES})" + _ENDS
)
_BODY = r"(?P<part>feet|foot|hands|calves|skin|hair|scalp|nails|teeth|gums|eyes)"
_SHAPE = (
    r"(?P<what>wide|narrow|broad|flat|small|large|sensitive|dry|oily|greasy|curly|wavy|straight|fine|thick|thin"
    r"|frizzy|coarse)"
)
_BODIES = tuple(
    re.compile(_START + _LEAD + pattern + _ENDS)
    for pattern in (
        rf"(?P<said>my {_BODY} (?:is|are) {_HOW}{_SHAPE})",
        rf"(?P<said>(?:i have|i'?ve got|i got) {_HOW}{_SHAPE} {_BODY})",
    )
)
_PLACES = {"feet": "fit", "foot": "fit"}
_SHORT = {"s": "small", "m": "medium", "l": "large"}

_PERSONS = {"i'm": "you are", "im": "you are", "i've": "you have", "ive": "you have", "i": "you", "my": "your", "me": "you",
            "we're": "you are", "we": "you", "am": "are", "myself": "yourself"}  # fmt: skip
_TOKEN = re.compile(r"[\w'-]+|[^\w\s]")
_ITEM_WORD = re.compile(r"(?=.{2,24}$)[^\W\d_]+(?:['-][^\W\d_]+)*")
_AND = frozenset({"and", "or", "nor", "&"})
_CLOSERS = frozenset(
    "so but since because please thanks though too ever now either which who by anymore btw as cause cos . ! ; : )".split()
)
# Words that no name of a thing has: with one of them it is about the screen, this search, or something else.
_NO_NAME = frozenset(
    "i me my mine you your he she they we it its this that these those the a an any anything something everything one ones "
    "them him her us first second third fourth last other another both all to for of in on at with under over from into "
    "about than around below above between need want show find look looking search get give buy like love would can could "
    "will should is are was were be been do does did have has had what when where while if how why whether not no some more "
    "less much many here there then just really very cheap cheaper cheapest waiting shopping asking paying being having "
    "going tell see try recommend compare add remove after before up off out via per each until unless people bots "
    "yourself myself spam ads chatbots prefer only always never something's paid it's that's i'm i'd i'll i've".split()
)
_MOST_WORDS = 3
_FILLER = re.compile(
    r"(?:\b(?:and|but|so|also|too|well|oh|ok|okay|hi|hey|hello|btw|by the way|fyi|note|remember|please|thanks|thank you|"
    r"just so you know|keep in mind|bear in mind|don'?t forget|since|because|as|that|though|by|now|myself|for the record|"
    r"at all|ever|either)\b|[\s.,;:!?)(-])+"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a message states that lasts, in the words to confirm it with, and what else the message says.

    `detested` are those of the values that "I hate …" was said of, which need be nothing that a shop sells.
    """

    told: tuple[Preference, ...]
    said: str
    rest: str
    detested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Stated:
    told: tuple[Preference, ...]
    said: str
    start: int
    stop: int


def stated_in(text: str) -> Statement | None:
    """The lasting preferences that a message states, or None."""
    plain = _plain(text)
    found: list[_Stated] = []
    for stated in sorted(_all_stated(plain), key=lambda one: one.start):
        if not _is_asked(plain, stated.stop) and all(stated.start >= other.stop for other in found):
            found.append(stated)
    if not found:
        return None
    told = {preference.value: preference for one in found for preference in one.told}
    rest, at = "", 0
    for one in found:
        rest, at = rest + text[at : one.start] + " ", one.stop
    said = " and ".join(one.said for one in found)
    detested = [p.value for match in _DETESTED.finditer(plain) for one in _listed(plain, match, False) for p in one.told]
    return Statement(tuple(told.values()), said, _tidy(rest + text[at:]), tuple(detested))


def second_person(said: str) -> str:
    """ "I'm allergic to wool" as it is said back: "you are allergic to wool"."""
    return " ".join(_PERSONS.get(word, word) for word in said.split())


def _plain(text: str) -> str:
    """Lower case with straight apostrophes and single blanks, each character in its place."""
    lowered = "".join(character.lower() if len(character.lower()) == 1 else character for character in text)
    return re.sub(r"[\s]", " ", lowered.replace("\u2019", "'"))


def _tidy(rest: str) -> str:
    lead = _FILLER.match(rest)
    kept = rest[lead.end() :] if lead else rest
    if not _FILLER.sub("", kept):
        return ""
    kept = re.sub(r"^of [^.,;!?]*|(?<=[.,;!?])(?:\s*[.,;])+", "", kept)  # "because of my heart", "a coat. ."
    return re.sub(r"\s+", " ", kept).strip(" ,;:")


def _is_asked(plain: str, at: int) -> bool:
    """Whether what was said is itself the question: "I'm vegan, right?" is none, "so what have you got?" comes after it."""
    rest = re.match(r"(?P<more>[^.,;!?]*)(?P<mark>[.,;!?]?)", plain[at:])
    if re.match(r",? (?:right|correct|yes|no|you know|isn't it)\?", plain[at:]):
        return True
    return rest is not None and rest["mark"] == "?" and re.match(r" (?:and|but|so)\b", rest["more"]) is None


def _all_stated(plain: str) -> Iterator[_Stated]:
    for pattern, wanted in _LISTS:
        for match in pattern.finditer(plain):
            yield from _listed(plain, match, wanted)
    for pattern, reader in _SINGLES:
        for match in pattern.finditer(plain):
            value, wanted = reader(match)
            if value:
                said = second_person(match["said"])
                yield _Stated((Preference(value, wanted, said),), said, match.start("said"), match.end())


def _listed(plain: str, match: re.Match[str], wanted: bool) -> Iterator[_Stated]:
    items = _items(plain, match.end())
    if not items:
        return
    lead = second_person(plain[match.start("said") : match.end()])
    told = tuple(Preference(value, wanted, f"{lead} {value}") for value, _ in items)
    stop = items[-1][1]
    yield _Stated(told, second_person(plain[match.start("said") : stop]), match.start("said"), stop)


def _items(plain: str, at: int) -> list[tuple[str, int]]:
    """The names in a list ("wool, nuts and dust") and where each ends; commas make a list only if "and" ends it."""
    items: list[tuple[str, int]] = []
    sure, words, stop = 0, list[str](), at
    for token in _TOKEN.finditer(plain, at):
        word = token[0]
        if word == "," or word in _AND or word in _CLOSERS:
            if words:
                items.append((" ".join(words), stop))
                words = []
            if not items or word in _CLOSERS or (word in _AND and len(items) == sure):
                break
            sure = len(items) if word in _AND else max(sure, 1)
            continue
        if word in _NO_NAME or not _ITEM_WORD.fullmatch(word) or len(words) == _MOST_WORDS:
            return items[:sure]
        words.append(word)
        stop = token.end()
    else:
        if words:
            items.append((" ".join(words), stop))
    return [item for item in _closed(plain, items, sure) if not item[0].endswith("ing") or " " in item[0]]


def _closed(plain: str, items: list[tuple[str, int]], sure: int) -> list[tuple[str, int]]:
    """All of a list whose last item follows on an "and", else the first alone."""
    if len(items) < 2:
        return items
    joined = re.search(r"(?:\b(?:and|or|nor)|&) *$", plain[: items[-1][1] - len(items[-1][0])])
    return items if joined else items[: max(sure, 1)]


def _trait(match: re.Match[str]) -> tuple[str, bool]:
    what = match["what"]
    return _DIETS.get(what, what), True


def _diet(match: re.Match[str]) -> tuple[str, bool]:
    return match["what"] or match["diet"] or "", True


def _allergy(match: re.Match[str]) -> tuple[str, bool]:
    return match["what"] or match["short"] or "", False


def _reaction(match: re.Match[str]) -> tuple[str, bool]:
    return "" if match["what"] in _NO_NAME else match["what"], False


def _size(match: re.Match[str]) -> tuple[str, bool]:
    return f"size {_SHORT.get(match['what'], match['what'])}", True


def _body(match: re.Match[str]) -> tuple[str, bool]:
    return f"{match['what']} {_PLACES.get(match['part'], match['part'])}", True


_SINGLES = (
    (_SIZE, _size),
    (_TRAIT, _trait),
    (_DIET, _diet),
    (_ALLERGY, _allergy),
    (_REACTION, _reaction),
    *((pattern, _body) for pattern in _BODIES),
)
