"""An answer's prose: the opening at once, then what the language model says of the products, sentence by audited sentence.

A sentence that the audit throws out is dropped; where the model fails, is late, or has nothing left to say, the template's
sentences take its place.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

import prompts
from assistant.acts.base import Brief, Outcome
from assistant.audit import Audit
from assistant.chat_models import ChatMessage, ChatModel, ChatModelError, Request
from assistant.facts import Told, told_of, wish
from assistant.grounding import cut, render
from assistant.types import Card
from retrieval.types import Need, Product

MOST_SENTENCES = 3
_MAX_TOKENS = 90
# How many sentences the audit may throw out before the model is not listened to any longer.
_PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of prose, ready to be shown; empty where a sentence was thrown out.

    `by_model` tells the language model's own sentences; `fault` why one was thrown out, or why the template stands in.
    """

    text: str
    fault: str | None = None
    by_model: bool = False


@dataclass(frozen=True, slots=True)
class Voice:
    """How prose is made: the model (None for templates alone) and how many seconds it gets for an answer.

    `temperature` 0 says the likeliest; above it, `seed` decides.
    """

    model: ChatModel | None
    locale: str = "en_US"
    answer_seconds: float = 5.0
    temperature: float = 0.0
    seed: int = 0


def prose(outcome: Outcome, need: Need, voice: Voice) -> Generator[Piece]:
    """Yields the answer in pieces that join to the whole text."""
    yield Piece(outcome.opening.strip())
    if outcome.brief is not None:
        yield from _said_of_products(outcome.brief, need, voice)
    if outcome.closing:
        yield Piece("\n\n" + outcome.closing)


def _said_of_products(brief: Brief, need: Need, voice: Voice) -> Generator[Piece]:
    released = thrown = 0
    fault = None
    if voice.model is not None:
        try:
            with closing(_spoken(voice.model, brief, need, voice)) as spoken:
                for piece in spoken:
                    released, thrown = released + bool(piece.text), thrown + bool(not piece.text)
                    yield Piece((" " if released > 1 else "\n\n") + piece.text, by_model=True) if piece.text else piece
        except ChatModelError as problem:
            fault = str(problem)
        else:
            fault = None if released or thrown else "the language model said nothing"
    if not released:
        text = " ".join(render(sentence, brief.among or brief.cards, voice.locale) for sentence in brief.fallback)
        if text:
            yield Piece("\n\n" + text, fault)


def _spoken(model: ChatModel, brief: Brief, need: Need, voice: Voice) -> Generator[Piece]:
    """The model's sentences, rendered as each is complete; an empty piece with its fault for one that is thrown out."""
    among = brief.among or brief.cards
    audit = Audit.of_cards(brief.cards, among, need)
    request = Request(
        messages=messages(told_of(brief.cards, among, need), wish(need), brief.task),
        max_tokens=_MAX_TOKENS,
        deadline=time.monotonic() + voice.answer_seconds,
        plain_words=True,
        temperature=voice.temperature,
        seed=voice.seed,
    )
    released = thrown = 0
    with closing(_sentences(model, request)) as stream:
        for sentence in stream:
            fault = audit.fault(sentence)
            if fault is None:
                released += 1
                yield Piece(render(sentence, among, voice.locale), by_model=True)
            else:
                thrown += 1
                yield Piece("", f"{fault}: {sentence!r}", by_model=True)
            if released == MOST_SENTENCES or thrown == _PATIENCE:
                return


def _sentences(model: ChatModel, request: Request) -> Generator[str]:
    """Whole sentences of a stream, each as soon as the next one begins or the stream ends."""
    text = ""
    with closing(model.stream(request)) as stream:
        for delta in stream:
            *whole, text = cut(text + delta)
            yield from (sentence for sentence in whole if sentence.strip())
    if text.strip():
        yield text.strip()


def messages(told: Sequence[Told], wished: str, task: Literal["find", "compare"] = "find") -> tuple[ChatMessage, ...]:
    """The prompt: the rules first (always the same, so that a prefix cache serves them), then this turn's facts as data."""
    facts = prompts.render("answer_facts", task=task, wish=wished, lines=[one.line() for one in told])
    return ChatMessage("system", prompts.render("answer_rules")), ChatMessage("user", facts)


def rehearsal() -> Request:
    """A request like those to come, for warming a model up: the rules are in its cache when the first shopper writes."""
    cards = tuple(Card(place, Product(f"sample-{place}", "Sample", category=("Samples",))) for place in (1, 2))
    told = told_of(cards, cards, Need(query="sample"))
    return Request(messages(told, "sample"), _MAX_TOKENS, time.monotonic() + 60, plain_words=True)
