"""The size of a network over histories, and how it learns. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

from ranking.models.training.run import TrainingSettings


@dataclass(frozen=True, slots=True)
class Settings(TrainingSettings):
    """The size of a network and how it learns.

    `width` numbers describe a product, `blocks` and `heads` are those of a transformer. `negatives` products are drawn for
    each batch of shoppers beside those that were wanted in it; 0 sets each wanted product against the whole catalogue.
    `dropout` hides numbers, `forget` products of the history (but never the latest). Where `patience` is set, the last
    interests of `held_out` shoppers are held out, and NDCG@10 decides.
    """

    width: int = 64
    blocks: int = 2
    heads: int = 2
    negatives: int = 1_024
    dropout: float = 0.3
    forget: float = 0.2
    held_out: int = 5_000
    rate: float = 5e-3
