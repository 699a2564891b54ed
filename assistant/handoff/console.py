"""The shop as the agents' console sees it: the queue, the threads, what is worth knowing of each and helps to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.acts import basket
from assistant.acts.base import Services
from assistant.handoff.canned import Canned
from assistant.handoff.desk import Desk
from assistant.handoff.matter import Sources
from assistant.handoff.presence import Presence
from assistant.handoff.suggest import Suggestion, suggest
from assistant.handoff.summary import Brief, brief
from assistant.memory import ConversationStore
from assistant.profile import is_guest
from assistant.types import CartView, Conversation
from retrieval.types import Need, Product, Query

_FOUND = 12


class Console:
    """Everything that the console asks for, put together. Every call is safe from several threads."""

    def __init__(
        self,
        name: str,
        services: Services,
        conversations: ConversationStore,
        desk: Desk,
        presence: Presence,
        sources: Sources,
        canned: Sequence[Canned],
    ) -> None:
        """`name` is the shop's; `sources` are where summaries and suggested replies get their facts."""
        self.name = name
        self._services = services
        self._conversations = conversations
        self._desk = desk
        self._presence = presence
        self._sources = sources
        self._canned = tuple(canned)
        # What the desk and the presence do themselves needs no other words here.
        self.queue, self.conversation = desk.queue, desk.conversation
        self.accept, self.take, self.say = desk.accept, desk.take, desk.say
        self.release, self.resolve, self.transfer = desk.release, desk.resolve, desk.transfer
        self.seen, self.is_away = presence.seen, presence.is_away
        self.version = conversations.version

    @property
    def currency(self) -> str:
        """ISO 4217 code of the shop's money."""
        return self._services.catalog.currency

    def now(self) -> float:
        """Seconds since 1970."""
        return self._services.now()

    def brief(self, conversation: Conversation) -> Brief:
        """What an agent must know before they answer."""
        return brief(conversation, self._sources)

    def suggestion(self, conversation: Conversation) -> Suggestion:
        """A reply that the agent may change and send, with products to go with it."""
        return suggest(conversation, self._sources)

    def canned(self) -> Sequence[Canned]:
        """Ready answers."""
        return self._canned

    def search(self, text: str) -> Sequence[Product]:
        """Products about `text`, best first, that can be bought."""
        found = self._services.searcher.search(Query(Need(query=text.strip()), _FOUND)).candidates
        return [candidate.product for candidate in found]

    def products(self, product_ids: Sequence[str]) -> Mapping[str, Product]:
        """Those of the products that the shop has, as the catalogue has them now."""
        return self._services.catalog.get_many(product_ids)

    def cart(self, conversation: Conversation) -> CartView:
        """The shopper's cart with what it costs now."""
        return basket.view(self._services, conversation.cart)

    def shopper_name(self, shopper_id: str) -> str:
        """How the shop calls a shopper; empty for one that it does not know."""
        shopper = None if is_guest(shopper_id) else self._services.shoppers.get(shopper_id)
        return shopper.name if shopper else ""
