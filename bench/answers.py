"""Answers side by side, blind: `python -m bench.answers --home HOME --out docs/answers-sample.md`.

Each context of bench/data/answers.jsonl is searched for, and each voice says its sentences about the same first products, as
a shopper would see them: audited, rendered, the template where nothing is left. The page gives the answers in a seeded
random order, and whose they were at its end. No wish for these kinds of products of the demo shop was learned from.

Example:
    python -m bench.answers --home var --voice templates --voice untuned --voice tuned=assistant/voice/adapter.safetensors
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.acts.base import Brief, Outcome
from assistant.acts.look import who_for
from assistant.acts.reasons import template_sentences
from assistant.answer import Voice, prose, rehearsal
from assistant.chat_models import ChatModel
from assistant.engines.choose import ChatModelChoice, open_chat_model, warm_up
from assistant.types import Card, Conversation
from bench.answers_page import page
from retrieval.catalog import Catalog
from retrieval.embed import open_embedder
from retrieval.feeds.jsonl import read_jsonl
from retrieval.feeds.rows import BadRow
from retrieval.index import VectorIndex
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Need, Query

CONTEXTS = Path(__file__).parent / "data" / "answers.jsonl"
TEMPLATES, UNTUNED = "templates", "untuned"
_CARDS = 8
_BRIEFED = {"find": 3, "compare": 2}
_SECONDS = 60.0


class BadContext(ValueError):
    """A line of the file is no context; the text names line, field, value and what was expected."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a shopper asks one of the shops for. `says` is for the reader of the page, `need` is what it comes to."""

    shop: str
    task: Literal["find", "compare"]
    says: str
    need: Need


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one voice said in one context. The counts are of the model's sentences; `seconds` is the whole answer's time."""

    text: str
    released: int
    thrown_out: int
    seconds: float

    @property
    def is_template(self) -> bool:
        """Whether the template stands in its place."""
        return not self.released


@dataclass(frozen=True, slots=True)
class Answered:
    """One context, what it found, and what each voice said of it by the voice's name."""

    context: Context
    brief: Brief
    spoken: Mapping[str, Spoken]


def read_contexts(path: Path = CONTEXTS) -> list[Context]:
    """The contexts of a file. Raises `BadContext` at the first line that is none."""
    found = []
    for row in read_jsonl(path):
        if isinstance(row, BadRow):
            raise BadContext(str(row))
        line, fields = row
        try:
            found.append(_context(fields))
        except ValueError as error:
            raise BadContext(f"line {line}: {error}") from error
    return found


def _context(fields: Mapping[str, Any]) -> Context:
    for name in ("shop", "says", "query"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise ValueError(f"{name} is {fields.get(name)!r}, expected a text")
    task = fields.get("task", "find")
    if task not in ("find", "compare"):
        raise ValueError(f"task is {task!r}, expected find or compare")
    wanted, unwanted = (tuple(map(str, fields.get(name, ()))) for name in ("include", "exclude"))
    return Context(fields["shop"], task, fields["says"], Need(fields["query"], wanted, unwanted))


def brief_of(context: Context, searcher: Searcher, pick: int = 0) -> Brief | None:
    """What would be on the screen; None where too little is found."""
    found = searcher.search(Query(context.need, _CARDS)).candidates
    cards = tuple(Card(place, one.product, violates=one.violates) for place, one in enumerate(found, 1))
    briefed = cards[: _BRIEFED[context.task]]
    if len(briefed) < _BRIEFED["compare"]:
        return None
    if context.task == "compare":
        return Brief(briefed, tuple(who_for([card.product for card in briefed])), pick, task="compare")
    return Brief(briefed, tuple(template_sentences(briefed, context.need, pick, cards)), pick, among=cards)


def say(brief: Brief, need: Need, voice: Voice) -> Spoken:
    """What the voice says of the products of a brief."""
    started = time.perf_counter()
    pieces = list(prose(Outcome(Conversation("sample", "sample"), "", brief), need, voice))
    seconds = time.perf_counter() - started
    own = [piece for piece in pieces if piece.by_model]
    released = sum(bool(piece.text) for piece in own)
    return Spoken("".join(piece.text for piece in pieces).strip(), released, len(own) - released, seconds)


def answered(contexts: Iterable[Context], shops: Mapping[str, Searcher], voices: Mapping[str, Voice]) -> Iterator[Answered]:
    """Each context in which the shop has products to speak of, with what all voices say."""
    for number, context in enumerate(contexts):
        brief = brief_of(context, shops[context.shop], number) if context.shop in shops else None
        if brief is not None:
            yield Answered(context, brief, {name: say(brief, context.need, voice) for name, voice in voices.items()})


def open_voice(name: str, cache_folder: Path) -> tuple[str, Voice]:
    """`templates`, `untuned`, or `NAME=FILE` with an adapter's file. Raises `ChatModelUnavailable`."""
    name, _, file = name.partition("=")
    model: ChatModel | None = None
    if name != TEMPLATES:
        if not file and name != UNTUNED:
            raise ValueError(f"voice is {name!r}, expected {TEMPLATES}, {UNTUNED} or NAME=FILE")
        model = open_chat_model(ChatModelChoice("auto", cache_folder, adapter=Path(file) if file else None))
        warm_up(model, rehearsal())
    return name, Voice(model, answer_seconds=_SECONDS, drafts=3)


def open_shops(home: Path, aws_retail: Path, scratch: Path) -> dict[str, Searcher]:
    """The demo shop as it was built in `home`, and the second shop where its file is there; its vectors go to `scratch`."""
    embedder = open_embedder()
    shops = {
        "demo": Searcher.build(
            Catalog(open_engine(f"sqlite:///{home}/shop.db")), VectorIndex(home / "index", embedder), embedder
        )
    }
    if aws_retail.is_file():
        scratch.mkdir(parents=True, exist_ok=True)
        catalog = Catalog(open_engine(f"sqlite:///{scratch}/aws-retail.db"))
        catalog.ingest(read_jsonl(aws_retail), replace=True)
        shops["aws-retail"] = Searcher.build(catalog, VectorIndex(scratch / "aws-retail-index", embedder), embedder)
    return shops


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the page. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.answers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True, help="folder of a built demo shop (SHELFWISE_HOME)")
    parser.add_argument("--aws-retail", type=Path, default=Path("../shared/data/aws-retail/products.jsonl.gz"))
    parser.add_argument("--scratch", type=Path, default=Path("var/answers"), help="folder for what is kept between runs")
    parser.add_argument("--out", type=Path, default=Path("docs/answers-sample.md"), help="page to write")
    parser.add_argument("--voice", action="append", help="templates, untuned or NAME=ADAPTER; once for each")
    parser.add_argument("--contexts", type=Path, default=CONTEXTS, help=f"default: {CONTEXTS}")
    options = parser.parse_args(arguments)
    wanted = options.voice or [TEMPLATES, UNTUNED, "tuned=assistant/voice/adapter.safetensors"]
    contexts = read_contexts(options.contexts)
    voices = dict(open_voice(name, options.scratch / "cache") for name in wanted)
    shops = open_shops(options.home, options.aws_retail, options.scratch)
    said = []
    for one in answered(contexts, shops, voices):
        said.append(one)
        sys.stderr.write(f"{len(said)}/{len(contexts)} {one.context.says}\n")
    options.out.write_text(page(said), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
