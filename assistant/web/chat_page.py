"""The chat page: one Gradio component whose script calls back into Python, and the handlers behind it.

The browser tab remembers its conversation's id and sends it with every call; this process remembers nothing between
calls. The component's template is fixed text on purpose: Gradio evaluates templates as JavaScript, so what the shop or
a shopper wrote may reach the page only as values.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import gradio as gr

from assistant.shop import Button, ButtonKind, ShopFront
from assistant.types import Card, CartView, Conversation, TurnEvent
from assistant.web.cards import Renderer
from assistant.web.views import View, restored_view, views_of_turn

HERE = Path(__file__).parent
MAX_CHARACTERS = 5000
LANES = ("a", "b")  # see page.js
CardsOf = Callable[[Conversation], Sequence[Card]]
Value = dict[str, Any]


class BadCall(ValueError):
    """The browser sent something that the page's own script never sends."""


def text_field(data: Mapping[str, Any], name: str) -> str:
    """A string field of what the browser sent, empty where it is missing. Raises `BadCall` for another type."""
    value = data.get(name, "")
    if not isinstance(value, str):
        raise BadCall(f"{name} is {value!r}, expected a string")
    return value


def button_of(data: Mapping[str, Any]) -> Button:
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
    )


class ChatHandlers:
    """What the page may ask. Every method takes the event of the page's script and gives values for it."""

    def __init__(self, shop: ShopFront, cards_of: CardsOf, render: Renderer) -> None:
        """`cards_of` gives the cards that a saved conversation last showed, as the catalogue has them now."""
        self._shop = shop
        self._cards_of = cards_of
        self._render = render

    def turn(self, event: gr.EventData) -> Iterator[Value]:
        """One turn, from text (`kind` is "say") or from a button. Opens a conversation where there is none yet."""
        data: Mapping[str, Any] = event._data
        conversation = self._conversation(data)
        start = View(text_field(data, "turn"), "busy", conversation.id, conversation.shopper_id)
        with closing(self._events(conversation.id, data)) as events:
            for view in views_of_turn(start, events, self._render):
                yield view.as_value()

    def seen(self, event: gr.EventData) -> None:
        """A product's details were opened; nothing on the page changes."""
        data: Mapping[str, Any] = event._data
        conversation_id = text_field(data, "conversation")
        if conversation_id:
            for _ in self._shop.press(conversation_id, Button("click", product_id=text_field(data, "product"))):
                pass

    def restore(self, event: gr.EventData) -> Value:
        """The saved conversation of this tab, or word that it is no longer known."""
        data: Mapping[str, Any] = event._data
        conversation_id, turn = text_field(data, "conversation"), text_field(data, "turn")
        try:
            conversation = self._shop.conversation(conversation_id)
        except KeyError:
            return View(turn, "unknown", "").as_value()
        cart = self._shop.cart(conversation_id)
        return restored_view(conversation, self._cards_of(conversation), cart, self._render, turn=turn).as_value()

    def _conversation(self, data: Mapping[str, Any]) -> Conversation:
        conversation_id, shopper_id = text_field(data, "conversation"), text_field(data, "shopper")
        if conversation_id:
            try:
                return self._shop.conversation(conversation_id)
            except KeyError:
                pass  # a conversation that the shop has since forgotten: begin a new one
        # Only a shopper that the picker offers may be posed as; any other id would be somebody's real account.
        offered = {shopper.id for shopper in self._shop.shoppers()}
        return self._shop.open(shopper_id if shopper_id in offered else None)

    def _events(self, conversation_id: str, data: Mapping[str, Any]) -> Generator[TurnEvent, None, None]:
        if text_field(data, "kind") == "say":
            yield from self._shop.say(conversation_id, text_field(data, "text")[:MAX_CHARACTERS])
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
    }


def say_broken(lane: str) -> str:
    """JavaScript that tells the page's script of a failed call; in the browser, so that it works without the server."""
    return f"() => {{ window.dispatchEvent(new CustomEvent('shop-call-failed', {{ detail: '{lane}' }})); }}"


def build_chat_page(
    shop: ShopFront,
    *,
    cards_of: CardsOf,
    examples: Sequence[str],
    locale: str = "en_US",
    concurrency: int = 8,
    queue_size: int = 64,
) -> gr.Blocks:
    """The page as Gradio blocks: `concurrency` turns run at once, `queue_size` more may wait, the rest are refused."""
    render = Renderer(shop.currency, locale)
    handlers = ChatHandlers(shop, cards_of, render)
    blocks: gr.Blocks = gr.Blocks(title=shop.name, analytics_enabled=False, fill_width=True)
    with blocks:
        page = gr.HTML(
            value=None,
            html_template=(HERE / "templates" / "page.html").read_text("utf-8"),
            js_on_load=(HERE / "page.js").read_text("utf-8"),
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
        page.restore(handlers.restore, outputs=page, **limited).failure(None, js=say_broken(""))
        page.seen(handlers.seen, **limited)
    blocks.queue(max_size=queue_size)
    return blocks
