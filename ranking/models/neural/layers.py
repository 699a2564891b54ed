"""The parts that networks are put together from. b shoppers, c candidates, h interests of a history, d the width."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ranking.models.neural.features import CONTENT, Features
from ranking.models.neural.network import Batch

EVIDENCE = 4
"""Numbers in the plain evidence for a pair."""

_FADE = 0.85
_NEWCOMERS = 0.1


class Products(nn.Module):
    """Products as vectors: one of their own, and one that their content maps to, added up.

    A product's own vector starts at nothing, so that one that nobody touched is read from its content alone.
    """

    content: Tensor

    def __init__(self, features: Features, width: int, cold: float) -> None:
        """`cold` is the share of products that learn without their own vector."""
        super().__init__()
        self.register_buffer("content", torch.from_numpy(features.content))
        self.own = nn.Embedding(len(features.content), width, padding_idx=0)
        nn.init.zeros_(self.own.weight)
        self.of_content = nn.Linear(CONTENT, width, bias=False)
        self.cold = cold

    def forward(self, numbers: Tensor) -> Tensor:
        """(…) product numbers to (…, d)."""
        own = self.own(numbers)
        if self.training and self.cold > 0:
            own = own * (torch.rand(numbers.shape, device=own.device) >= self.cold).unsqueeze(-1)
        vectors: Tensor = own + self.of_content(self.content[numbers])
        return vectors


class Shoppers(nn.Module):
    """A vector for each shopper that was trained on, and one for all others: the newcomer's."""

    def __init__(self, features: Features, width: int) -> None:
        """The newcomer's vector learns from a tenth of all examples, and from those without a shopper."""
        super().__init__()
        self.own = nn.Embedding(features.shoppers + 1, width)
        nn.init.normal_(self.own.weight, std=0.1)

    def forward(self, numbers: Tensor) -> Tensor:
        """(b,) shopper numbers to (b, d)."""
        if self.training:
            numbers = numbers * (torch.rand(numbers.shape, device=numbers.device) >= _NEWCOMERS)
        vectors: Tensor = self.own(numbers)
        return vectors


class Evidence(nn.Module):
    """What is plain to see of a pair: popularity, nearness in content to the history, and how long the history is."""

    content: Tensor
    popularity: Tensor

    def __init__(self, features: Features) -> None:
        """Reads content and popularity; nothing here is learned."""
        super().__init__()
        self.register_buffer("content", torch.from_numpy(features.content))
        self.register_buffer("popularity", torch.from_numpy(features.popularity))

    def forward(self, batch: Batch) -> Tensor:
        """(b, c, EVIDENCE): popularity, nearness to the nearest and on average, and the length of the history.

        Where nothing is near, the nearest counts as 0, as padding does.
        """
        near = self.content[batch.candidates] @ self.content[batch.items].transpose(1, 2)
        near = near * batch.weights.unsqueeze(1)
        length = (batch.items > 0).sum(dim=1, keepdim=True).clamp(min=1)
        mean = near.sum(dim=2) / length
        popularity = self.popularity[batch.candidates].expand_as(mean)
        return torch.stack([popularity, near.amax(dim=2).clamp(min=0), mean, torch.log(length).expand_as(mean)], dim=-1)


class Crosses(nn.Module):
    """A weight for each pair of a product in the history and a candidate, found by hashing the pair.

    Cheng et al., "Wide & Deep Learning for Recommender Systems" (DLRS 2016), call these cross-product transformations.
    """

    def __init__(self, size: int) -> None:
        """`size` weights, which start at nothing; pairs that fall on the same one share it."""
        super().__init__()
        self.table = nn.Embedding(size, 1)
        nn.init.zeros_(self.table.weight)

    def forward(self, batch: Batch) -> Tensor:
        """(b, c): the weights of all pairs, those of older interests counting less."""
        steps = torch.arange(batch.items.shape[1], device=batch.items.device)
        pairs = (batch.items.unsqueeze(1) * 1_000_003 + batch.candidates.unsqueeze(2) * 7_919) % self.table.num_embeddings
        counted = batch.weights * _FADE**steps
        return torch.einsum("bch,bh->bc", self.table(pairs).squeeze(-1), counted)


class Wide(nn.Module):
    """The linear part: popularity and nearness, each candidate's own bias, its content, and the crosses."""

    content: Tensor

    def __init__(self, features: Features, crosses: int, passed_over: int, unit: float = 1.0) -> None:
        """`crosses` weights for pairs, each counting `unit` times. Starts at the odds of 1 to `passed_over`.

        The optimizer moves a weight by about the rate each time it is touched, be that once in an epoch: a small `unit`
        keeps it from learning single pairs by heart.
        """
        super().__init__()
        self.register_buffer("content", torch.from_numpy(features.content))
        self.evidence, self.crosses, self.unit = Evidence(features), Crosses(crosses), unit
        self.of_evidence, self.of_content = nn.Linear(EVIDENCE, 1), nn.Linear(CONTENT, 1, bias=False)
        self.bias = nn.Embedding(len(features.content), 1, padding_idx=0)
        for weights in (self.of_evidence.weight, self.of_content.weight, self.bias.weight):
            nn.init.zeros_(weights)
        nn.init.constant_(self.of_evidence.bias, -math.log(max(1, passed_over)))

    def forward(self, batch: Batch) -> Tensor:
        """(b, c) logits."""
        of_candidates = self.bias(batch.candidates) + self.of_content(self.content[batch.candidates])
        logits: Tensor = self.of_evidence(self.evidence(batch)).squeeze(-1) + of_candidates.squeeze(-1)
        logits = logits + self.unit * self.crosses(batch)
        return logits


class Tastes(nn.Module):
    """What each shopper likes products to be made of, and what those who want a product turned to before: linear weights.

    Zhang et al., "GLMix: Generalized Linear Mixed Models For Large-Scale Response Prediction" (KDD 2016): beside the
    weights that all share, each shopper has some of their own, and so has each product.
    """

    def __init__(self, features: Features) -> None:
        """All weights start at nothing."""
        super().__init__()
        self.shoppers = Shoppers(features, CONTENT)
        self.products = nn.Embedding(len(features.content), CONTENT, padding_idx=0)
        for weights in (self.shoppers.own.weight, self.products.weight):
            nn.init.zeros_(weights)

    def forward(self, batch: Batch, content: Tensor) -> Tensor:
        """(b, c): a shopper's weights times the candidate's `content`, and the candidate's times that of the history."""
        shares = batch.weights / (batch.items > 0).sum(dim=1, keepdim=True).clamp(min=1)
        history = torch.einsum("bhd,bh->bd", content[batch.items], shares)
        of_shoppers = content[batch.candidates] @ self.shoppers(batch.shoppers).unsqueeze(2)
        of_products = self.products(batch.candidates) @ history.unsqueeze(2)
        logits: Tensor = (of_shoppers + of_products).squeeze(-1)
        return logits


class Recency(nn.Module):
    """A history as one vector: the mean of its products, each step back with a weight that is learned."""

    def __init__(self, recent: int) -> None:
        """Starts with all steps alike."""
        super().__init__()
        self.steps = nn.Parameter(torch.zeros(recent))

    def forward(self, vectors: Tensor, batch: Batch) -> Tensor:
        """(b, h, d) vectors of the history to (b, d); nothing for an empty history."""
        shares = torch.exp(self.steps[: batch.items.shape[1]]) * (batch.items > 0)
        shares = shares / shares.sum(dim=1, keepdim=True).clamp(min=1e-9)
        return torch.einsum("bhd,bh->bd", vectors, shares * batch.weights)


class Layers(nn.Module):
    """Layers with rectifiers between them over parts that need not be repeated for every pair.

    The first layer is linear, so each part passes through it as small as it is, (b, 1, …), (1, c, …) or (b, c, …), and
    only the sums are as many as the pairs.
    """

    def __init__(self, widths: Sequence[int], hidden: Sequence[int]) -> None:
        """`widths` are those of the parts; the last layer gives one number."""
        super().__init__()
        first, second = hidden
        self.parts = nn.ModuleList(nn.Linear(width, first, bias=number == 0) for number, width in enumerate(widths))
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 1))

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Parts that broadcast to (b, c, …) to (b, c)."""
        mapped = [layer(part) for layer, part in zip(self.parts, parts, strict=True)]
        summed = mapped[0]
        for part in mapped[1:]:
            summed = summed + part
        logits: Tensor = self.rest(summed).squeeze(-1)
        return logits
