"""The one question worth asking back: about what splits the products that qualify most evenly."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import prompts
from assistant.facts import is_denied
from assistant.grounding import LINK, MONEY
from assistant.types import Conversation, Frame
from assistant.wording import join
from retrieval.filters import buyable_values
from retrieval.money import format_bound
from retrieval.text import fold, is_word, words
from retrieval.types import Need, Product

PRICE = "price"
LEAST_PRODUCTS = 12
_MOST_CONSTRAINTS = 1
_MOST_VALUES = 4
_MOST_WORDS = 3
_COVERAGE = 0.7
_LISTED = 0.75
_SHARES = (0.08, 0.8)
# How far apart the prices must lie for a question: the dearer end against the cheaper.
_SPREAD = 2.0
# A question about price helps anybody, but says less of what is wanted than one about the thing itself.
_PRICE_WORTH = 0.9
_LEAST_WORTH = 0.8
# What nobody is asked for before anything else: looks, and measures that people can't tell one from the other.
_WORTH_OF = {"color": 0.75, "material": 0.9, "gender": 1.2}
_MEASURE = re.compile(r"-?\d[\d.,/]*\s?(?:g|kg|oz|lbs?|mm|cm|m|in|ft|°c|°f|gsm)")
_MEASURE_WORTH = 0.6
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# What may stand around a value that answers a question.
_AROUND = frozenset("a an the in with for only just one ones some i id i'd would like want please then yes mostly".split())
_NICE = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the replies offered with it, and the name of the attribute that it is about.

    What a reply that is a value means is known without reading it (`answered`); the others are a reader's to read.
    """

    about: str
    text: str
    replies: tuple[str, ...]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Split:
    """What an attribute makes of the products: its commonest values, and how much an answer would tell, in bits."""

    values: tuple[str, ...]
    worth: float
    is_choice: bool


def choose(
    products: Sequence[Product], need: Need, asked_about: Collection[str], currency: str, locale: str, pick: int = 0
) -> Question | None:
    """The question that tells most about which of `products` is wanted; None where none would help.

    Nothing is asked where few products qualify, where much is said already, or of what is settled or was asked before.
    """
    if len(products) < LEAST_PRODUCTS or constraints(need) > _MOST_CONSTRAINTS:
        return None
    splits = {
        name: split
        for name, held in attributes_of(products).items()
        if name not in asked_about and not _is_settled(name, held, need) and (split := _split(name, held, len(products)))
    }
    best = max(splits, key=lambda name: splits[name].worth, default="")
    bounds = () if PRICE in asked_about else _price_bounds(products, need)
    if bounds and _PRICE_WORTH >= (splits[best].worth if best else 0):
        return _about_price(bounds, currency, locale, pick)
    if not best or splits[best].worth < _LEAST_WORTH:
        return None
    return _about(best, splits[best], need, pick)


def answered(text: str, conversation: Conversation) -> Frame | None:
    """What a message means that only names one of the values which the last answer asked to choose among."""
    if not conversation.asked or not conversation.offered:
        return None
    said = [fold(word) for word in words(text) if is_word(word) and word not in _AROUND]
    meant = [value for value in conversation.offered if [fold(w) for w in words(value) if is_word(w)] == said]
    return Frame("refine", include=(meant[0].lower(),)) if meant else None


def constraints(need: Need) -> int:
    """How many conditions the need has besides the kind of thing."""
    bounds = (need.price_min, need.price_max, need.rating_min)
    listed = (need.include, need.exclude, need.brand, need.brand_exclude)
    return sum(bound is not None for bound in bounds) + sum(map(len, listed))


def _about(name: str, split: _Split, need: Need, pick: int) -> Question:
    said = join(list(split.values), "or")
    text = prompts.render(
        "question_attribute",
        pick,
        topic=name.replace("_", " "),
        kind=need.query,
        values=said,
        is_choice=split.is_choice,
        is_many=name.endswith("s") and not name.endswith("ss"),
    )
    return Question(name, text, tuple(value[:1].upper() + value[1:] for value in split.values), split.values)


def _about_price(bounds: Sequence[int], currency: str, locale: str, pick: int) -> Question:
    # The amounts stand in the replies alone: in a sentence they would look like prices of something.
    limits = [format_bound(bound, currency, locale) for bound in bounds]
    return Question(PRICE, prompts.render("question_price", pick), tuple(f"Under {limit}" for limit in limits))


def attributes_of(products: Sequence[Product]) -> Mapping[str, list[frozenset[str]]]:
    """Name of an attribute or option → the values of each product that has it."""
    found: dict[str, list[frozenset[str]]] = {}
    for product in products:
        own = {name: (value,) if isinstance(value, str) else value for name, value in product.attributes.items()}
        # Of an option only what can be bought now counts.
        for name, values in (own | buyable_values(product)).items():
            kept = frozenset(_spelled(value) for value in values if _is_reply(value))
            if kept:
                found.setdefault(name.lower(), []).append(kept)
    return found


def _is_reply(value: str) -> bool:
    """Whether a shopper could say just this, and mean the value."""
    plain = any(c.isalpha() for c in value) and not any(c in value for c in ',;:[]()"')
    return (
        plain and len(value.split()) <= _MOST_WORDS and not (is_denied(value) or MONEY.search(value) or LINK.search(value))
    )


def _spelled(value: str) -> str:
    """The value as it stands in a sentence: PVC, but stainless steel."""
    return " ".join(word if word.isupper() else word.lower() for word in value.split())


def _is_settled(name: str, held: Sequence[frozenset[str]], need: Need) -> bool:
    """Whether the need speaks of the attribute already, by its name or by one of its values."""
    said = [_folded(phrase) for phrase in (need.query, *need.include, *need.exclude)]
    about = {_folded(name), *(_folded(value) for values in held for value in values)}
    return any(topic and topic <= phrase for topic in about for phrase in said)


def _folded(text: str) -> frozenset[str]:
    return frozenset(map(fold, words(text)))


def _split(name: str, held: Sequence[frozenset[str]], count: int) -> _Split | None:
    """How the attribute splits `count` products, of which `held` have it."""
    if len(held) < _COVERAGE * count:
        return None
    having = Counter(value for values in held for value in values)
    low, high = _SHARES
    top = tuple(value for value, n in having.most_common() if low * count <= n <= high * count)[:_MOST_VALUES]
    listed = sum(1 for values in held if values & set(top))
    if len(top) < 2 or listed < _LISTED * len(held):
        return None
    is_choice = sum(map(len, held)) <= 1.2 * len(held)
    shares = [having[value] / count for value in top]
    # Of values that exclude each other an answer tells which; of features, each is a yes or a no.
    bits = sum(-share * math.log2(share) for share in shares) if is_choice else max(map(_of_yes_or_no, shares))
    worth = bits * len(held) / count * (1 if is_choice else 0.85) * _WORTH_OF.get(name, 1.0)
    worth *= _MEASURE_WORTH if all(_MEASURE.fullmatch(value) for value in top) else 1
    return _Split(_in_order(top if is_choice else top[:3]), worth, is_choice)


def _in_order(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values with numbers by their numbers, others as they come."""
    numbers = [_NUMBER.search(value) for value in values]
    if not all(numbers):
        return values
    return tuple(sorted(values, key=lambda value: float(m[0]) if (m := _NUMBER.search(value)) else 0.0))


def _of_yes_or_no(share: float) -> float:
    return 0.0 if share in (0, 1) else -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def _price_bounds(products: Sequence[Product], need: Need) -> tuple[int, ...]:
    """Two round prices that part the products into thirds; none where the prices lie close together or are limited."""
    prices = sorted(product.price for product in products if product.price is not None)
    if need.price_min is not None or need.price_max is not None or len(prices) < LEAST_PRODUCTS:
        return ()
    low, high = prices[len(prices) // 10], prices[-len(prices) // 10]
    if high < _SPREAD * max(low, 1):
        return ()
    bounds = tuple(dict.fromkeys(_nice(prices[len(prices) * third // 3]) for third in (1, 2)))
    return bounds if len(bounds) == 2 and bounds[0] > prices[0] else ()


def _nice(amount: int) -> int:
    """The nearest amount that people say: 50, 75, 100, 150."""
    power: int = 10 ** (len(str(amount)) - 1)
    return min((round(step * power) for step in _NICE), key=lambda nice: abs(nice - amount))
