"""Keeps prose to the facts: references in place of facts, and an audit of every sentence before it is released.

A sentence points at the cards of the turn: `[1]` is the title of the first card, `[1.price]` its price now, `[1.rating]`
its rating, `[1.brand]` its brand, `[1.a]` the first of the sentences that may be quoted of its description. Only `render`
turns them into words, from the catalogue's record of that moment.

What the audit does not know: whether a sentence is true that uses only words of the products and the need ("a light tent
for winter" of a tent that is light, in a text that mentions winter). It bounds what can be claimed, it does not prove it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import Stemmer

from assistant.types import Card
from retrieval.money import format_money
from retrieval.types import Need, Product

REFERENCE = re.compile(r"\[(\d{1,2})(?:\.(price|rating|brand|list_price|[a-c]))?\]")
QUOTES = "abc"
_QUOTE_LENGTH = range(20, 160)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_MONEY = re.compile(r"[$£€¥₹]|\b(?:dollars?|euros?|pounds?|bucks|quid|cents?|usd|eur|gbp|percent|price[ds]? at)\b", re.I)
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|half|"
    r"double|twice)\b",
    re.I,
)
_DONE = "add|order|book|reserv|notif|contact|email|call|send|sent|ship|refund|cancel|check|forward|updat"
_CLAIMED_ACTION = re.compile(
    rf"\b(?:i|we)(?:'ve|'ll|'m| have| will| am| are)?\s+(?:just\s+)?(?:{_DONE})\w*|"
    r"\b(?:has|have) been (?:added|ordered|reserved|refunded|cancelled)\b",
    re.I,
)
_SUPERLATIVE = re.compile(
    r"\b(?:best|cheapest|lowest|highest|finest|greatest|strongest|lightest|fastest|top[- ]rated|number one|ultimate|perfect|"
    r"guarantee\w*|free|always|never|only|most)\b",
    re.I,
)
_LINK = re.compile(r"https?:|www\.|[@<>{}`|\\]")

# Words that claim nothing about a product: a sentence may use them whatever the facts are.
_NEUTRAL = frozenset(
    """a about after all also an and another any are around as at back be because been between both but by can choice
    choose closer comes compare could day days different do does each either else enough every everyday fit fits
    for from gets give gives go goes going good great has have he here how i idea ideas if in into is it its
    it's just keep keeps kind let like likes look looking looks made make makes match matches may me meets might
    more much my need needs nice no not of off offer offers on one ones option options or other others our out
    over pick right same second see she should simple simply so solid some something sound start still suit suitable
    suits sure take than that that's the their them then there these they thing things this those though through
    to together too under up us use used useful uses using very want wants was way we well were what when where
    whether which while who why will wish with without work works worth would yet you you'd you'll you're your
    first third last time both good""".split()
)


class UnknownReference(ValueError):
    """A sentence points at a card that is not there, or at a fact that the card does not have."""


def cut(text: str) -> list[str]:
    """`text` cut behind its sentence ends; the last piece is the sentence under way, empty where there is none."""
    return _SENTENCE_END.split(text)


def render(text: str, cards: Sequence[Card], locale: str) -> str:
    """`text` with each reference replaced by the fact it points at. Raises `UnknownReference`."""
    by_position = {card.position: card.product for card in cards}

    def fact(match: re.Match[str]) -> str:
        product = by_position.get(int(match[1]))
        value = None if product is None else _fact(product, match[2], locale)
        if value is None:
            raise UnknownReference(f"{match[0]} is no fact of the {len(cards)} cards of this turn")
        return value

    return REFERENCE.sub(fact, text)


def _fact(product: Product, name: str | None, locale: str) -> str | None:
    if name is None:
        return product.title
    if name == "brand":
        return product.brand or None
    if name == "rating":
        return None if product.rating is None else f"{product.rating:g}"
    if name in QUOTES:
        quoted = quotes(product)
        return f"“{quoted[QUOTES.index(name)].rstrip('.')}”" if QUOTES.index(name) < len(quoted) else None
    amount = product.price if name == "price" else product.list_price
    return None if amount is None else format_money(amount, product.currency, locale)


def quotes(product: Product) -> tuple[str, ...]:
    """The first sentences of the description that can be quoted: not too short or long, and without amounts of money.

    An amount in a description may be out of date; the price now comes from its own field.
    """
    found = [s.strip() for s in cut(product.description)]
    fit = [s for s in found if len(s) in _QUOTE_LENGTH and not _MONEY.search(s) and not _LINK.search(s)]
    return tuple(fit[: len(QUOTES)])


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def stems(text: str) -> frozenset[str]:
    """The stems of the words of `text`, numbers left out."""
    return frozenset(_stemmer().stemWords(_WORD.findall(text.lower())))


def product_text(product: Product) -> str:
    """Everything the catalogue says of a product in words."""
    values = [v if isinstance(v, str) else " ".join(v) for v in product.attributes.values()]
    options = [" ".join(v) for v in product.options.values()]
    names = [*product.attributes, *product.options]
    return " ".join([product.title, product.brand, *product.category, product.description, *values, *names, *options])


class Audit:
    """Checks sentences of one answer. Words are backed by the products that the sentence points at, and by the need."""

    def __init__(self, cards: Sequence[Card], need: Need) -> None:
        """Takes the cards that may be pointed at and the need that may be repeated."""
        self._backed = {card.position: stems(product_text(card.product)) for card in cards}
        wanted = " ".join([need.query, *need.include, *need.brand])
        self._common = stems(" ".join(_NEUTRAL)) | stems(wanted)
        self._wanted = stems(" ".join([*need.include, *need.brand]))
        self._unwanted = stems(" ".join([*need.exclude, *need.brand_exclude]))
        self._said: set[str] = set()

    def fault(self, sentence: str) -> str | None:
        """Why `sentence` must not be released, or None where it may. A sentence said before is a fault."""
        positions = [int(m[1]) for m in REFERENCE.finditer(sentence)]
        plain = REFERENCE.sub(" ", sentence)
        return (
            _form_fault(sentence, plain)
            or self._reference_fault(positions)
            or self._claim_fault(sentence)
            or self._repeat_fault(sentence)
        )

    def _reference_fault(self, positions: Sequence[int]) -> str | None:
        if not positions:
            return "points at no product"
        unknown = [p for p in positions if p not in self._backed]
        return f"points at card {unknown[0]}, which is not there" if unknown else None

    def _claim_fault(self, sentence: str) -> str | None:
        for subjects, words in _clauses(sentence):
            facts = [self._backed[position] for position in subjects]
            for word in words:
                fault = self._word_fault(word, frozenset.intersection(*facts), frozenset.union(*facts))
                if fault is not None:
                    return fault
        return None

    def _word_fault(self, word: str, shared: frozenset[str], union: frozenset[str]) -> str | None:
        stem = _stemmer().stemWord(word)
        if stem in self._unwanted and stem in union:
            return f"speaks of {word!r}, which was not wanted"
        # A property that the shopper asked for is a claim: every product pointed at must have it.
        if stem in self._wanted and stem not in shared:
            return f"claims {word!r}, which not every product pointed at has"
        if stem not in self._common and stem not in union:
            return f"claims {word!r}, which no product pointed at backs"
        return None

    def _repeat_fault(self, sentence: str) -> str | None:
        key = " ".join(_WORD.findall(sentence.lower())) + str(REFERENCE.findall(sentence))
        if key in self._said:
            return "was said before"
        self._said.add(key)
        return None


def _clauses(sentence: str) -> list[tuple[list[int], list[str]]]:
    """(cards spoken of, words said of them): each word belongs to the references before it, the first words to the first.

    References joined by nothing but "and", "or" and commas are spoken of together.
    """
    parts = REFERENCE.split(sentence)
    clauses: list[tuple[list[int], list[str]]] = []
    leading = _WORD.findall(parts[0].lower())
    for position, words in zip(map(int, parts[1::3]), map(_WORD.findall, map(str.lower, parts[3::3])), strict=True):
        if clauses and not set(clauses[-1][1]) - {"and", "or", "both"}:
            clauses[-1] = ([*clauses[-1][0], position], words)
        else:
            clauses.append(([position], words))
    return [(clauses[0][0], leading), *clauses] if clauses else []


def _form_fault(sentence: str, plain: str) -> str | None:
    words = _WORD.findall(plain.lower())
    checks = [
        (len(words) < 2, "is too short to say anything"),
        (len(words) > 45, "is too long"),
        (sentence[-1:] not in ".!?", "does not end"),
        (any(c.isdigit() for c in plain), "spells a number"),
        (bool(_MONEY.search(plain)), "speaks of money outside a reference"),
        (bool(_NUMBER_WORD.search(plain)), "spells a number in words"),
        (bool(_CLAIMED_ACTION.search(plain)), "claims an action"),
        (bool(_SUPERLATIVE.search(plain)), "claims a superlative or a promise"),
        (bool(_LINK.search(sentence)), "carries markup or a link"),
        (_loops(words), "repeats itself"),
    ]
    return next((fault for wrong, fault in checks if wrong), None)


def _loops(words: Sequence[str]) -> bool:
    pairs = list(zip(words, words[1:], strict=False))
    return any(a == b for a, b in pairs) or len(pairs) - len(set(pairs)) > 1
