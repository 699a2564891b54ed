"""What a language model says in contexts that it has not learned from, and what the audit makes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answer import messages
from assistant.chat_models import ChatModel, Request
from assistant.grounding import cut
from assistant.voice.examples import Example, faults

_MAX_TOKENS = 90
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went. `faults` has each sentence thrown out, with why."""

    answers: int
    sentences: int
    thrown_out: int
    share_thrown_out: float
    words: float
    seconds: float
    said: tuple[str, ...]
    faults: tuple[str, ...]


def trial(model: ChatModel, examples: Sequence[Example]) -> Trial:
    """Asks `model` about each example, as a turn does, greedily. `words` and `seconds` are means of an answer."""
    started = time.monotonic()
    answers = [replace(example, answer=spoken(model, example)) for example in examples]
    seconds = time.monotonic() - started
    found = [fault for answer in answers for fault in faults(answer)]
    sentences = sum(len(cut(answer.answer)) for answer in answers)
    words = sum(len(answer.answer.split()) for answer in answers)
    count = max(1, len(answers))
    return Trial(
        answers=len(answers),
        sentences=sentences,
        thrown_out=len(found),
        share_thrown_out=round(len(found) / max(1, sentences), 4),
        words=round(words / count, 1),
        seconds=round(seconds / count, 2),
        said=tuple(answer.answer for answer in answers),
        faults=tuple(found),
    )


def spoken(model: ChatModel, example: Example) -> str:
    """The model's whole answer, before any audit."""
    request = Request(
        messages=messages(example.told, example.wish, example.task),
        max_tokens=_MAX_TOKENS,
        deadline=time.monotonic() + _SECONDS,
        plain_words=True,
    )
    return "".join(model.stream(request)).strip()
