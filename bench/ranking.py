"""How well and how fast user-item models rank: chances on a gift shop's invoices, and the next item of a sequence.

`BENCH_RANKING_SETS` and `BENCH_RANKING_MODELS` (names with commas between) choose what is measured; without them it is
every set, and the models that learn in minutes. `BENCH_RANKING_SHOPPERS` is how many shoppers of a sequence set are
asked about, drawn by a fixed seed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.figures import Spread, ms_since, ratio
from bench.ranking_data import Judged, NoReader, cut, judged, read_invoices
from bench.shop import BenchShop, Result
from ranking.dataset import Dataset, from_events, from_sequences
from ranking.feature_models import FEATURE_MODELS
from ranking.models.base import Model
from ranking.models.neural.examples import Drawing
from ranking.pairs import Pairs, interval
from ranking.recommend import MODELS
from ranking.types import Shopper

SEQUENCES = ("beauty", "toys")
INVOICES = "online-retail"
DAYS = 30.0
"""The last stretch of the invoices, which is what models are tested on."""
USUAL_CHANCES = tuple(name for name in FEATURE_MODELS if name != "dien")
USUAL_NEXT = ("blend", "popularity", "logistic_regression", "ncf")
"""Measured where no model is named; the others take minutes each."""
SERVED = 200
SHOPPERS = 1_000
SEED = 7

_FILE = "online_retail_II_2009-2010.parquet"
_K = 10
_TIMED = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """What to measure: sets, models (empty: the usual ones of each set), and shoppers of a sequence set."""

    sets: tuple[str, ...] = (INVOICES, *SEQUENCES)
    models: tuple[str, ...] = ()
    shoppers: int = SHOPPERS

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Choice:
        """What the environment asks for. Raises `ValueError` for a set or model that there is not, or a bad number."""
        sets = _names(environment, "BENCH_RANKING_SETS", cls().sets)
        models = _names(environment, "BENCH_RANKING_MODELS", (*MODELS, *FEATURE_MODELS))
        shoppers = environment.get("BENCH_RANKING_SHOPPERS", str(SHOPPERS))
        if not (shoppers.isascii() and shoppers.isdigit() and int(shoppers)):
            raise ValueError(f"BENCH_RANKING_SHOPPERS is {shoppers!r}; expected a whole number from 1")
        return cls(sets or cls().sets, models, int(shoppers))


def _names(environment: Mapping[str, str], name: str, known: Sequence[str]) -> tuple[str, ...]:
    found = tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())
    for one in found:
        if one not in known:
            raise ValueError(f"{name} has {one!r}; expected names from {', '.join(known)}")
    return found


def run(shop: BenchShop) -> Iterator[Result]:
    """A line for each set and model. `ratio` sets it against logistic regression, or against the item graph."""
    choice = Choice.of(os.environ)
    for name in choice.sets:
        shop.say(f"  {name}")
        yield from on_invoices(shop, choice) if name == INVOICES else on_sequences(shop, name, choice)


def on_invoices(shop: BenchShop, choice: Choice) -> Iterator[Result]:
    """AUC and log loss of the chances that models of features give, beside those of logistic regression."""
    path = shop.data / INVOICES / _FILE
    if not path.is_file():
        yield _skipped(path)
        return
    try:
        events, products = read_invoices(path)
    except NoReader as error:
        yield {"skipped": str(error)}
        return
    past, future = cut(events, DAYS)
    yield from chances(from_events(past, products), judged(past, future, SEED), choice.models, shop.say)


def chances(
    dataset: Dataset, shoppers: Sequence[Judged], models: Sequence[str], say: Callable[[str], None]
) -> Iterator[Result]:
    """A line for each model of features named, the usual ones where none is; the linear one, the yardstick, first."""
    wanted = np.concatenate([one.wanted for one in shoppers])
    groups = np.repeat(np.arange(len(shoppers)), [len(one.wanted) for one in shoppers])
    yardstick: Pairs | None = None
    for name in FEATURE_MODELS:
        if name not in (*(models or USUAL_CHANCES), "logistic_regression"):
            continue
        say(f"    {name}")
        model, seconds = _fitted(FEATURE_MODELS[name](), dataset)
        found = np.concatenate([model.score([one.shopper], one.candidates)[0] for one in shoppers])
        pairs = Pairs(found, wanted)
        first = yardstick = yardstick or pairs
        gain = interval(lambda n, pairs=pairs, first=first: pairs.auc(n) - first.auc(n), groups)  # type: ignore[misc]
        yield {
            "ratio": ratio(pairs.auc(), first.auc()),
            "ratio_is": "AUC / that of logistic regression",
            "set": INVOICES,
            "model": name,
            "auc": round(pairs.auc(), 4),
            "auc_95": _rounded(interval(pairs.auc, groups)),
            "auc_gain_95": _rounded(gain),
            "log_loss": round(pairs.log_loss(), 4),
            "log_loss_95": _rounded(interval(pairs.log_loss, groups)),
            "shoppers": len(shoppers),
            "pairs": len(wanted),
            "fit_seconds": seconds,
            **serving(model, [one.shopper for one in shoppers], dataset.product_ids),
        }


def on_sequences(shop: BenchShop, name: str, choice: Choice) -> Iterator[Result]:
    """HR@10 and NDCG@10 of the last item, every other one being a candidate, beside the item graph's."""
    folder = shop.data / "amazon"
    sequences, items = folder / f"{name}.sequences.txt", folder / f"{name}.items.jsonl.gz"
    missing = [path for path in (sequences, items) if not path.is_file()]
    if missing:
        yield _skipped(*missing)
        return
    dataset = from_sequences(sequences, items)
    asked = held_out(from_sequences(sequences, None, 1), from_sequences(sequences, None, 0), choice.shoppers)
    yield from next_items(name, dataset, asked, choice.models, shop.say)


def held_out(before: Dataset, whole: Dataset, count: int) -> list[tuple[Shopper, str]]:
    """`count` shoppers, or all, with their history without the last item, and that item."""
    able = np.flatnonzero(np.diff(before.offsets) < np.diff(whole.offsets))
    drawn = np.sort(np.random.default_rng(SEED).permutation(able)[:count])
    return [(before.shopper(i), whole.product_ids[whole.items[whole.offsets[i + 1] - 1]]) for i in map(int, drawn)]


def next_items(
    name: str, dataset: Dataset, asked: Sequence[tuple[Shopper, str]], models: Sequence[str], say: Callable[[str], None]
) -> Iterator[Result]:
    """A line for each model named, the item graph, which is the yardstick, first."""
    groups = np.arange(len(asked))
    yardstick = 0.0
    for model_name in dict.fromkeys(("item_graph", *(models or USUAL_NEXT))):
        say(f"    {model_name}")
        model, seconds = _fitted(_for_sequences(model_name), dataset)
        places = places_of(model, asked, dataset.product_ids)
        gains = np.where(places <= _K, 1 / np.log2(places + 1), 0.0)
        yardstick = yardstick or float(gains.mean())
        yield {
            "ratio": ratio(float(gains.mean()), yardstick),
            "ratio_is": "NDCG@10 / that of the item graph",
            "set": name,
            "model": model_name,
            "hr_at_10": round(float((places <= _K).mean()), 4),
            "hr_at_10_95": _rounded(interval(_mean_of((places <= _K).astype(np.float64)), groups)),
            "ndcg_at_10": round(float(gains.mean()), 4),
            "ndcg_at_10_95": _rounded(interval(_mean_of(gains), groups)),
            "shoppers": len(asked),
            "fit_seconds": seconds,
            **serving(model, [shopper for shopper, _ in asked], dataset.product_ids),
        }


def _for_sequences(name: str) -> Model:
    """A model untrained. Networks learn from products drawn from the whole catalogue, for a few epochs only."""
    if name not in FEATURE_MODELS:
        return MODELS[name]()
    model = FEATURE_MODELS[name]()
    model.settings = replace(model.settings, drawing=Drawing(uniform=1.0), epochs=3)
    return model


def places_of(
    model: Model, asked: Sequence[tuple[Shopper, str]], product_ids: Sequence[str], batch: int = 64
) -> NDArray[np.int64]:
    """(n,): the place, from 1, of each held-out item among all products that are not in the shopper's history."""
    numbers = {product_id: number for number, product_id in enumerate(product_ids)}
    found = []
    for start in range(0, len(asked), batch):
        scores = model.score([shopper for shopper, _ in asked[start : start + batch]], product_ids)
        for row, (shopper, wanted) in zip(scores, asked[start : start + batch], strict=True):
            target, own = numbers[wanted], [numbers[event.product_id or ""] for event in shopper.history]
            level = row[target]
            row[own] = -np.inf
            ahead = int((row > level).sum()) + int((row[:target] == level).sum())
            found.append(len(row) if target in own else 1 + ahead)
    return np.array(found, dtype=np.int64)


def serving(model: Model, shoppers: Sequence[Shopper], product_ids: Sequence[str]) -> dict[str, float]:
    """Milliseconds to score 200 candidates of one shopper, over shoppers in turn after a few that do not count."""
    rng, spent = np.random.default_rng(SEED), []
    for turn in range(_TIMED + 5):
        candidates = [product_ids[place] for place in rng.permutation(len(product_ids))[:SERVED]]
        started = time.perf_counter()
        model.score([shoppers[turn % len(shoppers)]], candidates)
        spent.append(ms_since(started))
    return Spread.of(spent[5:]).named("serving_ms")


def _fitted(model: Model, dataset: Dataset) -> tuple[Model, float]:
    started = time.perf_counter()
    model.fit(dataset)
    return model, round(time.perf_counter() - started, 1)


def _mean_of(values: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], float]:
    return lambda counts: float(np.average(values, weights=counts))


def _rounded(ends: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in ends]


def _skipped(*missing: Path) -> dict[str, object]:
    files = ", ".join(map(str, missing))
    return {"skipped": f"{files} is not there; SHELFWISE_DATA names the folder of the data sets"}
