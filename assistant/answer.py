"""An answer's prose: the opening at once, then what the language model says of the products, sentence by audited sentence.

A sentence that the audit throws out is dropped; where the model fails, is late, or has nothing left to say, the template's
sentences take its place.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import prompts
from assistant.acts.base import Brief, Outcome
from assistant.audit import Audit
from assistant.chat_models import ChatMessage, ChatModel, ChatModelError, Request
from assistant.closeness import closeness
from assistant.facts import Told, told_of, wish
from assistant.grounding import cut, render
from assistant.types import Card
from retrieval.types import Need, Product

MOST_SENTENCES = 3
_MAX_TOKENS = 90
_LONGEST_SENTENCE = 500
_DRAFT_TEMPERATURE = 0.6
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

    `temperature` 0 says the likeliest; above it, `seed` decides. With several `drafts`, written side by side, the one that
    keeps closest to the facts is told; a single one is told as it comes.
    """

    model: ChatModel | None
    locale: str = "en_US"
    answer_seconds: float = 5.0
    temperature: float = 0.0
    seed: int = 0
    drafts: int = 1


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
    told = told_of(brief.cards, among, need)
    request = Request(
        messages=messages(told, wish(need), brief.task),
        max_tokens=_MAX_TOKENS,
        deadline=time.monotonic() + voice.answer_seconds,
        plain_words=True,
        temperature=voice.temperature,
        seed=voice.seed,
    )

    def audited(sentences: Iterable[str]) -> Iterator[Said]:
        return _audited(sentences, Audit.of_cards(brief.cards, among, need), len(brief.cards))

    if voice.drafts > 1:
        requests = [request, *(_varied(request, number) for number in range(1, voice.drafts))]
        drafts = [list(audited(sentences)) for sentences in _written(model, requests)]
        best = max(drafts, key=lambda draft: _worth(draft, told))
        yield from _pieces(best, among, voice.locale)
        return
    with closing(_sentences(model, request)) as stream:
        yield from _pieces(audited(stream), among, voice.locale)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the model's that may be told, or, with its `fault`, one that may not."""

    sentence: str
    fault: str | None = None


def _audited(sentences: Iterable[str], audit: Audit, products: int) -> Iterator[Said]:
    """The verdict on each sentence, until enough was said or it is clear that nothing good comes any more."""
    # A small model goes on to products that are not there where it has said all of the one that is.
    most = 1 if products == 1 else MOST_SENTENCES
    released = thrown = 0
    for sentence in sentences:
        fault = audit.fault(sentence)
        mended = None if fault is None else audit.mended(sentence)
        if fault is None or mended is not None:
            released += 1
            yield Said(mended or sentence)
        else:
            thrown += 1
            yield Said(sentence, fault)
        if released == most or thrown == _PATIENCE:
            return


def _pieces(said: Iterable[Said], cards: Sequence[Card], locale: str) -> Iterator[Piece]:
    for one in said:
        if one.fault is None:
            yield Piece(render(one.sentence, cards, locale), by_model=True)
        else:
            yield Piece("", f"{one.fault}: {one.sentence!r}", by_model=True)


def _varied(request: Request, number: int) -> Request:
    """The request for another draft: not the likeliest words, but likely ones."""
    return replace(request, temperature=request.temperature or _DRAFT_TEMPERATURE, seed=request.seed + number)


def _written(model: ChatModel, requests: Sequence[Request]) -> list[list[str]]:
    """The whole sentences of each draft, of one that broke off as well. Raises the first problem if there are none."""
    with ExitStack() as stack:
        drafts = [_Draft(stack.enter_context(closing(model.stream(request)))) for request in requests]
        # All are begun before the first is read on, so that an engine writes them side by side.
        for draft in drafts:
            draft.read(1)
        for draft in drafts:
            draft.read()
    written = [draft.sentences() for draft in drafts]
    problems = [draft.problem for draft in drafts if draft.problem is not None]
    if problems and not any(written):
        raise problems[0]
    return written


@dataclass(slots=True)
class _Draft:
    """One draft as far as it came."""

    stream: Iterator[str]
    text: str = ""
    problem: ChatModelError | None = None

    def read(self, pieces: int | None = None) -> None:
        """Reads so many pieces, or as much as an answer may be long; what goes wrong is kept in `problem`."""
        try:
            for piece in islice(self.stream, pieces):
                self.text += piece
                if len(self.text) > MOST_SENTENCES * _LONGEST_SENTENCE:
                    return
        except ChatModelError as problem:
            self.problem = problem

    def sentences(self) -> list[str]:
        """The sentences that came to their end."""
        *whole, last = cut(self.text.strip())
        return [sentence for sentence in [*whole, *([] if self.problem else [last])] if sentence]


def _worth(draft: Sequence[Said], told: Sequence[Told]) -> tuple[int, float]:
    """How much a draft is worth: sentences that may be told, two being enough, then how closely they keep to the facts."""
    good = [one.sentence for one in draft if one.fault is None]
    lines = [text for one in told for text in (one.text, *one.facts)]
    return min(len(good), 2), sum(closeness(sentence, lines) for sentence in good) / max(1, len(good))


def _sentences(model: ChatModel, request: Request) -> Generator[str]:
    """Whole sentences of a stream, each as soon as the next one begins or the stream ends; no sentence goes on for ever."""
    text = ""
    with closing(model.stream(request)) as stream:
        for delta in stream:
            *whole, text = cut(text + delta)
            yield from (sentence for sentence in whole if sentence.strip())
            if len(text) > _LONGEST_SENTENCE:
                break
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
