"""What the numbers of a turn stand for: prices, ratings, quantities, order ids, and measures that are no prices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.reading.numbers import digits_value, number_at
from assistant.reading.text import Text, either, phrases
from assistant.reading.words import CONTAINERS, UNITS

Relation = Literal["max", "min", "around"]

MOST_AMOUNTS = 40
"""Numbers of a turn that are looked at; more of them are no shopping."""

AROUND = (0.8, 1.2)
"""What "around" allows, as shares of the amount."""

_SIGNS = frozenset("$£€¥₹")
_CURRENCY = frozenset(
    "dollar dollars buck bucks usd quid pound pounds gbp euro euros eur yen rupees cad aud chf franc francs".split()
)
_SLANG = {"fiver": 5.0, "tenner": 10.0}
_ATTACHED = re.compile(r"(\d+(?:[.,]\d+)?)(k?)([a-z\"°%]+)")
_SHAPE = re.compile(r"\d[\d.,]*[a-z\"°%]*(?:[x/-]\d[\d.,]*[a-z\"°%]*)+|\d[\d.,]*[a-z\"°%]+")
_ISH = re.compile(r"[$£€]?\d+(?:[.,]\d+)?k?ish")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
_HYPHEN_RANGE = re.compile(r"(\d+(?:\.\d+)?k?)-(\d+(?:\.\d+)?k?)")

_APPROX = r"(?:around|about|roughly|approx|approximately|circa|~|close to|near|ballpark|in the region of|or so around)"
_SKIP = r"(?: (?:a|the|like|say|is|of|at|to|only|just|my|be|total|budget|price|exactly|max|maximum|:|=))*"
_TOO_LOW = (
    r"(?:nothing|nowt|not|none|no|isnt|arent|never) (?:under|below|less than|cheaper than|lower than|beneath)"
    r"|> =|no less than|not less than|north of"
)
_AT_MOST = (
    r"(?:under|below|beneath|less than|lower than|cheaper than|fewer than|up to|upto|at most|within|inside|max|maximum"
    r"|< =|<|(?:no|not|nothing|nowt|none|never|aint|refuse|refuses|dont|cant|wont|isnt|doesnt|shouldnt|mustnt|couldnt"
    r"|wouldnt)(?: \w+){0,4} "
    r"(?:more than|over|above|past|beyond|exceed(?:ing|s)?|higher than|dearer than)|exceeding|capped at|cap|limit"
    rf"|ceiling|keep it(?: to| under)?|south of|sub)(?: {_APPROX})?"
)
_AT_LEAST = (
    r"over|above|more than|at least|min|minimum|upwards of|starting (?:at|from)|from|>|dearer than|beyond|higher than"
    r"|exceeding"
)
_BUDGET = r"budget|to spend|spend|can do|can go(?: to)?|stretch to|afford|go up to|price"
# In this order: "nothing under" before "under", "no more than" before "more than"; a word like "budget" bounds only
# where nothing nearer does.
_BEFORE: tuple[tuple[Relation, str], ...] = (
    ("min", _TOO_LOW),
    ("max", _AT_MOST),
    ("around", _APPROX),
    ("min", _AT_LEAST),
    ("max", _BUDGET),
)
_LEFT = tuple((relation, re.compile(rf"(?:^| )(?:{pattern}){_SKIP}$")) for relation, pattern in _BEFORE)
_AND_LESS = (
    r"(?:or|and|&) (?:less|under|below|cheaper|lower)|max|maximum|tops|top|at (?:the )?(?:very )?most|limit|budget|ceiling"
    r"|to (?:spend|play with|burn)|burning|absolute"
    r"|is (?:my|the|our|as) (?:max|most|absolute|high|maximum|limit|budget|top)"
)
_AND_MORE = r"(?:or|and|&) (?:more|up|upwards|over|above|higher)|plus|\+|minimum|min|upwards"
_OR_SO = r"ish|or so|or thereabouts|give or take|- ish|roughly|approx"
_AFTER: tuple[tuple[Relation, str], ...] = (("max", _AND_LESS), ("min", _AND_MORE), ("around", _OR_SO))
_RIGHT = tuple((relation, re.compile(rf"(?:{pattern})(?: |$)")) for relation, pattern in _AFTER)
_RESET = re.compile(
    r"(?:^| )(?:make (?:it|that)|say|call it|(?:raise|up|bump|push|lower|drop|bring|take|change|set|move)"
    r"(?: (?:it|that|the|my|limit|max|budget|cap))*(?: up| down)? to(?: a)?|"
    r"stretch to|go to|go up to|lets do|try|ok|sorry|i meant?|wait)$"
)
_RATING_WORDS = frozenset("rated rating ratings star stars starred review reviews reviewed score scores scored".split())
_MEASURE_LEFT = re.compile(
    r"(?:^| )(under|below|less than|over|above|more than|at least|up to|no more than|max|minimum|around|about|at most)$"
)
_MEASURE_RIGHT = re.compile(
    r"(?:[a-z]+ )?(?:or|and) (?:smaller|bigger|larger|more|less|under|over|above|below|up|longer|shorter)(?: |$)"
)
_QUANTITY = phrases(
    r"(?P<times>x ?\d{1,3}|\d{1,3} ?x)",
    r"(?P<of>\S+) (?:of (?:the|those|these|them|that|it|each|this|your|my)|" + either(CONTAINERS) + r")",
    r"(?:give me|get me|add|take|grab|want|get|buy|order|need|put|chuck|pop|stick|bung|have|make it|make that|another|just"
    r"|only|remove|with) (?P<verb>\S+)"
    r"(?: (?:more|please|then|to|in|into|of|too|for|out|back))?",
    r"(?<!number )(?<!# )(?<!item )(?<!option )(?P<polite>\S+) please",
)  # fmt: skip
_ORDER_ID = re.compile(r"(?=[a-z0-9_/-]*\d)[a-z0-9_]+(?:[-/][a-z0-9_]+)*")
_ORDER_CUE = frozenset("order number # no ref reference id".split())


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in the turn: tokens `start` to `end` (not included), `money` if a currency stands with it."""

    start: int
    end: int
    value: float
    money: bool = False


@dataclass(frozen=True, slots=True)
class Prices:
    """The price bounds a turn states, in major units, with the tokens that state them."""

    price_min: float | None = None
    price_max: float | None = None
    used: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rating:
    """The least rating a turn asks for, with the tokens that ask for it."""

    rating_min: float | None = None
    used: frozenset[int] = frozenset()


def amounts(text: Text) -> tuple[Amount, ...]:
    """The numbers of the turn that may be prices or ratings: none that has a unit of measure, none that is an ordinal."""
    found: list[Amount] = []
    at = 0
    while at < len(text.words) and len(found) < MOST_AMOUNTS:
        amount = _amount_at(text.words, at)
        if amount:
            found.append(amount)
        at = amount.end if amount else at + 1
    return tuple(amount for amount in found if amount.money or not _has_unit(text.words, amount))


def prices(text: Text, resets: bool = False) -> Prices:
    """The price bounds that the turn states. `resets`: a bare "make it 40" means the limit (the need has one)."""
    hyphen = _hyphen_range(text)
    if hyphen:
        return hyphen
    found = [amount for amount in amounts(text) if not _is_rating(text, amount)]
    for left, right in zip(found, found[1:], strict=False):
        if _is_range(text.words, left, right):
            return _range(text, left, right)
    result = Prices()
    for amount in found:
        relation = _relation(text.words, amount)
        if relation:
            result = _bounded(text.words, result, amount, relation)
        elif amount.money or (resets and _is_reset(text.words, amount)):
            result = _bounded(text.words, result, amount, ("max", amount.start))
    return result


def rating(text: Text) -> Rating:
    """The least rating that the turn asks for ("4 stars", "rated over 4.5", "4.5 and up" next to a word of rating)."""
    for amount in amounts(text) + _starred(text):
        if _is_rating(text, amount):
            near = range(max(0, amount.start - 4), min(len(text.words), amount.end + 4))
            words = frozenset(at for at in near if text.words[at] in _RATING_WORDS)
            relation = _relation(text.words, amount)
            start, end = (relation[1] if relation else amount.start), _right_end(text.words, amount)
            return Rating(amount.value, frozenset(range(start, end)) | words)
    return Rating()


def measures(text: Text) -> tuple[range, ...]:
    """Spans of numbers with a unit ("under 2.5kg", "6 pack", "size 9", "set of 4", "40mm or smaller"): no prices."""
    spans: list[range] = []
    at = 0
    while at < len(text.words):
        span = _measure_at(text.words, at)
        if span:
            spans.append(span)
        at = span.stop if span else at + 1
    return tuple(spans)


def relations(text: Text, resets: bool = False) -> dict[int, Relation]:
    """How the numbers of the turn bound, by the tokens of each number; numbers that nothing bounds are left out.

    `resets`: a bare "make it 40" means the limit (the need has one).
    """
    found: dict[int, Relation] = {at: "around" for at, word in enumerate(text.words) if _ISH.fullmatch(word)}
    for amount in amounts(text):
        if _is_rating(text, amount):
            continue
        relation = _relation(text.words, amount)
        counts = _word(text.words, amount.end) in CONTAINERS
        if relation or (resets and not counts and _is_reset(text.words, amount)):
            found.update(dict.fromkeys(range(amount.start, amount.end), relation[0] if relation else "max"))
    return found


def quantity(text: Text) -> tuple[int | None, frozenset[int]]:
    """How many are wanted ("two of the first", "x2", "3 boxes", "one please"), with the tokens that say so."""
    for match in _QUANTITY.finditer(text.plain):
        group = str(match.lastgroup)
        said = match[group]
        value = float(said.strip("x ")) if group == "times" else _whole(said, match[0])
        if value and 1 <= value <= 999:
            said_at = text.span(match, group)
            return int(value), frozenset(said_at) | _containers(text, said_at, text.span(match))
    return None, frozenset()


def order_id(text: Text) -> str:
    """The order number as typed, without its "#"; empty if there is none."""
    for at, token in enumerate(text.tokens):
        word = token.raw.lower()
        if not _ORDER_ID.fullmatch(word) or _is_money_at(text.words, at):
            continue
        digits = sum(character.isdigit() for character in word)
        cued = at > 0 and text.words[at - 1] in _ORDER_CUE
        if digits >= 4 or (cued and digits >= 2) or (digits >= 3 and "-" in word):
            return token.raw
    return ""


def _amount_at(words: Sequence[str], at: int) -> Amount | None:
    signed = words[at] in _SIGNS
    start = at + 1 if signed else at
    if start >= len(words):
        return None
    if words[start] in _SLANG:
        return Amount(at, start + 1, _SLANG[words[start]], True)
    attached = _attached_money(words[start])
    if attached is not None:
        return Amount(at, start + 1, attached, True)
    number = number_at(words, start)
    if number is None:
        return None
    end = start + number.length
    money = signed or (end < len(words) and (words[end] in _CURRENCY or words[end] in _SIGNS))
    if words[start:end] == ("one",) and not money:
        return None
    return Amount(at, end + 1 if money and not signed else end, number.value, money)


def _attached_money(word: str) -> float | None:
    match = _ATTACHED.fullmatch(word)
    if match is None or match[3] not in _CURRENCY:
        return None
    return digits_value(match[1] + match[2])


def _has_unit(words: Sequence[str], amount: Amount) -> bool:
    following = words[amount.end] if amount.end < len(words) else ""
    if following in ("min", "k") and _left_relation(words, amount) is None:
        return False
    before = words[amount.start - 1] if amount.start else ""
    return (
        following in UNITS
        or before in ("size", "sized", "ages", "age", "aged", "level", "grade", "spf", "version", "model", "mark")
        or (before == "of" and _before_of(words, amount))
    )


def _before_of(words: Sequence[str], amount: Amount) -> bool:
    return amount.start >= 2 and words[amount.start - 2] in ("pack", "set", "box", "bundle", "age")


def _relation(words: Sequence[str], amount: Amount) -> tuple[Relation, int] | None:
    """How the amount bounds ("max", "min", "around") and the first token that says so."""
    left = _left_relation(words, amount)
    right_text = " ".join(words[amount.end : amount.end + 4])
    for relation, pattern in _RIGHT:
        if pattern.match(right_text) and (left is None or left[2] == len(_LEFT) - 1):
            return relation, left[1] if left else amount.start
    return (left[0], left[1]) if left else None


def _left_relation(words: Sequence[str], amount: Amount) -> tuple[Relation, int, int] | None:
    first = max(0, amount.start - 8)
    left_text = " ".join(words[first : amount.start])
    for rank, (relation, pattern) in enumerate(_LEFT):
        match = pattern.search(left_text)
        if match:
            return relation, first + left_text[: match.start() + 1].count(" "), rank
    return None


def _right_end(words: Sequence[str], amount: Amount) -> int:
    right_text = " ".join(words[amount.end : amount.end + 4])
    for _, pattern in _RIGHT:
        match = pattern.match(right_text)
        if match:
            return amount.end + match[0].strip().count(" ") + 1
    return amount.end


def _bounded(words: Sequence[str], so_far: Prices, amount: Amount, relation: tuple[Relation, int]) -> Prices:
    kind, start = relation
    used = so_far.used | frozenset(range(start, _right_end(words, amount)))
    if kind == "around":
        return Prices(round(amount.value * AROUND[0], 2), round(amount.value * AROUND[1], 2), used)
    if kind == "min":
        return Prices(amount.value, so_far.price_max, used)
    return Prices(so_far.price_min, amount.value, used)


def _is_reset(words: Sequence[str], amount: Amount) -> bool:
    left_text = " ".join(words[max(0, amount.start - 7) : amount.start])
    return bool(_RESET.search(left_text)) or len(words) <= amount.end - amount.start + 1


def _is_range(words: Sequence[str], left: Amount, right: Amount) -> bool:
    between = words[left.end : right.start]
    before = words[left.start - 1] if left.start else ""
    if between == ("and",) or between == ("&",):
        return before in ("between", "betwen", "btw")
    known = left.money or right.money or before in ("from", "between", "budget", "spend", "around", "about", "range", "for")
    return between in (("to",), ("-",), ("till",), ("until",)) and known


def _range(text: Text, left: Amount, right: Amount) -> Prices:
    low, high = sorted((left.value, right.value))
    start = left.start - 1 if left.start and text.words[left.start - 1] in ("between", "from") else left.start
    return Prices(low, high, frozenset(range(start, right.end)))


def _hyphen_range(text: Text) -> Prices | None:
    """$50-100 · 50-100 dollars · budget 50-100: one token, so not among the amounts."""
    for at, word in enumerate(text.words):
        match = _HYPHEN_RANGE.fullmatch(word)
        if match and _is_money_at(text.words, at):
            ends = sorted(digits_value(part) or 0.0 for part in match.groups())
            return Prices(ends[0], ends[1], frozenset(range(max(0, at - 1), min(len(text.words), at + 2))))
    return None


def _is_money_at(words: Sequence[str], at: int) -> bool:
    near = {words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""}
    return bool(near & (_SIGNS | _CURRENCY | {"budget", "between", "spend"}))


def _starred(text: Text) -> tuple[Amount, ...]:
    """Numbers before "star(s)", which `amounts` leaves out as measures."""
    found = []
    for at, word in enumerate(text.words):
        number = number_at(text.words, at)
        end = at + number.length if number else at
        if number and end < len(text.words) and text.words[end] in ("star", "stars") and word != "a":
            found.append(Amount(at, end + 1, number.value))
    return tuple(found)


def _is_rating(text: Text, amount: Amount) -> bool:
    if amount.money or amount.value > 5:
        return False
    near = text.words[max(0, amount.start - 5) : amount.end + 3]
    return any(word in _RATING_WORDS for word in near)


def _measure_at(words: Sequence[str], at: int) -> range | None:
    end = _measure_end(words, at)
    if end is None:
        return None
    left = _MEASURE_LEFT.search(" ".join(words[max(0, at - 3) : at]))
    start = at - (left[1].count(" ") + 1) if left else at
    right = _MEASURE_RIGHT.match(" ".join(words[end : end + 3]))
    return range(start, end + right[0].strip().count(" ") + 1 if right else end)


def _measure_end(words: Sequence[str], at: int) -> int | None:
    """Where the measure that starts at token `at` ends; None if there is none."""
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word == "size" or (word in ("set", "pack", "box") and following == "of"):
        after = at + 2 if following == "of" else at + 1
        sized = after < len(words) and (number_at(words, after) or _SHAPE.fullmatch(words[after]) or word == "size")
        return after + 1 if sized and words[after] not in ("of", "up", "down") else None
    if _SHAPE.fullmatch(word) and not _ORDINAL.fullmatch(word) and digits_value(word) is None:
        return None if _attached_money(word) is not None else at + 1
    number = number_at(words, at)
    end = at + number.length if number else at
    if number and end < len(words) and words[end] in UNITS and words[end] not in ("star", "stars"):
        aged = words[end].startswith(("year", "month", "week")) and _word(words, end + 1) == "old"
        return end + (2 if aged else 1)
    return None


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""


def _whole(said: str, phrase: str) -> float | None:
    if said == "couple" or (said == "a" and "couple" in phrase):
        return 2
    number = number_at([said], 0)
    return number.value if number and number.value == int(number.value) else None


def _containers(text: Text, number: range, phrase: range) -> frozenset[int]:
    """The words for containers in the phrase or right after the number ("3 boxes of")."""
    near = {*phrase, number.stop}
    return frozenset(at for at in near if _word(text.words, at) in CONTAINERS)
