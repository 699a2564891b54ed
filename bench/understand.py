"""How long reading a message takes: by rules, and by the language model that the rules check."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from assistant.chat_models import ChatModel
from assistant.converse import Script
from assistant.shop import ShopFront
from assistant.types import Conversation, Reading
from assistant.understand import Context, LexicalReader, LlmReader, Reader
from assistant.vocabulary import Vocabulary
from bench.figures import Spread, ms_since, ratio
from bench.scripts import scripted_conversations
from bench.shop import BenchShop, Result

TURNS = 60
SECONDS = 30.0
"""Deadline of the language model. A shop gives it less; here the point is how long it takes."""


def run(shop: BenchShop) -> Iterator[Result]:
    """One line; `ratio` is the language model's p50 over that of the rules."""
    shop.say("  opening the shop")
    assistant = shop.open_assistant(True)
    model = assistant.voice.model
    if model is None:
        yield {"skipped": "there is no language model in the settings"}
        return
    with closing(model):
        rules = LexicalReader(Vocabulary.from_products(assistant.services.searcher.products))
        shop.say(f"  reading {TURNS} messages twice")
        yield compared(rules, reader_of(model, rules), shop.open_assistant(False), scripted_conversations(TURNS))


def reader_of(model: ChatModel, rules: Reader) -> Reader:
    """The language model as a reader, with time enough."""
    return LlmReader(model, rules, SECONDS)


def compared(rules: Reader, by_model: Reader, front: ShopFront, scripts: Sequence[Script]) -> Result:
    """Both readers read each message in its conversation; the messages are then played, so that the next has a context."""
    quick, slow, readings = [], [], []
    for script in scripts:
        conversation_id = front.open(script.shopper_id).id
        for text in script.turns:
            context = context_of(front.conversation(conversation_id), front.currency)
            quick.append(_timed(rules, text, context)[0])
            ms, reading = _timed(by_model, text, context)
            slow.append(ms)
            readings.append(reading)
            for _ in front.say(conversation_id, text):
                pass
    by_rules, by_llm = Spread.of(quick), Spread.of(slow)
    return {
        "ratio": ratio(by_llm.p50, by_rules.p50),
        "ratio_is": "language model reading p50 / rules reading p50",
        "turns": len(quick),
        "llm_fell_back": sum(reading.fallback is not None for reading in readings),
        **by_rules.named("rules_ms"),
        **by_llm.named("llm_ms"),
    }


def context_of(conversation: Conversation, currency: str) -> Context:
    """What a reader may know of a conversation."""
    return Context(
        need=conversation.need,
        shown=conversation.shown,
        last_act=conversation.last_act,
        focus=conversation.focus,
        currency=currency,
    )


def _timed(reader: Reader, text: str, context: Context) -> tuple[float, Reading]:
    started = time.perf_counter()
    reading = reader.read(text, context)
    return ms_since(started), reading
