"""The shop behind the agent console: the desk and who is at it, the facts of a conversation, and the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant import cart
from assistant.acts.base import Services
from assistant.handoff.canned import Canned
from assistant.handoff.desk import Desk
from assistant.handoff.log import Episode
from assistant.handoff.matter import Sources
from assistant.handoff.presence import Presence
from assistant.handoff.suggest import Suggestion, suggest
from assistant.handoff.summary import Brief, brief
from assistant.memory import ConversationStore
from assistant.types import CartView, Conversation
from assistant.web.agent_page import AgentDesk
from retrieval.types import Need, Product, Query

MOST_FOUND = 20


@dataclass(frozen=True)
class ShopDesk(AgentDesk):
    """An `AgentDesk` on the shop's stores. `shop_name` is what the console is headed with."""

    shop_name: str
    desk: Desk
    presence: Presence
    conversations: ConversationStore
    services: Services
    sources: Sources
    answers: tuple[Canned, ...] = ()

    @property
    def name(self) -> str:
        """The shop's name."""
        return self.shop_name

    @property
    def currency(self) -> str:
        """ISO 4217 code of the shop's money."""
        return self.services.catalog.currency

    def now(self) -> float:
        """Seconds since 1970."""
        return self.services.now()

    def queue(self) -> Sequence[Episode]:
        """Who waits, the one to serve next first; after them who is being served."""
        return self.desk.queue()

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as saved last."""
        return self.conversations.load(conversation_id)

    def version(self, conversation_id: str) -> int:
        """How often it has been saved."""
        return self.conversations.version(conversation_id)

    def accept(self, conversation_id: str, agent: str) -> Conversation:
        """`agent` joins."""
        return self.desk.accept(conversation_id, agent)

    def take(self, conversation_id: str, agent: str) -> Conversation:
        """`agent` joins though nobody asked."""
        return self.desk.take(conversation_id, agent)

    def say(
        self, conversation_id: str, agent: str, text: str, *, message_id: str = "", product_ids: Sequence[str] = ()
    ) -> Conversation:
        """Sends text and products; once for each message id."""
        return self.desk.say(conversation_id, agent, text, message_id=message_id, product_ids=product_ids)

    def release(self, conversation_id: str, agent: str) -> Conversation:
        """Gives it back to the assistant."""
        return self.desk.release(conversation_id, agent)

    def resolve(self, conversation_id: str, agent: str) -> Conversation:
        """Settles the matter."""
        return self.desk.resolve(conversation_id, agent)

    def transfer(self, conversation_id: str, agent: str) -> Conversation:
        """Back into the queue for somebody else."""
        return self.desk.transfer(conversation_id, agent)

    def seen(self, agent: str, *, is_away: bool) -> None:
        """The agent's console is open."""
        self.presence.seen(agent, is_away=is_away)

    def is_away(self, agent: str) -> bool:
        """Whether the agent has said that they take no conversations."""
        return self.presence.is_away(agent)

    def brief(self, conversation: Conversation) -> Brief:
        """What an agent must know before they answer."""
        return brief(conversation, self.sources)

    def suggestion(self, conversation: Conversation) -> Suggestion:
        """A reply that the agent may change and send."""
        return suggest(conversation, self.sources)

    def canned(self) -> Sequence[Canned]:
        """Ready sentences."""
        return self.answers

    def search(self, text: str) -> Sequence[Product]:
        """Products about `text`, best first."""
        found = self.services.searcher.search(Query(Need(query=text), limit=MOST_FOUND))
        return [candidate.product for candidate in found.candidates]

    def products(self, product_ids: Sequence[str]) -> Mapping[str, Product]:
        """Those of the products that the shop has."""
        return self.services.catalog.get_many(product_ids)

    def cart(self, conversation: Conversation) -> CartView:
        """The shopper's cart with what it costs now."""
        return cart.view(conversation.cart, self.products([line.product_id for line in conversation.cart]), self.currency)

    def shopper_name(self, shopper_id: str) -> str:
        """What a shopper is called; empty for one whom the shop does not know."""
        shopper = self.services.shoppers.get(shopper_id)
        return shopper.name if shopper else ""
