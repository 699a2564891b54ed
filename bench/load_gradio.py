"""The same assistant behind `gr.ChatInterface`, as somebody would put it there who had an afternoon."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, Thread

import gradio as gr
import uvicorn
from fastapi import FastAPI

from assistant.shop import ShopFront
from assistant.types import Card, Products, Text
from assistant.web.server import listening_socket, within_event_loop
from bench.load_shoppers import CHAT
from retrieval.money import format_money


@contextmanager
def gradio_page(shop: ShopFront, port: int, concurrency: int) -> Iterator[None]:
    """Serves the page on a port of this machine while this is open; `concurrency` turns run at once."""

    def built() -> FastAPI:
        page = gr.ChatInterface(answerer(shop), api_name=CHAT, concurrency_limit=concurrency, analytics_enabled=False)
        app: FastAPI = gr.mount_gradio_app(FastAPI(), page, "/", ssr_mode=False)
        return app

    with listening_socket("127.0.0.1", port) as listener:
        server = uvicorn.Server(uvicorn.Config(within_event_loop(built), log_level="warning", timeout_graceful_shutdown=5))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()


def answerer(shop: ShopFront) -> Callable[[str, list[object], gr.Request], Iterator[str]]:
    """The function of the page: yields the whole answer so far whenever there is more of it, the cards first."""
    conversations: dict[str, str] = {}
    lock = Lock()

    def answer(message: str, history: list[object], request: gr.Request) -> Iterator[str]:
        with lock:
            session = str(request.session_hash)
            if session not in conversations:
                conversations[session] = shop.open().id
        told = ""
        for event in shop.say(conversations[session], message):
            if isinstance(event, Products) and event.cards:
                told += as_text(event.cards, shop.currency)
            elif isinstance(event, Text):
                told += event.delta
            else:
                continue
            yield told

    return answer


def as_text(cards: Sequence[Card], currency: str) -> str:
    """The cards as Markdown, a numbered line each."""
    lines = []
    for number, card in enumerate(cards, 1):  # the first one begins as `load_shoppers.CARDS`
        price = "" if card.product.price is None else f", {format_money(card.product.price, currency)}"
        lines.append(" · ".join([f"{number}. **{card.product.title}**{price}", *card.reasons, *card.violates]))
    return "\n".join(lines) + "\n\n"
