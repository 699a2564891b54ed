"""Acts on the cart. What is said of it is rendered from the cart after the change, never before.

Totals are not spelled in prose: they come with the cart itself (`CartChanged`), which every front shows in the thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import prompts
from assistant import cart
from assistant.acts.base import Outcome, Services, Turn, happened, referred
from assistant.types import CartLine, CartView, Conversation, Frame
from assistant.wording import join
from retrieval.money import format_money
from retrieval.types import Product, Variant

_CHOICES_OFFERED = 4
# How a bare "size 9" or "the white one, please" may be read.
_DETAIL_ACTS = frozenset({"search", "refine", "recommend", "cart_add", "like", "smalltalk", "out_of_scope"})


def add(services: Services, turn: Turn, variant_id: str | None = None) -> Outcome:
    """Puts what the frame points at into the cart; asks for the option where several can be bought."""
    products = list(services.catalog.get_many(referred(turn)).values())
    if not products:
        return Outcome(turn.conversation, prompts.render("which_one", turn.pick), suggestions=_positions(turn))
    lines, events, put, refused = turn.conversation.cart, [], [], []
    wanted = turn.frame.quantity or 1
    for product in products:
        chosen = variant_id or chosen_variant(product, turn)
        count = min(wanted, _room(product, chosen, lines))
        if count < wanted:
            refused.append(_refusal(product, chosen, turn.pick))
        if count:
            lines = cart.add(lines, product.id, count, chosen)
            events.append(happened(services, turn.conversation, "add_to_cart", product, quantity=count, variant_id=chosen))
            put.append((count, product))
    conversation = replace(turn.conversation, cart=lines, focus=products[-1].id)
    if not put:
        return Outcome(conversation, " ".join(refused), suggestions=("Show me something like it",))
    seen = view(services, lines)
    counted = join([f"{count} × {product.title}" if count > 1 else product.title for count, product in put])
    said = prompts.render("cart_added", turn.pick, titles=counted, many=len(put) > 1 or put[0][0] > 1)
    question, offers = _open_choice(put[-1][1], seen)
    closing = " ".join(filter(None, [*refused, question]))
    return Outcome(conversation, said, closing=closing, cart=seen, suggestions=offers or _next_steps(), events=tuple(events))


def is_detail(frame: Frame, before: Conversation) -> bool:
    """Whether a message may be the answer to "which size?": it was asked, and the message brings no wish of its own."""
    is_open = any(line.product_id == before.focus and line.variant_id is None for line in before.cart)
    if before.last_act != "cart_add" or not is_open or frame.act not in _DETAIL_ACTS:
        return False
    bounds = (frame.price_min, frame.price_max, frame.price_rel, frame.rating_min, frame.sort)
    meant = {before.shown[ref - 1].id for ref in frame.refs if 1 <= ref <= len(before.shown)}
    return not frame.query and not frame.exclude and bounds == (None,) * 5 and meant <= {before.focus}


def settle_choice(services: Services, turn: Turn) -> Outcome | None:
    """Sets the variant of the line last added where the message names it; None where it names none."""
    conversation = turn.conversation
    product = services.catalog.get(conversation.focus or "")
    variant = None if product is None else named_variant(product, turn.text)
    if product is None or variant is None:
        return None
    lines = cart.choose_variant(conversation.cart, product.id, variant.id)
    seen = view(services, lines)
    said = prompts.render("cart_chosen", turn.pick, title=product.title, options=_options(variant))
    return Outcome(replace(conversation, cart=lines), said, cart=seen, suggestions=_next_steps())


def remove(services: Services, turn: Turn) -> Outcome:
    """Takes what the frame points at out of the cart; "everything" where it points at nothing and says so."""
    conversation = turn.conversation
    if not conversation.cart:
        return Outcome(conversation, prompts.render("cart_empty", turn.pick), cart=view(services, ()))
    ids = _in_cart(services, turn)
    if not ids:
        return Outcome(conversation, prompts.render("cart_remove_which", turn.pick), cart=view(services, conversation.cart))
    lines = conversation.cart
    for product_id in ids:
        lines = cart.remove(lines, product_id, turn.frame.quantity)
    return _removed(services, turn, list(services.catalog.get_many(ids).values()), lines)


def take_out(services: Services, turn: Turn, product: Product, variant_id: str | None = None) -> Outcome:
    """Takes one line of the cart out: the product, or only the variant named."""
    conversation = turn.conversation
    lines = cart.remove(conversation.cart, product.id, variant_id=variant_id)
    if lines == conversation.cart:
        return Outcome(conversation, prompts.render("cart_remove_which", turn.pick), cart=view(services, lines))
    return _removed(services, turn, [product], lines)


def _removed(services: Services, turn: Turn, products: Sequence[Product], lines: tuple[CartLine, ...]) -> Outcome:
    seen = view(services, lines)
    left = sum(line.quantity for line in lines if line.product_id in {product.id for product in products})
    events = tuple(happened(services, turn.conversation, "remove_from_cart", product) for product in products)
    said = prompts.render("cart_removed", turn.pick, titles=_titles(products), left=left, many=len(products) > 1, cart=seen)
    return Outcome(replace(turn.conversation, cart=lines), said, cart=seen, suggestions=_next_steps(), events=events)


def show(services: Services, turn: Turn) -> Outcome:
    """The cart, line by line, with its total."""
    seen = view(services, turn.conversation.cart)
    if not seen.lines:
        return Outcome(turn.conversation, prompts.render("cart_empty", turn.pick), cart=seen)
    rows = [
        (line.quantity, product.title, _money(services, cart.unit_price(product, line.variant_id)))
        for line, product, _ in seen.lines
    ]
    said = prompts.render("cart_shown", turn.pick, rows=rows)
    return Outcome(turn.conversation, said, cart=seen, suggestions=("Checkout", "What would you recommend?"))


def checkout(services: Services, turn: Turn) -> Outcome:
    """What is to be paid, and where. The assistant itself takes no payment."""
    seen = view(services, turn.conversation.cart)
    if not seen.lines:
        return Outcome(turn.conversation, prompts.render("cart_empty", turn.pick), cart=seen)
    said = prompts.render("checkout", turn.pick, count=_count(seen))
    return Outcome(turn.conversation, said, cart=seen, suggestions=("Show my cart",))


def _room(product: Product, variant_id: str | None, lines: Sequence[CartLine]) -> int:
    """How many more of it the cart may take: as many as there are, at most `MOST_OF_ONE`; none of what is sold out."""
    held = sum(line.quantity for line in lines if (line.product_id, line.variant_id) == (product.id, variant_id))
    return max(0, _most(product, variant_id) - held)


def _most(product: Product, variant_id: str | None) -> int:
    variants = cart.variants_for_sale(product)
    named = next((variant for variant in variants if variant.id == variant_id), None)
    if not product.for_sale or (product.variants and not variants) or (variant_id is not None and named is None):
        return 0
    stock = product.stock if named is None or named.stock is None else named.stock
    return cart.MOST_OF_ONE if stock is None else min(stock, cart.MOST_OF_ONE)


def _refusal(product: Product, variant_id: str | None, pick: int) -> str:
    most = _most(product, variant_id)
    if most == 0:
        return prompts.render("cart_sold_out", pick, titles=product.title)
    return prompts.render("cart_limit", pick, title=product.title, most=most)


def view(services: Services, lines: Sequence[CartLine]) -> CartView:
    """The cart with what it costs now."""
    products = services.catalog.get_many([line.product_id for line in lines])
    return cart.view(lines, products, services.catalog.currency)


def chosen_variant(product: Product, turn: Turn) -> str | None:
    """The variant that the turn or the need names, or the only one that can be bought; None leaves the choice open."""
    said = " ".join([turn.text, *turn.conversation.need.include])
    variant = named_variant(product, said)
    if variant is not None:
        return variant.id
    for_sale = cart.variants_for_sale(product)
    return for_sale[0].id if len(for_sale) == 1 else None


def named_variant(product: Product, text: str) -> Variant | None:
    """The variant for sale of which `text` names every option that there is a choice of, if it is just one."""
    said = text.lower()
    for_sale = cart.variants_for_sale(product)
    open_names = {name for name in product.options if len({v.options.get(name) for v in for_sale}) > 1}
    fitting = [
        variant
        for variant in for_sale
        if all(_says(said, value) for name, value in variant.options.items() if name in open_names)
    ]
    return fitting[0] if open_names and len(fitting) == 1 else None


def _says(text: str, value: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(value.lower())}(?![\w.]*\w)", text) is not None


def _in_cart(services: Services, turn: Turn) -> tuple[str, ...]:
    inside = tuple(dict.fromkeys(line.product_id for line in turn.conversation.cart))
    if re.search(r"\b(everything|all|empty|clear)\b", turn.text.lower()) and not turn.frame.refs:
        return inside
    wanted = [product_id for product_id in referred(turn) if product_id in inside]
    if wanted:
        return tuple(wanted)
    words = set(re.findall(r"\w{3,}", turn.text.lower()))
    products = services.catalog.get_many(inside)
    named = [p.id for p in products.values() if words & set(re.findall(r"\w{3,}", p.title.lower()))]
    return tuple(named[:1]) or (inside if len(inside) == 1 else ())


def _open_choice(product: Product, seen: CartView) -> tuple[str, tuple[str, ...]]:
    is_open = any(line.product_id == product.id and line.variant_id is None for line, _, _ in seen.lines)
    for_sale = cart.variants_for_sale(product)
    if not is_open or len(for_sale) < 2:
        return "", ()
    names = [name for name in product.options if len({v.options.get(name) for v in for_sale}) > 1]
    choices = {name: list(dict.fromkeys(v.options.get(name, "") for v in for_sale)) for name in names}
    question = prompts.render("cart_choose", names=join(names), choices={n: join(c, "or") for n, c in choices.items()})
    offers = [" ".join(f"{n} {v.options.get(n, '')}" for n in names) for v in for_sale[:_CHOICES_OFFERED]]
    return question, tuple(offers)


def _options(variant: Variant) -> str:
    return join([f"{name} {value}" for name, value in variant.options.items()])


def _titles(products: Sequence[Product]) -> str:
    return join([product.title for product in products])


def _money(services: Services, amount: int) -> str:
    return format_money(amount, services.catalog.currency, services.locale)


def _count(seen: CartView) -> int:
    return sum(line.quantity for line, _, _ in seen.lines)


def _next_steps() -> tuple[str, ...]:
    return ("Show my cart", "Checkout")


def _positions(turn: Turn) -> tuple[str, ...]:
    return ("Add the first one to my cart", "Add the second one to my cart") if turn.conversation.shown else ()
