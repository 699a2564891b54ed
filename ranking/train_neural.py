"""Trains one network on a sequences file: `python -m ranking.train_neural`.

Several processes learn together, each from its own share of every batch, when `torchrun` or `accelerate launch` starts
them. On a CPU `accelerate launch` starts several only if it is told `--multi_gpu`; with `--cpu` it starts one. What is
interrupted goes on from its last epoch when it is started again with the same data and settings.

Example:
    python -m ranking.train_neural --model din --sequences s.txt --items i.jsonl.gz --out models
    torchrun --nproc_per_node 2 -m ranking.train_neural --model sequential --sequences s.txt --out models
    accelerate launch --multi_gpu --num_processes 2 -m ranking.train_neural --model din --sequences s.txt --out models
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from ranking.dataset import from_sequences
from ranking.feature_models import FEATURE_MODELS
from ranking.models.history_vectors import HistoryVectors
from ranking.models.neural.examples import Drawing
from ranking.models.sequential import Sequential
from ranking.models.training.model import TrainedModel
from ranking.models.training.process import this_process
from ranking.models.training.run import Run, Step

NETWORKS: Mapping[str, Callable[[], TrainedModel[Any]]] = {
    **FEATURE_MODELS,
    "sequential": Sequential,
    "history_vectors": HistoryVectors,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes weights and metrics. Returns the exit status."""
    options = _parser().parse_args(arguments)
    dataset = from_sequences(options.sequences, options.items)
    process, console = this_process(), Console(stderr=True)
    model = _untrained(options)
    options.out.mkdir(parents=True, exist_ok=True)
    with Progress(console=console, disable=not process.is_main_process, transient=True) as progress:
        bar = progress.add_task(options.model, total=None)

        def advance(step: Step) -> None:
            progress.update(bar, description=f"{options.model}, {step}", completed=step.done, total=step.total)

        model.run = Run(options.out / f"{options.model}.checkpoint.safetensors", advance)
        model.fit(dataset)
    if process.is_main_process:
        model.save(options.out)
        console.print(f"{options.model}, trained by {process.num_processes} together", highlight=False)
        for epoch in model.epochs:
            console.print(str(epoch), highlight=False)
    process.destroy_process_group()
    return 0


def _untrained(options: argparse.Namespace) -> TrainedModel[Any]:
    model = NETWORKS[options.model]()
    asked = {"epochs": options.epochs, "patience": options.patience, "seed": options.seed}
    if options.model in FEATURE_MODELS:
        asked["drawing"] = Drawing(uniform=options.uniform)
    model.settings = replace(model.settings, **{name: value for name, value in asked.items() if value is not None})
    return model


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ranking.train_neural",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", choices=tuple(NETWORKS), required=True)
    parser.add_argument("--sequences", type=Path, required=True, help="a line `user item item …` for each user")
    parser.add_argument("--items", type=Path, help="what the items are made of, as JSON Lines")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--epochs", type=int, help="at most so many times over all data (default: the model's own)")
    parser.add_argument("--patience", type=int, help="stop after so many epochs without a better one (default: the model's)")
    parser.add_argument(
        "--uniform",
        type=float,
        default=1.0,
        help="models of features: share passed over from the whole catalogue (default: 1)",
    )
    parser.add_argument("--seed", type=int, help="of the start and of all that is drawn (default: the model's own)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
