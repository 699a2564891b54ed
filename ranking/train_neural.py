"""Trains one model of features on a sequences file: `python -m ranking.train_neural`.

Started by `accelerate launch` (on GPUs) or `torchrun`, each process learns from its own share of every batch. What is
interrupted goes on from its last epoch when it is started again with the same data and settings.

Example:
    python -m ranking.train_neural --model din --sequences s.txt --items i.jsonl.gz --out models
    torchrun --nproc_per_node 2 -m ranking.train_neural --model din --sequences s.txt --out models      # on a CPU
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from ranking.dataset import from_sequences
from ranking.feature_models import FEATURE_MODELS
from ranking.models.neural.examples import Drawing
from ranking.models.neural.network import this_process
from ranking.models.neural.training import Run, Step


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes weights and metrics. Returns the exit status."""
    options = _parser().parse_args(arguments)
    dataset = from_sequences(options.sequences, options.items)
    process, console = this_process(), Console(stderr=True)
    model = FEATURE_MODELS[options.model]()
    settings = replace(model.settings, epochs=options.epochs, seed=options.seed)
    model.settings = replace(settings, drawing=Drawing(uniform=options.uniform))
    options.out.mkdir(parents=True, exist_ok=True)
    with Progress(console=console, disable=not process.is_main_process, transient=True) as progress:
        bar = progress.add_task(options.model, total=None)

        def advance(step: Step) -> None:
            told = f"{options.model}, epoch {step.epoch}, loss {step.loss:.4f}"
            progress.update(bar, description=told, completed=step.done, total=step.total)

        model.run = Run(options.out / f"{options.model}.checkpoint.safetensors", advance)
        model.fit(dataset)
    model.save(options.out)
    if process.is_main_process:
        for epoch in model.epochs:
            console.print(epoch)
    process.destroy_process_group()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ranking.train_neural",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", choices=tuple(FEATURE_MODELS), required=True)
    parser.add_argument("--sequences", type=Path, required=True, help="a line `user item item …` for each user")
    parser.add_argument("--items", type=Path, help="what the items are made of, as JSON Lines")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--epochs", type=int, default=6, help="at most so many times over all data (default: 6)")
    parser.add_argument("--uniform", type=float, default=1.0, help="share passed over from the whole catalogue (default: 1)")
    parser.add_argument("--seed", type=int, default=7, help="of the start and of all that is drawn (default: 7)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
