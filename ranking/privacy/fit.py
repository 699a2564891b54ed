"""The next-item blend and popularity, learned under a privacy budget, with the report of what was spent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ranking.dataset import Dataset
from ranking.models.content import Content
from ranking.models.history_vectors import HistoryVectors
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.models.sequence.vectors import Vectors
from ranking.privacy.budget import BadBudget, PrivacyBudget, PrivacyReport, Release, fit_to
from ranking.privacy.counts import Wanted, levels, pair_counts, product_counts, sure_pairs
from ranking.privacy.noise import Noise
from ranking.privacy.vectors import FADING, SHARPNESS, Learning, learn_map
from ranking.types import Event, Shopper

_POPULAR_PART = 0.1
"""What points to popular products, beside the content of length 1 that a history product brings."""


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """What is released; the noises count in proportion to each other. None of it may be chosen by the shop's own events.

    Each shopper's last `recent` interests count. Pairs are counted among the `popular` products that were wanted most, and
    kept where so high that `by_luck` unwanted ones are expected to get there. `width` numbers describe a product.
    """

    recent: int = 20
    popular: int = 1_000
    by_luck: float = 10.0
    width: int = 64
    learning: Learning = field(default_factory=Learning)
    products: Release = Release("product counts", noise=2.0)
    pairs: Release = Release("pair counts", noise=1.0)
    content_map: Release = Release("content map", noise=1.0, rate=0.02, steps=200)

    def __post_init__(self) -> None:
        """Counts are taken once, of everybody, and clipped to 1: anything else would be reckoned wrongly."""
        for release in (self.products, self.pairs):
            if (release.rate, release.steps, release.clip) != (1.0, 1, 1.0):
                raise ValueError(f"{release} is of counts; expected rate 1, steps 1 and clip 1.")

    @property
    def releases(self) -> tuple[Release, ...]:
        """All that is released. A content map of no steps is left out, and the blend is its graph alone."""
        return tuple(release for release in (self.products, self.pairs, self.content_map) if release.steps)


@dataclass(frozen=True, slots=True)
class PrivateModels:
    """What was learned, and what it cost."""

    blend: NextItemBlend
    popularity: Popularity
    report: PrivacyReport

    def save(self, folder: Path) -> None:
        """Writes the files of both models and `privacy.json`."""
        for part in (self.blend, self.popularity, self.report):
            part.save(folder)


def fit_privately(
    dataset: Dataset, budget: PrivacyBudget, settings: PrivacySettings | None = None, seed: int | None = None
) -> PrivateModels:
    """Learns from `dataset` with (ε, δ)-differential privacy for each shopper's whole history.

    The models may be shown to anybody; figures of how well they do, taken on the same shoppers, are not covered.
    `seed` is for tests and measurements only, and voids the guarantee. Raises `PrivacyUnavailable` without Opacus, and
    `BadBudget` if δ is 1 / shoppers or more, as then it could cover giving a shopper's history away.
    """
    shoppers = len(dataset.shopper_ids)
    if budget.delta * shoppers >= 1:
        raise BadBudget(f"delta is {budget.delta} with {shoppers} shoppers; expected less than 1 / shoppers.")
    settings, noise = settings or PrivacySettings(), Noise(seed)
    report = replace(fit_to(budget, settings.releases), seeded=seed is not None)
    fitted = {release.name: release for release in report.releases}
    wanted = Wanted.of(dataset, settings.recent)
    scale = fitted[settings.products.name].noise
    noisy = noise.add_to(product_counts(wanted), scale)
    edges = _edges(wanted, levels(noisy, scale), fitted[settings.pairs.name], settings, noise)
    graph = ItemGraph.of(dataset, edges)
    vectors = HistoryVectors()
    if settings.content_map.steps and dataset.product_ids:
        release = fitted[settings.content_map.name]
        found = _vectors(dataset, wanted, levels(noisy, scale), release, settings, noise)
        vectors = HistoryVectors.of(dataset.product_ids, dataset.titles, found)
    blend = NextItemBlend(graph, vectors)
    return PrivateModels(replace(blend, typical=_typical(blend)), _popularity(dataset, noisy, scale), report)


def _edges(wanted: Wanted, level: NDArray[np.float64], release: Release, settings: PrivacySettings, noise: Noise) -> Any:
    """(n_products, n_products) CSR: sure pairs over the root of both levels."""
    popular = np.sort(np.argsort(-level, kind="stable")[: settings.popular])
    pairs = pair_counts(wanted.among(popular))
    found = sure_pairs(pairs, len(popular), release.noise, settings.by_luck, noise).tocoo()
    low, high = popular[found.row], popular[found.col]
    strengths = found.data / np.sqrt(level[low] * level[high])
    return sparse.csr_matrix((strengths, (low, high)), shape=(wanted.products, wanted.products))


def _vectors(
    dataset: Dataset,
    wanted: Wanted,
    level: NDArray[np.float64],
    release: Release,
    settings: PrivacySettings,
    noise: Noise,
) -> Vectors:
    """Content and a last number each: a constant in a history, and the logarithm of the level in what may come next."""
    content = Content.learn(dataset.tokens, settings.width, seed=0)
    made_of = np.vstack([np.zeros((1, settings.width), np.float32), content.of(dataset.tokens)])
    popular = np.log(level) - np.log(level).mean()
    before = np.column_stack([made_of, np.full(len(made_of), _POPULAR_PART, np.float32)])
    before[0] = 0
    after = np.column_stack([made_of, np.concatenate([[0.0], popular])]).astype(np.float32)
    matrix = learn_map(wanted, before, after, release, settings.learning, noise)
    before[:, :-1] = made_of @ matrix.T
    nothing = np.zeros((1, settings.width), np.float32)
    fading = (FADING ** np.arange(settings.recent)).astype(np.float32)
    of_next = np.vstack([np.eye(settings.width, dtype=np.float32), nothing])
    return Vectors(
        before, after, fading, np.array(SHARPNESS, dtype=np.float32), np.vstack([matrix, nothing]), of_next, content
    )


def _popularity(dataset: Dataset, noisy: NDArray[np.float64], scale: float) -> Popularity:
    """Levels of the products that stand out of the noise; their times are not used, and tell nothing."""
    counts = np.where(noisy > 2 * scale, noisy, 0.0)
    wanted = counts > 0
    if not wanted.any():
        return Popularity()
    found = np.log1p(counts / counts[wanted].mean())
    highest = float(found.max())
    found /= highest
    by_product = {dataset.product_ids[index]: float(found[index]) for index in np.flatnonzero(wanted)}
    return Popularity(levels=by_product, popular=float(np.quantile(found[wanted], 0.9)), highest=highest)


def _typical(blend: NextItemBlend, sample: int = 300) -> float:
    """What the best product scores for somebody who bought one product, in the middle of a sample of the catalogue."""
    bought = [Shopper("", (Event("", 0.0, "", "purchase", product_id),)) for product_id in blend.product_ids[:sample]]
    best = blend.score(bought, blend.product_ids).max(axis=1, initial=0.0) if bought else np.empty(0)
    return float(np.median(best[best > 0])) if (best > 0).any() else 1.0
