"""The hand-written answers that the voice is tuned on: how a line of the files is read, and whether it keeps the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.audit import Audit, Backing, Subject
from assistant.comparing import Compared
from assistant.facts import COSTS_LEAST, COSTS_MOST, LABELS, RATED_HIGHEST, Told
from assistant.grounding import LETTERS, REFERENCE, cut
from assistant.stems import stems
from retrieval.feeds.jsonl import read_jsonl
from retrieval.feeds.rows import BadRow
from retrieval.types import Need

FOLDER = Path(__file__).parent / "data"
Task = Literal["find", "compare"]


class BadExample(ValueError):
    """A line is no example; the text names file, line, field, value and what was expected."""


@dataclass(frozen=True, slots=True)
class Example:
    """What the model is told, and what it should say then."""

    task: Task
    wish: str
    told: tuple[Told, ...]
    answer: str


def read_examples(files: Iterable[Path]) -> Iterator[Example]:
    """The examples of `files`, in order. Raises `BadExample` at the first line that is none."""
    for file in files:
        for row in read_jsonl(file):
            if isinstance(row, BadRow):
                raise BadExample(f"{file.name}: {row}")
            line, fields = row
            try:
                yield _example(fields)
            except ValueError as error:
                raise BadExample(f"{file.name}, line {line}: {error}") from error


def faults(example: Example) -> list[str]:
    """What the audit says against the sentences of the answer, as if the products were no more than what is told of them."""
    audit = Audit({told.letter: _subject(told) for told in example.told}, _need(example))
    found = [(sentence, audit.fault(sentence)) for sentence in cut(example.answer)]
    return [f"{fault}: {sentence}" for sentence, fault in found if fault is not None]


def _subject(told: Told) -> Subject:
    pairs = [(name, value) for name, _, value in (fact.partition(": ") for fact in told.facts)]
    keys = {match[2] for fact in told.facts for match in REFERENCE.finditer(fact) if match[2]}
    # A value that is told as a reference is there, whatever it is.
    said = [(name, "given" if REFERENCE.search(value) else value) for name, value in pairs]
    # Nothing is known of the amounts but what the labels tell.
    price = 1.0 if COSTS_LEAST in told.labels else 3.0 if COSTS_MOST in told.labels else 2.0
    rating = 5.0 if RATED_HIGHEST in told.labels else 4.0
    held = frozenset({"price", "list_price", "rating", "brand", *keys})
    return Subject(Backing.from_words(told.kind, said, [told.text]), Compared(told.labels, price, rating), held)


def _need(example: Example) -> Need:
    """The need that the wish stands for; of its first words only those that the products are called by name a kind."""
    kinds = frozenset().union(*(stems(told.kind) for told in example.told))
    first, *further = (part.strip() for part in example.wish.split(";"))
    query = " ".join(word for word in first.split() if stems(word) & kinds)
    return Need(query, exclude=tuple(part.removeprefix("no ") for part in further if part.startswith("no ")))


def _example(fields: Mapping[str, Any]) -> Example:
    products = _expected("products", fields.get("products"), list, "a list of one to three products")
    if not 1 <= len(products) <= 3:
        raise ValueError(f"products has {len(products)} entries, expected one to three")
    task = fields.get("task")
    if task not in ("find", "compare"):
        raise ValueError(f"task is {task!r}, expected find or compare")
    told = tuple(_told(LETTERS[place], product) for place, product in enumerate(products))
    wish, answer = (_expected(name, fields.get(name), str, "a text") for name in ("wish", "answer"))
    return Example(task, wish, told, answer)


def _told(letter: str, product: Any) -> Told:
    fields = _expected("products", product, dict, "an object")
    facts, labels = (_texts(name, fields.get(name, [])) for name in ("facts", "labels"))
    for fact in facts:
        _expected_that("facts", fact, ": " in fact, "`name: value`")
        strange = [match[0] for match in REFERENCE.finditer(fact) if match[1] != letter]
        _expected_that("facts", fact, not strange, f"references to [{letter}] only")
    for label in labels:
        _expected_that("labels", label, label in LABELS, f"one of {', '.join(LABELS)}")
    kind, text = (_expected(name, fields.get(name, ""), str, "a text") for name in ("kind", "text"))
    return Told(letter, kind, facts, text, labels)


def _texts(name: str, values: Any) -> tuple[str, ...]:
    return tuple(_expected(name, value, str, "a list of texts") for value in _expected(name, values, list, "a list"))


def _expected(name: str, value: Any, kind: type, expected: str) -> Any:
    return _expected_that(name, value, isinstance(value, kind), expected)


def _expected_that(name: str, value: Any, is_so: bool, expected: str) -> Any:
    if not is_so:
        raise ValueError(f"{name} is {str(value)[:80]!r}, expected {expected}")
    return value
