"""LoRA tuning of the packaged language model: the loop, and the file that comes out.

The factors are trained in float32 and used in bf16, which is several times faster than autocasting on a CPU.
"""

from __future__ import annotations

import datetime
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from assistant.voice.augment import augmented
from assistant.voice.examples import Example
from assistant.voice.packing import Encoded, Pack, answer_logits, encoded, packs, unwritable

_WARM_UP = 0.06
_LAST_RATE = 0.05
_LONGEST_NORM = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """How to train. `longest` is the tokens of a pack, and a step is one pack; `dropout` over 0 takes a quarter longer."""

    epochs: int = 4
    rate: float = 6e-4
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    longest: int = 1800
    weight_decay: float = 0.01
    seed: int = 7
    minutes: float = 85.0


@dataclass(frozen=True, slots=True)
class Epoch:
    """Where the training stands: mean loss per token of the answers, on what is learned and on what is held back."""

    number: int
    learned: float
    held_back: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Trained:
    """The factors of the best epoch by the names that `peft` gives them, and how the loss went; epoch 0 is untuned."""

    factors: Mapping[str, Tensor]
    epochs: tuple[Epoch, ...]

    @property
    def best(self) -> Epoch:
        """The epoch that the factors are of."""
        return min(self.epochs[1:], key=lambda epoch: epoch.held_back)


Progress = Callable[[str], None]


def load_base(gguf: Path, device: str) -> tuple[Any, Any]:
    """The tokenizer and the dequantised model in bf16."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    where: dict[str, Any] = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**where)
    dense = GgufConfig(dequantize=True)
    model: Any = AutoModelForCausalLM.from_pretrained(**where, quantization_config=dense, dtype=torch.bfloat16)
    return tokenizer, model.to(torch.device(device))


def tune(
    model: Any, tokenizer: Any, learned: Sequence[Example], held: Sequence[Example], options: Options, progress: Progress
) -> Trained:
    """Trains factors for `model`, whose own weights stay as they are.

    The first epoch takes the examples as they were written, the others take them augmented. Training ends when the minutes
    are over. The same model, examples and seed give the same factors on the same machine.
    """
    torch.manual_seed(options.seed)
    adapted = with_factors(model, options)
    unlearned = unwritable(tokenizer)
    held_packs = list(packs([encoded(example, tokenizer, unlearned) for example in held], options.longest))
    epochs = [Epoch(0, math.nan, held_loss(adapted, held_packs), 0.0)]
    progress(f"untuned: held back {epochs[0].held_back:.4f}")
    data = [
        _epoch_packs(learned, lambda one: encoded(one, tokenizer, unlearned), options, epoch)
        for epoch in range(options.epochs)
    ]
    steps = _Steps(adapted, options, sum(map(len, data)), progress)
    best: Mapping[str, Tensor] = {}
    for number, epoch_packs in enumerate(data, 1):
        loss = steps.run(epoch_packs)
        epochs.append(Epoch(number, loss, held_loss(adapted, held_packs), steps.minutes()))
        progress(f"epoch {number}: learned {loss:.4f}, held back {epochs[-1].held_back:.4f}, {steps.minutes():.1f} minutes")
        if epochs[-1].held_back == min(epoch.held_back for epoch in epochs[1:]):
            best = steps.factors()
        if steps.is_over():
            break
    return Trained(best, tuple(epochs))


def with_factors(model: Any, options: Options) -> Any:
    """Puts LoRA factors into all linear layers of the model's blocks, in the dtype of its weights; the rest is frozen."""
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(r=options.rank, lora_alpha=options.alpha, lora_dropout=options.dropout, target_modules="all-linear")
    return inject_adapter_in_model(config, model).to(model.dtype)


def held_loss(adapted: Any, held: Sequence[Pack]) -> float:
    """Mean loss per token of the answers."""
    adapted.eval()
    with torch.inference_mode():
        losses = [(float(_loss(adapted, packed)), len(packed.wanted)) for packed in held]
    return sum(loss * count for loss, count in losses) / max(1, sum(count for _, count in losses))


def _loss(adapted: Any, packed: Pack) -> Tensor:
    logits = answer_logits(adapted, packed)
    return torch.nn.functional.cross_entropy(logits.float(), packed.wanted.to(logits.device))


def _epoch_packs(
    examples: Sequence[Example], encode: Callable[[Example], Encoded], options: Options, epoch: int
) -> list[Pack]:
    rng = random.Random(f"{options.seed} {epoch}")
    drawn = [augmented(example, rng) for example in examples] if epoch else examples
    return list(packs([encode(example) for example in drawn], options.longest, rng))


class _Steps:
    """AdamW on float32 copies of the factors, with a warm-up and a cosine down."""

    def __init__(self, adapted: Any, options: Options, count: int, progress: Progress) -> None:
        self._adapted, self._options, self._count, self._progress = adapted, options, count, progress
        self._used = [(name, weights) for name, weights in adapted.named_parameters() if weights.requires_grad]
        self._kept = [weights.detach().float().clone() for _, weights in self._used]
        self._optimizer = torch.optim.AdamW(self._kept, lr=options.rate, weight_decay=options.weight_decay)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, lambda step: rate(step, count))
        self._started = time.monotonic()
        self._done = 0

    def run(self, data: Sequence[Pack]) -> float:
        """One step for each pack, as long as there is time; the mean loss."""
        self._adapted.train()
        losses = []
        for packed in data:
            if self.is_over():
                break
            losses.append(self._step(packed))
            self._done += 1
            if self._done % 10 == 0 or self._done == self._count:
                late = sum(losses[-10:]) / len(losses[-10:])
                self._progress(f"{self._done}/{self._count} steps, loss {late:.4f}, {self.minutes():.1f} minutes")
        return sum(losses) / len(losses) if losses else math.nan

    def minutes(self) -> float:
        return (time.monotonic() - self._started) / 60

    def is_over(self) -> bool:
        return self.minutes() >= self._options.minutes

    def factors(self) -> dict[str, Tensor]:
        """The factors now, in half precision, by the names that `peft` writes."""
        names = ("base_model.model." + name.replace(".default.", ".") for name, _ in self._used)
        return {name: kept.to("cpu", torch.float16).contiguous() for name, kept in zip(names, self._kept, strict=True)}

    def _step(self, packed: Pack) -> float:
        loss = _loss(self._adapted, packed)
        loss.backward()  # type: ignore[no-untyped-call]
        for (_, used), kept in zip(self._used, self._kept, strict=True):
            kept.grad = None if used.grad is None else used.grad.float()
            used.grad = None
        torch.nn.utils.clip_grad_norm_(self._kept, _LONGEST_NORM)
        self._optimizer.step()
        self._schedule.step()
        with torch.no_grad():
            for (_, used), kept in zip(self._used, self._kept, strict=True):
                used.copy_(kept)
        return float(loss.detach())


def rate(step: int, steps: int) -> float:
    """The share of the learning rate at `step`: up over the first steps, then down a cosine."""
    warm_up = max(1, int(steps * _WARM_UP))
    if step < warm_up:
        return (step + 1) / warm_up
    down = 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm_up) / max(1, steps - warm_up))))
    return _LAST_RATE + (1 - _LAST_RATE) * down


def save(trained: Trained, options: Options, about: Mapping[str, str], out: Path) -> None:
    """Writes the factors, with all that is known of them as the file's metadata."""
    from safetensors.torch import save_file

    metadata = {
        "format": "pt",
        "r": str(options.rank),
        "lora_alpha": str(options.alpha),
        "epochs": f"{trained.best.number} of {options.epochs}",
        "seed": str(options.seed),
        "rate": str(options.rate),
        "loss": f"{trained.best.held_back:.4f}",
        "loss_untuned": f"{trained.epochs[0].held_back:.4f}",
        "minutes": f"{trained.epochs[-1].minutes:.1f}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **about,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(dict(trained.factors), out, metadata)
