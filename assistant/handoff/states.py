"""The states of a conversation between assistant and person, as pure changes of it: bot → pending → human → resolved.

Every change of state adds a message that the shopper sees. Texts come from the callers; nothing here knows the time.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.types import Conversation, Handover, Message


class NotWaiting(Exception):
    """The conversation waits for no person, so none can accept it."""


class TakenBy(Exception):
    """Another agent has the conversation."""

    def __init__(self, agent: str) -> None:
        """`agent` is who has it."""
        super().__init__(f"{agent} has this conversation")
        self.agent = agent


class NotYours(Exception):
    """An agent acts on a conversation that they don't have."""


def has_message(conversation: Conversation, message_id: str) -> bool:
    """Whether the thread has a message that its sender gave this id; never for an empty one."""
    return bool(message_id) and any(message.id == message_id for message in conversation.messages)


def with_message(conversation: Conversation, message: Message) -> Conversation:
    """The conversation with the message at the end of its thread, unless it has it already."""
    if has_message(conversation, message.id):
        return conversation
    return replace(conversation, messages=(*conversation.messages, message))


def heard(conversation: Conversation, message: Message) -> Conversation:
    """A shopper's message has come in. After `resolved` it opens with the assistant."""
    if has_message(conversation, message.id):
        return conversation
    if conversation.status == "resolved":
        conversation = replace(conversation, status="bot")
    return with_message(conversation, message)


def requested(conversation: Conversation, handover: Handover, notice: Message | None) -> Conversation:
    """A person is asked for. Where one already is, nothing changes: nobody waits twice."""
    if conversation.handover is not None:
        return conversation
    waiting = replace(conversation, status="pending", handover=handover)
    return waiting if notice is None else with_message(waiting, notice)


def accepted(conversation: Conversation, agent: str, at: float, notice: Message) -> Conversation:
    """`agent` joins; from now on the assistant is silent. Raises `NotWaiting`, or `TakenBy` for the slower of two."""
    handover = conversation.handover
    if handover is None:
        raise NotWaiting(conversation.id)
    if handover.agent and handover.agent != agent:
        raise TakenBy(handover.agent)
    if handover.agent:
        return conversation
    taken = replace(conversation, status="human", handover=replace(handover, agent=agent, accepted_at=at), errand=None)
    return with_message(taken, notice)


def agent_said(conversation: Conversation, agent: str, message: Message) -> Conversation:
    """The agent who has the conversation writes. Raises `NotYours` for anybody else."""
    _must_be(conversation, agent)
    return with_message(conversation, message)


def transferred(conversation: Conversation, agent: str, notice: Message) -> Conversation:
    """The agent gives the conversation back to the queue, where it keeps its place. Raises `NotYours`."""
    handover = _must_be(conversation, agent)
    waiting = replace(conversation, status="pending", handover=replace(handover, agent="", accepted_at=None))
    return with_message(waiting, notice)


def released(conversation: Conversation, agent: str, notice: Message) -> Conversation:
    """The agent gives the conversation back to the assistant. Raises `NotYours`."""
    _must_be(conversation, agent)
    return with_message(replace(conversation, status="bot", handover=None, attempts=()), notice)


def resolved(conversation: Conversation, agent: str, notice: Message) -> Conversation:
    """The agent has settled the matter. Raises `NotYours`."""
    _must_be(conversation, agent)
    return with_message(replace(conversation, status="resolved", handover=None, attempts=()), notice)


def withdrawn(conversation: Conversation, notice: Message) -> Conversation:
    """The shopper no longer waits for a person; once one has accepted, nothing changes."""
    if conversation.status != "pending":
        return conversation
    return with_message(replace(conversation, status="bot", handover=None, attempts=()), notice)


def unreachable(conversation: Conversation, notice: Message) -> Conversation:
    """No help desk could be told. The conversation stays where it is and stands first in the queue; told once."""
    handover = conversation.handover
    if conversation.status != "pending" or handover is None or not handover.notified:
        return conversation
    return with_message(replace(conversation, handover=replace(handover, notified=False)), notice)


def _must_be(conversation: Conversation, agent: str) -> Handover:
    handover = conversation.handover
    if handover is None or conversation.status != "human" or handover.agent != agent:
        raise NotYours(f"{agent} does not have conversation {conversation.id}")
    return handover
