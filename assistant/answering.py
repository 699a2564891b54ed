"""From what an act did to what the shopper hears: cards, prose and cart as events, and the turn saved.

Whoever reads the events may go away, and a person may join, at any point: the turn is saved all the same, and a person who
has joined is not talked over.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

import prompts
from assistant import thread
from assistant.acts.base import Outcome, Services, Turn
from assistant.answer import Piece, Voice, prose
from assistant.handoff.desk import new_handover
from assistant.memory import ConversationChanged, ConversationStore
from assistant.times import rfc3339
from assistant.types import (
    Attempt,
    CartChanged,
    Conversation,
    Done,
    Failed,
    Frame,
    Handover,
    Products,
    RequestedBy,
    Status,
    StatusChanged,
    Step,
    Suggestions,
    Text,
    Timings,
    TurnEvent,
)
from retrieval.sql import storable

NO_FRAME = Frame("smalltalk")


@dataclass(frozen=True, slots=True)
class Heard:
    """The conversation with the message or press that a turn answers, which is saved already.

    `is_new` is False where it was sent before.
    """

    conversation: Conversation
    message_id: str
    is_button: bool = False
    is_new: bool = True

    @property
    def before(self) -> Conversation:
        """The conversation as it was when this came in."""
        return thread.until(self.conversation, self.message_id)


@dataclass(slots=True)
class _Told:
    """What one turn has told so far, and what its saving has shown: who answers now, and whether all this is to be heard."""

    text: str = ""
    is_saved: bool = False
    is_silent: bool = False
    status: Status = "bot"
    faults: list[str] = field(default_factory=list)
    spoken: int = 0
    thrown_out: int = 0
    first_card: float | None = None
    first_text: float | None = None

    def take(self, piece: Piece) -> None:
        """Adds a piece of prose."""
        self.text += piece.text
        self.faults += [f"prose: {piece.fault}"] if piece.fault else []
        self.spoken += bool(piece.by_model and piece.text)
        self.thrown_out += bool(piece.by_model and not piece.text)


@dataclass(frozen=True, slots=True)
class Answering:
    """Tells and saves what turns come to."""

    services: Services
    voice: Voice
    conversations: ConversationStore

    def hear(self, conversation_id: str, text: str, message_id: str, *, is_button: bool = False) -> Heard:
        """Saves what the shopper wrote or pressed, unless it was sent before. Raises `KeyError` for an unknown id."""
        # From a browser anything may come; what no database can hold would end the turn.
        said = storable(text)
        conversation, message_id, is_new = thread.hear(self.conversations, conversation_id, said, self._time(), message_id)
        return Heard(conversation, message_id, is_button, is_new)

    def is_done(self, heard: Heard) -> bool:
        """Whether nothing is left to be worked out: it has been answered, or somebody else answers."""
        if thread.answer_to(heard.conversation, heard.message_id) is not None:
            return True
        # Beside a person a press gets no answer by which one that is sent again could be known.
        is_pressed_anew = heard.is_button and (heard.is_new or thread.may_speak(heard.conversation))
        return not is_pressed_anew and not self._answers(heard.conversation)

    def as_answered(self, started: float, heard: Heard) -> Iterator[TurnEvent]:
        """What was answered before, or nothing where a person answers."""
        answer = thread.answer_to(heard.conversation, heard.message_id)
        yield StatusChanged(heard.conversation.status) if answer is None else Text(answer.text)
        yield Done(NO_FRAME, (), timings(started), heard.conversation.status if answer is None else None)

    def _answers(self, conversation: Conversation) -> bool:
        """Whether the assistant answers what is written now."""
        reception = self.services.reception
        waits_quietly = conversation.status == "pending" and reception is not None and not reception.answers_meanwhile
        return thread.may_speak(conversation) and not waits_quietly

    def answer(
        self, started: float, heard: Heard, turn: Turn, outcome: Outcome, fallback: str | None = None
    ) -> Iterator[TurnEvent]:
        """Events of an outcome, cards first; whatever becomes of the reader of them, the turn is saved."""
        told = _Told(faults=[fallback] if fallback else [])
        # What was done is told only once it is saved; prose that a model streams is saved when it is over.
        is_streamed = outcome.brief is not None and self._answers(heard.conversation)
        problem = None if is_streamed else self._save(heard, turn, outcome, self._plain(outcome), told)
        if problem is None:
            try:
                yield from self._tell(started, outcome, heard, told)
            finally:
                problem = self._save(heard, turn, outcome, told.text, told) if is_streamed else None
        if problem is not None:
            yield from refused(started, problem, turn.frame)
            return
        if outcome.suggestions and not told.is_silent:
            yield Suggestions(outcome.suggestions)
        if told.status != heard.conversation.status:
            yield StatusChanged(told.status)
        fault, times = "; ".join(told.faults) or None, timings(started, told.first_card, told.first_text)
        yield Done(turn.frame, outcome.candidates, times, fault, told.spoken, told.thrown_out)

    def _tell(self, started: float, outcome: Outcome, heard: Heard, told: _Told) -> Iterator[TurnEvent]:
        """Cards, prose and cart; `told` keeps what has been told so far. A person who joins meanwhile ends it."""
        told.is_silent = told.is_silent or (not told.is_saved and self._is_taken_over(heard))
        if outcome.cards is not None and (not told.is_silent or heard.is_button):
            told.first_card = ms_since(started) if outcome.cards else None
            yield Products(outcome.cards, outcome.conversation.need)
        if not told.is_silent:
            with closing(prose(outcome, outcome.conversation.need, self.voice)) as pieces:
                for piece in pieces:
                    if not told.is_saved and self._is_taken_over(heard):
                        break
                    told.take(piece)
                    if piece.text:
                        told.first_text = told.first_text or ms_since(started)
                        yield Text(piece.text)
        if outcome.cart is not None and (not told.is_silent or heard.is_button):
            yield CartChanged(outcome.cart)

    def _is_taken_over(self, heard: Heard) -> bool:
        """Whether somebody has joined since the message came in; looked up before the cards and each piece of prose."""
        conversation_id = heard.conversation.id
        if self.conversations.version(conversation_id) == heard.conversation.version:
            return False
        return not thread.may_speak(self.conversations.load(conversation_id))

    def _plain(self, outcome: Outcome) -> str:
        """The prose of an outcome that leaves nothing to the language model."""
        return "".join(piece.text for piece in prose(outcome, outcome.conversation.need, self.voice))

    def _save(self, heard: Heard, turn: Turn, outcome: Outcome, said: str, told: _Told) -> Failed | None:
        before = heard.conversation
        after = replace(
            outcome.conversation,
            # Asking for a person is over with the answer: what comes next does not go on with it.
            last_act=None if turn.frame.act == "human" else turn.frame.act,
            last_step=_step(before, outcome),
            asked=said.rstrip().endswith("?"),
        )
        ending = thread.Ending(
            after,
            said,
            tuple(card.product.id for card in outcome.cards or ()),
            None if heard.is_button else Attempt(turn.frame.act, turn.text, outcome.trouble),
            self._handover(outcome),
            outcome.stops_waiting,
            heard.is_button,
            outcome.wrote,
        )
        try:
            saved, is_kept = thread.end(self.conversations, before, ending, self._time(), heard.message_id)
        except (thread.Superseded, ConversationChanged):
            return Failed("conversation_changed", prompts.render("conversation_changed"))
        told.is_saved, told.status = True, saved.status
        told.is_silent = not thread.may_speak(saved)
        # Of a turn that is not kept nothing is in the cart and nothing stands on the shelf: it has not happened.
        if is_kept:
            self.services.events.add(outcome.events)
        if is_kept and self.services.impressions is not None:
            self.services.impressions.add(outcome.seen)
        return None

    def _handover(self, outcome: Outcome) -> Handover | None:
        if not outcome.needs_person or outcome.trouble is None:
            return None
        requested_by: RequestedBy = "shopper" if outcome.trouble == "asked_for_human" else "bot"
        return new_handover(outcome.trouble, requested_by, self.services.now())

    def _time(self) -> str:
        return rfc3339(self.services.now())


def refused(started: float, problem: Failed, frame: Frame = NO_FRAME) -> Iterator[TurnEvent]:
    """The events of a turn that came to nothing."""
    yield problem
    yield Done(frame, (), timings(started), problem.code)


def ms_since(started: float) -> float:
    """Milliseconds since `started`, a time of `time.perf_counter`."""
    return round((time.perf_counter() - started) * 1000, 2)


def timings(started: float, first_card: float | None = None, first_text: float | None = None) -> Timings:
    """The timings of a turn that ends now."""
    return Timings(first_card, first_text, ms_since(started))


def _step(before: Conversation, outcome: Outcome) -> Step:
    """What the turn changed, or the turn before it that changed anything; an act that took that back says so itself."""
    after = outcome.conversation
    if after.last_step != before.last_step:
        return after.last_step
    need = None if after.need == before.need else before.need
    cart = None if after.cart == before.cart else before.cart
    step = Step(need, cart, outcome.learned)
    return before.last_step if step == Step() else step
