"""What flows through a conversation: frames, messages, carts, conversations and the events of a turn.

Imports nothing of the project but the types of retrieval, below it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from retrieval.types import Candidate, Need, Product, Sort

Act = Literal[
    "search",
    "refine",
    "recommend",
    "compare",
    "ask_product",
    "cart_add",
    "cart_remove",
    "cart_show",
    "checkout",
    "order_status",
    "return_request",
    "policy_question",
    "like",
    "dislike",
    "human",
    "smalltalk",
    "out_of_scope",
]
Topic = Literal["shipping", "returns", "payment", "warranty", "privacy", "other"]
PriceRelation = Literal["lower", "higher"]
Status = Literal["bot", "pending", "human", "resolved"]
Role = Literal["shopper", "assistant", "agent", "notice"]
ReasonCode = Literal[
    "asked_for_human",
    "complaint",
    "refund_or_return",
    "order_problem",
    "payment",
    "no_result",
    "not_understood",
    "low_confidence",
    "policy_unknown",
    "safety",
    "high_value",
    "failure",
]
RequestedBy = Literal["shopper", "bot", "agent"]
Ending = Literal["released", "resolved", "withdrawn"]
ErrandKind = Literal["status", "cancel", "return", "exchange"]
Question = Literal["order", "postcode", "items", "option", "confirm", "done"]


@dataclass(frozen=True, slots=True)
class Frame:
    """What one message says (format 3), and nothing that it does not say. Prices are minor units, refs count from 1."""

    act: Act
    query: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    brand_exclude: tuple[str, ...] = ()
    price_min: int | None = None
    price_max: int | None = None
    price_rel: PriceRelation | None = None
    rating_min: float | None = None
    sort: Sort | None = None
    refs: tuple[int, ...] = ()
    drop: tuple[str, ...] = ()
    quantity: int | None = None
    order_id: str = ""
    topic: Topic | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A frame, how sure the reader is of it (0-1), and why another reader had to step in, if one did."""

    frame: Frame
    confidence: float = 1.0
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A product as the shopper saw it on the screen. `price` is minor units."""

    id: str
    title: str
    price: int | None


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line of the cart. What it costs is read from the catalogue when it is shown."""

    product_id: str
    quantity: int
    variant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the thread. `time` is RFC 3339; `product_ids` are the cards that came with it.

    `id` is the sender's own, so that a message sent again is known; `author` is the name of the person who wrote as agent.
    """

    role: Role
    text: str
    time: str
    product_ids: tuple[str, ...] = ()
    id: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What the last turn that changed anything did, as it was before: what "undo" and "forget that" go back to.

    None where it left something alone; `learned` are the lasting preferences that it kept.
    """

    need: Need | None = None
    cart: tuple[CartLine, ...] | None = None
    learned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One turn of the assistant, for the person who takes over: what was asked, and what went wrong, if anything did."""

    act: Act
    asked: str
    trouble: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A product that the shopper turned down, and why in their own words; empty where they only pressed a button."""

    product_id: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """A service matter that waits for the shopper's next answer.

    `asked` is what was asked last, for the `times`-th time (`done`: nothing, it was settled); the answer is expected right
    after `at` messages of this side. `order_id`, `lines` (places in the order, from 1), `options` (the variants wanted in
    their places in an exchange, empty for the same again) and `reason` are what is known so far.
    """

    kind: ErrandKind
    asked: Question
    order_id: str = ""
    lines: tuple[int, ...] = ()
    options: tuple[str, ...] = ()
    reason: str = ""
    times: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class Handover:
    """A hand-over that is under way: asked for, and accepted once `agent` is not empty. Times are seconds since 1970.

    `notified` turns False where no help desk could be reached; such a one stands first in the queue.
    """

    id: str
    reason: ReasonCode
    requested_by: RequestedBy
    requested_at: float
    agent: str = ""
    accepted_at: float | None = None
    notified: bool = True


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thread with one shopper, as it is saved after each turn.

    `focus` is the product last talked about, `talked` all those of the last turn that meant any, `version` counts the saves,
    `last_step` is what the last turn changed. `asked` says that the last answer ended with a question, `offered` which
    values it offered, and `asked_about` what has been asked of the present need; `pages` are the screens before this one
    for it, `like` is the product that the screen is like, and `on_sale` says that it holds what is reduced.
    `handover` is there while the status is `pending` or `human`; `attempts` are the assistant's turns since the last one
    ended, `rejected` what was turned down, `verified` the orders that a second secret has opened here, and `errand` is the
    service matter under way. `locale` is the shopper's (`zh_CN`), as their page told it, else empty.
    """

    id: str
    shopper_id: str
    messages: tuple[Message, ...] = ()
    need: Need = field(default_factory=Need)
    shown: tuple[Shown, ...] = ()
    cart: tuple[CartLine, ...] = ()
    status: Status = "bot"
    focus: str | None = None
    last_act: Act | None = None
    disliked: tuple[str, ...] = ()
    version: int = 0
    talked: tuple[str, ...] = ()
    last_step: Step = Step()
    asked: bool = False
    offered: tuple[str, ...] = ()
    asked_about: tuple[str, ...] = ()
    pages: tuple[tuple[str, ...], ...] = ()
    like: str | None = None
    on_sale: bool = False
    handover: Handover | None = None
    attempts: tuple[Attempt, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    verified: tuple[str, ...] = ()
    errand: Errand | None = None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What a product card shows, read from the catalogue at that moment. `position` counts from 1."""

    position: int
    product: Product
    reasons: tuple[str, ...] = ()
    violates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CartView:
    """The cart with what it costs now. `total` and the line totals are minor units of `currency`."""

    lines: tuple[tuple[CartLine, Product, int], ...]
    total: int
    currency: str


# The events of one turn, in the order in which they come out of it.


@dataclass(frozen=True, slots=True)
class Products:
    """The cards of this answer and the need they answer. Comes before any prose."""

    cards: tuple[Card, ...]
    need: Need


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer's prose; pieces are to be joined as they are."""

    delta: str


@dataclass(frozen=True, slots=True)
class CartChanged:
    """The cart as it stands after the turn's write."""

    cart: CartView


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Replies that the shopper may pick with one click."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """Who answers from now on."""

    status: Status


@dataclass(frozen=True, slots=True)
class Failed:
    """Something went wrong; `message` may be shown to the shopper."""

    code: str
    message: str
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds from the start of the turn; None where it did not happen."""

    first_card: float | None
    first_text: float | None
    total: float


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a turn: what was read, what was slow, and which part had to be replaced (`fallback`).

    `spoken` and `thrown_out` count the language model's sentences: those that were told, and those that the audit threw out.
    """

    frame: Frame
    candidates: tuple[Candidate, ...]
    timings: Timings
    fallback: str | None = None
    spoken: int = 0
    thrown_out: int = 0


TurnEvent = Products | Text | CartChanged | Suggestions | StatusChanged | Failed | Done
