"""One turn, from the shopper's text (or a press of a button) to cards, prose and a saved conversation."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import prompts
from assistant import looking
from assistant import need as ledger
from assistant.acts import (
    basket,
    catalogue,
    catalogue_questions,
    errands,
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
from assistant.answer import Voice
from assistant.answering import NO_FRAME, Answering, ms_since, refused, timings
from assistant.memory import ConversationStore
from assistant.preferences import Preferences
from assistant.profile import GUEST
from assistant.reading.sayable import sayable
from assistant.shop import Button, KnownShopper
from assistant.stated import Statement
from assistant.types import (
    Act,
    Card,
    CartView,
    Conversation,
    Done,
    Failed,
    Frame,
    Reading,
    Shown,
    Suggestions,
    Text,
    TurnEvent,
)
from assistant.understand import Context, Reader, talked_after
from ranking.types import Shopper
from retrieval.sql import storable
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
    (person.called_urgently, "human"),
    (person.waits_no_more, "smalltalk"),
    (errands.continued, "order_status"),
    (errands.asked_plainly, "order_status"),
    (person.called, "human"),
    (remember.asked, "smalltalk"),
    (talk.small, "smalltalk"),
    (basket.quantity_changed, "cart_add"),
)
_NO_TOPIC = Frame("policy_question", topic="other")
_MAY_ASK_CATALOGUE = frozenset(
    {"search", "refine", "recommend", "compare", "ask_product", "policy_question", "smalltalk", "out_of_scope"}
)
_OFFERED_SHOPPERS = 24


def context_of(conversation: Conversation, currency: str) -> Context:
    """What a reader needs to know of the conversation to understand its next message."""
    return Context(
        need=conversation.need,
        shown=conversation.shown,
        last_act=conversation.last_act,
        focus=conversation.focus,
        talked=conversation.talked,
        currency=currency,
    )


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
    def _answering(self) -> Answering:
        return Answering(self.services, self.voice, self.conversations)

    @property
    def currency(self) -> str:
        """ISO 4217 code of the shop's money."""
        return self.services.catalog.currency

    def open(self, shopper_id: str | None = None, locale: str = "") -> Conversation:
        """A new conversation; with no shopper id, of a new guest."""
        return self.conversations.create(shopper_id or f"{GUEST}{uuid.uuid4().hex}", locale)

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as saved last. Raises `KeyError` for an unknown id."""
        return self.conversations.load(conversation_id)

    def news(self, conversation_id: str, version: int) -> Conversation | None:
        """The conversation if it has been saved since this version of it, else None. Raises `KeyError` for an unknown id."""
        return None if self.conversations.version(conversation_id) == version else self.conversations.load(conversation_id)

    def viewing(self, conversation_id: str, product_id: str) -> Conversation:
        """The shopper looks at a product on the shop's own page: "this" means it, until another one is talked about.

        Nothing changes for a product that the shop does not have. Raises `KeyError` for an unknown conversation.
        """
        product = self.services.catalog.get(product_id)
        if product is None:
            return self.conversations.load(conversation_id)
        only = (Shown(product.id, product.title, product.price),)
        # A shelf that is on the screen stays as it is, and with it what "the second one" means.
        return self.conversations.change(
            conversation_id, lambda now: replace(now, focus=product.id, shown=now.shown or only)
        )

    def cart(self, conversation_id: str) -> CartView:
        """The cart with what it costs now."""
        return basket.view(self.services, self.conversations.load(conversation_id).cart)

    def products(self, product_ids: Sequence[str]) -> Mapping[str, Product]:
        """The products of these ids, in this order; those that the shop no longer has are left out."""
        return self.services.catalog.get_many(product_ids)

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
        message = storable(text).strip()[: self.message_characters]
        if not message:
            yield from self._silent(started)
            return
        heard = self._answering.hear(conversation_id, message, message_id)
        if self._answering.is_done(heard):
            yield from self._answering.as_answered(started, heard)
            return
        statement = remember.stated(self.services, message)
        spoken = (statement and statement.rest) or limits.to_be_served(message)
        begun = heard.before
        before = looking.at_page(begun, spoken, self.services.catalog.get)
        reading = self._read(before, spoken)
        turn, outcome = (
            self._aside(before, reading, message)
            or self._stated(before, reading, message, statement)
            or self._settled(before, reading, message)
            or self._asked(before, reading, message)
            or self._acted(before, reading, message)
        )
        outcome = person.judged(self.services, turn, outcome)
        outcome = outcome if before is begun else looking.back(outcome, begun)
        yield from self._answering.answer(started, heard, turn, outcome, reading.fallback)

    def press(self, conversation_id: str, button: Button) -> Iterator[TurnEvent]:
        """One turn that starts from a button instead of text; a `click` answers with `Done` alone."""
        started = time.perf_counter()
        before = self.conversations.load(conversation_id)
        product = self.services.catalog.get(button.product_id) if button.product_id else None
        if button.kind == "drop_need" and button.slot not in ledger.NEED_SLOTS:
            yield from refused(started, Failed("unknown_wish", prompts.render("unclear"), retryable=False))
            return
        if product is None and button.kind != "drop_need":
            yield from refused(started, Failed("unknown_product", prompts.render("product_gone"), retryable=False))
            return
        if product is not None and button.kind == "click":
            self.services.events.add([happened(self.services, before, "click", product)])
            yield Done(Frame("ask_product"), (), timings(started))
            return
        title = product.title if product else button.value[: self.message_characters]
        text = prompts.render(f"button_{button.kind}", title=title)
        heard = self._answering.hear(conversation_id, text, button.message_id, is_button=True)
        if self._answering.is_done(heard):
            yield from self._answering.as_answered(started, heard)
            return
        before = heard.before
        act, outcome = self._pressed(before, button, product)
        turn = self._turn(before, Reading(Frame(act)), text)
        yield from self._answering.answer(started, heard, turn, outcome)

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
        return looking.told(context_of(conversation, self.currency), self._looked_at(conversation))

    def _looked_at(self, conversation: Conversation) -> str:
        return looking.kind_of(conversation, self.services.catalog.get)

    def _turn(self, before: Conversation, reading: Reading, message: str) -> Turn:
        shopper = Shopper(before.shopper_id, self.services.events.history(before.shopper_id))
        # What was not understood must not become part of the need.
        is_clear = reading.confidence >= UNSURE
        need = looking.wanted(before, reading.frame, self._looked_at(before))
        wanted = ledger.apply(need, reading.frame, before.shown) if is_clear else before.need
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
        turn = self._turn(before, Reading(NO_FRAME), message)
        turn = replace(turn, frame=reading.frame, confidence=reading.confidence)
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

    def _silent(self, started: float) -> Iterator[TurnEvent]:
        yield Text(prompts.render("empty_message"))
        yield Suggestions(("What would you recommend?",))
        yield Done(NO_FRAME, (), timings(started, None, ms_since(started)))
