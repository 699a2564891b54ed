"""Filtered nearest-neighbour search at 20 thousand, 100 thousand and a million products, beside Chroma and a plain scan.

Each size is measured in a process of its own, so that its memory is its own:
`python -m bench.filtered --products 1000000 --chroma` measures one, with Chroma whatever its size.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.chroma_where import ChromaShelf, where_of
from bench.figures import Spread, ms_since, ratio
from bench.shop import BenchShop, Result
from bench.synthetic import SyntheticShop, brand_name, category_of, product_id
from retrieval.embed import Vectors
from retrieval.filters import Columns
from retrieval.highest import Mask, Rows
from retrieval.mirror import Mirror
from retrieval.types import Need

SIZES = (20_000, 100_000, 1_000_000)
# Building Chroma's index takes about a millisecond a product, and more the more there are.
CHROMA_UP_TO = 100_000
QUERIES = 40
JUDGED = 12
LIMIT = 50
SEED = 29
QUERY_NOISE = 0.35
TIE = 1e-6
NOT_ALLOWED = np.float32(-2)

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a query allows: a need's constraints, or a category's; `need` None is no filter at all, not even stock."""

    need: Need | None
    category: tuple[str, ...] = ()

    def mask(self, columns: Columns) -> Mask | None:
        """Which rows may be found; None for all."""
        if self.need is None:
            return None
        allowed = columns.mask(self.need)
        return allowed & columns.of_category(self.category) if self.category else allowed


class Shelf:
    """A made-up shop, ready to be searched."""

    def __init__(self, count: int) -> None:
        """Draws `count` products and builds what a search needs, noting the memory each part takes."""
        before = resident_mb()
        self.shop = SyntheticShop.of(count)
        ids = tuple(product_id(row) for row in range(count))
        self.mirror = Mirror.of(ids, self.shop.matrix, {product: f"{row:032x}" for row, product in enumerate(ids)})
        _ = self.mirror.scan
        searched = resident_mb()
        self.columns = Columns(self.shop.products())
        self.memory = {"vectors_mb": round(searched - before), "columns_mb": round(resident_mb() - searched)}

    def nearest(self, vector: Vector, wanted: Filter) -> Rows:
        """The search that is measured, the making of the mask included."""
        return self.mirror.nearest(vector, wanted.mask(self.columns), LIMIT)[0]

    def similarities(self, vector: Vector, wanted: Filter) -> Vector:
        """Brute force: all similarities in float32, far below any for what is not allowed."""
        allowed = wanted.mask(self.columns)
        products: Vector = self.mirror.matrix @ vector
        return products if allowed is None else np.where(allowed, products, NOT_ALLOWED)


def run(shop: BenchShop, sizes: Sequence[int] = SIZES) -> Iterator[Result]:
    """Lines of every size. `ratio` is Chroma's p50 over ours; where Chroma is left out, that of a plain float32 scan."""
    for count in sizes:
        shop.say(f"  {count:,} made-up products" + ("" if count > CHROMA_UP_TO else ", and Chroma beside them"))
        chroma = ["--chroma"] if count <= CHROMA_UP_TO else []
        yield from apart("bench.filtered", "--products", str(count), *chroma)


def apart(module: str, *arguments: str) -> list[dict[str, object]]:
    """Runs a module in a process of its own and returns its lines. Raises `CalledProcessError` if it fails."""
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def measured(count: int, with_chroma: bool) -> Iterator[Result]:
    """The lines of one size, one for each kind of filter."""
    shelf = Shelf(count)
    vectors = _queries(shelf.shop)
    filters = _filters(shelf.shop)
    with tempfile.TemporaryDirectory(prefix="shelfwise-filtered-") as folder:
        chroma = ChromaShelf(Path(folder), shelf.shop.products(), shelf.shop.matrix) if with_chroma else None
        times = _timed(shelf, chroma, vectors, filters)
        judged = {name: _judged(shelf, chroma, vectors, wanted) for name, wanted in filters.items()}
    peak = {"peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}
    for name in filters:
        yield _line(count, name, times, judged[name]) | shelf.memory | ({} if with_chroma else peak)


def _filters(shop: SyntheticShop) -> dict[str, Sequence[Filter]]:
    """For each kind of filter, one for every query; those of the first kind let all pass."""
    random = np.random.default_rng(SEED)
    rows = random.integers(0, len(shop.prices), QUERIES)
    median = int(np.median(shop.prices))
    low, high = (int(np.quantile(shop.prices, share)) for share in (0.4945, 0.5055))
    return {
        "no filter": [Filter(None)] * QUERIES,
        "price under the median": [Filter(Need(price_max=median))] * QUERIES,
        "category and price": [Filter(Need(price_max=median), category_of(int(shop.kinds[row]))[:1]) for row in rows],
        "brand excluded": [Filter(Need(brand_exclude=(brand_name(int(shop.brands[row])),))) for row in rows],
        "1% match": [Filter(Need(price_min=low, price_max=high))] * QUERIES,
    }


def _queries(shop: SyntheticShop) -> Vectors:
    """Vectors (QUERIES, dim) near products, as queries are."""
    random = np.random.default_rng(SEED)
    rows = random.integers(0, len(shop.matrix), QUERIES)
    noise = random.standard_normal((QUERIES, shop.matrix.shape[1]), dtype=np.float32)
    near = shop.matrix[rows] + QUERY_NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    vectors: Vectors = near / np.linalg.norm(near, axis=1, keepdims=True)
    return vectors


def _timed(
    shelf: Shelf, chroma: ChromaShelf | None, vectors: Vectors, filters: Mapping[str, Sequence[Filter]]
) -> dict[tuple[str, str], list[float]]:
    """Milliseconds by side and kind of filter. Each query is put to every side under every filter before the next one."""
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    shelf.nearest(vectors[0], Filter(Need()))
    for number, vector in enumerate(vectors):
        for name, wanted in filters.items():
            busy = time.process_time()
            times["ours", name].append(_ms(shelf.nearest, vector, wanted[number]))
            times["cpu", name].append((time.process_time() - busy) * 1000)
            if chroma is not None:
                times["chroma", name].append(_ms(_asked, chroma, vector, wanted[number]))
    for vector in vectors[:JUDGED]:
        for name, wanted in filters.items():
            times["plain", name].append(_ms(shelf.similarities, vector, wanted[0]))
    return times


def _judged(shelf: Shelf, chroma: ChromaShelf | None, vectors: Vectors, wanted: Sequence[Filter]) -> dict[str, float]:
    """Mean recall of both sides against brute force. Rows that tie with the last of the best count as well as it."""
    ours, theirs = [], []
    for vector, allowing in zip(vectors[:JUDGED], wanted, strict=False):
        similarities = shelf.similarities(vector, allowing)
        ours.append(_recall(similarities, shelf.nearest(vector, allowing)))
        if chroma is not None:
            rows = [shelf.mirror.rows[product] for product in _asked(chroma, vector, allowing)]
            theirs.append(_recall(similarities, np.array(rows, dtype=np.intp)))
    return {"recall": float(np.mean(ours))} | ({"chroma_recall": round(float(np.mean(theirs)), 4)} if theirs else {})


def _recall(similarities: Vector, found: Rows) -> float:
    """The share of the best allowed rows that was found; all of it where none is allowed and none was found."""
    best = min(LIMIT, int((similarities > NOT_ALLOWED).sum()))
    if not best:
        return float(not len(found))
    least = np.partition(similarities, -best)[-best] - TIE
    return float((similarities[found] >= least).sum()) / best


def _asked(chroma: ChromaShelf, vector: Vector, wanted: Filter) -> list[str]:
    return chroma.nearest(vector, None if wanted.need is None else where_of(wanted.need, wanted.category), LIMIT)


def _line(
    count: int, name: str, times: Mapping[tuple[str, str], list[float]], recall: Mapping[str, float]
) -> dict[str, object]:
    ours, unfiltered, plain = (Spread.of(times[key]) for key in (("ours", name), ("ours", "no filter"), ("plain", name)))
    theirs = Spread.of(times["chroma", name]) if ("chroma", name) in times else None
    left_out = {"chroma": "left out: it takes too long to build"}
    beside: Mapping[str, object] = theirs.named("chroma_ms") if theirs else left_out
    return {
        "filter": name,
        "limit": LIMIT,
        "ratio": ratio((theirs or plain).p50, ours.p50),
        "ratio_is": f"{'Chroma query' if theirs else 'float32 scan'} p50 / our search p50",
        "queries": ours.count,
        "products": count,
        **ours.named("ms"),
        **Spread.of(times["cpu", name]).named("cpu_ms"),
        "over_unfiltered": ratio(ours.p50, unfiltered.p50),
        **plain.named("float32_scan_ms"),
        **beside,
        **recall,
    }


def _ms(work: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return ms_since(started)


def resident_mb() -> float:
    """Megabytes of memory in use, where the system tells it; else the most so far."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures one size and writes its lines to standard output."""
    parser = argparse.ArgumentParser(prog="python -m bench.filtered", description=__doc__)
    parser.add_argument("--products", type=int, default=SIZES[0], help="how many products to make up")
    parser.add_argument("--chroma", action="store_true", help="measure Chroma beside it: an hour at a million products")
    chosen = parser.parse_args(arguments)
    for line in measured(chosen.products, chosen.chroma):
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
