"""How a turn writes to its conversation while people of the shop may write to it too.

What the shopper said is saved first thing. The answer is saved when it is known, and only where the assistant may still
speak: a person who has joined meanwhile is not talked over, and another turn's changes are not overwritten.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.handoff import states
from assistant.memory import ConversationStore
from assistant.types import Attempt, Conversation, Handover, Message, Rejected

MOST_ATTEMPTS = 20


class Superseded(Exception):
    """Another turn of the same conversation has changed what this one started from."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a turn comes to. `after` is the conversation as its act left it; `answer` is empty where nothing is said.

    `handover` asks for a person, `stops_waiting` takes that back. A `button` does what it does beside a person as well,
    and what `wrote` elsewhere is told as a notice where the assistant may no longer speak.
    """

    after: Conversation
    answer: str
    product_ids: tuple[str, ...]
    attempt: Attempt | None = None
    handover: Handover | None = None
    stops_waiting: bool = False
    button: bool = False
    wrote: bool = False


def answer_id(message_id: str) -> str:
    """The id of the answer to a message."""
    return f"{message_id}.answer"


def answer_to(conversation: Conversation, message_id: str) -> Message | None:
    """What was answered to the message of this id, if it has been."""
    wanted = answer_id(message_id)
    return next((message for message in conversation.messages if message.id == wanted), None) if message_id else None


def until(conversation: Conversation, message_id: str) -> Conversation:
    """The conversation as it was when the message of this id came in: without it and what followed."""
    place = next(place for place, message in enumerate(conversation.messages) if message.id == message_id)
    return replace(conversation, messages=conversation.messages[:place])


def hear(
    store: ConversationStore, conversation_id: str, text: str, time: str, message_id: str = ""
) -> tuple[Conversation, str, bool]:
    """Saves a shopper's message unless it was sent before.

    Returns the conversation with it, the message's id, and whether it is new.
    """
    message = Message("shopper", text, time, id=message_id or uuid.uuid4().hex)
    conversation, is_new = _changed(store, conversation_id, lambda now: states.heard(now, message))
    return conversation, message.id, is_new


def end(
    store: ConversationStore, heard: Conversation, ending: Ending, time: str, message_id: str
) -> tuple[Conversation, bool]:
    """Saves a turn that began with `heard`; returns the conversation, and whether anything of the turn is in it.

    Nothing is where a person has joined meanwhile, or where the same message was answered by another process. Raises
    `Superseded` where another turn came between, and leaves everything as that one left it.
    """
    answer = Message("assistant", ending.answer, time, ending.product_ids, answer_id(message_id))
    return _changed(store, heard.id, lambda now: _ended(now, heard, ending, answer))


def may_speak(conversation: Conversation) -> bool:
    """Whether the assistant is the one who answers."""
    return conversation.status in ("bot", "pending")


def _changed(
    store: ConversationStore, conversation_id: str, alter: Callable[[Conversation], Conversation]
) -> tuple[Conversation, bool]:
    """Makes a change; whether there was anything to change is known only by its last try."""
    is_changed = False

    def watched(now: Conversation) -> Conversation:
        nonlocal is_changed
        after = alter(now)
        is_changed = after != now
        return after

    return store.change(conversation_id, watched), is_changed


def _ended(now: Conversation, heard: Conversation, ending: Ending, answer: Message) -> Conversation:
    if states.has_message(now, answer.id):
        return now
    if not may_speak(now) and not ending.button:
        return states.with_message(now, replace(answer, role="notice")) if ending.wrote else now
    if _with_desk_of(heard, now) != now:
        if ending.wrote:  # That can't be taken back, so it is told, whatever the other turn was about.
            return states.with_message(now, answer)
        raise Superseded(now.id)
    after = _with_desk_of(ending.after, now)
    after = replace(after, rejected=(*now.rejected, *_rejected(now, after, ending.attempt)))
    if not may_speak(now):
        return after
    attempts = (*now.attempts, *((ending.attempt,) if ending.attempt else ()))
    after = replace(after, attempts=attempts[-MOST_ATTEMPTS:])
    after = states.with_message(after, answer) if ending.answer else after
    if ending.stops_waiting and after.status == "pending":
        after = replace(after, status="bot", handover=None, attempts=())
    return after if ending.handover is None else states.requested(after, ending.handover, None)


def _with_desk_of(talk: Conversation, now: Conversation) -> Conversation:
    """`talk` with what other writers than turns change as it is `now`."""
    return replace(
        talk,
        messages=now.messages,
        status=now.status,
        handover=now.handover,
        attempts=now.attempts,
        version=now.version,
    )


def _rejected(now: Conversation, after: Conversation, attempt: Attempt | None) -> tuple[Rejected, ...]:
    why = attempt.asked if attempt else ""
    return tuple(Rejected(product_id, why) for product_id in after.disliked if product_id not in now.disliked)
