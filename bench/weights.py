"""Whether the weights of relevance are well chosen: cross-validated on judged queries and on shopping goals at once.

Every variant of the weights is tried on both data sets. In each fold the variant that does best on the other folds is
scored on the one left out, so the figures are of queries that the choice did not see. Needs `icecat` and `webshop`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.relevance import K, ndcg_at_k, open_searcher, read_collection, read_lines
from bench.shop import BenchShop, Result
from retrieval.corpus import Corpus
from retrieval.embed import Embedder
from retrieval.filters import Columns
from retrieval.index import VectorIndex
from retrieval.lexical import FieldWeights, LexicalIndex
from retrieval.properties import Properties
from retrieval.relevance import Weights, fused, with_evidence
from retrieval.types import Need, Product

FOLDS = 5
SEEDS = 20
SUCCESS = 0.9999

Gains = NDArray[np.float64]
Variant = tuple[FieldWeights, Weights]

_FIELD_STEPS: Mapping[str, Sequence[float]] = {
    "title": (2.0, 4.0),
    "brand": (0.0, 2.0),
    "category": (2.0, 4.0),
    "values": (0.5, 1.5),
    "options": (1.0, 3.0),
    "description": (0.5, 1.5),
    "saturation": (0.6, 1.2),
    "length_share": (0.35, 0.65),
}
_STEPS: Mapping[str, Sequence[float]] = {
    "meaning": (0.2, 0.4, 0.6, 1.0, 1.2),
    "option": (0.6, 2.0),
    "other_option": (0.0, 1.2),
    "phrase": (0.0, 0.15, 0.5),
}


@dataclass(frozen=True, slots=True)
class Task:
    """A catalogue and its queries. `allowed` are the masks (n,) of what each query may find; `gain` scores a ranking."""

    corpus: Corpus
    properties: Properties
    texts: Sequence[str]
    similarities: Sequence[NDArray[np.float32]]
    allowed: Sequence[NDArray[np.bool_]]
    gains: Sequence[Gains]
    cut: int

    def scores(self, variant: Variant) -> Gains:
        """Returns (queries,), each 0-1, under these weights: NDCG of the first `cut`, or of a cut of 1 the first's gain."""
        field_weights, weights = variant
        index = LexicalIndex(self.corpus, field_weights)
        found = []
        for text, near, allowed, gains in zip(self.texts, self.similarities, self.allowed, self.gains, strict=True):
            fusion = fused(index.scores(text), near, index.unit, weights)
            final = with_evidence(text, fusion, allowed, index, self.properties, weights)
            best = np.argsort(-np.where(allowed, final, -np.inf), kind="stable")[: self.cut]
            found.append(_worth(best, gains, self.cut))
        return np.array(found)


def run(shop: BenchShop) -> Iterator[Result]:
    """One line: the figures cross-validated, and those of the weights in use; `ratio` is the first over the second."""
    missing = [name for name in ("icecat", "webshop") if not (shop.data / name).is_dir()]
    if missing:
        yield {"skipped": f"{shop.data} has no {', '.join(missing)}; SHELFWISE_DATA names the folder of the data sets"}
        return
    embedder = shop.open_embedder()
    judged, goals = _judged(shop, embedder), _goals(shop, embedder)
    tried = variants()
    ndcg = np.array([judged.scores(variant) for variant in tried])
    score = np.array([goals.scores(variant) for variant in tried])
    measures = (ndcg, score, (score > SUCCESS).astype(np.float64))
    chosen = cross_validated(measures)
    in_use = [float(measure[0].mean()) for measure in measures]
    yield {
        "ratio": round(sum(chosen) / sum(in_use), 4),
        "ratio_is": "figures cross-validated / figures of the weights in use",
        "variants": len(tried),
        **_named("cross_validated", chosen),
        **_named("in_use", in_use),
        "weights": {**asdict(tried[0][0]), **asdict(tried[0][1])},
    }


def variants() -> list[Variant]:
    """The weights in use, first, and those that differ from them in one."""
    fields, weights = FieldWeights(), Weights()
    changed: list[Variant] = [
        (_changed(fields, name, value), weights) for name, all_ in _FIELD_STEPS.items() for value in all_
    ]
    changed += [(fields, _changed(weights, name, value)) for name, all_ in _STEPS.items() for value in all_]
    return [(fields, weights), *changed]


def cross_validated(measures: Sequence[Gains]) -> list[float]:
    """Returns the mean of each measure (variants, queries) over the folds left out, over all seeds.

    Measures with as many queries share their folds.
    """
    means = []
    for seed in range(SEEDS):
        folds = [np.random.default_rng(seed).permutation(measure.shape[1]) % FOLDS for measure in measures]
        left_out = [np.zeros(measure.shape[1]) for measure in measures]
        for fold in range(FOLDS):
            known = sum(measure[:, at != fold].mean(axis=1) for measure, at in zip(measures, folds, strict=True))
            best = int(np.argmax(known))
            for kept, measure, at in zip(left_out, measures, folds, strict=True):
                kept[at == fold] = measure[best, at == fold]
        means.append([kept.mean() for kept in left_out])
    return [float(mean) for mean in np.mean(means, axis=0)]


def goal_score(goal: Mapping[str, Any], product: Product, attributes: Sequence[str]) -> float:
    """How well a product meets a goal, 0-1: the share of attributes, options and price met, less in another category."""
    leaf, top = goal["category"][-1], goal["category"][0]
    category = product.category or ("",)
    kind = 1.0 if category[-1] == leaf else 0.5 if category[0] == top else 0.1
    text = " ".join([product.title, product.description, *attributes]).lower()
    wanted, options = goal.get("attributes", ()), goal.get("options", {})
    met = sum(attribute.lower() in text for attribute in wanted)
    offered = sum(value in product.options.get(name, ()) for name, value in options.items())
    within = product.price is not None and product.price <= round(goal.get("price_max", np.inf) * 100, 0)
    return kind * (met + offered + within) / (len(wanted) + len(options) + 1)


def _changed(weights: Any, name: str, value: float) -> Any:
    return replace(weights, **{name: value})


def _named(prefix: str, figures: Sequence[float]) -> dict[str, float]:
    names = ("ndcg_at_10", "goal_score", "goal_success")
    return {f"{prefix}_{name}": round(figure, 4) for name, figure in zip(names, figures, strict=True)}


def _worth(best: NDArray[np.intp], gains: Gains, cut: int) -> float:
    if cut == 1:
        return float(gains[best[0]])
    judged = {str(row): float(gains[row]) for row in np.flatnonzero(gains)}
    return ndcg_at_k([str(row) for row in best], judged, cut)


def _judged(shop: BenchShop, embedder: Embedder) -> Task:
    folder = shop.data / "icecat"
    searcher, index = open_searcher(shop, "icecat", embedder)
    collection = read_collection(folder / "queries.dev.jsonl", folder / "judgements.dev.jsonl")
    rows = {product.id: row for row, product in enumerate(searcher.products)}
    gains = []
    for query in collection.gains:
        gains.append(np.zeros(len(rows)))
        for product_id, gain in collection.gains[query].items():
            gains[-1][rows[product_id]] = gain
    texts = [collection.queries[query] for query in collection.gains]
    return _task(searcher.products, index, embedder, texts, [Need()] * len(texts), gains, K)


def _goals(shop: BenchShop, embedder: Embedder) -> Task:
    folder = shop.data / "webshop"
    searcher, index = open_searcher(shop, "webshop", embedder)
    stated = {row["product_id"]: row["attributes"] for row in read_lines(folder / "attributes.jsonl")}
    goals = list(read_lines(folder / "goals.dev.jsonl"))
    gains = [np.array([goal_score(goal, one, stated.get(one.id, ())) for one in searcher.products]) for goal in goals]
    needs = [Need(price_max=round(goal["price_max"] * 100) if "price_max" in goal else None) for goal in goals]
    return _task(searcher.products, index, embedder, [goal["text"] for goal in goals], needs, gains, 1)


def _task(
    products: Sequence[Product],
    index: VectorIndex,
    embedder: Embedder,
    texts: Sequence[str],
    needs: Sequence[Need],
    gains: Sequence[Gains],
    cut: int,
) -> Task:
    corpus, columns = Corpus.of(products), Columns(products)
    similarities = [index.mirror.matrix @ embedder.encode([text])[0] for text in texts]
    allowed = [columns.mask(need) for need in needs]
    return Task(corpus, Properties(products, corpus), texts, similarities, allowed, gains, cut)
