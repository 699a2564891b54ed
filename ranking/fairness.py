"""Who is served how well: exposure and accuracy of groups of products and of shoppers, and the gaps between them.

Two questions are kept apart. *Exposure*: does a group get the places that its share of the catalogue, or of what was
bought, would give it (Singh and Joachims, "Fairness of Exposure in Rankings", KDD 2018)? *Accuracy*: when a shopper goes
on to buy from a group, or belongs to one, was the product among the first (Ekstrand et al., "All The Cool Kids, How Do
They Fit In?", FAT* 2018)? A gap in the second says that the ranker knows one group worse than another.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from statistics import NormalDist
from typing import Literal, TypedDict

from ranking.evaluate import bootstrap, gains_at_k, hits_at_k
from ranking.shelf import Shelf, created
from ranking.traits import values
from retrieval.types import Product

LEAST = 30
"""Held-out purchases, or places at an equal share, below which a group is named but not judged."""

NEW_DAYS = 90
"""A product that came in at most this long before the latest event is new."""

_SHOPPERS = (("new", 0), ("occasional", 3), ("regular", 10))
_PRICES = ("cheapest quarter", "second quarter", "third quarter", "dearest quarter")
_UNKNOWN = "not known"
_RESAMPLES = 500


class Interval(TypedDict):
    """A mean over shoppers, and between what it lies with a confidence of 95%."""

    mean: float
    low: float
    high: float


class GroupRow(TypedDict):
    """How well one group fares: `n` held-out purchases, and their figures, null where the group is not judged."""

    group: str
    n: int
    judged: bool
    hit_rate: Interval | None
    ndcg: Interval | None


class ProductRow(GroupRow):
    """A group of products, with its shares (0-1) of the catalogue, of training interactions and of the places shown.

    `exposure_by_catalogue` and `exposure_by_interactions` are the last share over each of the others: 1 is even, null
    where that share is 0.
    """

    products: int
    catalogue_share: float
    interaction_share: float
    exposure_share: float
    exposure_by_catalogue: float | None
    exposure_by_interactions: float | None
    exposure_judged: bool


class Gap(TypedDict):
    """The groups that fare best and worst; `ratio` is worst over best, null if both are 0.

    `clear` says whether chance is ruled out at 95% for all pairs of groups together; null for shares, which are counted.
    """

    highest: str
    lowest: str
    high: float
    low: float
    difference: float
    ratio: float | None
    clear: bool | None


class Section(TypedDict):
    """One grouping: its groups, the largest first, the gap by measure (null if fewer than two are judged), and words."""

    grouping: str
    groups: Sequence[GroupRow] | Sequence[ProductRow]
    gaps: dict[str, Gap | None]
    sentence: str


class Fairness(TypedDict):
    """The whole report. `least` is what a group must have to be judged; `sentence` tells the largest clear gap."""

    k: int
    least: int
    shoppers: int
    by_product: list[Section]
    by_shopper: list[Section]
    sentence: str


@dataclass(frozen=True, slots=True)
class Lists:
    """What was recommended to shoppers (the first `k` of each list count), and what each went on to buy.

    `interactions` counts training interactions for each product of `catalogue`; those that had none may be absent.
    """

    recommended: Sequence[Sequence[str]]
    targets: Sequence[str]
    interactions: Mapping[str, int]
    catalogue: Sequence[str]
    k: int = 10


def product_groups(products: Iterable[Product], now: float) -> dict[str, dict[str, str]]:
    """Grouping to product id to group: "brand", "price" (quarter within its kind), "age" and, where told, "seller".

    `now` is the time of the latest event, in seconds since 1970. A product that does not say is in the group "not known".
    """
    catalogue = list(products)
    shelf = Shelf.of(catalogue)
    spelling: dict[str, str] = {}

    def one(name: str) -> str:
        """The first spelling of a name that differs in case only."""
        return spelling.setdefault(name.casefold(), name) if name else _UNKNOWN

    groups = {
        "brand": {product.id: one(product.brand) for product in catalogue},
        "price": {product.id: _price(shelf.price_level(product)) for product in catalogue},
        "age": {product.id: _age(created(product), now) for product in catalogue},
        "seller": {product.id: one(_seller(product)) for product in catalogue},
    }
    return {name: group for name, group in groups.items() if set(group.values()) - {_UNKNOWN}}


def shopper_groups(histories: Sequence[int]) -> list[str]:
    """The group of each shopper by how many products the history has: new (0-2), occasional (3-9), regular (10 and more)."""
    return [[name for name, least in _SHOPPERS if size >= least][-1] for size in histories]


def fairness_report(
    lists: Lists, products: Mapping[str, Mapping[str, str]], shoppers: Mapping[str, Sequence[str]]
) -> Fairness:
    """Exposure and accuracy by group, ready for JSON.

    `products` is grouping to product id to group, `shoppers` grouping to the group of each list's shopper. Raises
    `ValueError` where there is no list, or where `shoppers` are not as many as the lists.
    """
    hits = hits_at_k(lists.recommended, lists.targets, lists.k)
    gains = gains_at_k(lists.recommended, lists.targets, lists.k)
    for name, owners in shoppers.items():
        if len(owners) != len(hits):
            raise ValueError(f"shoppers[{name!r}] has {len(owners)} groups; expected one for each of {len(hits)} lists.")
    by_product = [_product_section(name, groups, lists, hits, gains) for name, groups in products.items()]
    by_shopper = [_shopper_section(name, owners, lists.k, hits, gains) for name, owners in shoppers.items()]
    return {
        "k": lists.k,
        "least": LEAST,
        "shoppers": len(hits),
        "by_product": by_product,
        "by_shopper": by_shopper,
        "sentence": _largest([*by_product, *by_shopper]),
    }


def _product_section(
    name: str, groups: Mapping[str, str], lists: Lists, hits: Sequence[float], gains: Sequence[float]
) -> Section:
    def count(weights: Mapping[str, int]) -> Counter[str]:
        found: Counter[str] = Counter()
        for product in lists.catalogue:
            found[groups.get(product, _UNKNOWN)] += weights.get(product, 0)
        return found

    sizes, bought = count(dict.fromkeys(lists.catalogue, 1)), count(lists.interactions)
    shown = count(Counter(product for row in lists.recommended for product in row[: lists.k]))
    accuracy = _accuracy([groups.get(target, _UNKNOWN) for target in lists.targets], hits, gains)
    rows = [_exposure(accuracy.get(group) or _nothing(group), sizes, bought, shown) for group, _ in sizes.most_common()]
    judged = [row for row in rows if row["exposure_judged"]]
    gaps = _accuracy_gaps(rows) | {
        "exposure_by_catalogue": _gap([(r["group"], r["exposure_by_catalogue"], None) for r in judged]),
        "exposure_by_interactions": _gap([(r["group"], r["exposure_by_interactions"], None) for r in judged]),
    }
    told = f"of purchases in “{{}}”, {{}} had been shown among the first {lists.k}; in “{{}}”, {{}}"
    return {"grouping": name, "groups": rows, "gaps": gaps, "sentence": _sentence(name, told, gaps["hit_rate"])}


def _shopper_section(name: str, owners: Sequence[str], k: int, hits: Sequence[float], gains: Sequence[float]) -> Section:
    rows = list(_accuracy(owners, hits, gains).values())
    gaps = _accuracy_gaps(rows)
    told = f"“{{}}” shoppers found what they went on to buy among the first {k} in {{}} of cases, “{{}}” ones in {{}}"
    return {"grouping": name, "groups": rows, "gaps": gaps, "sentence": _sentence(name, told, gaps["hit_rate"])}


def _accuracy(owners: Sequence[str], hits: Sequence[float], gains: Sequence[float]) -> dict[str, GroupRow]:
    """Group to its figures, the largest group first."""
    cases: dict[str, list[int]] = defaultdict(list)
    for index, owner in enumerate(owners):
        cases[owner].append(index)
    found = {}
    for group, indices in sorted(cases.items(), key=lambda item: (-len(item[1]), item[0])):
        row = found[group] = _nothing(group)
        row["n"] = len(indices)
        if len(indices) >= LEAST:
            row["judged"] = True
            row["hit_rate"] = _interval([hits[index] for index in indices])
            row["ndcg"] = _interval([gains[index] for index in indices])
    return found


def _nothing(group: str) -> GroupRow:
    return {"group": group, "n": 0, "judged": False, "hit_rate": None, "ndcg": None}


def _interval(figures: Sequence[float]) -> Interval:
    figure = bootstrap(figures, _RESAMPLES)
    return {"mean": figure.mean, "low": figure.low, "high": figure.high}


def _exposure(row: GroupRow, sizes: Counter[str], bought: Counter[str], shown: Counter[str]) -> ProductRow:
    group = row["group"]
    size, interaction, exposure = (counts[group] / max(counts.total(), 1) for counts in (sizes, bought, shown))
    return {
        **row,
        "products": sizes[group],
        "catalogue_share": size,
        "interaction_share": interaction,
        "exposure_share": exposure,
        "exposure_by_catalogue": exposure / size if size else None,
        "exposure_by_interactions": exposure / interaction if interaction else None,
        "exposure_judged": size * shown.total() >= LEAST,
    }


def _accuracy_gaps(rows: Sequence[GroupRow]) -> dict[str, Gap | None]:
    def figures(of: Literal["hit_rate", "ndcg"]) -> list[tuple[str, float | None, float | None]]:
        return [(row["group"], at["mean"], _error(at, row["n"])) for row in rows if (at := row[of]) is not None]

    return {"hit_rate": _gap(figures("hit_rate")), "ndcg": _gap(figures("ndcg"))}


def _error(interval: Interval, n: int) -> float:
    """The standard error behind an interval; not 0 where all were alike, as in the next n they need not be."""
    return max((interval["high"] - interval["low"]) / 3.92, 1 / n)


def _gap(groups: Sequence[tuple[str, float | None, float | None]]) -> Gap | None:
    """The gap between groups, each with its figure and that one's standard error."""
    judged = [(group, value, error) for group, value, error in groups if value is not None]
    if len(judged) < 2:
        return None
    highest, lowest = max(judged, key=itemgetter(1)), min(judged, key=itemgetter(1))
    difference = highest[1] - lowest[1]
    clear = None
    if highest[2] is not None and lowest[2] is not None:
        pairs = math.comb(len(judged), 2)  # Bonferroni: among many groups, two differ by chance
        clear = difference > NormalDist().inv_cdf(1 - 0.025 / pairs) * math.hypot(highest[2], lowest[2])
    return {
        "highest": highest[0],
        "lowest": lowest[0],
        "high": highest[1],
        "low": lowest[1],
        "difference": difference,
        "ratio": lowest[1] / highest[1] if highest[1] else None,
        "clear": clear,
    }


def _sentence(grouping: str, told: str, gap: Gap | None) -> str:
    """A gap in hit rate in words: `told` has four places, for the best group, its figure, the worst and its figure."""
    if gap is None:
        return f"By {grouping}: fewer than two groups have {LEAST} held-out purchases, too few to compare."
    filled = told.format(gap["highest"], f"{100 * gap['high']:.1f}%", gap["lowest"], f"{100 * gap['low']:.1f}%")
    return f"By {grouping}: {filled}{'.' if gap['clear'] else '; chance may explain that.'}"


def _largest(sections: Sequence[Section]) -> str:
    clear = [
        (gap["difference"], section["sentence"])
        for section in sections
        if (gap := section["gaps"]["hit_rate"]) and gap["clear"]
    ]
    if clear:
        return max(clear)[1]
    if any(section["gaps"]["hit_rate"] for section in sections):
        return "No two groups differ in hit rate by more than chance may explain."
    return f"There are too few held-out purchases to compare groups: none has two groups with {LEAST}."


def _price(level: float | None) -> str:
    return _UNKNOWN if level is None else _PRICES[min(int(4 * level), 3)]


def _age(since: float | None, now: float) -> str:
    if since is None:
        return _UNKNOWN
    return f"new ({NEW_DAYS} days)" if since >= now - 86_400 * NEW_DAYS else "older"


def _seller(product: Product) -> str:
    told = [several for name, several in product.attributes.items() if name.casefold() in ("seller", "vendor")]
    return ", ".join(values(told[0])) if told else ""
