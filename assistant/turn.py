"""One turn, from the shopper's text (or a press of a button) to cards, prose and a saved conversation."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import prompts
from assistant import need as ledger
from assistant import thread
from assistant.acts import (
    basket,
    catalogue,
    catalogue_questions,
    find,
    limits,
    look,
    paging,
    person,
    policy,
    question,
    remember,
    service,
    talk,
)
from assistant.acts.base import UNSURE, Outcome, Services, Turn, happened, plain_cards, referred
from assistant.answer import Piece, Voice, prose
from assistant.handoff.desk import new_handover
from assistant.memory import ConversationChanged, ConversationStore
from assistant.preferences import Preferences
from assistant.profile import GUEST
from assistant.reading.sayable import sayable
from assistant.shop import Button, KnownShopper
from assistant.stated import Statement
from assistant.types import (
    Act,
    Attempt,
    Card,
    CartChanged,
    CartView,
    Conversation,
    Done,
    Failed,
    Frame,
    Message,
    Products,
    Reading,
    RequestedBy,
    Status,
    StatusChanged,
    Step,
    Suggestions,
    Text,
    Timings,
    TurnEvent,
)
from assistant.understand import Context, Reader, talked_after
from ranking.types import Shopper
from retrieval.types import Product

_ACTS: Mapping[Act, Callable[[Services, Turn], Outcome]] = {
    "search": find.find,
    "refine": find.find,
    "recommend": find.find,
    "like": find.opinion,
    "dislike": find.opinion,
    "compare": look.compare,
    "ask_product": look.ask_product,
    "cart_add": basket.add,
    "cart_remove": basket.remove,
    "cart_show": basket.show,
    "checkout": basket.checkout,
    "order_status": service.order_status,
    "return_request": service.return_request,
    "policy_question": policy.policy_question,
    "human": person.human,
    "smalltalk": talk.smalltalk,
    "out_of_scope": talk.out_of_scope,
}
# What is answered before any act, whatever the reader took the message for.
_ASIDES: tuple[tuple[Callable[[Services, Turn], Outcome | None], Act], ...] = (
    (limits.declined, "out_of_scope"),
    (person.called, "human"),
    (person.waits_no_more, "smalltalk"),
    (remember.asked, "smalltalk"),
    (talk.small, "smalltalk"),
    (basket.quantity_changed, "cart_add"),
)
_NO_FRAME = Frame("smalltalk")
_NO_TOPIC = Frame("policy_question", topic="other")
_MAY_ASK_CATALOGUE = frozenset(
    {"search", "refine", "recommend", "compare", "ask_product", "policy_question", "smalltalk", "out_of_scope"}
)
_OFFERED_SHOPPERS = 24


@dataclass(frozen=True, slots=True)
class Assistant:
    """The shop's assistant; a `ShopFront`. Keeps no state of its own: conversations live in `conversations`."""

    name: str
    services: Services
    reader: Reader
    voice: Voice
    conversations: ConversationStore
    message_characters: int = 2000

    @property
    def currency(self) -> str:
        """ISO 4217 code of the shop's money."""
        return self.services.catalog.currency

    def open(self, shopper_id: str | None = None) -> Conversation:
        """A new conversation; with no shopper id, of a new guest."""
        return self.conversations.create(shopper_id or f"{GUEST}{uuid.uuid4().hex}")

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as saved last. Raises `KeyError` for an unknown id."""
        return self.conversations.load(conversation_id)

    def cart(self, conversation_id: str) -> CartView:
        """The cart with what it costs now."""
        return basket.view(self.services, self.conversations.load(conversation_id).cart)

    def cards(self, conversation: Conversation) -> tuple[Card, ...]:
        """What the conversation has on the screen, as the catalogue has it now."""
        products = self.services.catalog.get_many([shown.id for shown in conversation.shown])
        return plain_cards(list(products.values()))

    def shoppers(self) -> Sequence[KnownShopper]:
        """The shoppers that a demo may pose as; empty in a real shop."""
        return self.services.shoppers.all(limit=_OFFERED_SHOPPERS)

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Iterator[TurnEvent]:
        """One turn: the shopper's text in, events out, `Done` last.

        The text is kept first thing. Sent again with the same `message_id` it is answered once: with what was answered, if
        that is known. While a person has the conversation there is `Done` alone.
        """
        started = time.perf_counter()
        message = text.strip()[: self.message_characters]
        if not message:
            yield from self._silent(started)
            return
        heard, message_id = thread.hear(self.conversations, conversation_id, message, self._time(), message_id)
        answered = thread.answer_to(heard, message_id)
        if answered is not None or not self._answers(heard):
            yield from self._as_answered(started, heard, answered)
            return
        before = thread.until(heard, message_id)
        statement = remember.stated(self.services, message)
        spoken = (statement and statement.rest) or limits.to_be_served(message)
        reading = self._read(before, spoken)
        turn, outcome = (
            self._aside(before, reading, message)
            or self._stated(before, reading, message, statement)
            or self._settled(before, reading, message)
            or self._asked(before, reading, message)
            or self._acted(before, reading, message)
        )
        outcome = person.judged(self.services, turn, outcome)
        yield from self._answer(started, _Heard(heard, message_id), turn, outcome, reading.fallback)

    def press(self, conversation_id: str, button: Button) -> Iterator[TurnEvent]:
        """One turn that starts from a button instead of text; a `click` answers with `Done` alone."""
        started = time.perf_counter()
        before = self.conversations.load(conversation_id)
        product = self.services.catalog.get(button.product_id) if button.product_id else None
        if button.kind == "drop_need" and button.slot not in ledger.NEED_SLOTS:
            yield from self._refused(started, Failed("unknown_wish", prompts.render("unclear"), retryable=False))
            return
        if product is None and button.kind != "drop_need":
            yield from self._refused(started, Failed("unknown_product", prompts.render("product_gone"), retryable=False))
            return
        if product is not None and button.kind == "click":
            self.services.events.add([happened(self.services, before, "click", product)])
            yield Done(Frame("ask_product"), (), _timings(started))
            return
        text = prompts.render(f"button_{button.kind}", title=product.title if product else button.value)
        heard, message_id = thread.hear(self.conversations, conversation_id, text, self._time(), button.message_id)
        if (answered := thread.answer_to(heard, message_id)) is not None:
            yield from self._as_answered(started, heard, answered)
            return
        before = thread.until(heard, message_id)
        act, outcome = self._pressed(before, button, product)
        turn = self._turn(before, Reading(Frame(act)), text)
        yield from self._answer(started, _Heard(heard, message_id, is_button=True), turn, outcome)

    def _answers(self, conversation: Conversation) -> bool:
        """Whether the assistant answers what is written now."""
        reception = self.services.reception
        waits_quietly = conversation.status == "pending" and reception is not None and not reception.answers_meanwhile
        return thread.may_speak(conversation) and not waits_quietly

    def _as_answered(self, started: float, heard: Conversation, answer: Message | None) -> Iterator[TurnEvent]:
        """What was answered before, or nothing where a person answers."""
        if answer is not None:
            yield Text(answer.text)
        else:
            yield StatusChanged(heard.status)
        yield Done(_NO_FRAME, (), _timings(started), None if answer is not None else heard.status)

    def _pressed(self, before: Conversation, button: Button, product: Product | None) -> tuple[Act, Outcome]:
        conversation = before
        if product is not None:
            conversation = replace(before, focus=product.id)
        elif button.kind == "drop_need":
            conversation = replace(before, need=ledger.drop(before.need, button.slot, button.value))
        acts: Mapping[str, Act] = {
            "cart_add": "cart_add",
            "cart_remove": "cart_remove",
            "more_like_this": "search",
            "not_for_me": "dislike",
            "drop_need": "refine",
        }
        act = acts[button.kind]
        turn = replace(self._turn(conversation, Reading(Frame(act)), ""), conversation=conversation)
        if product is not None and button.kind == "cart_add":
            return act, basket.add(self.services, turn, button.variant_id or None)
        if product is not None and button.kind == "cart_remove":
            return act, basket.take_out(self.services, turn, product, button.variant_id or None)
        if product is not None and button.kind == "more_like_this":
            return act, find.more_like(self.services, turn, product)
        return act, _ACTS[act](self.services, turn)

    def _context(self, conversation: Conversation) -> Context:
        return Context(
            need=conversation.need,
            shown=conversation.shown,
            last_act=conversation.last_act,
            focus=conversation.focus,
            talked=conversation.talked,
            currency=self.currency,
        )

    def _turn(self, before: Conversation, reading: Reading, message: str) -> Turn:
        shopper = Shopper(before.shopper_id, self.services.events.history(before.shopper_id))
        # What was not understood must not become part of the need.
        is_clear = reading.confidence >= UNSURE
        wanted = ledger.apply(before.need, reading.frame, before.shown) if is_clear else before.need
        talked = talked_after(reading.frame, self._context(before)) if is_clear else before.talked
        now = replace(before, need=wanted, talked=talked, offered=())
        kept = self.services.preferences
        lasting = Preferences() if kept is None else kept.get(before.shopper_id)
        return Turn(now, reading.frame, message, shopper, reading.confidence, len(before.messages) // 2, lasting)

    def _read(self, before: Conversation, message: str) -> Reading:
        """What the message says: known where it picks an offered reply or turns the page, else as the reader has it."""
        frame = question.answered(message, before) or paging.turned(message, before)
        return Reading(frame) if frame is not None else sayable(self.reader.read(message, self._context(before)))

    def _asked(self, before: Conversation, reading: Reading, message: str) -> tuple[Turn, Outcome] | None:
        """Where the message asks about the catalogue as a whole, a query answers it, whatever act it was read as."""
        asked = catalogue_questions.asked(message, before) if reading.frame.act in _MAY_ASK_CATALOGUE else None
        if asked is None:
            return None
        meant = self.reader.read(asked.reading, self._context(before)) if asked.reading else Reading(Frame("recommend"))
        meant = replace(meant, frame=replace(meant.frame, sort=asked.sort)) if asked.about == "order" else meant
        turn = self._turn(before, meant, message)
        outcome = catalogue.answer(self.services, turn, asked)
        if outcome is None and asked.about == "stock" and reading.frame == _NO_TOPIC and meant.frame.query:
            outcome = find.find(self.services, turn)
        return None if outcome is None else (turn, outcome)

    def _acted(self, before: Conversation, reading: Reading, message: str) -> tuple[Turn, Outcome]:
        turn = self._turn(before, reading, message)
        return turn, self._act(turn)

    def _act(self, turn: Turn) -> Outcome:
        frame, product_ids = turn.frame, referred(turn)
        if find.asks_for_similar(turn) and (liked := self.services.catalog.get(find.liked_product(turn) or "")) is not None:
            return find.more_like(self.services, turn, liked)
        product = self.services.catalog.get(product_ids[0]) if product_ids else None
        if product is not None and frame == Frame("refine", refs=frame.refs) and frame.refs:
            return look.point_out(self.services, turn)
        return _ACTS[frame.act](self.services, turn)

    def _aside(self, before: Conversation, reading: Reading, message: str) -> tuple[Turn, Outcome] | None:
        """Where the message is about the talk itself, or asks for what no shop should give, no act is called for."""
        turn = replace(self._turn(before, Reading(_NO_FRAME), message), frame=reading.frame)
        if paging.turned(message, before) is not None:
            return None
        for aside, act in _ASIDES:
            outcome = aside(self.services, turn)
            if outcome is not None:
                return replace(turn, frame=Frame(act)), outcome
        return None

    def _stated(
        self, before: Conversation, reading: Reading, message: str, statement: Statement | None
    ) -> tuple[Turn, Outcome] | None:
        """Where the message states what lasts, that is kept and confirmed, whatever else the message asks for."""
        if statement is None:
            return None
        remember.keep(self.services, before.shopper_id, statement)
        turn = self._turn(before, remember.with_stated(reading, statement, before), message)
        # What is confirmed anyway is not told a second time as something remembered.
        quiet = replace(self, services=replace(self.services, preferences=None))
        outcome = quiet._act(turn) if statement.rest else remember.shelf(quiet.services, turn)
        return turn, remember.confirmed(self.services, turn, outcome, statement)

    def _settled(self, before: Conversation, reading: Reading, message: str) -> tuple[Turn, Outcome] | None:
        """Where the message only names the option that was asked for, it serves the cart and leaves the need alone."""
        if not basket.is_detail(reading.frame, before):
            return None
        turn = self._turn(before, replace(reading, frame=Frame("cart_add", include=reading.frame.include)), message)
        outcome = basket.settle_choice(self.services, turn)
        return None if outcome is None else (turn, outcome)

    def _answer(
        self, started: float, heard: _Heard, turn: Turn, outcome: Outcome, fallback: str | None = None
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
            yield from self._refused(started, problem, turn.frame)
            return
        if outcome.suggestions and not told.is_silent:
            yield Suggestions(outcome.suggestions)
        if told.status != heard.conversation.status:
            yield StatusChanged(told.status)
        timings = _timings(started, told.first_card, told.first_text)
        fault = "; ".join(told.faults) or None
        yield Done(turn.frame, outcome.candidates, timings, fault, told.spoken, told.thrown_out)

    def _tell(self, started: float, outcome: Outcome, heard: _Heard, told: _Told) -> Iterator[TurnEvent]:
        """Cards, prose and cart; `told` keeps what has been told so far. A person who joins meanwhile ends the prose."""
        if outcome.cards is not None and (not told.is_silent or heard.is_button):
            told.first_card = _ms(started) if outcome.cards else None
            yield Products(outcome.cards, outcome.conversation.need)
        if not told.is_silent:
            with closing(prose(outcome, outcome.conversation.need, self.voice)) as pieces:
                for piece in pieces:
                    if not told.is_saved and self._is_taken_over(heard):
                        break
                    told.take(piece)
                    if piece.text:
                        told.first_text = told.first_text or _ms(started)
                        yield Text(piece.text)
        if outcome.cart is not None and (not told.is_silent or heard.is_button):
            yield CartChanged(outcome.cart)

    def _is_taken_over(self, heard: _Heard) -> bool:
        """Whether somebody has joined since the message came in; looked up before each piece of prose."""
        conversation_id = heard.conversation.id
        if self.conversations.version(conversation_id) == heard.conversation.version:
            return False
        return not thread.may_speak(self.conversations.load(conversation_id))

    def _plain(self, outcome: Outcome) -> str:
        """The prose of an outcome that leaves nothing to the language model."""
        return "".join(piece.text for piece in prose(outcome, outcome.conversation.need, self.voice))

    def _save(self, heard: _Heard, turn: Turn, outcome: Outcome, said: str, told: _Told) -> Failed | None:
        before = heard.conversation
        after = replace(
            outcome.conversation,
            last_act=turn.frame.act,
            last_step=_step(before, outcome),
            asked=said.rstrip().endswith("?"),
        )
        handover = None
        if outcome.needs_person and outcome.trouble is not None:
            asked_by: RequestedBy = "shopper" if outcome.trouble == "asked_for_human" else "bot"
            handover = new_handover(outcome.trouble, asked_by, self.services.now())
        ending = thread.Ending(
            after,
            said,
            tuple(card.product.id for card in outcome.cards or ()),
            None if heard.is_button else Attempt(turn.frame.act, turn.text, outcome.trouble),
            handover,
            outcome.stops_waiting,
            heard.is_button,
            outcome.wrote,
        )
        try:
            saved = thread.end(self.conversations, before, ending, self._time(), heard.message_id)
        except (thread.Superseded, ConversationChanged):
            return Failed("conversation_changed", prompts.render("conversation_changed"))
        told.is_saved, told.status = True, saved.status
        told.is_silent = not thread.may_speak(saved)
        self.services.events.add(outcome.events)
        if self.services.impressions is not None:
            self.services.impressions.add(outcome.seen)
        return None

    def _time(self) -> str:
        return datetime.now(UTC).isoformat(timespec="seconds")

    def _refused(self, started: float, problem: Failed, frame: Frame = _NO_FRAME) -> Iterator[TurnEvent]:
        yield problem
        yield Done(frame, (), _timings(started), problem.code)

    def _silent(self, started: float) -> Iterator[TurnEvent]:
        yield Text(prompts.render("empty_message"))
        yield Suggestions(("What would you recommend?",))
        yield Done(_NO_FRAME, (), _timings(started, None, _ms(started)))


@dataclass(frozen=True, slots=True)
class _Heard:
    """The conversation with the message or press that a turn answers, which is saved already."""

    conversation: Conversation
    message_id: str
    is_button: bool = False


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


def _step(before: Conversation, outcome: Outcome) -> Step:
    """What the turn changed, or the turn before it that changed anything; an act that took that back says so itself."""
    after = outcome.conversation
    if after.last_step != before.last_step:
        return after.last_step
    need = None if after.need == before.need else before.need
    cart = None if after.cart == before.cart else before.cart
    step = Step(need, cart, outcome.learned)
    return before.last_step if step == Step() else step


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def _timings(started: float, first_card: float | None = None, first_text: float | None = None) -> Timings:
    return Timings(first_card, first_text, _ms(started))
