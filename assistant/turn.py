"""One turn, from the shopper's text (or a press of a button) to cards, prose and a saved conversation."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import prompts
from assistant import cart
from assistant import need as ledger
from assistant.acts import basket, find, look, service, talk
from assistant.acts.base import UNSURE, Outcome, Services, Turn, happened, plain_cards
from assistant.answer import Voice, prose
from assistant.memory import ConversationChanged, ConversationStore
from assistant.profile import GUEST
from assistant.shop import Button, KnownShopper
from assistant.types import (
    Act,
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
    Role,
    StatusChanged,
    Suggestions,
    Text,
    Timings,
    TurnEvent,
)
from assistant.understand import Context, Reader
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
    "policy_question": service.policy_question,
    "human": service.human,
    "smalltalk": talk.smalltalk,
    "out_of_scope": talk.out_of_scope,
}


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
        return self.services.shoppers.all()

    def say(self, conversation_id: str, text: str) -> Iterator[TurnEvent]:
        """One turn: the shopper's text in, events out, `Done` last."""
        started = time.perf_counter()
        before = self.conversations.load(conversation_id)
        message = text.strip()[: self.message_characters]
        if not message:
            yield from self._silent(started)
            return
        reading = self.reader.read(message, self._context(before))
        turn = self._turn(before, reading, message)
        outcome = basket.settle_choice(self.services, turn) or _ACTS[reading.frame.act](self.services, turn)
        yield from self._answer(started, before, turn, outcome, reading)

    def press(self, conversation_id: str, button: Button) -> Iterator[TurnEvent]:
        """One turn that starts from a button instead of text; a `click` answers with `Done` alone."""
        started = time.perf_counter()
        before = self.conversations.load(conversation_id)
        product = self.services.catalog.get(button.product_id) if button.product_id else None
        if product is None and button.kind != "drop_need":
            yield Failed("unknown_product", prompts.render("product_gone"), retryable=False)
            yield Done(Frame("smalltalk"), (), _timings(started, None, None))
            return
        if product is not None and button.kind == "click":
            self.services.events.add([happened(self.services, before, "click", product)])
            yield Done(Frame("ask_product"), (), _timings(started, None, None))
            return
        act, outcome = self._pressed(before, button, product)
        turn_text = prompts.render(f"button_{button.kind}", title=product.title if product else button.value)
        turn = self._turn(before, Reading(Frame(act)), turn_text)
        yield from self._answer(started, before, turn, outcome, Reading(Frame(act)))

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
            return act, self._take_out(turn, product, button.variant_id or None)
        if product is not None and button.kind == "more_like_this":
            return act, find.more_like(self.services, turn, product)
        return act, _ACTS[act](self.services, turn)

    def _take_out(self, turn: Turn, product: Product, variant_id: str | None) -> Outcome:
        outcome = basket.remove(self.services, turn)
        lines = cart.remove(turn.conversation.cart, product.id, variant_id=variant_id)
        return replace(
            outcome, conversation=replace(outcome.conversation, cart=lines), cart=basket.view(self.services, lines)
        )

    def _context(self, conversation: Conversation) -> Context:
        return Context(
            need=conversation.need,
            shown=conversation.shown,
            last_act=conversation.last_act,
            focus=conversation.focus,
            currency=self.currency,
        )

    def _turn(self, before: Conversation, reading: Reading, message: str) -> Turn:
        shopper = Shopper(before.shopper_id, self.services.events.history(before.shopper_id))
        # What was not understood must not become part of the need.
        is_clear = reading.confidence >= UNSURE
        wanted = ledger.apply(before.need, reading.frame, before.shown) if is_clear else before.need
        now = replace(before, need=wanted)
        return Turn(now, reading.frame, message, shopper, reading.confidence, pick=len(before.messages) // 2)

    def _answer(
        self, started: float, before: Conversation, turn: Turn, outcome: Outcome, reading: Reading
    ) -> Iterator[TurnEvent]:
        """Events of an outcome, cards first; whatever becomes of the reader of them, the turn is saved."""
        first_card = first_text = None
        said, faults = "", [reading.fallback] if reading.fallback else []
        try:
            if outcome.cards is not None:
                first_card = _ms(started) if outcome.cards else None
                yield Products(outcome.cards, outcome.conversation.need)
            with closing(prose(outcome, outcome.conversation.need, self.voice)) as pieces:
                for piece in pieces:
                    first_text = first_text or _ms(started)
                    said += piece.text
                    faults += [f"prose: {piece.fault}"] if piece.fault else []
                    yield Text(piece.text)
            if outcome.cart is not None:
                yield CartChanged(outcome.cart)
        finally:
            problem = self._save(before, turn, outcome, said)
        if problem is not None:
            yield problem
        if outcome.suggestions:
            yield Suggestions(outcome.suggestions)
        if outcome.conversation.status != before.status:
            yield StatusChanged(outcome.conversation.status)
        timings = _timings(started, first_card, first_text)
        yield Done(reading.frame, outcome.candidates, timings, "; ".join(faults) or None)

    def _save(self, before: Conversation, turn: Turn, outcome: Outcome, said: str) -> Failed | None:
        ids = tuple(card.product.id for card in outcome.cards or ())
        thread = (*before.messages, _message("shopper", turn.text), _message("assistant", said, ids))
        after = replace(outcome.conversation, messages=thread, last_act=turn.frame.act)
        self.services.events.add(outcome.events)
        try:
            self.conversations.save(after)
        except ConversationChanged:
            return Failed("conversation_changed", prompts.render("conversation_changed"))
        return None

    def _silent(self, started: float) -> Iterator[TurnEvent]:
        yield Text(prompts.render("empty_message"))
        yield Suggestions(("What would you recommend?",))
        yield Done(Frame("smalltalk"), (), _timings(started, None, _ms(started)))


def _message(role: Role, text: str, product_ids: tuple[str, ...] = ()) -> Message:
    return Message(role, text, datetime.now(UTC).isoformat(timespec="seconds"), product_ids)


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def _timings(started: float, first_card: float | None, first_text: float | None) -> Timings:
    return Timings(first_card, first_text, _ms(started))
