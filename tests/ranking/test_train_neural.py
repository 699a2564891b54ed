"""Training from the command line: alone, interrupted, and by two processes together."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from ranking.dataset import from_sequences
from ranking.models.dien import Dien
from ranking.models.din import Din
from ranking.models.history_vectors import HistoryVectors
from ranking.models.sequential import Sequential
from ranking.train_neural import main

ROOT = Path(__file__).parents[2]
KINDS = {"dien": Dien, "din": Din, "sequential": Sequential, "history_vectors": HistoryVectors}


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    """Everybody walks around a ring of 40 items from where they like."""
    path, chance = tmp_path / "sequences.txt", random.Random(1)
    starts = [chance.randrange(40) for _ in range(120)]
    rows = [f"{user} {' '.join(str(1 + (start + n) % 40) for n in range(9))}" for user, start in enumerate(starts, 1)]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def losses(folder: Path, name: str) -> list[float]:
    kept = json.loads((folder / f"{name}.metrics.json").read_text(encoding="utf-8"))
    return [epoch["loss"] for epoch in kept["epochs"]]


def arguments(name: str, sequences: Path, out: Path, *more: str) -> list[str]:
    return ["--model", name, "--sequences", str(sequences), "--out", str(out), *more]


def test_a_network_is_trained_and_written(sequences: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments("history_vectors", sequences, tmp_path / "out", "--epochs", "3", "--seed", "5")) == 0
    model = HistoryVectors.load(tmp_path / "out")
    assert (model.settings.epochs, model.settings.seed, model.settings.patience) == (3, 5, None)
    assert len(model.epochs) == 3 and "epoch 3: loss" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "history_vectors.json",
        "history_vectors.metrics.json",
        "history_vectors.safetensors",
    ]


def test_an_unknown_model_is_told(sequences: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments("magic", sequences, tmp_path))
    assert "invalid choice: 'magic'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["dien", *(pytest.param(name, marks=pytest.mark.slow) for name in list(KINDS)[1:])])
def test_two_processes_train_one_model_together(name: str, sequences: Path, tmp_path: Path) -> None:
    options = arguments(name, sequences, tmp_path / "out", "--epochs", "4", "--patience", "1")
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "ranking.train_neural"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("trained by 2 together") == 1  # it is told, and saved, once
    assert len(list((tmp_path / "out").iterdir())) == 3
    figures = losses(tmp_path / "out", name)
    assert figures[-1] < figures[0]
    dataset = from_sequences(sequences, None)
    scores = KINDS[name].load(tmp_path / "out").score(list(dataset.shoppers()), dataset.product_ids)
    assert np.isfinite(scores).all() and scores.std() > 0


@pytest.mark.slow
def test_a_training_that_was_killed_goes_on_to_the_same_weights(sequences: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = ("--epochs", "20", "--patience", "20")
    assert main(arguments("history_vectors", sequences, whole, *options)) == 0
    command = [sys.executable, "-m", "ranking.train_neural", *arguments("history_vectors", sequences, broken, *options)]
    started = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    checkpoint, late = broken / "history_vectors.checkpoint.safetensors", time.monotonic() + 240
    while not checkpoint.exists() and started.poll() is None and time.monotonic() < late:
        time.sleep(0.01)
    started.kill()
    started.wait()
    assert checkpoint.exists() and not (broken / "history_vectors.json").exists()
    assert main(arguments("history_vectors", sequences, broken, *options)) == 0
    first, second = (load_file(folder / "history_vectors.safetensors") for folder in (whole, broken))
    assert all(np.array_equal(first[name], second[name]) for name in first)
