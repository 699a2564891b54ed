"""Trains the encoder reader: `python -m assistant.train_reader`.

Rebuilds the weights in assistant/reading/weights from what is in the repository: the hand-written dialogues of
assistant/reading/data, the same dialogues with other goods in them, and turns from the grammar. Parts are held back by
dialogue, by domain and by template, and measured at the end.

One pass over everything comes first. Two rounds go on from there: in each, two passes with other seeds run side by side, and
their mean is the start of the next. Under an hour on 2 cores.

Example:
    python -m assistant.train_reader --once --out /tmp/reader --made 2000 --rewrites 1   # a quick trial of one pass
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from assistant.reading.encoder import scoring, weights
from assistant.reading.encoder.dialogues import WRITTEN, Dialogue, read_dialogues, split
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

HELD_BACK_DOMAINS = frozenset({"music", "pets", "lighting", "travel"})
HELD_BACK_TEMPLATE = 9
"""Every ninth template of a section is held back."""
_THREADS = 1
ROUNDS = ((8, 9), (10, 11))
"""The seeds of each round after the first pass."""
_ROUND_OPTIONS = ("--made", "6000", "--rewrites", "2", "--rate", "1.2e-4")


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, measures, writes the weights and the card. Returns the exit status."""
    options = _parser().parse_args(arguments)
    if not (options.once or options.average or options.measure):
        with tempfile.TemporaryDirectory(prefix="shelfwise-reader-") as folder:
            rebuild(options.out, Path(folder), _run)
        return 0
    torch.set_num_threads(options.threads)
    base = Path(default_model_path())
    kept, held = split([dialogue for path in sorted(WRITTEN.glob("*.dialogues.jsonl")) for dialogue in read_dialogues(path)])
    lexicon = load()
    if options.average:
        _average(options, base)
    elif not options.measure:
        _train(options, base, kept, lexicon)
    found = scoring.measure(base, options.out, held, made_held_back(lexicon, options.seed))
    weights.add_to_card(options.out, {"held_back": found.figures, "confidence": found.confidence})
    _say(json.dumps(found.figures, indent=1))
    return 0


def rebuild(out: Path, folder: Path, run: Callable[[Sequence[Sequence[str]]], None]) -> None:
    """Makes the weights in `out` anew. `run` takes command lines of this program, to be carried out side by side."""
    start = folder / "first"
    run([["--once", "--out", str(start)]])
    for number, seeds in enumerate(ROUNDS, 1):
        parts = [folder / f"seed-{seed}" for seed in seeds]
        common = ("--once", "--start", str(start), *_ROUND_OPTIONS)
        run([[*common, "--seed", str(seed), "--out", str(part)] for seed, part in zip(seeds, parts, strict=True)])
        start = out if number == len(ROUNDS) else folder / f"mean-{number}"
        run([["--average", *map(str, parts), "--out", str(start)]])


def _run(lines: Sequence[Sequence[str]]) -> None:
    """Runs this program once for each command line, at the same time. Raises `CalledProcessError` if one fails."""
    running = [subprocess.Popen([sys.executable, "-m", "assistant.train_reader", *line]) for line in lines]
    for process, code in [(process, process.wait()) for process in running]:
        if code:
            raise subprocess.CalledProcessError(code, process.args)


def _train(options: argparse.Namespace, base: Path, kept: Sequence[Dialogue], lexicon: Lexicon) -> None:
    started = time.monotonic()
    turns = training_turns(kept, lexicon, options.made, options.rewrites, options.seed)
    data = examples(turns, Encoder.from_folder(base))
    _say(f"{len(data)} turns to train on")
    choices = Options(batch=options.batch, rate=options.rate, epochs=options.epochs, seed=options.seed)
    model = train(_fresh(base, options.start), data, choices, lambda done, of, loss: _progress(done, of, loss, started))
    card: dict[str, Any] = {
        "trained_on": {
            "turns": len(data),
            "hand_written": sum(len(turns) for _, turns in kept),
            "rewrites": options.rewrites,
            "made": options.made,
        },
        "options": {"epochs": choices.epochs, "batch": choices.batch, "rate": choices.rate, "seed": choices.seed},
        "went_on_from_earlier_weights": options.start is not None,
        "minutes": round((time.monotonic() - started) / 60, 1),
        "labels": {"acts": list(ACTS), "tags": list(TAGS)},
    }
    weights.save(model.weights(), base, options.out, card)


def _fresh(base: Path, start: Path | None) -> ReaderModel:
    return ReaderModel.from_weights(base, weights.load(base, start)[0]) if start else ReaderModel.from_folder(base)


def _average(options: argparse.Namespace, base: Path) -> None:
    mean, cards = weights.average(base, options.average)
    shared = {name: cards[0][name] for name in ("trained_on", "options", "labels")}
    seeds = [card["options"]["seed"] for card in cards]
    minutes = round(sum(card["minutes"] for card in cards), 1)
    weights.save(mean, base, options.out, {**shared, "mean_of_seeds": seeds, "minutes": minutes})


def training_turns(dialogues: Sequence[Dialogue], lexicon: Lexicon, made: int, rewrites: int, seed: int) -> list[Annotated]:
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
    parser.add_argument("--once", action="store_true", help="one pass of training, by the options below")
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"folder to write to (default: {FOLDER})")
    parser.add_argument("--start", type=Path, help="folder with weights to go on from (default: the base model)")
    parser.add_argument(
        "--average", type=Path, nargs="+", help="train nothing, write the mean of the weights in these folders"
    )
    parser.add_argument("--measure", action="store_true", help="train nothing, measure the weights in --out anew")
    parser.add_argument("--made", type=int, default=16000, help="turns from the grammar (default: 16000)")
    parser.add_argument("--rewrites", type=int, default=4, help="rewrites of each hand-written turn (default: 4)")
    parser.add_argument("--rate", type=float, default=Options().rate, help="learning rate of the base (default: 2e-4)")
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
