"""The public fakes of the whole tree in one place, and a small shop made of the real parts.

Nothing here patches anything: each fake is a real implementation of a seam, scripted and with a memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.acts.base import Services
from assistant.answer import Voice
from assistant.chat_models import ChatModel
from assistant.handoff.decide import HandoverPolicy
from assistant.handoff.log import HandoverLog
from assistant.handoff.reception import Reception
from assistant.memory import ConversationStore
from assistant.order_store import OrderStore
from assistant.policies import Passage, Policies
from assistant.preferences import PreferenceStore
from assistant.profile import ShopperStore
from assistant.shop import Button
from assistant.turn import Assistant
from assistant.types import Card, CartChanged, Done, Failed, Products, Suggestions, Text, TurnEvent
from assistant.understand import LexicalReader
from assistant.vocabulary import Vocabulary
from ranking.events import EventStore
from ranking.trained import untrained
from retrieval.catalog import Catalog
from retrieval.index import VectorIndex
from retrieval.products import to_row
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Product, Variant
from tests.fakes_chat import ScriptedChatModel
from tests.fakes_engines import FakeHandle, FakePipeline, a_request
from tests.fakes_retrieval import FakeEmbedder, product
from tests.fakes_shop import FakeShop

__all__ = [
    "FakeEmbedder",
    "FakeHandle",
    "FakePipeline",
    "FakeShop",
    "Heard",
    "ScriptedChatModel",
    "a_request",
    "hear",
    "ingest",
    "product",
    "small_catalogue",
    "small_shop",
]

NOW = 1_770_000_000.0


def boot(number: int, title: str, price: int, **more: object) -> Product:
    """Waterproof hiking boots without leather; `more` says what is different."""
    plain = Product(
        f"boot-{number}",
        title,
        price=price,
        category=("Shoes", "Hiking boots"),
        brand="Fellbrook" if number % 2 else "Norrland",
        description=f"The {title.split()[0]} keeps its grip on wet rock. It dries within a day beside a stove.",
        attributes={"material": "nylon", "feature": ("waterproof",), "color": "green" if number % 2 else "black"},
        stock=20,
        rating=4.0 + number / 20,
        rating_count=10 * number,
        created_at="2025-03-01T00:00:00Z",
    )
    return replace(plain, **more)


def sizes(product_id: str, *buyable: str, sold_out: Sequence[str] = ()) -> dict[str, object]:
    """Options and variants of something that comes in sizes."""
    every = (*buyable, *sold_out)
    variants = (Variant(f"{product_id}-{size}", {"size": size}, stock=0 if size in sold_out else 3) for size in every)
    return {"options": {"size": every}, "variants": tuple(variants)}


def small_catalogue() -> tuple[Product, ...]:
    """Eighteen products: boots of all sorts, kettles, headphones and a tent."""
    kitchen = {"category": ("Kitchen", "Kettles"), "brand": "Hearth", "created_at": "2025-01-01T00:00:00Z"}
    sound = {"category": ("Electronics", "Headphones"), "brand": "Auralis", "created_at": "2025-02-01T00:00:00Z"}
    colours = (Variant("ear-1-b", {"color": "black"}), Variant("ear-1-w", {"color": "white"}, price=15_900))
    return (
        boot(1, "Ridge Mid Hiking Boots", 9_900, list_price=12_900, **sizes("boot-1", "8", "9", sold_out=("10",))),
        boot(2, "Moor Light Hiking Boots", 8_900),
        boot(3, "Fell Quick Hiking Boots", 7_400, **sizes("boot-3", "8", "9", "10")),
        boot(4, "Classic Alpine Hiking Boots", 11_000, attributes={"material": "leather", "feature": ("waterproof",)}),
        boot(5, "Summit Pro Hiking Boots", 18_900),
        boot(6, "Storm High Hiking Boots", 9_500, availability="out_of_stock", stock=0),
        boot(7, "Leather-free Glen Hiking Boots", 10_500),
        boot(8, "Meadow Hiking Boots", 3_900, attributes={"material": "nylon"}),
        boot(9, "Brook Hiking Boots", 6_400, rating=None, rating_count=None),
        boot(10, "Beck Hiking Boots", 5_900),
        boot(11, "Tarn Hiking Boots", 11_900, **sizes("boot-11", sold_out=("8", "9"))),
        Product("kettle-1", "Steel Kettle", price=3_900, list_price=5_200, attributes={"material": "steel"}, **kitchen),
        Product("kettle-2", "Glass Kettle", price=2_900, attributes={"material": "glass"}, **kitchen),
        Product("kettle-3", "Travel Kettle", price=1_900, attributes={"material": "plastic"}, stock=2, **kitchen),
        Product(
            "ear-1",
            "Wireless Headphones",
            price=14_900,
            options={"color": ("black", "white")},
            variants=colours,
            description="They run for a long day on one charge. The battery is rated for thirty hours.",
            rating=4.6,
            **sound,
        ),
        Product("ear-2", "Wired Headphones", price=4_900, attributes={"color": "black"}, rating=4.1, **sound),
        Product("ear-3", "Sleep Headphones", price=6_900, availability="discontinued", **sound),
        Product("tent-1", "Trail Tent for Two", price=19_900, category=("Outdoor", "Tents"), brand="Norrland"),
    )


POLICIES = Policies(
    (
        Passage("shipping", "How long it takes", "Parcels arrive within five working days."),
        Passage("shipping", "Abroad", "We ship to Norway and Sweden for a flat fee."),
        Passage("returns", "Sending it back", "You may send anything back within thirty days."),
    )
)
ORDERS = (
    {"order_id": "SW100", "shopper_id": "mia", "status": "shipped", "created_at": "2026-01-02T00:00:00Z"},
    {"order_id": "SW200", "shopper_id": "jonas", "status": "packed", "created_at": "2026-01-03T00:00:00Z"},
)
SHOPPERS = (
    {"shopper_id": "mia", "name": "Mia Holm", "persona": "hikes in any weather"},
    {"shopper_id": "jonas", "name": "Jonas Berg", "persona": "cooks a lot"},
)


def small_shop(
    folder: Path,
    products: Iterable[Product] | None = None,
    *,
    model: ChatModel | None = None,
    cards: int = 8,
    message_characters: int = 2000,
) -> Assistant:
    """The real assistant over a small catalogue in `folder`: real stores, search, ranking and rules; a fake embedder."""
    engine = open_engine(f"sqlite:///{folder / 'shop.db'}")
    catalog, embedder = Catalog(engine), FakeEmbedder(dimension=512)
    ingest(catalog, small_catalogue() if products is None else products)
    searcher = Searcher.build(catalog, VectorIndex(folder / "index", embedder), embedder)
    orders, shoppers = OrderStore(engine), ShopperStore(engine)
    orders.replace_all([row | {"lines": [{"product_id": "kettle-1"}], "total": 39.0} for row in ORDERS])
    shoppers.replace_all(SHOPPERS)
    ranker = untrained(catalog.all()).ranker(catalog.get_many)
    log = HandoverLog(engine, lambda: NOW)
    reception = Reception(HandoverPolicy(), lambda: NOW, log.waiting, contact="help@shop.example")
    services = Services(
        catalog=catalog,
        searcher=searcher,
        current_ranker=lambda: ranker,
        events=EventStore(engine),
        orders=orders,
        policies=POLICIES,
        shoppers=shoppers,
        now=lambda: NOW,
        contact="help@shop.example",
        cards=cards,
        preferences=PreferenceStore(engine),
        reception=reception,
    )
    return Assistant(
        "Small Shop",
        services,
        LexicalReader(Vocabulary.from_products(catalog.all())),
        Voice(model),
        ConversationStore(engine, (log.record,)),
        message_characters,
    )


def ingest(catalog: Catalog, products: Iterable[Product]) -> None:
    """Puts products into the catalogue, over those with the same ids."""
    report = catalog.ingest(enumerate(map(to_row, products), 1))
    assert report.rejected == ()


@dataclass
class Heard:
    """All that one turn gave, in order and by kind."""

    events: list[TurnEvent] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """The kinds of events in order, each run of the same kind once."""
        names = [type(event).__name__ for event in self.events]
        return [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards; fails where the turn brought none."""
        return next(event for event in self.events if isinstance(event, Products)).cards

    @property
    def ids(self) -> list[str]:
        """The product ids of the cards in order."""
        return [card.product.id for card in self.cards]

    @property
    def text(self) -> str:
        """The whole prose."""
        return "".join(event.delta for event in self.events if isinstance(event, Text))

    @property
    def cart(self) -> CartChanged:
        """The cart event; fails where there is none."""
        return next(event for event in self.events if isinstance(event, CartChanged))

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The suggested replies; empty where there are none."""
        return next((event.texts for event in self.events if isinstance(event, Suggestions)), ())

    @property
    def failure(self) -> Failed | None:
        """What went wrong, if anything did."""
        return next((event for event in self.events if isinstance(event, Failed)), None)

    @property
    def done(self) -> Done:
        """The last event; fails where the turn did not end with it."""
        assert isinstance(self.events[-1], Done), self.events
        return self.events[-1]


def hear(turn: Iterator[TurnEvent]) -> Heard:
    """Takes a turn to its end."""
    return Heard(list(turn))


def say(shop: Assistant, conversation_id: str, text: str) -> Heard:
    """One turn of text, to its end."""
    return hear(shop.say(conversation_id, text))


def press(shop: Assistant, conversation_id: str, kind: str, product_id: str = "", **more: str) -> Heard:
    """One press of a button, to its end."""
    return hear(shop.press(conversation_id, Button(kind, product_id, **more)))
