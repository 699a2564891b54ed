"""The demo shop's reviews: what buyers wrote of about a third of the products, true to each product's own facts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from demo.kinds import DATA
from demo.types import DemoProduct, Row

REVIEWED_SHARE = 0.35
MOST_REVIEWS = 5
SPREAD = 0.95
ONE = {"is": "is", "has": "has", "does": "does", "this": "this one", "they": "it", "them": "it"}
MANY = {"is": "are", "has": "have", "does": "do", "this": "these", "they": "they", "them": "them"}


@dataclass(frozen=True, slots=True)
class Phrases:
    """The parts of reviews: what may be said by how many stars, by department, by feature and by measure."""

    titles: Mapping[str, Sequence[str]]
    openings: Mapping[str, Sequence[str]]
    praise: Mapping[str, Sequence[str]]
    complaints: Mapping[str, Sequence[str]]
    features: Mapping[str, Sequence[str]]
    specs: Mapping[str, Sequence[str]]
    doubts: Mapping[str, Sequence[str]]


def read_phrases(data: Path = DATA) -> Phrases:
    """The parts in `reviews.toml`. Raises KeyError where one is missing."""
    table: dict[str, Any] = tomllib.loads((data / "reviews.toml").read_text(encoding="utf-8"))
    openings = {level: table[level] for level in ("high", "middle", "low")}
    told = {name: table[name] for name in ("titles", "praise", "complaints", "features", "specs", "doubts")}
    return Phrases(openings=openings, **told)


def make_reviews(products: Sequence[DemoProduct], phrases: Phrases, end: datetime, random: Random) -> list[Row]:
    """About three reviews for each of a third of the rated products, numbered from `review-00001`, oldest product first."""
    rows: list[Row] = []
    for product in products:
        if product.rating is None or random.random() > REVIEWED_SHARE:
            continue
        said: set[str] = set()
        for _ in range(min(random.randint(1, MOST_REVIEWS), product.rating_count)):
            rows.append(_review(f"review-{len(rows) + 1:05d}", product, phrases, said, end, random))
    return rows


def _review(review_id: str, product: DemoProduct, phrases: Phrases, said: set[str], end: datetime, random: Random) -> Row:
    """One review; `said` keeps its sentences, so that no two buyers of a product say the same."""
    stars = min(5, max(1, round(random.gauss(product.rating or 0, SPREAD))))
    level = "high" if stars > 3 else "middle" if stars == 3 else "low"
    words = {"noun": product.kind.noun, **(MANY if product.kind.plural else ONE)}
    chosen = [_pick(part, said, random) for part in _parts(product, phrases, stars)]
    age = (end - product.created_at) * random.uniform(0.02, 0.95)
    row: Row = {
        "review_id": review_id,
        "product_id": product.id,
        "rating": stars,
        "text": " ".join(part.format(**words) for part in chosen if part),
        "time": (end - age).replace(minute=0, second=0, microsecond=0).isoformat(),
    }
    return row | {"title": random.choice(phrases.titles[level])} if random.random() < 0.7 else row


def _parts(product: DemoProduct, phrases: Phrases, stars: int) -> list[list[str]]:
    """For each sentence of a review with so many stars, what it may be."""
    department = product.kind.department
    good = [text for name in _features(product) for text in phrases.features.get(name, ())]
    good += [text for name in product.attributes for text in phrases.specs.get(name, ())]
    light = "lightweight" in _features(product)
    bad = [*phrases.complaints[department]]
    bad += [text for name in product.attributes if not (light and name == "weight") for text in phrases.doubts.get(name, ())]
    general = list(phrases.praise[department])
    return {
        5: [list(phrases.openings["high"]), good or general, general],
        4: [list(phrases.openings["high"]), good or general, bad],
        3: [list(phrases.openings["middle"]), general, bad],
        2: [list(phrases.openings["low"]), bad, good or general],
        1: [list(phrases.openings["low"]), bad],
    }[stars]


def _features(product: DemoProduct) -> Sequence[str]:
    told = product.attributes.get("feature", ())
    return [told] if isinstance(told, str) else told


def _pick(texts: Sequence[str], said: set[str], random: Random) -> str:
    fresh = [text for text in texts if text not in said]
    if not fresh:
        return ""
    chosen = random.choice(fresh)
    said.add(chosen)
    return chosen
