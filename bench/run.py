"""Runs benchmarks by name, each line a JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench import engines, ingest, load, ranking, relevance, search, start, tagging, turn, understanding, weights
from bench.environment import environment
from bench.shop import BenchShop, Result, UnknownBenchmark

# The start first: its processes are measured before this one has grown.
BENCHMARKS: Mapping[str, Callable[[BenchShop], Iterator[Result]]] = {
    "start": start.run,
    "turn": turn.run,
    "search": search.run,
    "understanding": understanding.run,
    "relevance": relevance.run,
    "weights": weights.run,
    "tagging": tagging.run,
    "ingest": ingest.run,
    "ranking": ranking.run,
    "engines": engines.run,
    "load": load.run,
}


def run_benchmarks(names: Sequence[str], open_shop: Callable[[], BenchShop]) -> Iterator[str]:
    """Runs the benchmarks named, all of them where none is; yields lines of JSON as they are measured.

    The shop is opened once the names are known to be right. Raises `UnknownBenchmark` for one that is not.
    """
    for name in names:
        if name not in BENCHMARKS:
            raise UnknownBenchmark(f"there is no benchmark {name!r}; expected one of {', '.join(BENCHMARKS)}")
    shop = open_shop()
    for name in names or BENCHMARKS:
        shop.say(f"bench {name}")
        where = environment()
        for result in BENCHMARKS[name](shop):
            yield json.dumps({"benchmark": name, **result, "environment": where}, ensure_ascii=False)
