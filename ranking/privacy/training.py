"""A shop's models, learned under a privacy budget: of what it tells of them, too, nothing hangs on any one shopper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ranking.dataset import Dataset
from ranking.guard import Check, sound
from ranking.measure import HeldOut, Metrics, figures, recommended
from ranking.models.base import Scores
from ranking.privacy.budget import PrivacyBudget
from ranking.privacy.fit import PrivacySettings, fit_privately
from ranking.shelf import Shelf
from ranking.trained import Models
from ranking.types import Event, Shopper
from retrieval.types import Product

_SCORED = 200

UNMEASURED = "not measured: figures taken on the shop's own shoppers would tell of them (--measure takes them)"
MEASURED = "exact, on models learned without what is held out; epsilon does not cover them, so keep them to yourself"
NO_ORDER = "by hand: what clicks say of it would be learned without privacy"


def train_privately(
    dataset: Dataset,
    catalogue: Sequence[Product],
    epsilon: float,
    progress: Callable[[str, int, int], None],
    *,
    measure: bool = False,
    settings: PrivacySettings | None = None,
) -> tuple[Models, Metrics, tuple[Check, ...]]:
    """Popularity and the next item, what is told of them, and whether they give numbers for histories that are made up.

    Without `measure`, all of that keeps to `epsilon`, above 0. With it, the metrics have figures on held-out interests,
    exact ones, of models that are learned apart for that. No order of a search is learned. Raises `BadBudget`, and
    `PrivacyUnavailable` without Opacus.
    """
    budget = PrivacyBudget.for_shoppers(epsilon, len(dataset.shopper_ids))
    progress(f"Learning with ε = {epsilon:g}", 0, 0)
    learned = fit_privately(dataset, budget, settings)
    models = Models(learned.popularity, learned.blend, Shelf.of(catalogue), privacy=learned.report)
    metrics: Metrics = {"shoppers": len(dataset.shopper_ids), "products": len(dataset.product_ids)}
    metrics["model"] = "blend" if learned.blend.has_vectors else "item_graph"
    metrics |= {"epsilon": learned.report.epsilon, "delta": budget.delta}
    metrics |= {f"noise_of_{release.name.replace(' ', '_')}": release.noise for release in learned.report.releases}
    metrics |= {"order": NO_ORDER, "figures": MEASURED if measure else UNMEASURED}
    if measure:
        progress("Measuring on held-out interests, outside of what ε covers", 0, 0)
        metrics |= _measured(dataset, budget, str(metrics["model"]), settings)
    return models, metrics, (sound(models, list(_made_up(dataset.product_ids[:_SCORED]))),)


def _measured(dataset: Dataset, budget: PrivacyBudget, name: str, settings: PrivacySettings | None) -> Metrics:
    held_out = HeldOut.of(dataset)
    learned = fit_privately(held_out.training, budget, settings)
    found: Metrics = {"held_out": len(held_out)}
    models: dict[str, Scores] = {name: learned.blend, "popularity": learned.popularity}
    for each, model in models.items():
        found |= figures(each, recommended(model, held_out), held_out)
    return found


def _made_up(product_ids: Sequence[str]) -> Iterator[Shopper]:
    """Histories of one product. Whether the models hold must not hang on what real ones did."""
    return (Shopper("", (Event("", 0.0, "", "purchase", product_id),)) for product_id in product_ids)
