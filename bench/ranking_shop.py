"""The shop's own events: each shopper's last interest held out, in five parts of the shoppers one after another."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.figures import ratio
from bench.ranking_measures import SEED, Accuracy, K, Question, best_lists, by_chance, exposure, fitted, serving
from bench.shop import BenchShop, Result
from ranking.dataset import Dataset, from_events, hold_out, last_interests
from ranking.evaluate import ndcg_at_k
from ranking.models.base import Model
from ranking.recommend import MODELS

USUAL = ("popularity", "item_graph", "cosine_profile", "blend")
FOLDS = 5


def on_shop(shop: BenchShop, models: Sequence[str]) -> Iterator[Result]:
    """A line for each model, of the events of the shop that is being measured."""
    services = shop.open_assistant(False).services
    dataset = from_events(services.events.interactions(), services.catalog.all())
    yield from cross_validated(dataset, models, shop.say)


def cross_validated(
    dataset: Dataset,
    models: Sequence[str],
    say: Callable[[str], None],
    models_by_name: Mapping[str, Callable[[], Model]] = MODELS,
    folds: int = FOLDS,
) -> Iterator[Result]:
    """A line for each model: every shopper with a last interest is asked once, by a model that didn't learn it.

    In a small shop it matters who is asked, so the shoppers are parted into `folds`, and what the model is asked about in
    one it may learn from in the others. Beside the figures over all shoppers stand those of each fold.
    """
    rows = last_interests(dataset)
    if len(rows) < folds:
        yield {"skipped": f"{len(rows)} shoppers have a last interest to hold out; expected at least {folds}"}
        return
    parts = [np.sort(part) for part in np.array_split(np.random.default_rng(SEED).permutation(rows), folds)]
    for name in dict.fromkeys(models or USUAL):
        say(f"    {name}")
        yield {"task": "shop", "model": name, **_measured(dataset, parts, models_by_name[name])}


def _measured(dataset: Dataset, parts: Sequence[NDArray[np.int64]], make: Callable[[], Model]) -> Result:
    """The figures of one model over all parts, with the NDCG@10 of each part and their standard deviation."""
    questions: list[Question] = []
    best: list[list[str]] = []
    folds: list[float] = []
    for part in parts:
        before, owners = hold_out(dataset, part), dataset.shoppers_of_rows[part]
        asked = [
            Question(before.shopper(int(owner)), dataset.product_ids[item])
            for owner, item in zip(owners, dataset.items[part], strict=True)
        ]
        model, seconds = fitted(make, before)
        found = best_lists(model, [question.shopper for question in asked], dataset.product_ids)
        folds.append(ndcg_at_k(found, [question.wanted for question in asked], K))
        questions, best = questions + asked, best + found
    wanted, shoppers = [question.wanted for question in questions], [question.shopper for question in questions]
    accuracy, chance = Accuracy.of(best, wanted), by_chance(questions, dataset.product_ids)
    return {
        "ratio": ratio(accuracy.gains.mean, chance["ndcg_at_10"]),
        "ratio_is": "NDCG@10 / that of an order by chance",
        **accuracy.named(),
        "ndcg_at_10_folds": [round(fold, 4) for fold in folds],
        "ndcg_at_10_deviation": round(statistics.stdev(folds), 4),
        **exposure(best, wanted, hold_out(dataset, np.sort(np.concatenate(parts)))),
        "shoppers": len(questions),
        **seconds,
        **serving(model, shoppers, dataset.product_ids),
    }
