"""A small scripted shop in memory, for tests of its fronts: understands a few words, streams, and fails when told to.

It keeps a history: `said` and `pressed` hold what was asked of it. `join`, `agent_says` and `leave` are the person's side.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from assistant.shop import Button, KnownShopper, ShopFront
from assistant.types import (
    Card,
    CartChanged,
    CartLine,
    CartView,
    Conversation,
    Done,
    Failed,
    Frame,
    Handover,
    Message,
    Products,
    Shown,
    Status,
    StatusChanged,
    Suggestions,
    Text,
    Timings,
    TurnEvent,
)
from retrieval.types import Need, Product, Variant

NOW = "2026-01-01T12:00:00Z"
WORDS = {"first": 1, "second": 2, "third": 3}


def boot(number: int, title: str, price: int, **more: object) -> Product:
    return replace(
        Product(
            f"p{number}",
            title,
            price=price,
            brand="Fellbrook" if number % 2 else "Norrland",
            description=f"{title}: a sturdy companion for wet paths.\nKeeps its grip on rock and mud.",
            category=("Shoes", "Hiking boots"),
            attributes={"material": ("nylon", "rubber"), "waterproof": "yes"},
            rating=4.8 - number * 0.2,
            rating_count=12 * number,
            image_url=f"/images/p{number}.svg",
            stock=20,
        ),
        **more,
    )


SIZES = tuple(Variant(f"p1-{size}", {"size": size}, stock=0 if size == "39" else 4) for size in ("39", "40", "41"))
CATALOGUE: tuple[Product, ...] = (
    boot(1, "Fellbrook Ridge Mid", 8900, list_price=11900, options={"size": ("39", "40", "41")}, variants=SIZES),
    boot(2, "Norrland Trail Runner", 7450, stock=3, availability="limited_stock"),
    boot(3, "Fellbrook Storm High", 11900),
    boot(4, "Norrland Light Hiker", 6400, availability="preorder", stock=None),
    boot(5, "Fellbrook Summit", 9990, rating=None, rating_count=None, image_url=""),
    boot(6, "Norrland Moss Low", 5900, list_price=7900),
    boot(7, "Fellbrook Kids Trail", 4900),
    boot(8, "Norrland Glacier", 18900),
    boot(9, "Fellbrook City Walker", 10500, availability="out_of_stock", stock=0),
    boot(10, "Norrland Marsh Wader", 7900),
    boot(11, "Fellbrook Alpine Lace-up with a title that goes on for much longer than anyone would like", 11200),
    boot(12, "Norrland Heather", 6900),
)


class FakeShop(ShopFront):
    """A shop whose answers are written down here. `delay` is the seconds before each piece of text."""

    name = "Shelfwise Outdoor"
    currency = "USD"

    def __init__(self, catalogue: Sequence[Product] = CATALOGUE, *, delay: float = 0.0) -> None:
        self.catalogue = {product.id: product for product in catalogue}
        self.delay = delay
        self.let_go = threading.Event()  # ends a turn that hangs
        self.said: list[str] = []
        self.pressed: list[Button] = []
        self.message_ids: list[str] = []
        self.opened: list[str | None] = []
        self._saved: dict[str, Conversation] = {}
        self._lock = threading.Lock()

    def open(self, shopper_id: str | None = None, locale: str = "") -> Conversation:
        with self._lock:
            self.opened.append(shopper_id)
            number = len(self.opened)
            conversation = Conversation(f"conversation-{number}", shopper_id or f"guest-{number}", locale=locale)
            self._saved[conversation.id] = conversation
            return conversation

    def conversation(self, conversation_id: str) -> Conversation:
        return self._saved[conversation_id]

    def news(self, conversation_id: str, version: int) -> Conversation | None:
        conversation = self._saved[conversation_id]
        return None if conversation.version == version else conversation

    def products(self, product_ids: Sequence[str]) -> Mapping[str, Product]:
        return {each: self.catalogue[each] for each in product_ids if each in self.catalogue}

    def join(self, conversation_id: str, agent: str) -> None:
        handover = Handover("h1", "asked_for_human", "shopper", 0.0, agent, 1.0)
        self._save(replace(self._saved[conversation_id], status="human", handover=handover))
        self.add(conversation_id, Message("notice", f"{agent} has joined.", NOW, author=agent))

    def agent_says(self, conversation_id: str, agent: str, text: str, product_ids: tuple[str, ...] = ()) -> None:
        if product_ids:
            shown = tuple(Shown(each, self.catalogue[each].title, self.catalogue[each].price) for each in product_ids)
            self._save(replace(self._saved[conversation_id], shown=shown))
        self.add(conversation_id, Message("agent", text, NOW, product_ids, f"agent:{len(text)}", agent))

    def leave(self, conversation_id: str, agent: str, status: Status = "bot") -> None:
        self._save(replace(self._saved[conversation_id], status=status, handover=None))
        self.add(conversation_id, Message("notice", f"{agent} has left.", NOW, author=agent))

    def shoppers(self) -> Sequence[KnownShopper]:
        return (
            KnownShopper("u1", "Mia", "trail runner, likes bright colours"),
            KnownShopper("u2", "Jonas", "cooks a lot, buys once and well"),
        )

    def cart(self, conversation_id: str) -> CartView:
        lines = []
        for line in self._saved[conversation_id].cart:
            product = self.catalogue[line.product_id]
            lines.append((line, product, (product.price or 0) * line.quantity))
        return CartView(tuple(lines), sum(total for _, _, total in lines), self.currency)

    def cards_of(self, conversation: Conversation) -> tuple[Card, ...]:
        """The cards that the conversation shows, as the catalogue has them now."""
        products = [self.catalogue[shown.id] for shown in conversation.shown]
        return tuple(
            Card(
                position,
                product,
                ("Waterproof, as you asked", "Often bought by hikers")[: position % 3],
                ("over $120",) if (product.price or 0) > 12000 else (),
            )
            for position, product in enumerate(products, start=1)
        )

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Iterator[TurnEvent]:
        self.said.append(text)
        self._hear(conversation_id, text, message_id)
        words = text.lower()
        if self._saved[conversation_id].status == "human":
            yield StatusChanged("human")
        elif "fail" in words:
            yield Failed("engine_down", "The assistant could not answer just now.")
        elif "explode" in words:
            raise RuntimeError("the fake shop was told to explode")
        elif "hang" in words:
            self.let_go.wait(30)
        elif "no longer" in words:
            yield from self._status(conversation_id, "bot", "You are no longer waiting.")
        elif "person" in words:
            yield from self._status(conversation_id, "pending", "I have asked a colleague to join us.")
        elif "cart" in words:
            position = next((number for word, number in WORDS.items() if word in words), 1)
            yield from self._add_to_cart(conversation_id, self._saved[conversation_id].shown[position - 1].id)
        elif "hello" in words:
            yield from self._prose(conversation_id, "Hello! What are you looking for today?")
        else:
            yield from self._search(conversation_id, words)
        yield self._done()

    def press(self, conversation_id: str, button: Button) -> Iterator[TurnEvent]:
        self.pressed.append(button)
        if button.kind != "click":
            self._hear(conversation_id, f"{button.kind} {button.product_id}{button.value}", button.message_id)
        conversation = self._saved[conversation_id]
        match button.kind:
            case "cart_add":
                yield from self._add_to_cart(conversation_id, button.product_id, button.variant_id)
            case "cart_remove":
                kept = tuple(line for line in conversation.cart if line.product_id != button.product_id)
                self._save(replace(conversation, cart=kept))
                yield CartChanged(self.cart(conversation_id))
                yield from self._prose(conversation_id, "I took it out of your cart.")
            case "drop_need":
                held = getattr(conversation.need, button.slot)
                rest = tuple(value for value in held if value != button.value) if isinstance(held, tuple) else None
                yield from self._show(conversation_id, replace(conversation.need, **{button.slot: rest}))
                yield from self._prose(conversation_id, "I looked again without that.")
            case "more_like_this" | "not_for_me":
                self._save(replace(conversation, disliked=(*conversation.disliked, button.product_id)))
                yield from self._show(conversation_id, conversation.need)
                yield from self._prose(conversation_id, "Noted. Here is the shelf again.")
        yield self._done()

    def _search(self, conversation_id: str, words: str) -> Iterator[TurnEvent]:
        need = self._saved[conversation_id].need
        if "cheaper" in words:
            need = replace(need, price_max=8000, sort="price_asc")
        else:
            need = Need("hiking boots", include=("waterproof",), exclude=("leather",), price_max=12000)
        yield from self._show(conversation_id, need)
        yield from self._prose(
            conversation_id,
            "These keep the water out and none of them uses leather. The first is the best rated of them; the second "
            "costs less and is lighter on the foot.\n\nShall I compare the first two for you?",
        )
        yield Suggestions(("Cheaper", "Compare the first two", "Only the best rated"))

    def _show(self, conversation_id: str, need: Need) -> Iterator[TurnEvent]:
        conversation = self._saved[conversation_id]
        limit = need.price_max or 10**9
        fits = [
            product
            for product in self.catalogue.values()
            if product.id not in conversation.disliked and product.for_sale and (product.price or 0) <= limit
        ][:8]
        if need.sort == "price_asc":
            fits.sort(key=lambda product: product.price or 0)
        shown = tuple(Shown(product.id, product.title, product.price) for product in fits)
        conversation = replace(conversation, need=need, shown=shown)
        self._save(conversation)
        yield Products(self.cards_of(conversation), need)

    def _add_to_cart(self, conversation_id: str, product_id: str, variant_id: str = "") -> Iterator[TurnEvent]:
        conversation = self._saved[conversation_id]
        held = {(line.product_id, line.variant_id): line.quantity for line in conversation.cart}
        key = (product_id, variant_id or None)
        held[key] = held.get(key, 0) + 1
        cart = tuple(CartLine(product, quantity, variant) for (product, variant), quantity in held.items())
        self._save(replace(conversation, cart=cart))
        yield CartChanged(self.cart(conversation_id))
        yield from self._prose(conversation_id, f"{self.catalogue[product_id].title} is in your cart.")
        yield Suggestions(("Show my cart", "Check out"))

    def _status(self, conversation_id: str, status: Status, text: str) -> Iterator[TurnEvent]:
        self._save(replace(self._saved[conversation_id], status=status))
        yield StatusChanged(status)
        yield from self._prose(conversation_id, text)

    def _prose(self, conversation_id: str, text: str) -> Iterator[TurnEvent]:
        said = ""
        message_id = f"{self.message_ids[-1]}.answer"
        try:
            for piece in text.split(" "):
                time.sleep(self.delay)
                if self._saved[conversation_id].status == "human":
                    said = ""  # a person has joined: nothing of this is saved
                    yield StatusChanged("human")
                    return
                delta = f" {piece}" if said else piece
                said += delta
                yield Text(delta)
        finally:  # also where the shopper stopped the answer
            if said:
                self.add(conversation_id, Message("assistant", said, NOW, id=message_id))

    def _hear(self, conversation_id: str, text: str, message_id: str) -> None:
        self.message_ids.append(message_id)
        if self._saved[conversation_id].status == "resolved":
            self._save(replace(self._saved[conversation_id], status="bot"))
        if not message_id or message_id not in [message.id for message in self._saved[conversation_id].messages]:
            self.add(conversation_id, Message("shopper", text, NOW, id=message_id))

    def add(self, conversation_id: str, message: Message) -> None:
        conversation = self._saved[conversation_id]
        self._save(replace(conversation, messages=(*conversation.messages, message)))

    def _save(self, conversation: Conversation) -> None:
        with self._lock:
            self._saved[conversation.id] = replace(conversation, version=self._saved[conversation.id].version + 1)

    def _done(self) -> Done:
        return Done(Frame("smalltalk"), (), Timings(None, None, 0.0))
