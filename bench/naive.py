"""The pipeline that most tutorials build, as a yardstick: model writes JSON, `where` filters, model writes the answer.

It has the same embedding and language models, is warmed up like ours, stops as soon as it can, and is greedy. What it does
not have is what this project adds: it shows nothing before the answer is whole, and nothing checks what the model says.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.chat_models import ChatMessage, ChatModel, Request
from assistant.need import to_minor
from bench.chroma_where import ChromaShelf
from retrieval.embed import Embedder
from retrieval.money import format_money
from retrieval.types import Need, Product

NEED_TOKENS = 96
ANSWER_TOKENS = 160
SECONDS = 120.0
PRODUCTS = 8
REMEMBERED = 3
LONGEST_MESSAGE = 600
DESCRIPTION = 160

Shots = tuple[tuple[str, str], ...]

_NEED_RULES = (
    "You read what a shopper writes and reply with one flat JSON object and nothing else. "
    'Keys: "query" (what they want), "price_min", "price_max" (numbers), "brand". Leave out what they do not say.'
)
# Without examples a small model writes essays; with them it writes a short object, which is the quicker and fairer baseline.
_NEED_SHOTS = (
    ("rain jacket under $80", '{"query": "rain jacket", "price_max": 80}'),
    ("a lamp\nby Norden, at least 30 dollars", '{"query": "lamp", "brand": "Norden", "price_min": 30}'),
    ("show me blue curtains", '{"query": "blue curtains"}'),
)
_ANSWER_RULES = (
    "You are a shop assistant. Recommend the best of the products listed to the shopper, in two short sentences. "
    "Name products and prices exactly as listed."
)
_ANSWER_SHOTS = (
    (
        "Shopper: a lamp for reading\n\nProducts:\n1. Reed Lamp, Norden, $39.00, rated 4.4: A warm light.\n"
        "2. Oslo Lamp, Norden, $45.00, rated 4.1: A long arm.",
        "I recommend the Reed Lamp for $39.00, because its light is warm. The Oslo Lamp for $45.00 has a long arm.",
    ),
)


class NaivePipeline:
    """One conversation at a time with the naive pipeline; it remembers the shopper's last messages."""

    def __init__(self, model: ChatModel, embedder: Embedder, shelf: ChromaShelf, currency: str) -> None:
        """Uses the models and the collection given."""
        self._model = model
        self._embedder = embedder
        self._shelf = shelf
        self._currency = currency
        self._said: list[str] = []

    def start_over(self) -> None:
        """Begins a new conversation."""
        self._said = []

    def answer(self, text: str) -> str:
        """The whole answer to a message. Raises `ChatModelError` where the model fails."""
        self._said = [*self._said[1 - REMEMBERED :], text[:LONGEST_MESSAGE]]
        asked = "\n".join(self._said)
        written = self._write(_NEED_RULES, _NEED_SHOTS, asked, NEED_TOKENS, stop=("}",)) + "}"
        products = self._find(lenient_need(written, asked, self._currency))
        listed = "\n".join(f"{place}. {self._described(product)}" for place, product in enumerate(products, 1))
        return self._write(
            _ANSWER_RULES, _ANSWER_SHOTS, f"Shopper: {asked}\n\nProducts:\n{listed}", ANSWER_TOKENS, stop=("\n",)
        )

    def _find(self, need: Need) -> Sequence[Product]:
        """Eight products; a filter that nothing passes, such as a made-up brand, is given up."""
        vector = self._embedder.encode([need.query])[0]
        return self._shelf.query(vector, need, PRODUCTS) or self._shelf.query(vector, Need(), PRODUCTS)

    def _write(self, rules: str, shots: Shots, text: str, max_tokens: int, stop: tuple[str, ...] = ()) -> str:
        examples = [
            message for asked, said in shots for message in (ChatMessage("user", asked), ChatMessage("assistant", said))
        ]
        messages = (ChatMessage("system", rules), *examples, ChatMessage("user", text))
        request = Request(messages, max_tokens, time.monotonic() + SECONDS, stop=stop)
        return "".join(self._model.stream(request))

    def _described(self, product: Product) -> str:
        price = "" if product.price is None else format_money(product.price, product.currency)
        return f"{product.title}, {product.brand}, {price}, rated {product.rating}: {product.description[:DESCRIPTION]}"


def lenient_need(reply: str, text: str, currency: str) -> Need:
    """The need in the first JSON object of a reply, whatever of it can be read; `text` is the query where none can."""
    start, end = reply.find("{"), reply.find("}")
    try:
        data: Any = json.loads(reply[start : end + 1])
    except ValueError:
        return Need(query=text)
    if not isinstance(data, dict):
        return Need(query=text)
    query, brand = data.get("query"), data.get("brand")
    return Need(
        query=query if isinstance(query, str) and query.strip() else text,
        brand=(brand,) if isinstance(brand, str) and brand.strip() else (),
        price_min=_price(data, "price_min", currency),
        price_max=_price(data, "price_max", currency),
    )


def _price(data: Mapping[str, Any], key: str, currency: str) -> int | None:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        return None
    return to_minor(value, currency)
