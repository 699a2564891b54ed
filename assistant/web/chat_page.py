"""The chat page: one Gradio component whose script calls back into Python, and the handlers behind it.

The browser tab remembers its conversation's id and sends it with every call; this process remembers nothing between
calls. Turns go through Gradio's queue and stream their views; news are asked for beside it, so that what a person writes
never waits for a turn. The component's template is fixed text on purpose: Gradio evaluates templates as JavaScript, so
what the shop or a shopper wrote may reach the page only as values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import gradio as gr

from assistant.acts import person
from assistant.shop import Button, ButtonKind, ShopFront
from assistant.types import Card, CartView, Conversation, TurnEvent
from assistant.web.cards import Renderer
from assistant.web.fields import BadCall, Data, bad_calls_refused, count_field, fields_of, ids_field, text_field
from assistant.web.views import News, View, cart_view, lines_of, news_shelf, sent_by_person, views_of_turn

HERE = Path(__file__).parent
MAX_CHARACTERS = 5000
MOST_ON_SHELF = 100  # more than any shop shows at once
LANES = ("a", "b")  # see page.js
SCRIPTS = ("page.js", "thread.js", "news.js", "start.js")  # in this order, as one function
CardsOf = Callable[[Conversation], Sequence[Card]]
Vouched = Callable[[str, str], bool]
Value = dict[str, Any]
_MESSAGE_ID = re.compile(r"[A-Za-z0-9-]{0,64}")


def message_id_of(data: Data) -> str:
    """The page's own id of a message or press, empty where it has none. Raises `BadCall` for what is no such id."""
    message_id = text_field(data, "message")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise BadCall(f"message is {message_id[:80]!r}, expected at most 64 letters, digits and hyphens")
    return message_id


def button_of(data: Data) -> Button:
    """The button that the browser says was pressed. Raises `BadCall` for one that does not exist."""
    kind = text_field(data, "kind")
    known: dict[str, ButtonKind] = {each: each for each in get_args(ButtonKind)}
    if kind not in known:
        raise BadCall(f"kind is {kind!r}, expected one of {', '.join(known)}")
    return Button(
        known[kind],
        product_id=text_field(data, "product"),
        variant_id=text_field(data, "variant"),
        slot=text_field(data, "slot"),
        value=text_field(data, "value"),
        message_id=message_id_of(data),
    )


def nobody(_shopper_id: str, _hash: str) -> bool:
    """The word for shoppers of a shop that has not set a secret to give it with."""
    return False


class ChatHandlers:
    """What the page may ask. Every method takes the event of the page's script and gives values for it."""

    def __init__(self, shop: ShopFront, cards_of: CardsOf, render: Renderer, vouched: Vouched = nobody) -> None:
        """`cards_of` gives the cards that a saved conversation last showed, as the catalogue has them now.

        `vouched` says whether a hash is the shop's word for a shopper's id.
        """
        self._shop = shop
        self._cards_of = cards_of
        self._render = render
        self._vouched = vouched

    def turn(self, event: gr.EventData) -> Iterator[Value]:
        """One turn, from text (`kind` is "say") or from a button. Opens a conversation where there is none yet."""
        data: Data = event._data
        conversation = self._conversation(data)
        start = View(text_field(data, "turn"), "busy", conversation.id, conversation.shopper_id)
        with closing(self._events(conversation.id, data)) as events:
            for view in views_of_turn(start, events, self._render):
                yield view.as_value()

    def seen(self, event: gr.EventData) -> None:
        """A product's details were opened; nothing on the page changes."""
        data: Data = event._data
        conversation_id = text_field(data, "conversation")
        if conversation_id:
            for _ in self._shop.press(conversation_id, Button("click", product_id=text_field(data, "product"))):
                pass

    def news(self, data: Data) -> Value:
        """What is saved of the tab's conversation that the tab does not have yet.

        The tab sends the `version` it last heard of, how many messages it has (`known`) and the ids on its `shelf`, if it
        shows one. `is_known` is False for a conversation that the shop has forgotten; `news` is None where there are none.
        """
        conversation_id = text_field(data, "conversation")
        try:
            conversation = self._shop.news(conversation_id, count_field(data, "version", least=-1))
        except KeyError:
            return {"is_known": False, "news": None}
        if conversation is None:
            return {"is_known": True, "news": None}
        news = self._news(conversation, count_field(data, "known"), ids_field(data, "shelf", MOST_ON_SHELF))
        return {"is_known": True, "news": news.as_value()}

    def _news(self, conversation: Conversation, known: int, on_shelf: Sequence[str] | None) -> News:
        messages = conversation.messages[known:]
        sent = [product_id for message in messages for product_id in sent_by_person(message)]
        return News(
            conversation.id,
            conversation.version,
            known,
            lines_of(messages, self._shop.products(sent) if sent else {}, self._render),
            conversation.status,
            conversation.handover.agent if conversation.handover else "",
            news_shelf(conversation, self._cards_of(conversation), on_shelf, self._render),
            cart_view(self._render, self._shop.cart(conversation.id)),
        )

    def _conversation(self, data: Data) -> Conversation:
        conversation_id, shopper_id = text_field(data, "conversation"), text_field(data, "shopper")
        if conversation_id:
            try:
                return self._shop.conversation(conversation_id)
            except KeyError:
                pass  # a conversation that the shop has since forgotten: begin a new one
        # Without the shop's word only a shopper that the picker offers may be posed as; any other id would be somebody's
        # real account.
        offered = {shopper.id for shopper in self._shop.shoppers()}
        is_known = shopper_id in offered or (shopper_id and self._vouched(shopper_id, text_field(data, "hash")))
        return self._shop.open(shopper_id if is_known else None)

    def _events(self, conversation_id: str, data: Data) -> Generator[TurnEvent, None, None]:
        if text_field(data, "kind") == "say":
            text = text_field(data, "text")[:MAX_CHARACTERS]
            yield from self._shop.say(conversation_id, text, message_id_of(data))
        else:
            yield from self._shop.press(conversation_id, button_of(data))


def page_setup(shop: ShopFront, render: Renderer, examples: Sequence[str], locale: str) -> Value:
    """What the page knows before any call: names, examples and an empty cart."""
    empty = CartView((), 0, shop.currency)
    return {
        "shop": shop.name,
        "language": locale.replace("_", "-"),
        "examples": list(examples),
        "shoppers": [{"id": each.id, "name": each.name, "persona": each.persona} for each in shop.shoppers()],
        "empty_cart": render.cart(empty),
        "ask_person": person.ASK,
        "stop_waiting": person.STOP,
    }


def say_broken(lane: str) -> str:
    """JavaScript that tells the page's script of a failed call; in the browser, so that it works without the server."""
    return f"() => {{ window.dispatchEvent(new CustomEvent('shop-call-failed', {{ detail: '{lane}' }})); }}"


def asked_for_news(handlers: ChatHandlers) -> Callable[[Any], Value]:
    """The page's `news` call: outside of Gradio's queue, answered with 400 where it is not as the page's script asks."""

    def news(data: Any) -> Value:
        with bad_calls_refused():
            return handlers.news(fields_of(data))

    return news


def build_chat_page(
    shop: ShopFront,
    *,
    cards_of: CardsOf,
    examples: Sequence[str],
    locale: str = "en_US",
    concurrency: int = 8,
    queue_size: int = 64,
    vouched: Vouched = nobody,
) -> gr.Blocks:
    """The page as Gradio blocks: `concurrency` turns run at once, `queue_size` more may wait, the rest are refused.

    `vouched` says whether a hash is the shop's word for a shopper's id.
    """
    render = Renderer(shop.currency, locale)
    handlers = ChatHandlers(shop, cards_of, render, vouched)
    blocks: gr.Blocks = gr.Blocks(title=shop.name, analytics_enabled=False, fill_width=True)
    with blocks:
        page = gr.HTML(
            value=None,
            html_template=(HERE / "templates" / "page.html").read_text("utf-8"),
            js_on_load="\n".join((HERE / script).read_text("utf-8") for script in SCRIPTS),
            server_functions=[asked_for_news(handlers)],
            setup=page_setup(shop, render, examples, locale),
            apply_default_css=False,
            elem_id="shop-page",
        )
        common: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "multiple", "api_visibility": "private"}
        limited = common | {"concurrency_limit": concurrency}
        for lane in LANES:
            turn = getattr(page, f"turn_{lane}")(handlers.turn, outputs=page, concurrency_id="turn", **limited)
            turn.failure(None, js=say_broken(lane))
            getattr(page, f"stop_{lane}")(None, cancels=[turn])
        page.seen(handlers.seen, **limited)
    blocks.queue(max_size=queue_size)
    return blocks
