"""Acts on the cart. What is said of it is rendered from the cart after the change, never before.

Totals come with the cart itself (`CartChanged`), which every front shows in the thread. Prose spells no sum, only what one
thing costs; how many items there are it may count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import prompts
from assistant import cart
from assistant.acts.base import Outcome, Services, Turn, happened, referred
from assistant.acts.cart_lines import empties, meant_lines, names_another
from assistant.reading import acts
from assistant.reading.text import read
from assistant.types import CartLine, CartView, Conversation, Frame
from assistant.wording import join
from ranking.types import Event, EventType
from retrieval.money import format_money
from retrieval.types import Product, Variant

_CHOICES_OFFERED = 4
_SETS = re.compile(
    r"\b(?:make (?:it|that|them|those)|change (?:it|that|them|the \w+)? ?to|set it to|only|just|in total|actually)\b", re.I
)
_ADDS = re.compile(r"\b(?:more|another|extra|additional|add|also|too)\b", re.I)
_COUNTS = tuple("one two three four five six seven eight nine ten eleven twelve".split())
_QUANTITY = re.compile(
    r"(?:(?:no|ok|okay|sorry|actually|please|oh|hm+|well|wait),? )*(?:(?:can you |could you )?make (?:it|that|them)"
    r"|(?:change|set) (?:it|that|them|the (?:quantity|number|amount)) to|(?:i )?(?:only|just)(?: (?:want|need|take))?)"
    rf" (?P<count>\d{{1,2}}|{'|'.join(_COUNTS)})(?: (?:of (?:them|it|those|these|that)|in total|instead|please|then))*"
)
_CART_ACTS = frozenset({"cart_add", "cart_remove", "cart_show"})
_PLACES = tuple("first second third fourth fifth sixth seventh eighth ninth tenth".split())
# How a bare "size 9" or "the white one, please" may be read.
_DETAIL_ACTS = frozenset({"search", "refine", "recommend", "cart_add", "like", "smalltalk", "out_of_scope"})


def add(services: Services, turn: Turn, variant_id: str | None = None) -> Outcome:
    """Puts what the frame points at into the cart; asks for the option where several can be bought."""
    shown = len(turn.conversation.shown)
    if _ordinal(turn.text) > shown > 0:
        return Outcome(
            turn.conversation, prompts.render("cart_beyond", turn.pick, count=shown), suggestions=_positions(turn)
        )
    products = list(services.catalog.get_many(referred(turn)).values())
    if not turn.frame.refs and variant_id is None and any(names_another(turn.text, product) for product in products):
        products = []
    if not products:
        return Outcome(turn.conversation, prompts.render("which_one", turn.pick), suggestions=_positions(turn))
    held = _line_to_set(products, turn)
    if held is not None:
        return _set_quantity(services, turn, products[0], held)
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
    counted = join([f"{_named(product, number)}{_as_kept(product, turn)}" for number, product in put])
    many, count = sum(number for number, _ in put) > 1, _count(seen)
    more = count > sum(number for number, _ in put)
    said = prompts.render("cart_added", turn.pick, titles=counted, many=many, count=count if more else 0)
    question, offers = _open_choice(put[-1][1], seen)
    closing = " ".join(filter(None, [*refused, question]))
    return Outcome(conversation, said, closing=closing, cart=seen, suggestions=offers or _next_steps(), events=tuple(events))


def quantity_changed(services: Services, turn: Turn) -> Outcome | None:
    """Right after an act on the cart, "make it three" and "just one of them" are about its quantity, not about a price."""
    match = _QUANTITY.fullmatch(turn.text.lower().strip(" .!"))
    conversation = turn.conversation
    product = services.catalog.get(conversation.focus or "") if match else None
    if match is None or product is None or conversation.last_act not in _CART_ACTS:
        return None
    said = match["count"]
    count = int(said) if said.isdigit() else _COUNTS.index(said) + 1
    turn = replace(turn, frame=Frame("cart_add", quantity=count))
    held = _line_to_set([product], turn)
    return None if held is None or count == 0 else _set_quantity(services, turn, product, held)


def _ordinal(text: str) -> int:
    """The highest place that the text names ("the ninth one", "number 12"); 0 where it names none."""
    words = re.findall(r"\b(?:number|no\.?|#) ?(\d{1,2})\b|\b(\d{1,2})(?:st|nd|rd|th)\b", text.lower())
    named = [_PLACES.index(word) + 1 for word in re.findall(r"\w+", text.lower()) if word in _PLACES]
    return max([int(left or right) for left, right in words] + named, default=0)


def _line_to_set(products: Sequence[Product], turn: Turn) -> CartLine | None:
    """The line whose quantity is to be another one: "make it three" of what is in the cart, not three more."""
    text = turn.text
    if turn.frame.quantity is None or len(products) != 1 or _ADDS.search(text) or not _SETS.search(text):
        return None
    held = [line for line in turn.conversation.cart if line.product_id == products[0].id]
    return held[0] if len(held) == 1 else None


def _set_quantity(services: Services, turn: Turn, product: Product, line: CartLine) -> Outcome:
    most = _most(product, line.variant_id)
    wanted = turn.frame.quantity or 1
    count = max(min(wanted, most), min(line.quantity, wanted))
    refused = _refusal(product, line.variant_id, turn.pick) if count < wanted else ""
    lines = cart.set_quantity(turn.conversation.cart, line, count)
    conversation = replace(turn.conversation, cart=lines, focus=product.id)
    seen = view(services, lines)
    if count == line.quantity and refused:
        return Outcome(conversation, refused, cart=seen, suggestions=_next_steps())
    said = prompts.render("cart_set", turn.pick, title=product.title, count=count)
    events: tuple[Event, ...] = ()
    if count != line.quantity:
        kind: EventType = "add_to_cart" if count > line.quantity else "remove_from_cart"
        change = abs(count - line.quantity)
        events = (happened(services, conversation, kind, product, quantity=change, variant_id=line.variant_id),)
    return Outcome(conversation, said, closing=refused, cart=seen, suggestions=_next_steps(), events=events)


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
    """Takes what the message means out of the cart; asks which where that can't be told."""
    conversation = turn.conversation
    if not conversation.cart:
        return Outcome(conversation, prompts.render("cart_empty", turn.pick), cart=view(services, ()))
    meant = meant_lines(services, turn)
    if not meant:
        return Outcome(conversation, prompts.render("cart_remove_which", turn.pick), cart=view(services, conversation.cart))
    if meant == conversation.cart and turn.frame.quantity is None:
        lines: tuple[CartLine, ...] = ()
    else:
        lines = conversation.cart
        for line in meant:
            lines = cart.remove(lines, line.product_id, turn.frame.quantity, line.variant_id)
    ids = dict.fromkeys(line.product_id for line in meant)
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
    left = {p.id: sum(line.quantity for line in lines if line.product_id == p.id) for p in products}
    gone = [product.title for product in products if not left[product.id]]
    stays = join([f"{left[product.id]} × {product.title}" for product in products if left[product.id]])
    events = tuple(happened(services, turn.conversation, "remove_from_cart", product) for product in products)
    said = prompts.render("cart_removed", turn.pick, gone=join(gone), many=len(gone) > 1, left=stays, count=_count(seen))
    return Outcome(replace(turn.conversation, cart=lines), said, cart=seen, suggestions=_next_steps(), events=events)


def show(services: Services, turn: Turn) -> Outcome:
    """The cart, line by line, with its total; emptied where that was asked for."""
    if empties(turn.text):
        return remove(services, turn)
    seen = view(services, turn.conversation.cart)
    if not seen.lines:
        return Outcome(turn.conversation, prompts.render("cart_empty", turn.pick), cart=seen)
    rows = [
        (line.quantity, product.title, _money(services, cart.unit_price(product, line.variant_id)))
        for line, product, _ in seen.lines
    ]
    said = prompts.render("cart_shown", turn.pick, rows=rows, count=_count(seen))
    offers = ("Checkout", "What would you recommend?")
    return Outcome(turn.conversation, said, closing=_not_to_be_had(turn, seen), cart=seen, suggestions=offers)


def checkout(services: Services, turn: Turn) -> Outcome:
    """What is to be paid, and where. The assistant itself takes no payment.

    "Buy this now" with an empty cart puts it there first.
    """
    seen = view(services, turn.conversation.cart)
    if not seen.lines and acts.buys_it(read(turn.text)) and referred(turn):
        return add(services, turn)
    if not seen.lines:
        return Outcome(turn.conversation, prompts.render("cart_empty", turn.pick), cart=seen)
    said = prompts.render("checkout", turn.pick, count=_count(seen))
    offers = ("Show my cart",)
    return Outcome(turn.conversation, said, closing=_not_to_be_had(turn, seen), cart=seen, suggestions=offers)


def _not_to_be_had(turn: Turn, seen: CartView) -> str:
    """What of the cart can't be bought any more, or not that many of it; empty where all can."""
    missing = len(turn.conversation.cart) - len(seen.lines)
    notes = [prompts.render("cart_gone", turn.pick, count=missing)] if missing else []
    for line, product, _ in seen.lines:
        if line.quantity > _most(product, line.variant_id):
            notes.append(_refusal(product, line.variant_id, turn.pick))
    return " ".join(notes)


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
    asked = " ".join([turn.text, *turn.conversation.need.include])
    variant = named_variant(product, asked) or named_variant(product, " ".join([asked, *turn.preferences.include]))
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
        if all(says_value(said, value) for name, value in variant.options.items() if name in open_names)
    ]
    return fitting[0] if open_names and len(fitting) == 1 else None


def says_value(text: str, value: str) -> bool:
    """Whether the lower-case `text` names the value of an option, as words of their own."""
    return re.search(rf"(?<![\w.]){re.escape(value.lower())}(?![\w.]*\w)", text) is not None


def open_question(services: Services, conversation: Conversation) -> tuple[str, tuple[str, ...]]:
    """The question for the option of what was added last, with replies to pick from; empty where none is open."""
    product = services.catalog.get(conversation.focus or "")
    if product is None or conversation.last_act != "cart_add":
        return "", ()
    return _open_choice(product, view(services, conversation.cart))


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


def _named(product: Product, count: int) -> str:
    return f"{count} × {product.title}" if count > 1 else product.title


def _as_kept(product: Product, turn: Turn) -> str:
    """Which option a lasting preference has chosen, since nothing in this conversation did."""
    asked = " ".join([turn.text, *turn.conversation.need.include])
    variant = named_variant(product, " ".join([asked, *turn.preferences.include]))
    return f" in {_options(variant)}" if variant is not None and named_variant(product, asked) is None else ""


def _money(services: Services, amount: int) -> str:
    return format_money(amount, services.catalog.currency, services.locale)


def _count(seen: CartView) -> int:
    return sum(line.quantity for line, _, _ in seen.lines)


def _next_steps() -> tuple[str, ...]:
    return ("Show my cart", "Checkout")


def _positions(turn: Turn) -> tuple[str, ...]:
    return ("Add the first one to my cart", "Add the second one to my cart") if turn.conversation.shown else ()
