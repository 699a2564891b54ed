"""How long a shopper waits: for the first card, the first prose and the end of a turn, beside the naive pipeline.

Three sides play the same conversations, each message in turn, in an order that rotates, so that whatever else the machine
does falls on all of them: the assistant with the language model, without it, and the naive pipeline.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from assistant.chat_models import ChatModel
from assistant.converse import Script
from assistant.shop import ShopFront
from assistant.turn import Assistant
from assistant.types import Done, Products, Text
from bench.chroma_where import ChromaShelf
from bench.figures import Spread, ms_since, ratio
from bench.naive import NaivePipeline
from bench.scripts import scripted_conversations
from bench.shop import BenchShop, Result

TURNS = 80
REQUIRED = 10
WARM_UP = "a warm blanket under $50"


@dataclass(frozen=True, slots=True)
class Wait:
    """Milliseconds that a shopper waited in one turn; None where there was no such thing. `fallback` as in `Done`.

    The first text is the opening, which a template writes; what the language model says comes second.
    """

    first_card: float | None
    first_text: float | None
    second_text: float | None
    whole: float
    fallback: str | None = None


Say = Callable[[str], Wait]
Begin = Callable[[Script], Say]
"""Starts a conversation, and gives what times each of its messages."""


def run(shop: BenchShop) -> Iterator[Result]:
    """A line with the language model and one without; `ratio` is the naive answer's p50 over the first card's p50."""
    scripts = scripted_conversations(TURNS)
    with ExitStack() as stack:
        shop.say("  opening the shop twice, and the naive pipeline")
        with_model, without = shop.open_assistant(True), shop.open_assistant(False)
        # The naive pipeline writes digits and JSON, so it has the model as it is packaged.
        reading = shop.open_chat_model("reading")
        if with_model.voice.model is None or reading is None:
            yield {"skipped": "there is no language model in the settings"}
            return
        stack.enter_context(closing(with_model.voice.model))
        model = stack.enter_context(closing(reading))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shelfwise-naive-")))
        sides = {
            "llm": of_assistant(with_model),
            "no_llm": of_assistant(without),
            "naive": of_naive(_naive(shop, with_model, model, folder)),
        }
        for begin in sides.values():
            begin(Script("warm-up", (WARM_UP,)))(WARM_UP)
        played = play(scripts, sides, shop.say)
    for mode in ("llm", "no_llm"):
        yield compared(mode, played)


def of_assistant(shop: ShopFront) -> Begin:
    """The assistant as a side, timed from outside, as a page would see it."""

    def begin(script: Script) -> Say:
        conversation = shop.open(script.shopper_id)
        return lambda text: timed_turn(shop, conversation.id, text)

    return begin


def timed_turn(shop: ShopFront, conversation_id: str, text: str) -> Wait:
    """How long one turn lets a shopper wait."""
    cards: list[float] = []
    texts: list[float] = []
    fallback = None
    started = time.perf_counter()
    for event in shop.say(conversation_id, text):
        if isinstance(event, Products) and event.cards:
            cards.append(ms_since(started))
        elif isinstance(event, Text):
            texts.append(ms_since(started))
        elif isinstance(event, Done):
            fallback = event.fallback
    whole = ms_since(started)
    first_card, first_text, second_text = (next(iter(times), None) for times in (cards, texts, texts[1:]))
    return Wait(first_card, first_text, second_text, whole, fallback)


def of_naive(pipeline: NaivePipeline) -> Begin:
    """The naive pipeline as a side: everything is there at the end, nothing before."""

    def say(text: str) -> Wait:
        started = time.perf_counter()
        pipeline.answer(text)
        total = ms_since(started)
        return Wait(total, total, None, total)

    def begin(_: Script) -> Say:
        pipeline.start_over()
        return say

    return begin


def play(scripts: Sequence[Script], sides: Mapping[str, Begin], tell: Callable[[str], None]) -> dict[str, list[Wait]]:
    """Plays every message on every side before the next message; row i of all sides is the same message."""
    played: dict[str, list[Wait]] = {name: [] for name in sides}
    order = list(sides)
    for number, script in enumerate(scripts, 1):
        conversations = {name: begin(script) for name, begin in sides.items()}
        for text in script.turns:
            for name in order:
                played[name].append(conversations[name](text))
            order = [*order[1:], order[0]]
        tell(f"  conversation {number} of {len(scripts)}")
    return played


def compared(mode: str, played: Mapping[str, Sequence[Wait]]) -> Result:
    """The line of one mode. The ratios are over the turns on which it shows cards, for both sides."""
    ours = played[mode]
    with_cards = [place for place, wait in enumerate(ours) if wait.first_card is not None]
    naive = Spread.of([played["naive"][place].whole for place in with_cards])
    first_card = Spread.of(_known([wait.first_card for wait in ours]))
    whole_with_cards = Spread.of([ours[place].whole for place in with_cards])
    return {
        "mode": mode,
        "ratio": ratio(naive.p50, first_card.p50),
        "ratio_is": "naive answer p50 / first card p50, over the turns with cards",
        "required": REQUIRED,
        "whole_turn_ratio": ratio(naive.p50, whole_with_cards.p50),
        "turns": len(ours),
        "turns_with_cards": len(with_cards),
        "fallbacks": sum(wait.fallback is not None for wait in ours),
        **first_card.named("first_card_ms"),
        **Spread.of(_known([wait.first_text for wait in ours])).named("first_text_ms"),
        **Spread.of(_known([ours[place].second_text for place in with_cards])).named("second_text_ms"),
        **Spread.of([wait.whole for wait in ours]).named("turn_ms"),
        **whole_with_cards.named("turn_with_cards_ms"),
        **naive.named("naive_answer_ms"),
    }


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _naive(shop: BenchShop, assistant: Assistant, model: ChatModel, folder: Path) -> NaivePipeline:
    """The naive pipeline over the products, the vectors and the language model of `assistant`."""
    embedder = shop.open_embedder()
    index, products = shop.open_index(embedder), assistant.services.searcher.products
    index.sync(products)
    shelf = ChromaShelf(folder, products, index.mirror.matrix)
    return NaivePipeline(model, embedder, shelf, assistant.currency)
