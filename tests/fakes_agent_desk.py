"""A desk in memory for tests of the agent console: the real changes of state, a few products, and a clock that is set."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from assistant.handoff import states
from assistant.handoff.canned import Canned
from assistant.handoff.log import Episode
from assistant.handoff.suggest import Suggestion
from assistant.handoff.summary import Brief
from assistant.types import CartLine, CartView, Conversation, Handover, Message, ReasonCode, Shown
from assistant.web.agent_page import AgentDesk
from retrieval.types import Need, Product
from tests.fakes_shop import CATALOGUE

START = 1_760_000_000.0
NEED = Need("hiking boots", include=("waterproof",), exclude=("leather",), price_max=12000)
CANNED = (
    Canned("greeting", "Greeting", "Hello {name}, thank you for waiting. I have read what you wrote."),
    Canned("number", "Where is the order number", "You find the order number at the top of the confirmation mail."),
)


class FakeDesk(AgentDesk):
    """What agents may do, done to conversations in memory. `said` is how often `say` was asked, `clock` what time it is."""

    name = "Shelfwise Outdoor"
    currency = "USD"

    def __init__(self) -> None:
        self.clock = START
        self.said = 0
        self.away: dict[str, bool] = {}
        self.seen_times: list[tuple[str, float]] = []
        self.catalogue = {product.id: product for product in CATALOGUE}
        self.suggested = Suggestion("I am sorry about that. Shall I send you a new pair?", "from the return terms", ("p1",))
        self.kept: dict[str, Conversation] = {}
        self._lock = threading.Lock()

    # ---- what a test prepares ----

    def add(
        self, conversation_id: str, *texts: str, reason: ReasonCode | None = "complaint", shopper: str = "guest-1"
    ) -> Conversation:
        """A conversation in which the shopper wrote these texts, which waits for a person if there is a reason."""
        shown = tuple(Shown(product.id, product.title, product.price) for product in CATALOGUE[:3])
        cart = (CartLine("p2", 2),)
        self.kept[conversation_id] = Conversation(conversation_id, shopper, need=NEED, shown=shown, cart=cart, version=1)
        for text in texts:
            self.hear(conversation_id, text)
        if reason is not None:
            handover = Handover(f"h-{conversation_id}", reason, "shopper", self.clock)
            self._change(conversation_id, lambda now: states.requested(now, handover, self._notice("Somebody was asked.")))
        return self.kept[conversation_id]

    def hear(self, conversation_id: str, text: str) -> None:
        """The shopper writes."""
        self._change(conversation_id, lambda now: states.heard(now, Message("shopper", text, self._time())))

    def answer(self, conversation_id: str, text: str, product_ids: tuple[str, ...] = ()) -> None:
        """The assistant writes."""
        message = Message("assistant", text, self._time(), product_ids)
        self._change(conversation_id, lambda now: states.with_message(now, message))

    def alter(self, conversation_id: str, **fields: object) -> None:
        """Any other change of the conversation."""
        self._change(conversation_id, lambda now: replace(now, **fields))

    # ---- what the console asks ----

    def now(self) -> float:
        return self.clock

    def queue(self) -> tuple[Episode, ...]:
        open_ones = [each for each in self.kept.values() if each.handover is not None]
        open_ones.sort(key=lambda each: (bool(each.handover.agent), each.handover.notified, each.handover.requested_at))
        return tuple(episode_of(each) for each in open_ones)

    def conversation(self, conversation_id: str) -> Conversation:
        return self.kept[conversation_id]

    def version(self, conversation_id: str) -> int:
        return self.kept[conversation_id].version

    def accept(self, conversation_id: str, agent: str) -> Conversation:
        notice = self._notice(f"{agent} has joined.")
        return self._change(conversation_id, lambda now: states.accepted(now, agent, self.clock, notice))

    def take(self, conversation_id: str, agent: str) -> Conversation:
        handover = Handover(f"t-{conversation_id}", "low_confidence", "agent", self.clock)
        notice = self._notice(f"{agent} has joined.")
        return self._change(
            conversation_id,
            lambda now: states.accepted(states.requested(now, handover, None), agent, self.clock, notice),
        )

    def say(
        self, conversation_id: str, agent: str, text: str, *, message_id: str = "", product_ids: Sequence[str] = ()
    ) -> Conversation:
        self.said += 1
        if not text.strip() and not product_ids:
            raise ValueError("text is empty; expected a message, or products to show")
        message = Message("agent", text.strip(), self._time(), tuple(product_ids), message_id, agent)
        return self._change(conversation_id, lambda now: states.agent_said(now, agent, message))

    def release(self, conversation_id: str, agent: str) -> Conversation:
        return self._change(conversation_id, lambda now: states.released(now, agent, self._notice(f"{agent} has left.")))

    def resolve(self, conversation_id: str, agent: str) -> Conversation:
        return self._change(conversation_id, lambda now: states.resolved(now, agent, self._notice("This is settled.")))

    def transfer(self, conversation_id: str, agent: str) -> Conversation:
        notice = self._notice("Somebody else will go on.")
        return self._change(conversation_id, lambda now: states.transferred(now, agent, notice))

    def seen(self, agent: str, *, is_away: bool) -> None:
        self.away[agent] = is_away
        self.seen_times.append((agent, self.clock))

    def is_away(self, agent: str) -> bool:
        return self.away.get(agent, False)

    def brief(self, conversation: Conversation) -> Brief:
        last = next((each.text for each in reversed(conversation.messages) if each.role == "shopper"), "")
        return Brief(
            decide="Offer a replacement or the money back: the return window is open until Jan 31.",
            headline="Wants a refund for boots that leaked on the first day",
            reason="The shopper complained",
            sentiment="angry",
            asked=last,
            cart="2 × Norrland Trail Runner, $149.00",
            rejected=("Fellbrook Storm High (“too heavy”)",),
            tried=("“where is my money” – not understood",),
        )

    def suggestion(self, conversation: Conversation) -> Suggestion:
        return self.suggested

    def canned(self) -> tuple[Canned, ...]:
        return CANNED

    def search(self, text: str) -> tuple[Product, ...]:
        return tuple(product for product in self.catalogue.values() if text.lower() in product.title.lower())

    def products(self, product_ids: Sequence[str]) -> Mapping[str, Product]:
        return {each: self.catalogue[each] for each in product_ids if each in self.catalogue}

    def cart(self, conversation: Conversation) -> CartView:
        lines = tuple(
            (line, self.catalogue[line.product_id], line.quantity * (self.catalogue[line.product_id].price or 0))
            for line in conversation.cart
        )
        return CartView(lines, sum(total for _, _, total in lines), self.currency)

    def shopper_name(self, shopper_id: str) -> str:
        return {"u1": "Ada Berg"}.get(shopper_id, "")

    def _change(self, conversation_id, alter):
        with self._lock:
            before = self.kept[conversation_id]
            after = alter(before)
            if after != before:
                self.kept[conversation_id] = replace(after, version=before.version + 1)
            return self.kept[conversation_id]

    def _notice(self, text: str) -> Message:
        return Message("notice", text, self._time())

    def _time(self) -> str:
        return datetime.fromtimestamp(self.clock, UTC).isoformat(timespec="seconds")


def episode_of(conversation: Conversation) -> Episode:
    handover = conversation.handover
    assert handover is not None
    return Episode(
        handover.id,
        conversation.id,
        handover.reason,
        handover.requested_by,
        handover.requested_at,
        handover.accepted_at,
        handover.agent,
        None,
        None,
        handover.notified,
    )
