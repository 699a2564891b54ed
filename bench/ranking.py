"""How well and how fast user-item models rank.

`BENCH_RANKING_TASKS` names what is measured, with commas between; without it it is all of:

- `next`: the next item of a sequence among all products (Amazon reviews, `beauty` and `toys`);
- `cold`: the same for products that nobody touched yet, and for shoppers of whom 0, 1, 2 or 5 events are known;
- `chances`: AUC and log loss of the chances that models of features give (a gift shop's invoices, `online-retail`);
- `shop`: each shopper's last interest in the shop's own events, cross-validated;
- `reasons`: whether the causes that the cards name are causes.

`BENCH_RANKING_SETS` and `BENCH_RANKING_MODELS` choose among sets and models in the same way; without the latter it is the
models that learn in minutes. `BENCH_RANKING_SHOPPERS` is how many shoppers of a sequence set are asked about, drawn by a
fixed seed, and `BENCH_RANKING_SPLIT` whether they are asked about the `test` item or the `validation` item before it.
`BENCH_RANKING_TRIALS` is how many settings of each model of features are tried, on the stretch of the invoices before the
test's; 1 takes each as it comes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.environment import whole_number
from bench.ranking_chances import INVOICES, TRIALS, chances, read_stretches
from bench.ranking_cold import cold_start
from bench.ranking_data import NoReader
from bench.ranking_next import SPLITS, next_items, read_next_items
from bench.ranking_reasons import on_reasons
from bench.ranking_shop import on_shop
from bench.shop import BenchShop, Result
from ranking.feature_models import FEATURE_MODELS
from ranking.recommend import MODELS

TASKS = ("next", "cold", "chances", "shop", "reasons")
SEQUENCES = ("beauty", "toys")
SHOPPERS = 1_000

_ON_SEQUENCES = {"next": next_items, "cold": cold_start}
_FILE = "online_retail_II_2009-2010.parquet"


@dataclass(frozen=True, slots=True)
class Choice:
    """What to measure: tasks, sets, models (empty: the usual ones of each task), and shoppers of a sequence set."""

    tasks: tuple[str, ...] = TASKS
    sets: tuple[str, ...] = (*SEQUENCES, INVOICES)
    models: tuple[str, ...] = ()
    shoppers: int = SHOPPERS
    split: str = "test"
    trials: int = 1

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Choice:
        """What the environment asks for. Raises `ValueError` for what there is not, or a bad number."""
        usual = cls()
        split = environment.get("BENCH_RANKING_SPLIT", usual.split)
        if split not in SPLITS:
            raise ValueError(f"BENCH_RANKING_SPLIT is {split!r}; expected {' or '.join(SPLITS)}")
        return cls(
            _names(environment, "BENCH_RANKING_TASKS", TASKS) or usual.tasks,
            _names(environment, "BENCH_RANKING_SETS", usual.sets) or usual.sets,
            _names(environment, "BENCH_RANKING_MODELS", tuple(MODELS)),
            whole_number(environment, "BENCH_RANKING_SHOPPERS", usual.shoppers),
            split,
            whole_number(environment, "BENCH_RANKING_TRIALS", usual.trials, len(TRIALS)),
        )


def _names(environment: Mapping[str, str], name: str, known: Sequence[str]) -> tuple[str, ...]:
    found = tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())
    for one in found:
        if one not in known:
            raise ValueError(f"{name} has {one!r}; expected names from {', '.join(known)}")
    return found


def run(shop: BenchShop) -> Iterator[Result]:
    """A line for each task, set and model; what `ratio` sets it against hangs on the task."""
    choice = Choice.of(os.environ)
    for name in choice.sets:
        yield from on_invoices(shop, choice) if name == INVOICES else on_sequences(shop, name, choice)
    if "shop" in choice.tasks:
        shop.say("  the shop's own events")
        yield from on_shop(shop, choice.models)
    if "reasons" in choice.tasks:
        yield from on_reasons(shop)


def on_invoices(shop: BenchShop, choice: Choice) -> Iterator[Result]:
    """The chances, in a line for each model of features."""
    if "chances" not in choice.tasks:
        return
    shop.say(f"  {INVOICES}")
    path = shop.data / INVOICES / _FILE
    if not path.is_file():
        yield _skipped(path)
        return
    try:
        validation, test = read_stretches(path)
    except NoReader as error:
        yield {"skipped": str(error)}
        return
    models = tuple(name for name in choice.models if name in FEATURE_MODELS)
    yield from chances(validation, test, models, TRIALS[: choice.trials], shop.say)


def on_sequences(shop: BenchShop, name: str, choice: Choice) -> Iterator[Result]:
    """The next item and the cold start, as far as they are chosen."""
    tasks = [task for task_name, task in _ON_SEQUENCES.items() if task_name in choice.tasks]
    if not tasks:
        return
    shop.say(f"  {name}")
    folder = shop.data / "amazon"
    sequences, items = folder / f"{name}.sequences.txt", folder / f"{name}.items.jsonl.gz"
    missing = [path for path in (sequences, items) if not path.is_file()]
    if missing:
        yield _skipped(*missing)
        return
    asked = read_next_items(sequences, items, choice.split)
    for task in tasks:
        yield from task(name, asked, choice.models, choice.shoppers, shop.say)


def _skipped(*missing: Path) -> dict[str, object]:
    files = ", ".join(map(str, missing))
    return {"skipped": f"{files} is not there; SHELFWISE_DATA names the folder of the data sets"}
