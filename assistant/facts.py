"""What the language model is told of the products that it may speak of: a line each, chosen by code.

Only what can be said in words is told; a value with digits is told as the reference that stands for it. What the merchant
wrote is data: nothing in it reaches the model but short values and one sentence, without markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.grounding import LINK, MONEY, attribute_key, cut, is_showable, letter, plain
from assistant.stems import content_stems
from assistant.types import Card
from retrieval.types import Need, Product

COSTS_LEAST, COSTS_MOST, RATED_HIGHEST, ON_SALE = "costs least", "costs most", "rated highest", "on sale"
LABELS = (COSTS_LEAST, COSTS_MOST, RATED_HIGHEST, ON_SALE)
_MOST_FACTS = 4
_LONGEST_VALUE = 60
_SENTENCE_LENGTHS = range(20, 161)
_DENIED = frozenset(("no", "none", "false", "n/a", "na", "not applicable", "unknown", "0", "-", ""))
_MARKS = re.compile(r"[\[\]{}\"“”]")


@dataclass(frozen=True, slots=True)
class Told:
    """What the model is told of one card. `facts` are `name: value`; `labels` hold among all cards of the answer."""

    letter: str
    kind: str
    facts: tuple[str, ...] = ()
    text: str = ""
    labels: tuple[str, ...] = ()

    def line(self) -> str:
        """The line of the prompt."""
        said = "; ".join([self.kind, *self.facts, *self.labels])
        return f"[{self.letter}] {said}." + (f' "{self.text}"' if self.text else "")


def told_of(cards: Sequence[Card], among: Sequence[Card], need: Need) -> tuple[Told, ...]:
    """What the model is told of `cards`, with labels that hold among the cards `among`, theirs included."""
    wanted = content_stems(" ".join([need.query, *need.include]))
    values = [_facts(card.product) for card in cards]
    shared = set.intersection(*(set(told) for told in values)) if len(cards) > 1 else set()
    texts = _texts([card.product for card in cards], wanted)
    return tuple(
        Told(
            letter(card.position),
            kind_of(card.product),
            tuple(fact.format(letter(card.position)) for fact in _chosen(facts, wanted, shared)),
            text,
            labels_of(card, among),
        )
        for card, facts, text in zip(cards, values, texts, strict=True)
    )


def wish(need: Need) -> str:
    """The need in words for the model, without numbers: bounds are kept by code, and never its business."""
    phrases = [phrase for phrase in need.include if is_sayable(phrase)]
    query = need.query if is_sayable(need.query) else ""
    short = [phrase for phrase in phrases if " " not in phrase] if query else []
    parts = [" ".join([*short, query])] if query else []
    parts += [phrase for phrase in phrases if phrase not in short]
    parts += [f"no {phrase}" for phrase in need.exclude if is_sayable(phrase)]
    return _clean("; ".join(parts)) or "ideas"


def kind_of(product: Product) -> str:
    """What kind of thing it is, as the shop's categories say; `product` where they don't."""
    leaf = _clean(product.category[-1].lower()) if product.category else ""
    return leaf if leaf and is_sayable(leaf) and len(leaf) <= _LONGEST_VALUE else "product"


def labels_of(card: Card, among: Sequence[Card]) -> tuple[str, ...]:
    """The labels that are true of `card` among the cards `among`; a label that several would share is nobody's."""
    product, others = card.product, [other.product for other in among if other.product.id != card.product.id]
    labels = []
    prices = [other.price for other in others if other.price is not None]
    if product.price is not None and prices:
        labels += [COSTS_LEAST] if product.price < min(prices) else []
        labels += [COSTS_MOST] if product.price > max(prices) else []
    ratings = [other.rating for other in others if other.rating is not None]
    if product.rating is not None and ratings and product.rating > max(ratings):
        labels.append(RATED_HIGHEST)
    if product.price is not None and product.list_price is not None and product.list_price > product.price:
        labels.append(ON_SALE)
    return tuple(labels)


def is_sayable(text: str) -> bool:
    """Whether a model without digits, money and markup could say `text`."""
    return bool(text.strip()) and not any(c.isdigit() for c in text) and not MONEY.search(text) and not LINK.search(text)


def sentences(product: Product) -> list[str]:
    """The sentences of the description that can be told: not too short or long, without numbers, money and markup."""
    found = (_clean(sentence) for line in product.description.splitlines() for sentence in cut(line))
    return [s for s in found if len(s) in _SENTENCE_LENGTHS and s[-1] in ".!?" and is_sayable(s)]


def _clean(text: str) -> str:
    """`text` on one line, without the signs that mark references and quotes in the prompt."""
    return " ".join(_MARKS.sub("", text).split())


def is_denied(value: str) -> bool:
    """Whether a value says that the product does not have what the attribute names."""
    return value.strip().lower() in _DENIED or value.strip().lower().startswith(("not ", "no "))


def _facts(product: Product) -> list[str]:
    return [fact for name, value in product.attributes.items() if (fact := _fact(name, plain(value)))]


def _fact(name: str, value: str) -> str:
    key, words = attribute_key(name), _clean(name.replace("_", " ").lower())
    if not key or not is_sayable(words) or is_denied(value) or len(value) > _LONGEST_VALUE:
        return ""
    said = _clean(value)
    if is_sayable(said):
        return f"{words}: {said}"
    # What a reference renders is the merchant's word all the same: no links, and no money but the price's own field.
    return f"{words}: [{{}}.{key}]" if is_showable(value) else ""


def _chosen(facts: Sequence[str], wanted: frozenset[str], shared: Iterable[str]) -> tuple[str, ...]:
    """The facts that matter most: what was asked for, then what the others don't have; in the merchant's order."""
    common = set(shared)
    order = sorted(range(len(facts)), key=lambda i: (-len(wanted & content_stems(facts[i])), facts[i] in common, i))
    return tuple(facts[i] for i in sorted(order[:_MOST_FACTS]))


def _texts(products: Sequence[Product], wanted: frozenset[str]) -> list[str]:
    """A sentence of each description: what says most of the wish and of the facts, and is not said of an earlier product."""
    taken: set[str] = set()
    chosen = []
    for product in products:
        fresh = [sentence for sentence in sentences(product) if sentence not in taken]
        values = content_stems(" ".join(plain(value) for value in product.attributes.values()))
        name = content_stems(f"{product.title} {product.brand}") - values - wanted
        best = max(fresh, key=lambda sentence: _worth(content_stems(sentence), wanted, values, name), default="")
        taken.add(best)
        chosen.append(best)
    return chosen


def _worth(
    words: frozenset[str], wanted: frozenset[str], values: frozenset[str], name: frozenset[str]
) -> tuple[int, bool, bool]:
    """How much a sentence is worth telling: a name in it can't be repeated, and a fact in it is what it explains."""
    return len(words & wanted), not words & name, bool(words & values)
