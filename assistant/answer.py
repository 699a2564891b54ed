"""An answer's prose: the opening at once, then what the language model says of the products, sentence by audited sentence.

The template's sentences take the place of the model's where it fails, is late, or says what the audit throws out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import prompts
from assistant.acts.base import Brief, Outcome
from assistant.chat_models import ChatMessage, ChatModel, ChatModelError, Request
from assistant.grounding import QUOTES, Audit, UnknownReference, cut, quotes, render
from assistant.types import Card
from assistant.wording import join
from retrieval.types import Need, Product

MOST_SENTENCES = 2
_MAX_TOKENS = 70
_FIRST_WORDS = ("I would start with", "A good match is", "Have a look at", "Worth a look is")
_SECOND_WORDS = ("Another idea is", "You may also like", "Have a look as well at", "A different kind is")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of prose, ready to be shown. `fault` says why the template stands in for the model here."""

    text: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """How prose is made: the model (None for templates alone) and how many seconds it gets for an answer."""

    model: ChatModel | None
    locale: str = "en_US"
    answer_seconds: float = 5.0


def prose(outcome: Outcome, need: Need, voice: Voice) -> Generator[Piece]:
    """Yields the answer in pieces that join to the whole text."""
    yield Piece(outcome.opening.strip())
    if outcome.brief is not None:
        yield from _said_of_products(outcome.brief, need, voice)
    if outcome.closing:
        yield Piece("\n\n" + outcome.closing)


def _said_of_products(brief: Brief, need: Need, voice: Voice) -> Generator[Piece]:
    released, fault = 0, None
    if voice.model is not None:
        with closing(_spoken(voice.model, brief, need, voice)) as spoken:
            try:
                for sentence in spoken:
                    yield Piece((" " if released else "\n\n") + sentence)
                    released += 1
            except (ChatModelError, _ThrownOut) as problem:
                fault = str(problem)
    if not released:
        text = " ".join(render(sentence, brief.cards, voice.locale) for sentence in brief.fallback)
        if text:
            yield Piece("\n\n" + text, fault)


class _ThrownOut(Exception):
    """The model said nothing that the audit lets pass."""


def _spoken(model: ChatModel, brief: Brief, need: Need, voice: Voice) -> Generator[str]:
    """The model's sentences that pass the audit, rendered, as each is complete. Raises where not even one does."""
    audit = Audit(brief.cards, need)
    faults: list[str] = []
    released = 0
    request = Request(
        messages=messages(brief.cards, need),
        max_tokens=_MAX_TOKENS,
        deadline=time.monotonic() + voice.answer_seconds,
        regex=grammar(brief.cards, brief.pick),
    )
    with closing(_sentences(model, request)) as stream:
        for sentence in stream:
            fault = audit.fault(sentence)
            if fault is not None:
                faults.append(f"{fault}: {sentence!r}")
                break
            try:
                yield render(sentence, brief.cards, voice.locale)
            except UnknownReference as error:
                faults.append(str(error))
                break
            released += 1
            if released == MOST_SENTENCES:
                return
    if not released:
        raise _ThrownOut("; ".join(faults) or "the model said nothing")


def _sentences(model: ChatModel, request: Request) -> Generator[str]:
    """Whole sentences of a stream, each as soon as the next one begins or the stream ends."""
    text = ""
    with closing(model.stream(request)) as stream:
        for delta in stream:
            *whole, text = cut(text + delta)
            yield from whole
    if text.strip():
        yield text.strip()


def messages(cards: Sequence[Card], need: Need) -> tuple[ChatMessage, ...]:
    """The prompt: the rules once (the same each time, so that a prefix cache serves it), then this turn's facts as data."""
    rows = [(card.position, list(zip(QUOTES, quotes(card.product), strict=False))) for card in cards]
    asked = " ".join([*need.include, need.query]) if need.query else join(list(need.include))
    return (
        ChatMessage("system", prompts.render("answer_rules")),
        ChatMessage("user", prompts.render("answer_facts", rows=rows, asked=asked or "ideas")),
    )


def rehearsal() -> Request:
    """A request like those to come, for warming a model up: the rules are in its cache when the first shopper writes."""
    product = Product("sample", "Sample", description="A first sentence to quote. A second sentence to quote.")
    cards = (Card(1, product), Card(2, product))
    deadline = time.monotonic() + 60
    return Request(messages(cards, Need(query="sample")), _MAX_TOKENS, deadline, regex=grammar(cards))


def grammar(cards: Sequence[Card], pick: int = 0) -> str | None:
    """A regular expression of the answers that a small model may choose among; None where nothing can be quoted.

    The model picks the products, the sentences to quote and the words between them; every such answer is true. Repetition
    is spelled out, because counted repetition is slow to compile.
    """
    said = {card.position: rf"\[{card.position}\]: {_quoted(card)}\." for card in cards if quotes(card.product)}
    if not said:
        return None
    # Left to itself a small model always takes the same words, so each turn offers it two of them.
    first, second = (f"({words[pick % 4]}|{words[(pick + 1) % 4]})" for words in (_FIRST_WORDS, _SECOND_WORDS))
    answers = []
    for position, sentence in said.items():
        others = [other for place, other in said.items() if place != position]
        answers.append(f"{sentence} {second} ({'|'.join(others)})" if others else sentence)
    return f"{first} ({'|'.join(answers)})"


def _quoted(card: Card) -> str:
    marks = (re.escape(f"[{card.position}.{name}]") for name in QUOTES[: len(quotes(card.product))])
    return f"({'|'.join(marks)})"
