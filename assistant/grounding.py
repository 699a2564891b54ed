"""Keeps prose to the facts: references in their place, which are turned into words from the catalogue at the last moment.

A sentence points at the cards of its turn: `[A]` is the name of the first card's product, `[A.price]` its price now,
`[A.rating]`, `[A.brand]` and `[A.list_price]` what they say, and `[A.weight]` the value of its attribute `weight`. They are
letters, so that a language model whose decoder has no digits can still point at everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.types import Card
from assistant.wording import join
from retrieval.money import format_money
from retrieval.types import AttributeValue, Product

LETTERS = "ABCDEFGHIJ"
REFERENCE = re.compile(rf"\[([{LETTERS}])(?:\.([a-z_]{{1,40}}))?\]")
MONEY = re.compile(r"[$£€¥₹]|\b(?:dollars?|euros?|pounds?|bucks|quid|cents?|usd|eur|gbp|percent)\b", re.I)
LINK = re.compile(r"https?:|www\.|[@<>{}`|\\]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_NOT_IN_NAMES = re.compile(r"[^a-z]+")
# Where a merchant's title goes on with specifications: behind a comma, a bracket, a bar or a dash between spaces.
_TITLE_GOES_ON = re.compile(r"\s*[,(\[|;]|\s+[-–—/]\s+|:\s")
_NAME_WORDS = 7
_LONGEST_VALUE = 60
_MARKUP = re.compile(r"[\[\]*_#~^=\n\r]|%|\bfree\b(?!-)(?<!-free)|\bpercent\b", re.I)
_UNNAMED = "this one"


class UnknownReference(ValueError):
    """A sentence points at a card that is not there, or at a fact that the card does not have."""


def letter(position: int) -> str:
    """The letter that stands for the card at `position` (1-10) in a reference."""
    return LETTERS[position - 1]


def attribute_key(name: str) -> str:
    """The name of an attribute as a reference spells it: `Item Weight` is `item_weight`; empty where it has no letters."""
    return _NOT_IN_NAMES.sub("_", name.lower()).strip("_")[:40]


def cut(text: str) -> list[str]:
    """`text` cut behind its sentence ends; the last piece is the sentence under way, empty where there is none."""
    return _SENTENCE_END.split(text)


def render(text: str, cards: Sequence[Card], locale: str) -> str:
    """`text` with each reference replaced by the fact it points at. Raises `UnknownReference`."""
    products = {letter(card.position): card.product for card in cards}
    names = short_names(list(products.values()))

    def fact(match: re.Match[str]) -> str:
        product = products.get(match[1])
        if product is None:
            raise UnknownReference(f"{match[0]} points at no card of this turn ({', '.join(products)})")
        value = names[product.id] if match[2] is None else fact_of(product, match[2], locale)
        if not value:
            raise UnknownReference(f"{match[0]} is no fact that {product.id} has")
        return value

    return REFERENCE.sub(fact, text)


def fact_of(product: Product, name: str, locale: str) -> str:
    """What `[A.name]` says of `product`; empty where it has no such fact."""
    if name == "brand":
        return product.brand if is_showable(product.brand) else ""
    if name == "rating":
        return "" if product.rating is None else f"{product.rating:g}"
    if name in ("price", "list_price"):
        amount = product.price if name == "price" else product.list_price
        return "" if amount is None else format_money(amount, product.currency, locale)
    value = next((plain(value) for key, value in product.attributes.items() if attribute_key(key) == name), "")
    return value if is_showable(value) else ""


def is_showable(value: str) -> bool:
    """Whether a value of the merchant's may stand in the assistant's own sentence: short, no money, link or markup."""
    return len(value) <= _LONGEST_VALUE and not (MONEY.search(value) or LINK.search(value) or _MARKUP.search(value))


def plain(value: AttributeValue) -> str:
    """The value of an attribute in words."""
    return value if isinstance(value, str) else join(list(value))


def short_name(product: Product) -> str:
    """The product's title without the specifications that many a merchant writes behind it.

    A title that makes offers or carries a link is not repeated: the product is called `this one`.
    """
    start = _TITLE_GOES_ON.split(product.title.strip(), maxsplit=1)[0].strip()
    words = (start if len(start.split()) > 1 else product.title).split()
    name = " ".join(words[:_NAME_WORDS]).rstrip(",;:-–— ")
    return name if name and is_showable(name) else _UNNAMED


def short_names(products: Iterable[Product]) -> dict[str, str]:
    """Product id → what to call it in prose; the whole title where two of `products` would be called the same."""
    listed = list(products)
    short = [short_name(product) for product in listed]
    clash = {name for name in short if short.count(name) > 1}
    return {
        product.id: product.title if name in clash and is_showable(product.title) else name
        for product, name in zip(listed, short, strict=True)
    }
