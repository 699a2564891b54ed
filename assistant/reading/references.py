"""Which of the shown items a turn means: by place, by name, by price, or by pointing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from assistant.reading.numbers import number_at
from assistant.reading.text import Text, phrases
from assistant.reading.words import EDGE_WORDS, FILLERS
from assistant.types import Shown
from assistant.vocabulary import normal

_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
}  # fmt: skip
_COUNTS = {"two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4, "couple": 2, "few": 3}
_ORD = "(?:" + "|".join(_ORDINALS) + "|last|middle|top|bottom|final|final)"
_ITEM = r"(?:ones?|items?|options?|products?|pair|result|choice|in the list|on the list)"
_SECOND_UNIT = (
    r"(?! (?:thoughts?|hand|of all|time|hour|week|day|month|place|cheapest|dearest|priciest|most|least|last|to last))"
)

_GROUP = phrases(r"(?P<side>first|last|top|bottom|other|final) (?P<count>two|2|three|3|four|4|couple|few)")
_PLACE = phrases(
    r"(?P<ordinal>" + _ORD + r")(?! (?:two|2|three|3|four|4|couple|few)(?!\S))" + _SECOND_UNIT + rf"(?: {_ITEM})?"
)
_BEFORE_LAST = phrases(
    rf"(?:second (?:to )?|2nd (?:to )?|next to )last(?: {_ITEM})?", r"last but one", r"penultimate(?: one)?"
)
_NUMBERED = phrases(
    r"(?:# ?|(?:number|no|nr|item|option|choice|product) )(?P<number>\d{1,2}|one|two|three|four|five|six)(?: one)?"
)
_BARE = phrases(
    r"(?P<left>[1-9])(?: ?, ?(?P<middle>[1-9]))?(?: ?,)? (?:or|and|vs|versus|against|with|to|/|\+) (?:no |number |# ?)?"
    r"(?P<right>[1-9])(?! (?:years?|months?|players?|people|persons?|inch|cm|mm|kg|g|ml|l|m|ft|pm|am|days?|weeks?))"
)
_ALL = phrases(
    r"(?:all|any|none|either|each|both|every one|neither)(?: of)? (?:of )?(?:these|those|them|the (?:two|three|four|lot))",
    r"(?:these|those|the) (?:two|three|four|2|3|4)", r"both(?: of)?", r"all of (?:it|them)", r"the (?:lot|pair)",
    r"these(?: ones)?", r"which (?:one|of them|of those|of the lot)", r"either", r"all (?:three|four|five|2|3|4)",
    r"they all", r"them all", r"between (?:them|those)", r"neither",
)  # fmt: skip
_EXTREME = phrases(
    r"the (?:(?P<rank>second|2nd|third|3rd) )?"
    r"(?:(?P<low>cheapest|least expensive|cheaper|lowest priced?)|(?P<high>dearest|priciest|most expensive|"
    r"dearer|more expensive|pricier|expensive))(?: (?:of (?:the two|them|these|those)|one|option|pair))?"
)
_OTHER = phrases(r"(?:the|that) other(?: one)?")
_POINT = phrases(
    r"that(?: one)?",
    r"this(?: one)?",
    r"(?<!make )(?<!keep )it",
    r"its",
    r"those(?: ones)?",
    r"them",
    r"the same one",
    r"thats",
)
_NAMED = re.compile(
    r"(?<!\S)(?P<det>the|that|this|those|these|your) (?P<words>(?!(?:one|ones|same|other)(?!\S))[^\s.,!?;]+"
    r"(?: [^\s.,!?;]+){0,3}?) (?P<one>ones?)(?!\S)"
)
_PRICED = re.compile(
    r"(?<!\S)(?:the|that|this) [$£€]? ?(?P<price>\d+(?:[.,]\d+)?)(?: (?:dollars?|quid|bucks?|pounds?|euros?))? one(?!\S)"
)
_LED = re.compile(r"(?<!\S)(?:the|that|this) (?P<word>[^\s.,!?;]+)(?: ones?)?(?!\S)")
_POINTS_AT = phrases(r"(?:like|than|as|to|have|got|get|of|see|find) (?:that|this|it|those|them|these)(?: ones?)?")
_NEGATORS = ("minus ", "no ", "without ", "except ", "except for ", "nothing like ", "but ", "excluding ", "avoid ")
_WORD = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*")
_ASKS = (" please", " ta", " then", " it is", " ,", " .")
_LEAST_PRICE = 10
"""Smaller numbers are counts or places as a rule."""
_NEAR = 86.0
_NEAR_SHORT = 75.0


@dataclass(frozen=True, slots=True)
class References:
    """Positions meant, from 1 and in order of mention, and the tokens that name them. `strong`: more than an "it"."""

    positions: tuple[int, ...] = ()
    used: frozenset[int] = frozenset()
    strong: bool = False

    def __bool__(self) -> bool:
        """Whether anything is meant."""
        return bool(self.positions)


def evidence(text: Text, shown: Sequence[Shown]) -> dict[str, frozenset[int]]:
    """The positions that the turn's words point at, by the way of pointing: "place", "price", "name", "all"."""
    if not shown:
        return {}
    by_place = _merge(_numbered(text, shown), _groups(text, shown), _places(text, shown), _bare(text, shown))
    by_price = _merge(_priced(text, shown), _extremes(text, shown), _called_by_price(text, shown))
    found = {"place": by_place, "price": by_price, "name": by_title(text, shown), "all": _everything(text, shown)}
    return {way: frozenset(references.positions) for way, references in found.items()}


def find(text: Text, shown: Sequence[Shown], focus: int | None) -> References:
    """Resolves every mention of a shown item. `focus` is the position of the item last talked about."""
    if not shown:
        return References()
    strong = _merge(
        _numbered(text, shown), _groups(text, shown), _places(text, shown), _bare(text, shown), _priced(text, shown),
        _extremes(text, shown), _named_ones(text, shown), _named_first(text, shown),
    ) or _everything(text, shown)  # fmt: skip
    if strong:
        return References(strong.positions, strong.used, True)
    other = _others(text, shown, focus)
    return other or _pointed(text, shown, focus)


def means_all(text: Text) -> bool:
    """Whether "these", "them", "it" is said, rather than a position or a name."""
    return bool(_ALL.search(text.plain) or _POINT.search(text.plain))


def points_at(text: Text) -> bool:
    """Whether an "it" or a "that" stands for an item, not for the need ("like that one", but not "make it 100")."""
    return bool(_POINTS_AT.search(text.plain))


def by_title(text: Text, shown: Sequence[Shown], skip: frozenset[int] = frozenset()) -> References:
    """Items whose titles hold words of the turn that tell them apart from the others ("the Triban", "the jigsaw")."""
    titles = [_title_words(item.title) for item in shown]
    found: dict[int, float] = {}
    used: set[int] = set()
    for at, token in enumerate(text.tokens):
        hits = [] if at in skip or not _may_name(token.word) else _holders(token.word, titles)
        if hits and (len(hits) < len(titles) or len(titles) == 1):
            used.add(at)
            for position in hits:
                found[position] = found.get(position, 0.0) + 1.0 / len(hits)
    sure = [position for position, weight in found.items() if weight >= 1.0]
    best = max(found.values(), default=0.0)
    chosen = sure or [position for position, weight in found.items() if weight == best]
    return References(tuple(_unrivalled(chosen, found)), frozenset(used), bool(chosen))


def _unrivalled(chosen: Sequence[int], weights: dict[int, float]) -> list[int]:
    """Of items named by the same words, those that more words name: "the hot pink one" over the pink one."""
    return [place for place in chosen if weights[place] >= 0.5 * max(weights[other] for other in chosen)]


def _merge(*found: References) -> References:
    positions: dict[int, None] = {}
    used: frozenset[int] = frozenset()
    for references in found:
        if references and not (references.used and references.used <= used):
            positions.update(dict.fromkeys(references.positions))
            used |= references.used
    return References(tuple(positions), used)


def _at(span: range, positions: Sequence[int], shown: Sequence[Shown]) -> References:
    legal = tuple(position for position in positions if 1 <= position <= len(shown))
    return References(legal, frozenset(span)) if legal else References()


def _numbered(text: Text, shown: Sequence[Shown]) -> References:
    found = []
    for match in _NUMBERED.finditer(text.plain):
        number = number_at([match["number"]], 0)
        if number:
            found.append(_at(text.span(match), (int(number.value),), shown))
    found += [_at(text.span(match), (len(shown) - 1,), shown) for match in _BEFORE_LAST.finditer(text.plain)]
    return _merge(*found)


def _bare(text: Text, shown: Sequence[Shown]) -> References:
    """ "1 or 3", "compare 2 with 4", or nothing but "3"."""
    found = [
        _at(text.span(match), [int(place) for place in match.groups() if place], shown)
        for match in _BARE.finditer(text.plain)
        if all(int(place) <= len(shown) for place in match.groups() if place)
    ]
    alone = [word for token, word in zip(text.tokens, text.words, strict=True) if not token.is_mark]
    if len(alone) == 1 and alone[0].isdigit() and len(alone[0]) == 1:
        found.append(_at(range(len(text.words)), (int(alone[0]),), shown))
    return _merge(*found)


def _groups(text: Text, shown: Sequence[Shown]) -> References:
    found = []
    for match in _GROUP.finditer(text.plain):
        count = min(_COUNTS[match["count"]], len(shown))
        ends = range(1, count + 1) if match["side"] in ("first", "top") else range(len(shown) - count + 1, len(shown) + 1)
        found.append(_at(text.span(match), tuple(ends), shown))
    return _merge(*found)


def _places(text: Text, shown: Sequence[Shown]) -> References:
    found = []
    for match in _PLACE.finditer(text.plain):
        before = text.plain[: match.start()].split()[-2:]
        bare = match["ordinal"] in ("first", "last", "top", "bottom", "middle", "final")
        joined = text.plain[match.end() :].startswith((" or ", " and ")) or before[-1:] in (["or"], ["and"])
        asked = match.start() == 0 and text.plain[match.end() :].startswith(_ASKS)
        named = match[0].endswith(("one", "item", "option", "pair")) or "the" in before[-2:]
        if bare and not (joined or asked or named):
            continue  # "priciest first", "at the top", "last month"
        if match["ordinal"] == "last" and before[-1:] in (["second"], ["2nd"], ["to"]):
            continue  # read as one place
        if match["ordinal"] == "top" and "at" in before or _is_of_another_thing(text, match):
            continue
        found.append(_at(text.span(match), (_position(match["ordinal"], len(shown)),), shown))
    return _merge(*found)


def _is_of_another_thing(text: Text, match: re.Match[str]) -> bool:
    """ "last month", "the middle column": it is not an item that is first, last or in the middle."""
    stop = text.span(match).stop
    following = text.words[stop] if stop < len(text.words) else ""
    if match[0] in ("middle", "top", "bottom") and following.isalpha() and following not in FILLERS:
        return True
    return following in ("month", "week", "year", "night", "time", "thing", "order", "day", "days", "question")


def _position(ordinal: str, count: int) -> int:
    if ordinal in ("last", "bottom", "final"):
        return count
    if ordinal == "middle":
        return (count + 1) // 2
    return _ORDINALS.get(ordinal, 1)


def _priced(text: Text, shown: Sequence[Shown]) -> References:
    found = []
    for match in _PRICED.finditer(text.plain):
        digits = match["price"].replace(",", ".")
        near = [place for place, item in enumerate(shown, 1) if _costs(item.price, digits)]
        found.append(_at(text.span(match), near, shown))
    return _merge(*found)


def _called_by_price(text: Text, shown: Sequence[Shown]) -> References:
    """Amounts that are the price of one item alone: "the 69 quid one or the 82"."""
    found = []
    for at, word in enumerate(text.words):
        number = number_at(text.words, at)
        if number is None or number.value < _LEAST_PRICE:
            continue
        near = [place for place, item in enumerate(shown, 1) if _costs(item.price, str(number.value))]
        if len(near) == 1 and word:
            found.append(_at(range(at, at + 1), near, shown))
    return _merge(*found)


def _costs(price: int | None, digits: str) -> bool:
    """Whether a price in minor units is what people call it by: 8.50, or 99 for 99.95."""
    if price is None:
        return False
    return abs(price / 100 - float(digits)) < (0.01 if "." in digits else 1.0)


def _extremes(text: Text, shown: Sequence[Shown]) -> References:
    priced = [(item.price, place) for place, item in enumerate(shown, 1) if item.price is not None]
    if not priced:
        return References()
    found = []
    for match in _EXTREME.finditer(text.plain):
        rank = _ORDINALS.get(match["rank"] or "first", 1)
        if rank > len(priced):
            continue
        place = sorted(priced, reverse=match["low"] is None)[rank - 1][1]
        found.append(_at(text.span(match), (place,), shown))
    return _merge(*found)


def _named_ones(text: Text, shown: Sequence[Shown]) -> References:
    """ "the green dial one", "that Sony one": the words before "one" are looked up in the titles."""
    found = []
    titles = [_title_words(item.title) for item in shown]
    for match in _NAMED.finditer(text.plain):
        if text.plain[: match.start()].endswith(_NEGATORS):
            continue
        words = [word for word in match["words"].split() if word not in EDGE_WORDS]
        scores = [sum(_holds(title, word) for word in words) for title in titles]
        best = max(scores)
        holders = [place for place, score in enumerate(scores, 1) if score == best] if best else []
        if holders and (len(holders) < len(shown) or len(shown) == 1):
            found.append(_at(text.span(match), holders if match["one"] == "ones" else holders[:1], shown))
    return _merge(*found)


def _named_first(text: Text, shown: Sequence[Shown]) -> References:
    """ "the Sony", "that Osprey": the word that a title begins with, which is the brand as a rule."""
    firsts = [normal(item.title.split(" ")[0]) if item.title else "" for item in shown]
    found = []
    for match in _LED.finditer(text.plain):
        places = [place for place, first in enumerate(firsts, 1) if first and first == match["word"]]
        if len(places) == 1 and not text.plain[: match.start()].endswith(_NEGATORS):
            found.append(_at(text.span(match), places, shown))
    return _merge(*found)


def _everything(text: Text, shown: Sequence[Shown]) -> References:
    found = []
    for match in _ALL.finditer(text.plain):
        count = next((_COUNTS[word] for word in match[0].split() if word in _COUNTS), len(shown))
        if match[0].startswith("these two") or count >= len(shown) or match[0].startswith(("these", "the")):
            found.append(_at(text.span(match), range(1, min(count, len(shown)) + 1), shown))
        else:
            found.append(_at(text.span(match), range(1, len(shown) + 1), shown))
    return _merge(*found)


def _others(text: Text, shown: Sequence[Shown], focus: int | None) -> References:
    match = _OTHER.search(text.plain)
    if match is None or (focus is None and len(shown) != 2):
        return References()
    place = next((place for place in range(1, len(shown) + 1) if place != (focus or 1)), 1)
    return References((place,), frozenset(text.span(match)), True)


def _pointed(text: Text, shown: Sequence[Shown], focus: int | None) -> References:
    place = focus or (1 if len(shown) == 1 else None)
    spans = text.find(_POINT)
    if place is None or not spans:
        return References()
    return References((place,), frozenset(at for span in spans for at in span))


def _may_name(word: str) -> bool:
    return len(word) >= 2 and word not in FILLERS and not (word.isdigit() and len(word) < 3)


def _title_words(title: str) -> frozenset[str]:
    words = _WORD.findall(title.lower().replace("'s", "").replace("\u2019s", "").replace("'", ""))
    return frozenset(part for word in words for part in (word, *word.split("-")))


def _holders(word: str, titles: Sequence[frozenset[str]]) -> list[int]:
    exact = [place for place, title in enumerate(titles, 1) if _same_word(word, title)]
    return exact or [place for place, title in enumerate(titles, 1) if _close_word(word, title)]


def _holds(title: frozenset[str], word: str) -> bool:
    return _same_word(word, title) or _close_word(word, title)


def _same_word(word: str, title: frozenset[str]) -> bool:
    return bool({word, word.rstrip("s"), word + "s", word.removesuffix("es")} & title) and len(word) > 1


def _close_word(word: str, title: frozenset[str]) -> bool:
    return len(word) >= 4 and any(
        len(other) >= 4 and other[0] == word[0] and fuzz.ratio(word, other) >= (_NEAR if len(word) > 4 else _NEAR_SHORT)
        for other in title
    )
