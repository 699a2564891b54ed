"""An answer's prose: the opening at once, then what the language model says of the products, sentence by audited sentence.

The template's sentences take the place of the model's where it fails, is late, or says what the audit throws out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import prompts
from assistant.acts.base import Brief, Outcome
from assistant.chat_models import ChatMessage, ChatModel, ChatModelError, Request
from assistant.grounding import Audit, UnknownReference, cut, render
from assistant.types import Card
from assistant.wording import join
from retrieval.types import Need

MOST_SENTENCES = 2
_MAX_TOKENS = 70
_FACTS = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of prose, ready to be shown. `fault` says why the template stands in for the model here."""

    text: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """How prose is made: the model (None for templates alone) and its deadlines in seconds."""

    model: ChatModel | None
    locale: str = "en_US"
    first_text_seconds: float = 1.5
    answer_seconds: float = 8.0


def prose(outcome: Outcome, need: Need, voice: Voice) -> Iterator[Piece]:
    """Yields the answer in pieces that join to the whole text."""
    cards = outcome.cards or ()
    yield Piece(render(outcome.opening, cards, voice.locale))
    if outcome.brief is not None:
        yield from _said_of_products(outcome.brief, need, voice)
    if outcome.closing:
        yield Piece("\n\n" + render(outcome.closing, cards, voice.locale))


def _said_of_products(brief: Brief, need: Need, voice: Voice) -> Iterator[Piece]:
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


def _spoken(model: ChatModel, brief: Brief, need: Need, voice: Voice) -> Iterator[str]:
    """The model's sentences that pass the audit, rendered, as each is complete. Raises where not even one does."""
    audit = Audit(brief.cards, need)
    faults: list[str] = []
    released = 0
    started = time.monotonic()
    request = Request(
        messages=messages(brief.cards, need),
        max_tokens=_MAX_TOKENS,
        deadline=started + (voice.first_text_seconds if not released else voice.answer_seconds),
        regex=None,
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


def _sentences(model: ChatModel, request: Request) -> Iterator[str]:
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
    rows = [(card.position, facts(card)) for card in cards]
    asked = join([*need.include, need.query] if need.query else list(need.include))
    return (
        ChatMessage("system", prompts.render("answer_rules")),
        ChatMessage("user", prompts.render("answer_facts", rows=rows, asked=asked or "ideas")),
    )


def facts(card: Card) -> str:
    """What the model is told of a card: kind, attributes, and never a number."""
    product = card.product
    values = []
    for value in product.attributes.values():
        values += [value] if isinstance(value, str) else list(value)
    plain = [value for value in values if not any(c.isdigit() for c in value)]
    kind = product.category[-1] if product.category else ""
    return join([fact for fact in [kind.lower(), *plain[:_FACTS]] if fact], "and")
