"""Cold start: products that nobody touched yet, and shoppers of whom little or nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.figures import ratio
from bench.ranking_measures import SEED, Accuracy, Question, best_lists, by_chance, fitted
from bench.ranking_next import NextItems
from bench.shop import Result
from ranking.dataset import Dataset
from ranking.models.base import Model
from ranking.recommend import MODELS
from ranking.types import Shopper

USUAL = ("popularity", "item_graph", "cosine_profile", "blend")
COLD = 0.1
"""Share of the products of which every interaction is removed."""
KNOWN = (0, 1, 2, 5)
"""How many of their latest events newcomers are asked with."""
_CHANCE = "NDCG@10 / that of an order by chance"


def cold_start(
    name: str,
    asked: NextItems,
    models: Sequence[str],
    count: int,
    say: Callable[[str], None],
    models_by_name: Mapping[str, Callable[[], Model]] = MODELS,
) -> Iterator[Result]:
    """For each model, lines about new products and about new shoppers, `count` shoppers being asked about each.

    The model is fitted anew for each of the two.
    """
    for model_name in dict.fromkeys(models or USUAL):
        say(f"    {model_name}")
        about = {"task": "cold", "set": name, "model": model_name}
        for lines in (new_products, new_shoppers):
            yield from ({**line, **about} for line in lines(asked, count, models_by_name[model_name]))


def new_products(asked: NextItems, count: int, make: Callable[[], Model]) -> Iterator[Result]:
    """How shoppers are served who want a new product, among all products and among the new ones, and those who don't.

    New is a tenth of the products: no interaction of theirs is learned from or stands in a history; what they are made of
    is known. What new products gain beside the known ones, those lose, so the last line has the shoppers who want one of
    these.
    """
    cold = cold_products(asked.dataset)
    training = without(asked.dataset, np.isin(asked.dataset.items, _numbers(asked.dataset, cold)))
    forgetful = [_forgetting(question, cold) for question in asked.questions]
    questions = [question for question in forgetful if question.shopper.history]
    new = [question for question in questions if question.wanted in cold][:count]
    known = [question for question in questions if question.wanted not in cold][:count]
    model, seconds = fitted(make, training)
    cases = (("new", "all", new), ("new", "new", new), ("known", "all", known))
    for wanted, among, some in cases:
        candidates = training.product_ids if among == "all" else tuple(sorted(cold))
        yield {**_asked(model, some, candidates), "new": "products", "wanted": wanted, "among": among, **seconds}


def new_shoppers(asked: NextItems, count: int, make: Callable[[], Model]) -> Iterator[Result]:
    """How shoppers are served of whom nothing was learned, by how many of their latest events are known.

    The same shoppers are asked each time: those with as many events as the longest history has, and nothing of theirs is
    learned from.
    """
    able = [question for question in asked.questions if len(question.shopper.history) >= max(KNOWN)][:count]
    own = {question.shopper.id for question in able}
    rows = np.array([shopper_id in own for shopper_id in asked.dataset.shopper_ids])[asked.dataset.shoppers_of_rows]
    model, seconds = fitted(make, without(asked.dataset, rows))
    for known in KNOWN:
        newcomers = [_newcomer(question, known) for question in able]
        yield {**_asked(model, newcomers, asked.dataset.product_ids), "new": "shoppers", "events": known, **seconds}


def cold_products(dataset: Dataset, share: float = COLD, seed: int = SEED) -> frozenset[str]:
    """`share` (0-1) of the products, at least one, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(dataset.product_ids))
    return frozenset(dataset.product_ids[number] for number in order[: max(1, round(share * len(order)))])


def without(dataset: Dataset, rows: NDArray[np.bool_]) -> Dataset:
    """The dataset without some interests, (n_interests,); all shoppers and products stay in it."""
    kept = ~rows
    counts = np.bincount(dataset.shoppers_of_rows[kept], minlength=len(dataset.shopper_ids))
    return replace(
        dataset,
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        items=dataset.items[kept],
        codes=dataset.codes[kept],
        times=dataset.times[kept],
    )


def _asked(model: Model, questions: Sequence[Question], candidates: Sequence[str]) -> Result:
    """The figures, beside those of chance. `silent` is the share of shoppers to whom all candidates are the same."""
    if not questions:
        return {"skipped": "no shopper is to be asked about this; expected at least one"}
    chance = by_chance(questions, candidates)
    shoppers = [question.shopper for question in questions]
    found = Accuracy.of(best_lists(model, shoppers, candidates), [question.wanted for question in questions])
    return {
        "ratio": ratio(found.gains.mean, chance["ndcg_at_10"]),
        "ratio_is": _CHANCE,
        **found.named(),
        **{f"{name}_by_chance": round(value, 5) for name, value in chance.items()},
        "silent": round(float(np.mean(_silent(model, shoppers, candidates))), 4),
        "shoppers": len(shoppers),
        "candidates": len(candidates),
    }


def _silent(model: Model, shoppers: Sequence[Shopper], candidates: Sequence[str], sample: int = 256) -> NDArray[np.bool_]:
    scores = model.score(shoppers[:sample], candidates)
    flat: NDArray[np.bool_] = scores.max(axis=1) == scores.min(axis=1)
    return flat


def _numbers(dataset: Dataset, product_ids: Collection[str]) -> list[int]:
    return [number for number, product_id in enumerate(dataset.product_ids) if product_id in product_ids]


def _forgetting(question: Question, products: Collection[str]) -> Question:
    history = tuple(event for event in question.shopper.history if event.product_id not in products)
    return replace(question, shopper=Shopper(question.shopper.id, history))


def _newcomer(question: Question, known: int) -> Question:
    """The shopper with an id that no model knows, and the latest `known` events."""
    history = question.shopper.history
    return replace(question, shopper=Shopper(f"new {question.shopper.id}", history[len(history) - known :]))
