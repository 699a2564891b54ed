"""What a turn takes back of the need: "forget the brand", "price doesn't matter", "needn't be organic", "any colour"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.reading.amounts import amounts, relations
from assistant.reading.text import Text, read
from assistant.reading.words import COLORS, FILLERS, MATERIALS, SIZES, UNITS
from assistant.vocabulary import Vocabulary
from retrieval.types import Need

_BEING = (
    r"(?: (?:it|them|they|that|about|on|if|whether|for|being|be|to|have|come|is|its|theyre|the|a|an|any|whole|with|in))*"
)
_TAKES_BACK = (
    r"(?:forget|drop|scratch|lose|skip|ditch|remove|scrap|ignore|never mind|nevermind|take off|take away|get rid of|stop"
    r"|no longer (?:need|want|care)|leave out)"
)
_SAYS_NOTHING = (
    r"(?:(?:i )?(?:dont|do not|doesnt|does not|didnt) (?:really |actually )?(?:mind|care|need|have to|need to|bother)"
    r"|neednt|need not"
    r"|not (?:\w+ )?(?:fussed|bothered|fussy|picky|worried)|no need|no preference|not necessarily|open to)"
)
_BEFORE = re.compile(
    rf"(?<!\S)(?:(?P<takes>{_TAKES_BACK})|(?P<mind>{_SAYS_NOTHING})){_BEING}(?: (?P<what>[^.,!?;]{{1,60}}))?"
)
_AFTER = re.compile(
    r"(?<!\S)(?P<what>[^\s.,!?;]+(?: [^\s.,!?;]+){0,2}?) (?:(?:is|are|really|actually|just|honestly|thing) )*"
    r"(?:(?:doesnt|does not|dont|isnt|is not|arent|not|no longer) (?:really |actually |that |a |an |so )*"
    r"(?:matter|matters|must|necessary|essential|needed|required|important|bother me|dealbreaker|deal breaker|an issue"
    r"|issue|problem|have to)"
    r"|no object|optional|irrelevant|can (?:go|be dropped|come off)|(?:can|could|may) be (?:ignored|anything))(?!\S)"
)
_NO_LONGER = re.compile(
    r"(?<!\S)(?:no|without(?: a| the)?|dont|do not|stop|no need to|not) "
    r"(?P<what>(?:min|max|minimum|maximum|floor|ceiling|limit|cap|budget|star|stars|rating|price|sort|sorting|sorted|ordering)"
    r"(?: (?:by|on|for|of|filter|limit|price|rating|stars|order|it|them))*)"
    r"(?: (?:after all|any more|anymore|any longer|then|now|actually|please|though))*(?= [.,!?;]|$)"
)
_ANY = re.compile(
    r"(?<!\S)(?:any|whatever|whichever|all) (?P<what>brand|make|maker|label|color|price|size|material|budget|fabric)s?"
    r"(?: (?:will do|is fine|are fine|works|goes|is ok|is okay|you have|at all))?(?!\S)(?! (?:but|bar|except|other|apart))"
)
_SLOT_NAMES = {
    "brand": ("brand", "brand_exclude"), "make": ("brand",), "maker": ("brand",), "label": ("brand",),
    "price": ("price_min", "price_max"), "budget": ("price_min", "price_max"), "cost": ("price_min", "price_max"),
    "money": ("price_min", "price_max"), "limit": ("price_max", "price_min"), "cap": ("price_max",),
    "min": ("price_min",), "minimum": ("price_min",), "floor": ("price_min",), "max": ("price_max",),
    "maximum": ("price_max",), "ceiling": ("price_max",),
    "rating": ("rating_min",), "review": ("rating_min",), "star": ("rating_min",),
    "sort": ("sort",), "sorting": ("sort",), "order": ("sort",), "ordering": ("sort",), "sorted": ("sort",),
}  # fmt: skip
_CLASSES = {"color": COLORS, "material": MATERIALS, "fabric": MATERIALS, "size": SIZES | {"size"}}
_STOPS = frozenset("but and so now just please actually then though because i im show if or".split())
_MARKS = {
    '"': "inch",
    "''": "inch",
    "inches": "inch",
    "kilos": "kg",
    "kilo": "kg",
    "litres": "l",
    "litre": "l",
    "liter": "l",
}
_MARKED = re.compile(r"\"|''|(?<![a-z])(?:inches|kilos?|litres?|liter)(?![a-z])")
_FIRST_NUMBER = re.compile(r"(\d+(?:\.\d+)?)")
_FAR = 4
"""A number that many times larger or smaller measures something else."""
_MEASURE = re.compile(r"([\d.,/x]+)?([a-z\"°%]*)")


@dataclass(frozen=True, slots=True)
class Dropped:
    """Slots and values of the need that the turn takes back, and the tokens that say so."""

    names: tuple[str, ...] = ()
    used: frozenset[int] = frozenset()


def find(text: Text, need: Need) -> Dropped:
    """What the turn says no longer matters. A value is named in the need's own wording."""
    names: dict[str, None] = {}
    used: set[int] = set()
    for pattern in (_NO_LONGER, _AFTER, _ANY, _BEFORE):
        for match in pattern.finditer(text.plain):
            span = text.span(match)
            found = _named(match["what"] or "", need)
            if set(span) & used or (not found and not _says_nothing(match, need)):
                continue
            names.update(dict.fromkeys(found))
            used.update(_reach(text, match, span))
    return Dropped(tuple(names), frozenset(used))


def replaced(new: Iterable[str], need: Need, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Wanted values of the need that a new value stands in for: another colour, another size, the same unit."""
    values = tuple(new)
    gone = {old for old in need.include for value in values if _stands_in(value, old, vocabulary)}
    return tuple(old for old in need.include if old in gone and old not in values)


def rivals(text: Text, need: Need) -> tuple[str, ...]:
    """Wanted measures and colors of the need of which the turn names another: the same unit, or another color."""
    said = [word for word in text.words if word in COLORS or _unit(word)]
    said += [
        f"{left} {right}"
        for left, right in zip(text.words, text.words[1:], strict=False)
        if right in UNITS or left == "size"
    ]
    empty, bare = Vocabulary(), _bare_numbers(text, need.price_max is not None)
    return tuple(
        old
        for old in need.include
        if old.strip() and (any(_stands_in(new, old.lower(), empty) for new in said) or _is_remeasured(old.lower(), bare))
    )


def _bare_numbers(text: Text, limited: bool) -> list[float]:
    """Numbers without a unit that bound no price: the "512" that follows on "256gb"."""
    bounded = relations(text, limited)
    return [amount.value for amount in amounts(text) if not amount.money and amount.start not in bounded]


def _is_remeasured(old: str, numbers: Sequence[float]) -> bool:
    match = _FIRST_NUMBER.match(old)
    value = float(match[1]) if match else 0.0
    return value > 0 and any(value != number and value / _FAR < number < value * _FAR for number in numbers)


def _stands_in(new: str, old: str, vocabulary: Vocabulary) -> bool:
    if new == old:
        return False
    new_words, old_words = new.split(), old.split()
    if vocabulary.rivals(new, old) or (_unit(new) is not None and _unit(new) == _unit(old)):
        return True
    return bool(new_words and old_words) and new_words[-1] in COLORS and old_words[-1] in COLORS


def _unit(value: str) -> str | None:
    """The unit of a measure: "10.5 tog" and "4.5 tog" share one; None if the value is no measure."""
    words = _MARKED.sub(lambda mark: _MARKS[mark[0]], value).split()
    if not words:
        return None
    if words[0] == "size":
        return "size"
    if len(words) == 2 and words[0][0].isdigit() and words[1] in UNITS:
        return words[1].rstrip("s")
    match = _MEASURE.fullmatch(words[0])
    return match[2].rstrip("s") if len(words) == 1 and match and match[1] and match[2] else None


def _says_nothing(match: re.Match[str], need: Need) -> bool:
    """Whether the words are to be passed over though the need has nothing of the kind."""
    groups = match.groupdict()
    if groups.get("takes"):
        return False
    return match.re is not _AFTER or any(word in _SLOT_NAMES or word in _CLASSES for word in match["what"].split())


def _reach(text: Text, match: re.Match[str], span: range) -> range:
    """The tokens of a match up to where another thought starts."""
    if match.re is not _BEFORE or match["what"] is None:
        return span
    what = text.span(match, "what")
    stop = next((at for at in what if text.words[at] in _STOPS), what.stop)
    return range(span.start, stop)


def _named(what: str, need: Need) -> list[str]:
    words = _until_stop(what.split())
    for word in words:
        key = word.rstrip("s") if word.rstrip("s") in _SLOT_NAMES else word
        slots = [slot for slot in _SLOT_NAMES.get(key, ()) if getattr(need, slot) not in (None, ())]
        if slots:
            return slots[:1] if key in ("brand", "limit") else slots
        if word in _CLASSES:
            return [value for value in need.include if set(value.split()) & _CLASSES[word]]
    return _values(words, need)


def _until_stop(words: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for word in words:
        if word not in _STOPS:
            kept.append(word)
        elif kept:
            break
    return kept


def _values(words: Sequence[str], need: Need) -> list[str]:
    """The values of the need that the words name, wholly or in part."""
    said = {_stem(word) for word in words if word not in FILLERS}
    values = (*need.include, *need.brand, *need.exclude, *need.brand_exclude)
    return [value for value in values if said and _overlap(said, value)]


def _overlap(said: set[str], value: str) -> bool:
    parts = {_stem(word) for word in read(value).words if word not in FILLERS}
    return bool(parts) and (said <= parts or parts <= said)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
