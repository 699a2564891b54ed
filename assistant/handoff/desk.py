"""The agents' side of a conversation: asking for a person, accepting, writing, giving back, settling.

Every call is safe from several threads and processes: each is one change of the conversation, made to its newest state.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import prompts
from assistant.handoff import states
from assistant.handoff.log import Episode, HandoverLog
from assistant.handoff.reception import Reception
from assistant.memory import ConversationStore
from assistant.times import rfc3339
from assistant.types import Conversation, Handover, Message, ReasonCode, RequestedBy, Shown
from retrieval.sql import storable
from retrieval.types import Product

MESSAGE_CHARACTERS = 5000


class Desk:
    """What the shop's people, and the help desks they use, may do with a conversation."""

    def __init__(
        self,
        conversations: ConversationStore,
        log: HandoverLog,
        reception: Reception,
        products: Callable[[Sequence[str]], Mapping[str, Product]],
        *,
        silence_seconds: float = 600.0,
    ) -> None:
        """`products` looks up cards; who leaves a shopper unanswered for `silence_seconds` loses the conversation."""
        self._conversations = conversations
        self._log = log
        self._reception = reception
        self._products = products
        self._silence_seconds = silence_seconds

    @property
    def reception(self) -> Reception:
        """When a person is called for, and what is told of it."""
        return self._reception

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as saved last. Raises `KeyError` for an unknown id."""
        return self._conversations.load(conversation_id)

    def queue(self) -> tuple[Episode, ...]:
        """Who waits: first whom no help desk was told of, then dangers, then the longest; after them who is served."""
        return self._log.open()

    def request(self, conversation_id: str, reason: ReasonCode, requested_by: RequestedBy) -> Conversation:
        """Asks for a person and tells the shopper. Where one is asked for already, nothing changes."""

        def ask(now: Conversation) -> Conversation:
            handover = new_handover(reason, requested_by, self._reception.now())
            return states.requested(now, handover, self._notice(self._reception.told(now, reason)))

        return self._conversations.change(conversation_id, ask)

    def accept(self, conversation_id: str, agent: str) -> Conversation:
        """`agent` joins and the assistant falls silent. Raises `NotWaiting`, or `TakenBy` for the slower of two."""
        notice = self._notice(prompts.render("notice_accepted", agent=agent), agent)
        at = self._reception.now()
        return self._conversations.change(conversation_id, lambda now: states.accepted(now, agent, at, notice))

    def take(self, conversation_id: str, agent: str, reason: ReasonCode = "low_confidence") -> Conversation:
        """`agent` joins a conversation whether or not it waits. Raises `TakenBy` where another one has it."""
        notice = self._notice(prompts.render("notice_accepted", agent=agent), agent)
        at = self._reception.now()
        handover = new_handover(reason, "agent", at)
        return self._conversations.change(
            conversation_id, lambda now: states.accepted(states.requested(now, handover, None), agent, at, notice)
        )

    def say(
        self, conversation_id: str, agent: str, text: str, *, message_id: str = "", product_ids: Sequence[str] = ()
    ) -> Conversation:
        """The agent's words, and products that come onto the shopper's shelf with them.

        A message whose id the thread has already is not added again. Raises `NotYours` for an agent who does not have the
        conversation, and `ValueError` for a message without text and products, or for a product that the shop does not have.
        """
        cards = self._shown(product_ids)
        words = storable(text).strip()[:MESSAGE_CHARACTERS]
        if not words and not cards:
            raise ValueError("text is empty; expected a message, or products to show")
        ids = tuple(card.id for card in cards)
        message = Message("agent", words, self._time(), ids, message_id or uuid.uuid4().hex, agent)

        def add(now: Conversation) -> Conversation:
            said = states.agent_said(now, agent, message)
            return replace(said, shown=cards, focus=None) if cards and said != now else said

        return self._conversations.change(conversation_id, add)

    def release(self, conversation_id: str, agent: str) -> Conversation:
        """Gives the conversation back to the assistant. Raises `NotYours`."""
        notice = self._notice(prompts.render("notice_released", agent=agent), agent)
        return self._conversations.change(conversation_id, lambda now: states.released(now, agent, notice))

    def resolve(self, conversation_id: str, agent: str) -> Conversation:
        """Settles the matter; what the shopper writes next opens with the assistant. Raises `NotYours`."""
        notice = self._notice(prompts.render("notice_resolved", agent=agent), agent)
        return self._conversations.change(conversation_id, lambda now: states.resolved(now, agent, notice))

    def transfer(self, conversation_id: str, agent: str) -> Conversation:
        """Gives the conversation back to the queue, for somebody else. Raises `NotYours`."""
        notice = self._notice(prompts.render("notice_transferred", agent=agent), agent)
        return self._conversations.change(conversation_id, lambda now: states.transferred(now, agent, notice))

    def withdraw(self, conversation_id: str) -> Conversation:
        """The shopper no longer waits; once somebody has accepted, nothing changes."""
        notice = self._notice(prompts.render("notice_withdrawn"))
        return self._conversations.change(conversation_id, lambda now: states.withdrawn(now, notice))

    def unreachable(self, conversation_id: str) -> Conversation:
        """The help desk could not be told: the conversation now stands first, and the shopper hears of other ways."""
        notice = self._notice(prompts.render("notice_unreachable", contact=self._reception.contact))
        return self._conversations.change(conversation_id, lambda now: states.unreachable(now, notice))

    def sweep(self) -> int:
        """Gives back to the queue what agents have left unanswered for too long; returns how many."""
        late = [episode for episode in self.queue() if episode.agent and self._is_left_alone(episode)]
        for episode in late:
            notice = self._notice(prompts.render("notice_silent", agent=episode.agent))
            self._conversations.change(episode.conversation_id, partial(self._given_up, notice))
        return len(late)

    def _given_up(self, notice: Message, now: Conversation) -> Conversation:
        # Looked at again within the change: the agent may have answered in this very moment.
        if now.handover is None or now.status != "human" or not self._is_unanswered(now):
            return now
        return states.transferred(now, now.handover.agent, notice)

    def _is_left_alone(self, episode: Episode) -> bool:
        conversation = self.conversation(episode.conversation_id)
        return conversation.status == "human" and self._is_unanswered(conversation)

    def _is_unanswered(self, conversation: Conversation) -> bool:
        """Whether the shopper has waited too long for the agent: since their first words that nobody answered."""
        latest = self._reception.now() - self._silence_seconds
        waiting_since = None
        for message in conversation.messages:
            if message.role == "shopper":
                waiting_since = waiting_since or message.time
            elif message.role == "agent":
                waiting_since = None
        accepted_at = conversation.handover.accepted_at if conversation.handover else None
        if waiting_since is None or accepted_at is None:
            return False
        return max(datetime.fromisoformat(waiting_since).timestamp(), accepted_at) <= latest

    def _shown(self, product_ids: Sequence[str]) -> tuple[Shown, ...]:
        products = self._products(product_ids)
        missing = [product_id for product_id in product_ids if product_id not in products]
        if missing:
            raise ValueError(f"product_ids has {missing[0]!r}; expected ids of products that the shop has")
        return tuple(Shown(each.id, each.title, each.price) for each in map(products.__getitem__, product_ids))

    def _notice(self, text: str, author: str = "") -> Message:
        return Message("notice", text, self._time(), (), uuid.uuid4().hex, author)

    def _time(self) -> str:
        return rfc3339(self._reception.now())


def new_handover(reason: ReasonCode, requested_by: RequestedBy, at: float) -> Handover:
    """A hand-over that is asked for at `at` (seconds since 1970), with a random id."""
    return Handover(uuid.uuid4().hex, reason, requested_by, at)
