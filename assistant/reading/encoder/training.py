"""Fine-tuning: one loss over all heads, bf16 where the processor has it, batches of turns of like length."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from assistant.reading.encoder.inputs import Encoded, Encoder
from assistant.reading.encoder.model import Batch, ReaderModel, collate
from assistant.reading.encoder.targets import IGNORED, Annotated, Target, target
from assistant.reading.text import read

Progress = Callable[[int, int, float], None]
"""Called with the batches done, the batches in all, and the loss of late."""

_TAG_WEIGHT = 4.0
_ITEM_WEIGHT = 4.0
_VALUE_WEIGHT = 3.0
_WARM_UP = 0.06
_BUCKET = 60


@dataclass(frozen=True, slots=True)
class Options:
    """How to train. Rates are per step; `batch` is in turns."""

    batch: int = 16
    rate: float = 2e-4
    head_rate: float = 1.5e-3
    epochs: int = 1
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Example:
    """A turn ready for the network and what it should say."""

    encoded: Encoded
    target: Target


def examples(turns: Sequence[Annotated], encoder: Encoder) -> list[Example]:
    """Turns whose values can all be found in the text."""
    found = []
    for turn in turns:
        encoded = encoder.encode(read(turn.user), turn.context)
        wanted = target(turn, encoded)
        if wanted is not None:
            found.append(Example(encoded, wanted))
    return found


def train(model: ReaderModel, data: Sequence[Example], options: Options, progress: Progress) -> ReaderModel:
    """Trains `model` on `data`; the same model, data and seed give the same reader on the same machine."""
    torch.manual_seed(options.seed)
    accelerator = Accelerator(cpu=True, mixed_precision="bf16")
    model.embeddings().weight.requires_grad_(False)
    optimizer = torch.optim.AdamW(_groups(model, options), weight_decay=0.01)
    batches = _batches(data, options)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(batches)))
    prepared, optimizer, schedule = accelerator.prepare(model, optimizer, schedule)
    prepared.train()
    late = 0.0
    for done, rows in enumerate(batches, 1):
        loss = _loss(prepared(_batch(rows)), rows)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(prepared.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        late = 0.95 * late + 0.05 * float(loss.detach()) if done > 1 else float(loss.detach())
        progress(done, len(batches), late)
    trained: ReaderModel = accelerator.unwrap_model(prepared, keep_fp32_wrapper=False)
    return trained.eval()


def _groups(model: ReaderModel, options: Options) -> list[dict[str, object]]:
    base = [weights for weights in model.base.parameters() if weights.requires_grad]
    heads = [weights for name, weights in model.named_parameters() if not name.startswith("base.")]
    return [{"params": base, "lr": options.rate}, {"params": heads, "lr": options.head_rate}]


def _rate(step: int, steps: int) -> float:
    warm_up = max(1, int(steps * _WARM_UP))
    return min((step + 1) / warm_up, max(0.02, (steps - step) / max(1, steps - warm_up)))


def _batches(data: Sequence[Example], options: Options) -> list[list[Example]]:
    rng = random.Random(options.seed)
    return [batch for _ in range(options.epochs) for batch in _one_epoch(data, options.batch, rng)]


def _one_epoch(data: Sequence[Example], size: int, rng: random.Random) -> Iterator[list[Example]]:
    """Shuffled, then sorted by length within stretches, so that little is padding."""
    order = list(data)
    rng.shuffle(order)
    stretch = size * _BUCKET
    for start in range(0, len(order), stretch):
        part = sorted(order[start : start + stretch], key=lambda example: len(example.encoded.ids))
        batches = [part[at : at + size] for at in range(0, len(part), size)]
        rng.shuffle(batches)
        yield from batches


def _batch(rows: Sequence[Example]) -> Batch:
    return collate([row.encoded for row in rows], multiple=8)


def _loss(scores: dict[str, Tensor], rows: Sequence[Example]) -> Tensor:
    whole = nn.functional.cross_entropy
    total = torch.zeros(())
    for name in ("act", "topic", "sort", "price_rel"):
        wanted = torch.tensor([getattr(row.target, name) for row in rows])
        if bool((wanted != IGNORED).any()):
            total = total + whole(scores[name].float(), wanted, ignore_index=IGNORED)
    length = scores["tags"].shape[1]
    tags = torch.full((len(rows), length), IGNORED)
    items, values = torch.full((len(rows), length), -1.0), torch.full((len(rows), length), -1.0)
    for at, row in enumerate(rows):
        tags[at, list(row.encoded.words)] = torch.tensor(row.target.tags, dtype=torch.long)
        items[at, list(row.encoded.items)] = torch.tensor(row.target.items, dtype=torch.float)
        values[at, list(row.encoded.values)] = torch.tensor(row.target.values, dtype=torch.float)
    total = total + _TAG_WEIGHT * whole(scores["tags"].float().flatten(0, 1), tags.flatten(), ignore_index=IGNORED)
    total = total + _ITEM_WEIGHT * _chosen(scores["item"], items)
    return total + _VALUE_WEIGHT * _chosen(scores["value"], values)


def _chosen(scores: Tensor, wanted: Tensor) -> Tensor:
    known = wanted >= 0
    if not bool(known.any()):
        return scores.sum() * 0.0
    return nn.functional.binary_cross_entropy_with_logits(scores.float()[known], wanted[known])
