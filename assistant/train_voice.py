"""Trains the voice: `python -m assistant.train_voice --out assistant/voice/adapter.safetensors`.

Tunes the packaged SmolLM2-135M-Instruct by LoRA on the hand-written answers of assistant/voice/data, so that it says in one
or two sentences, by reference and without a claim of its own, which of a few products suits a wish. One example in ten is
held back; the epoch that does best on those is kept. `pip install peft` (extra `train`) is needed to train, not to serve.

Example:
    python -m assistant.train_voice --measure --out assistant/voice/adapter.safetensors   # what the audit throws away
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from assistant.engines.hugging_face import HuggingFaceChatModel
from assistant.engines.packaged import packaged_model
from assistant.voice.examples import FOLDER, Example, faults, read_examples
from assistant.voice.trial import trial
from assistant.voice.tuning import Options, load_base, save, tune

ADAPTER = FOLDER.parent / "adapter.safetensors"
_HELD_BACK = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes the adapter, or measures one. Returns the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    files = options.data or sorted(FOLDER.glob("*.jsonl"))
    learned, held = split(list(read_examples(files)))
    if not options.measure:
        _train(options, files, learned, held)
    for name, figures in measured(options.out, held[: options.contexts]).items():
        _say(f"{name}: {json.dumps(figures)}")
    return 0


def split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """(to learn, held back). What is told and asked decides, so that neither order nor other examples matter.

    Examples that the audit finds fault with are in neither part.
    """
    parts: tuple[list[Example], list[Example]] = ([], [])
    for example in examples:
        if not faults(example):
            told = "\n".join([example.wish, *(told.line() for told in example.told)])
            number = int(hashlib.sha256(told.encode()).hexdigest()[:8], 16)
            parts[number % _HELD_BACK == 0].append(example)
    return parts


def digest(files: Sequence[Path]) -> str:
    """SHA-256 of the content of these files together, in hexadecimal."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.read_bytes())
    return whole.hexdigest()


def measured(adapter: Path, held: Sequence[Example]) -> dict[str, dict[str, Any]]:
    """What the untuned and the tuned model say to contexts that were held back, and what the audit makes of it."""
    figures = {}
    with tempfile.TemporaryDirectory(prefix="shelfwise-voice-") as folder:
        for name, file in (("untuned", None), ("tuned", adapter)):
            model = HuggingFaceChatModel(packaged_model(), cache_folder=Path(folder), adapter=file)
            try:
                figures[name] = asdict(trial(model, held))
            finally:
                model.close()
    return figures


def _train(options: argparse.Namespace, files: Sequence[Path], learned: Sequence[Example], held: Sequence[Example]) -> None:
    gguf = packaged_model()
    choices = Options(
        epochs=options.epochs,
        rate=options.rate,
        dropout=options.dropout,
        longest=options.longest,
        seed=options.seed,
        minutes=options.minutes,
    )
    _say(f"{len(learned)} examples to learn, {len(held)} held back")
    tokenizer, model = load_base(gguf, options.device or _device())
    trained = tune(model, tokenizer, learned, held, choices, _say)
    about = {
        "base_model": gguf.stem,
        "base_sha256": digest([gguf]),
        "data_sha256": digest(files),
        "examples": str(len(learned)),
    }
    save(trained, choices, about, options.out)
    _say(f"wrote {options.out} ({options.out.stat().st_size / 1e6:.1f} MB), epoch {trained.best.number}")


def _device() -> str:
    from accelerate import Accelerator

    return str(Accelerator().device)


def _parser() -> argparse.ArgumentParser:
    defaults = Options()
    parser = argparse.ArgumentParser(
        prog="python -m assistant.train_voice", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ADAPTER, help=f"file to write (default: {ADAPTER})")
    parser.add_argument("--data", type=Path, nargs="+", help=f"files of examples (default: all in {FOLDER})")
    parser.add_argument("--measure", action="store_true", help="train nothing, measure the adapter in --out")
    parser.add_argument("--contexts", type=int, default=40, help="held-back contexts to measure with (default: 40)")
    parser.add_argument("--epochs", type=int, default=defaults.epochs, help=f"default: {defaults.epochs}")
    parser.add_argument("--rate", type=float, default=defaults.rate, help=f"learning rate (default: {defaults.rate})")
    parser.add_argument("--dropout", type=float, default=defaults.dropout, help=f"default: {defaults.dropout}")
    parser.add_argument("--longest", type=int, default=defaults.longest, help="tokens of a pack (default: 1800)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="of the data and of the training (default: 7)")
    parser.add_argument("--minutes", type=float, default=defaults.minutes, help="ends after these (default: 85)")
    parser.add_argument("--threads", type=int, default=2, help="cores to train on (default: 2)")
    parser.add_argument("--device", help="a torch device (default: a GPU where there is one)")
    return parser


def _say(text: str) -> None:
    sys.stderr.write(text + os.linesep)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
