"""Which lines of the cart a message means: by their place in it, by name, by what the screen shows, or all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.acts.base import Services, Turn, referred
from assistant.reading import references
from assistant.reading.text import read
from assistant.types import CartLine, Shown
from retrieval.types import Product

_CART = r"(?:(?:my|the|this|whole|entire|shopping) )*(?:cart|basket|bag|trolley)"
_EMPTIES = re.compile(
    rf"\b(?:empty|clear|reset|wipe|delete|remove|discard)(?: (?:out|everything (?:in|from)|all (?:of|from|in)?))? {_CART}"
    rf"|\b(?:take|remove|throw|get rid of|delete)(?: out)?(?: of)? (?:everything|it all|them all|all of (?:it|them"
    rf"|these|those)|the lot)"
    rf"|\b(?:remove|take|delete)(?: out)? all(?: (?:items|things|products))?(?: out)?(?: (?:of|from|in) {_CART})?[ .!]*$"
    r"|^everything(?: out)?[ .!]*$",
    re.I,
)
_POINTED = re.compile(r"\b(?:it|that|this|them|those|these|ones?|both)\b", re.I)
_SAYS_NO_NAME = frozenset(
    "remove take delete drop get rid of out off from my the a an cart basket bag trolley please can could you would i don't "
    "dont want need any more anymore longer just now then and to one two three four five six seven eight nine ten some "
    "again".split()
)
_NAMED = re.compile(
    r"\b(?:add|put) (?:the|that|this) (?P<name>[a-z][a-z' -]*?) (?:to|in|into) (?:(?:my|the) )?(?:cart|basket|bag)\b", re.I
)
# After these the cart is what the shopper has before them, so that "the second one" is its second line.
_SHOWS_CART = frozenset({"cart_show", "cart_remove", "checkout"})


def empties(text: str) -> bool:
    """Whether all of the cart is to go."""
    return _EMPTIES.search(text) is not None


def meant_lines(services: Services, turn: Turn) -> tuple[CartLine, ...]:
    """The lines that the message means; none where it can't be told."""
    lines = turn.conversation.cart
    if empties(turn.text):
        return lines
    products = services.catalog.get_many([line.product_id for line in lines])
    kept = [line for line in lines if line.product_id in products]
    text = read(turn.text)
    listed = tuple(_as_shown(line, products) for line in kept)
    placed = references.find(text, listed, None)
    by_place = tuple(kept[place - 1] for place in placed.positions) if placed.strong else ()
    pointed = referred(turn)
    on_screen = tuple(line for line in kept if line.product_id in pointed)
    if by_place or turn.frame.refs or _POINTED.search(turn.text):
        is_named = False
    else:
        is_named = any(word not in _SAYS_NO_NAME and not word.isdigit() for word in re.findall(r"[\w']+", turn.text.lower()))
    if by_place and turn.conversation.last_act in _SHOWS_CART:
        return by_place
    if turn.frame.refs and on_screen:
        return on_screen
    named = tuple(kept[place - 1] for place in references.by_title(text, listed, placed.used).positions)
    if is_named:
        return named  # "remove the tent": what was last talked about need not be one
    if len(kept) == 1 and not (turn.frame.refs or by_place or named):
        return tuple(kept)
    return by_place or named or on_screen


def names_another(text: str, product: Product) -> bool:
    """Whether a message puts something into the cart by a name that is not the product's: "add the tent", of a kettle."""
    match = _NAMED.search(text)
    if match is None or _POINTED.search(match["name"]):
        return False
    known = [product.title, product.brand, *product.category, *map(str, product.attributes.values())]
    known += [value for values in product.options.values() for value in values]
    said = {word.rstrip("s") for word in re.findall(r"\w+", match["name"].lower())}
    return not said & {word.rstrip("s") for word in re.findall(r"\w+", " ".join(known).lower())}


def _as_shown(line: CartLine, products: Mapping[str, Product]) -> Shown:
    """A line as references read it; its options are part of its name."""
    product = products[line.product_id]
    options = next((variant.options for variant in product.variants if variant.id == line.variant_id), {})
    said = " ".join([product.title, *(f"{name} {value}" for name, value in options.items())])
    return Shown(product.id, said, product.price)
