"""Trains the encoder reader: `python -m assistant.train_reader`.

Rebuilds the weights in assistant/reading/weights from what is in the repository: the hand-written dialogues of
assistant/reading/data, the same dialogues with other goods in them, and turns from the grammar. Parts are held back by
dialogue, by domain and by template, and measured at the end.

Example:
    python -m assistant.train_reader --out /tmp/reader --made 2000 --rewrites 1   # a quick trial
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from assistant.reading.encoder import scoring, weights
from assistant.reading.encoder.dialogues import read_dialogues
from assistant.reading.encoder.inputs import Encoder
from assistant.reading.encoder.labels import ACTS, TAGS
from assistant.reading.encoder.model import ReaderModel
from assistant.reading.encoder.reader import FOLDER
from assistant.reading.encoder.targets import Annotated
from assistant.reading.encoder.training import Options, examples, train
from assistant.reading.grammar.generate import generate
from assistant.reading.grammar.lexicon import Lexicon, load
from assistant.reading.grammar.rewrite import rewrite
from retrieval.embed import default_model_path

DATA = Path(__file__).parent / "reading" / "data"
HELD_BACK_DOMAINS = frozenset({"music", "pets", "lighting", "travel"})
HELD_BACK_TEMPLATE = 9
"""Every ninth template of a section is held back."""
_HELD_BACK_DIALOGUE = 8
_THREADS = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, measures, writes the weights and the card. Returns the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    base = Path(default_model_path())
    kept, held = split([dialogue for path in sorted(DATA.glob("*.dialogues.jsonl")) for dialogue in read_dialogues(path)])
    lexicon = load()
    if not options.measure:
        _train(options, base, kept, lexicon)
    found = scoring.measure(base, options.out, held, made_held_back(lexicon, options.seed))
    weights.add_to_card(options.out, {"held_back": found.figures, "confidence": found.confidence})
    _say(json.dumps(found.figures, indent=1))
    return 0


def _train(
    options: argparse.Namespace, base: Path, kept: Sequence[tuple[str, tuple[Annotated, ...]]], lexicon: Lexicon
) -> None:
    started = time.monotonic()
    turns = training_turns(kept, lexicon, options.made, options.rewrites, options.seed)
    data = examples(turns, Encoder.from_folder(base))
    _say(f"{len(data)} turns to train on")
    choices = Options(batch=options.batch, epochs=options.epochs, seed=options.seed)
    fresh = weights.load(base, options.start)[0] if options.start else ReaderModel.from_folder(base)
    model = train(fresh, data, choices, lambda done, of, loss: _progress(done, of, loss, started))
    card: dict[str, Any] = {
        "trained_on": {"turns": len(data), "hand_written": sum(len(turns) for _, turns in kept), "made": options.made},
        "options": {"epochs": choices.epochs, "batch": choices.batch, "rate": choices.rate, "seed": choices.seed},
        "went_on_from_earlier_weights": options.start is not None,
        "minutes": round((time.monotonic() - started) / 60, 1),
        "labels": {"acts": list(ACTS), "tags": list(TAGS)},
    }
    weights.save(model, base, options.out, card)


def split(
    dialogues: Sequence[tuple[str, tuple[Annotated, ...]]],
) -> tuple[list[tuple[str, tuple[Annotated, ...]]], list[tuple[str, tuple[Annotated, ...]]]]:
    """(training, held back) dialogues; which are held back follows from their ids, so it never changes."""
    held = [d for d in dialogues if hashlib.sha256(d[0].encode()).digest()[0] % _HELD_BACK_DIALOGUE == 0]
    ids = {name for name, _ in held}
    return [d for d in dialogues if d[0] not in ids], held


def training_turns(
    dialogues: Sequence[tuple[str, tuple[Annotated, ...]]], lexicon: Lexicon, made: int, rewrites: int, seed: int
) -> list[Annotated]:
    """Hand-written turns, `rewrites` times the same with other goods, and `made` turns of the grammar."""
    rng = random.Random(seed)
    visible = lexicon.less(HELD_BACK_DOMAINS, HELD_BACK_TEMPLATE)
    hand = [turn for _, turns in dialogues for turn in turns if turn.spans is not None]
    again = [rewrite(turn, visible, rng) for _ in range(rewrites) for turn in hand]
    return [*hand, *again, *generate(visible, made, seed)]


def made_held_back(lexicon: Lexicon, seed: int, count: int = 600) -> list[Annotated]:
    """Turns of domains and templates that training has not seen."""
    return list(generate(lexicon.only(HELD_BACK_DOMAINS, HELD_BACK_TEMPLATE), count, seed + 1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m assistant.train_reader",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"folder to write to (default: {FOLDER})")
    parser.add_argument("--start", type=Path, help="folder with weights to go on from (default: the base model)")
    parser.add_argument("--measure", action="store_true", help="train nothing, measure the weights in --out anew")
    parser.add_argument("--made", type=int, default=16000, help="turns from the grammar (default: 16000)")
    parser.add_argument("--rewrites", type=int, default=6, help="rewrites of each hand-written turn (default: 6)")
    parser.add_argument("--epochs", type=int, default=1, help="times over all turns (default: 1)")
    parser.add_argument("--batch", type=int, default=16, help="turns in a batch (default: 16)")
    parser.add_argument("--seed", type=int, default=7, help="of the data and of the training (default: 7)")
    parser.add_argument("--threads", type=int, default=_THREADS, help="cores to train on (default: 1)")
    return parser


def _progress(done: int, of: int, loss: float, started: float) -> None:
    if done % 50 == 0 or done == of:
        _say(f"{done}/{of} batches, loss {loss:.4f}, {(time.monotonic() - started) / 60:.1f} minutes")


def _say(text: str) -> None:
    sys.stderr.write(text + os.linesep)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
