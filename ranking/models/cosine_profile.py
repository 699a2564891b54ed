"""Cosine profile with a history term: what a shopper's history is made of, its latest part counting more.

The score is `(U · I + alpha R · I) / (|U| |I|)`: I is what a product is made of, U the sum of that over the whole history,
each product counting by what was done with it, and R the same with every step back counting less. Profiles of this kind go
back to Rocchio, "Relevance Feedback in Information Retrieval" (The SMART Retrieval System, 1971). It learns nothing from
what others do, so that a product that nobody touched is as good as any other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ranking.dataset import Dataset
from ranking.interests import EVENT_WEIGHT, interests
from ranking.models.base import BadModel
from ranking.token_weights import TokenWeights
from ranking.types import Event, Shopper
from retrieval.types import Reason

_BATCH = 512
_NOTHING = 1e-9
"""A profile shorter than this is that of somebody whose likes and dislikes cancel out."""


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """How a history is read: the latest interests count `alpha` times beside all, `decay` times as much a step back."""

    alpha: float = 10.0
    decay: float = 0.5


@dataclass(slots=True)
class CosineProfile:
    """What products are made of: `features` (n_products, n_tokens), rows of length 1, or of nothing without tokens."""

    settings: ProfileSettings = field(default_factory=ProfileSettings)
    product_ids: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    features: Any = field(default_factory=lambda: sparse.csr_matrix((0, 0)))
    _index: dict[str, int] = field(default_factory=dict)

    def fit(self, dataset: Dataset) -> Self:
        """Weighs the tokens of the products of `dataset`; the shoppers in it teach nothing."""
        self._set(dataset.product_ids, dataset.titles, TokenWeights.of(dataset.tokens).rows(dataset.tokens))
        return self

    def _set(self, product_ids: tuple[str, ...], titles: tuple[str, ...], features: Any) -> None:
        self.product_ids, self.titles, self.features = product_ids, titles, features
        self._index = {product_id: index for index, product_id in enumerate(product_ids)}

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates); 0 for a product without tokens. Products of the history are scored like any other."""
        scores = np.zeros((len(shoppers), len(candidates)))
        known, numbers = self._known(candidates)
        if not len(known):
            return scores
        features = self.features[numbers].T.tocsr()
        for start in range(0, len(shoppers), _BATCH):
            profiles = self._weights(shoppers[start : start + _BATCH]) @ self.features
            scores[start : start + _BATCH, known] = profiles.toarray() @ features
        return scores

    def contributions(self, shopper: Shopper, candidates: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
        """Which part of each score comes from which history product: (product ids, latest first; (n_history, n_candidates)).

        The columns add up to `score`.
        """
        weights = self._weights([shopper])
        parts = np.zeros((weights.nnz, len(candidates)))
        known, numbers = self._known(candidates)
        if weights.nnz and len(known):
            near = self.features[weights.indices] @ self.features[numbers].T
            parts[:, known] = near.toarray() * weights.data[:, None]
        return [self.product_ids[index] for index in weights.indices], parts

    def _known(self, candidates: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places of the candidates that the model knows, and their product numbers."""
        numbers = np.array([self._index.get(product_id, -1) for product_id in candidates], dtype=np.int64)
        known = np.flatnonzero(numbers >= 0)
        return known, numbers[known]

    def _weights(self, shoppers: Sequence[Shopper]) -> Any:
        """(n_shoppers, n_products) CSR, latest first in each row: what each product of a history counts in a profile.

        The rows of it times `features` are (U + alpha R) / |U|; nothing counts where all cancels out.
        """
        histories = [self._known_history(shopper) for shopper in shoppers]
        starts = np.cumsum([0, *map(len, histories)])
        numbers = np.array([self._index[e.product_id or ""] for events in histories for e in events], dtype=np.int64)
        lasting = np.array([EVENT_WEIGHT[event.type] for events in histories for event in events])
        shape = (len(shoppers), len(self.product_ids))
        profiles = sparse.csr_matrix((lasting, numbers, starts), shape=shape) @ self.features
        lengths = np.sqrt(np.asarray(profiles.multiply(profiles).sum(axis=1)).ravel())
        shares = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > _NOTHING)
        steps = np.arange(len(numbers)) - np.repeat(starts[:-1], np.diff(starts))
        counted = lasting * (1 + self.settings.alpha * self.settings.decay**steps)
        return sparse.csr_matrix((counted * np.repeat(shares, np.diff(starts)), numbers, starts), shape=shape)

    def _known_history(self, shopper: Shopper) -> list[Event]:
        """The telling events of products that the model knows, latest first."""
        return [event for event in reversed(interests(shopper.history)) if event.product_id in self._index]

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """The history product that adds most to the score, of those without which it would be lower."""
        history, parts = self.contributions(shopper, [product_id])
        whole = float(parts.sum())
        for place in np.argsort(-parts[:, 0], kind="stable"):
            if parts[place, 0] <= 0:
                break
            # The profile is as long as it is varied: without a near twin of the others it may even be nearer.
            rest = tuple(event for event in shopper.history if event.product_id != history[place])
            if self.score([replace(shopper, history=rest)], [product_id])[0, 0] < whole:
                title = self.titles[self._index[history[place]]]
                return (Reason("history", f"Goes with the {title}", float(parts[place, 0])),)
        return ()

    def save(self, folder: Path) -> None:
        """Writes `cosine_profile.json` and `cosine_profile.features.npz`."""
        about = {"settings": asdict(self.settings), "product_ids": self.product_ids, "titles": self.titles}
        (folder / "cosine_profile.json").write_text(json.dumps(about), encoding="utf-8")
        sparse.save_npz(folder / "cosine_profile.features.npz", self.features)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that `save` wrote. Raises `BadModel`."""
        try:
            about = json.loads((folder / "cosine_profile.json").read_text(encoding="utf-8"))
            model = cls(ProfileSettings(**about["settings"]))
            features = sparse.load_npz(folder / "cosine_profile.features.npz")
            model._set(tuple(about["product_ids"]), tuple(about["titles"]), features)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise BadModel(f"The cosine profile in {folder} cannot be read ({error}); train again.") from error
        return model
