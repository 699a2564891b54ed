"""A turn as a client of the OpenAI API gets it: Markdown for people, and the same as data for programs beside it.

What the shop, its products or its people wrote is plain text; it is escaped, so that it can never become markup, a picture
or a link of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel

import prompts
from assistant import thread
from assistant.shop import ShopFront
from assistant.types import (
    Card,
    CartChanged,
    Conversation,
    Failed,
    Message,
    Products,
    StatusChanged,
    Suggestions,
    Text,
    TurnEvent,
)
from assistant.web.api.openai_threads import Thread
from assistant.web.api.problems import Problem
from assistant.web.api.told import told_card, told_cart, told_need
from assistant.web.cards import safe_link
from retrieval.money import format_money
from retrieval.types import Need, Product

Extra = dict[str, object]
_MARKUP = re.compile(r"[\\`*_~|\[\]<]|&(?=[#A-Za-z])")
_UNSAFE_IN_LINK = {ord(each): f"%{ord(each):02X}" for each in "()<>[]\\\"'`*_|"}
_CONFLICT = "conversation_changed"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer: text to be joined to what came before, and data that takes the place of what had its name."""

    text: str = ""
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Teller:
    """Takes a turn and tells it piece by piece. `mark` gives the line by which the history will be known again."""

    shop: ShopFront
    locale: str
    mark: Callable[[Conversation], str]

    def deltas(self, where: Thread, text: str) -> Generator[Delta | Problem, None, None]:
        """One turn: what people wrote since the last one, the prose, the cards as a list; then who answers, and the mark.

        Cards and need come as data before any prose. Ends with a `Problem` where the turn failed.
        """
        told = _Told()
        yield Delta(extra={"conversation_id": where.conversation_id})
        with closing(_events(self.shop.say(where.conversation_id, text, where.message_id))) as events:
            for event in events:
                if isinstance(event, Failed):
                    yield _problem(event)
                    return
                if not told.is_begun:
                    yield from self._news(where, told)
                yield from self._told(event, told)
        yield from self._ending(where, told)

    def _told(self, event: TurnEvent, told: _Told) -> Iterator[Delta]:
        match event:
            case Products(cards, need):
                told.cards = cards
                yield Delta(extra={"cards": self._shelf(cards), "need": self._need(need)})
            case Text(delta):
                yield Delta(told.prose(plain(delta)))
            case CartChanged(cart):
                yield Delta(extra={"cart": _data(told_cart(cart))})
            case Suggestions(texts):
                yield Delta(extra={"suggestions": list(texts)})
            case StatusChanged(status):
                yield Delta(extra={"status": status})

    def _news(self, where: Thread, told: _Told) -> Iterator[Delta]:
        """What people wrote, and what was noticed, between the shopper's last message and this one."""
        told.is_begun = True
        for message in news_before(self.shop.conversation(where.conversation_id), where.message_id):
            author = f"**{plain(message.author)}:** " if message.role == "agent" and message.author else ""
            sent = list(self.shop.products(message.product_ids).values()) if message.role == "agent" else []
            yield Delta(told.block(author + plain(message.text)))
            if sent:
                yield Delta(told.block(self.listed(numbered(sent))))

    def _ending(self, where: Thread, told: _Told) -> Iterator[Delta]:
        conversation = self.shop.conversation(where.conversation_id)
        if not told.has_prose:
            agent = conversation.handover.agent if conversation.handover else ""
            yield Delta(told.block(plain(prompts.render("relayed", agent=agent))))
        answer = thread.answer_to(conversation, where.message_id)
        if answer is not None and not told.cards:
            # The answer to a message that was sent again: its cards as the catalogue has them now.
            told.cards = numbered(list(self.shop.products(answer.product_ids).values()))
            if told.cards:
                yield Delta(extra={"cards": self._shelf(told.cards), "need": self._need(conversation.need)})
        if told.cards:
            yield Delta(told.block(self.listed(told.cards)))
        yield Delta(extra={"status": conversation.status})
        if where.is_marked:
            yield Delta(told.block(self.mark(conversation)))

    def listed(self, cards: Sequence[Card]) -> str:
        """The cards as a Markdown list: number, title, price as the catalogue has it, and a link where it is safe."""
        return "\n".join(f"{card.position}. {self._line(card.product)}" for card in cards)

    def _line(self, product: Product) -> str:
        title, link = plain(" ".join(product.title.split())), link_of(product)
        name = f"[**{title}**]({link})" if link else f"**{title}**"
        return name if product.price is None else f"{name} – {format_money(product.price, product.currency, self.locale)}"

    def _shelf(self, cards: Sequence[Card]) -> list[Extra]:
        return [_data(told_card(card)) for card in cards]

    def _need(self, need: Need) -> Extra:
        return _data(told_need(need, self.shop.currency))


@dataclass(slots=True)
class _Told:
    """What has been told of an answer so far."""

    is_begun: bool = False
    has_text: bool = False
    has_prose: bool = False
    cards: Sequence[Card] = ()

    def block(self, text: str) -> str:
        """`text` as a paragraph of its own."""
        begun, self.has_text = self.has_text, True
        return f"\n\n{text}" if begun else text

    def prose(self, delta: str) -> str:
        """The next piece of the prose, which is one paragraph or more of its own."""
        begun, self.has_prose = self.has_prose, True
        return delta if begun else self.block(delta)


def news_before(conversation: Conversation, message_id: str) -> tuple[Message, ...]:
    """What people of the shop wrote, and notices, between the shopper's message of this id and the one before it.

    So each is told once, whatever comes in while an answer is written, and told again with a message that is sent again.
    """
    ids = [message.id for message in conversation.messages]
    here = ids.index(message_id) if message_id in ids else 0
    shoppers = [place for place in range(here) if conversation.messages[place].role == "shopper"]
    since = conversation.messages[shoppers[-1] : here] if shoppers else ()
    return tuple(message for message in since if message.role in ("agent", "notice"))


def numbered(products: Sequence[Product]) -> tuple[Card, ...]:
    """The products as cards that say nothing further."""
    return tuple(Card(position, product) for position, product in enumerate(products, start=1))


def plain(text: str) -> str:
    """Plain text as Markdown that shows just that."""
    return _MARKUP.sub(r"\\\g<0>", text)


def link_of(product: Product) -> str:
    """The product's page as it may stand in a Markdown link; empty where there is none, or no safe one."""
    address = safe_link(product.url)
    is_clean = all(character.isprintable() and character != " " for character in address)
    return address.translate(_UNSAFE_IN_LINK) if is_clean else ""


def _events(events: Iterator[TurnEvent]) -> Generator[TurnEvent, None, None]:
    yield from events


def _data(told: BaseModel) -> Extra:
    return told.model_dump(mode="json", exclude_none=True)


def _problem(failed: Failed) -> Problem:
    if failed.code == _CONFLICT:
        return Problem(HTTPStatus.CONFLICT, failed.code, failed.message)
    status = HTTPStatus.SERVICE_UNAVAILABLE if failed.retryable else HTTPStatus.BAD_REQUEST
    return Problem(status, failed.code, failed.message)
