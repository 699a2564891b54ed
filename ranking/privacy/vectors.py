"""The map from what a history is made of to what comes next, learned by gradients that are clipped and noised by shopper.

Abadi et al., "Deep Learning with Differential Privacy" (CCS 2016), with the average of the later iterates. No product has a
vector of its own, as its gradient would drown in the noise. What a shopper wanted is set against products drawn from the
catalogue, never against what others wanted, so that a shopper's gradient hangs on nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ranking.privacy.budget import PrivacyUnavailable, Release
from ranking.privacy.counts import Wanted
from ranking.privacy.noise import Noise

FADING = 0.7
SHARPNESS = 10.0
_HIDDEN = -1e9


@dataclass(frozen=True, slots=True)
class Learning:
    """How the map is learned: `positions` products of each history are told, against `negatives` drawn ones each step."""

    rate: float = 0.02
    negatives: int = 512
    positions: int = 6


class ContentMap(nn.Module):
    """A square matrix, at first the one that changes nothing."""

    def __init__(self, width: int) -> None:
        """`width` numbers describe a product."""
        super().__init__()
        self.made_of = nn.Linear(width, width, bias=False)
        nn.init.eye_(self.made_of.weight)

    def forward(self, sums: Tensor, wanted: Tensor, drawn: Tensor, same: Tensor) -> Tensor:
        """(b,) each shopper's mean loss.

        `sums` are (b, t, width + 1): the fading sums of the content of a history and, last, of what points to the popular.
        `wanted` (b, t, width + 1) and `drawn` (k, width + 1) are products, `same` (b, t, k) tells which are the same.
        Rows of `sums` that are 0 stand for nothing and cost nothing.
        """
        found = torch.cat([self.made_of(sums[..., :-1]), sums[..., -1:]], dim=-1)
        found = functional.normalize(found, dim=-1, eps=1e-6) * SHARPNESS
        right = (found * wanted).sum(dim=-1, keepdim=True)
        others = (found @ drawn.T).masked_fill(same, _HIDDEN)
        loss = -torch.log_softmax(torch.cat([right, others], dim=-1), dim=-1)[..., 0]
        there = (sums != 0).any(dim=-1)
        return (loss * there).sum(dim=1) / there.sum(dim=1).clamp(min=1)


def learn_map(
    wanted: Wanted,
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    release: Release,
    learning: Learning,
    noise: Noise,
) -> NDArray[np.float32]:
    """The matrix, (width, width), for products that are `before` as part of a history and `after` as what may come next.

    Both are (n_products + 1, width + 1), row 0 is no product. Raises `PrivacyUnavailable` without Opacus.
    """
    rows = _rows(wanted, learning.positions + 1)
    network = ContentMap(before.shape[1] - 1)
    trained, optimizer = _private(network, release, learning, len(rows), noise)
    histories, products = torch.from_numpy(before), torch.from_numpy(after)
    total, counted = torch.zeros_like(network.made_of.weight), 0
    for step in range(release.steps):
        # A row of nothing keeps a batch from being empty: noise must be added even then.
        items = torch.from_numpy(np.vstack([rows[noise.chosen(len(rows), release.rate)], np.zeros_like(rows[:1])]))
        drawn = torch.from_numpy(noise.integers(learning.negatives, 1, len(after)))
        for group in optimizer.param_groups:
            group["lr"] = learning.rate * (1 - step / release.steps)
        optimizer.zero_grad()
        told = items[:, :-1]
        sums = _fading_sums(histories[items[:, 1:]]) * ((told > 0) & (items[:, 1:] > 0))[..., None]
        sums.requires_grad_()  # nobody asks for it, but torch warns where a hooked layer's input has none
        trained(sums, products[told], products[drawn], told[..., None] == drawn).sum().backward()
        optimizer.step()
        if step >= release.steps // 2:
            total, counted = total + network.made_of.weight.detach(), counted + 1
    return np.asarray((total / max(1, counted)).numpy(), dtype=np.float32)


def _private(network: nn.Module, release: Release, learning: Learning, shoppers: int, noise: Noise) -> tuple[Any, Any]:
    try:
        from opacus import GradSampleModule
        from opacus.optimizers import DPOptimizer
    except ImportError as error:
        raise PrivacyUnavailable from error
    optimizer = DPOptimizer(
        torch.optim.Adam(network.parameters(), learning.rate, betas=(0.9, 0.99)),
        noise_multiplier=release.noise,
        max_grad_norm=release.clip,
        expected_batch_size=max(1, round(release.rate * shoppers)),
        generator=torch.Generator().manual_seed(noise.seed()),
    )
    return GradSampleModule(network, loss_reduction="sum"), optimizer


def _rows(wanted: Wanted, longest: int) -> NDArray[np.int64]:
    """(n_shoppers, longest) product numbers, latest first; shoppers without any have a row of nothing."""
    rows = np.zeros((wanted.shoppers, longest), dtype=np.int64)
    ends = np.cumsum(np.bincount(wanted.owners, minlength=wanted.shoppers))
    back = ends[wanted.owners] - 1 - np.arange(len(wanted.items))
    late = back < longest
    rows[wanted.owners[late], back[late]] = wanted.items[late] + 1
    return rows


def _fading_sums(content: Tensor) -> Tensor:
    """(b, t, d), latest first, to the sums of each with all before it, which count less with each step back."""
    sums = [content[:, -1]]
    for place in range(content.shape[1] - 2, -1, -1):
        sums.append(content[:, place] + FADING * sums[-1])
    return torch.stack(sums[::-1], dim=1)
