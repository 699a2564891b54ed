"""The demo shop's shoppers: who they are and the hidden tastes that drive what they do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from demo.kinds import DATA
from demo.types import DemoShopper, Kind, Row

BUDGETS = (("bargains", 0.12), ("mid-price", 0.48), ("upmarket", 0.85))
FADING_SHARE = 0.22
NEW_SHARE = 0.2


def make_shoppers(
    kinds: Sequence[Kind], count: int, start: datetime, end: datetime, random: Random
) -> tuple[DemoShopper, ...]:
    """`count` shoppers, ids `s-0001` and on; about one in five joined after `start` and one in five faded away."""
    names = tomllib.loads((DATA / "names.toml").read_text(encoding="utf-8"))
    full_names = [f"{first} {last}" for first in names["first"] for last in names["last"]]
    chosen = random.sample(full_names, count)
    demand = {kind.id: random.lognormvariate(0, 0.7) for kind in kinds}
    return tuple(_make_shopper(f"s-{n:04d}", name, kinds, demand, start, end, random) for n, name in enumerate(chosen, 1))


def shopper_row(shopper: DemoShopper) -> Row:
    """The shopper as a row of `shoppers.jsonl`."""
    row: Row = {
        "shopper_id": shopper.id,
        "name": shopper.name,
        "postcode": shopper.postcode,
        "joined": shopper.joined.date().isoformat(),
        "persona": persona(shopper),
    }
    return row if shopper.email is None else row | {"email": shopper.email}


def persona(shopper: DemoShopper) -> str:
    """The taste in a few words: "outdoor and shoes, mid-price, likes Ridgeline, green"."""
    band = min(BUDGETS, key=lambda named: abs(named[1] - shopper.budget))[0]
    interests = " and ".join(name.lower() for name in shopper.departments[:2])
    return f"{interests}, {band}, likes {shopper.brands[0]}, {shopper.colors[0]}"


def _make_shopper(
    shopper_id: str,
    name: str,
    kinds: Sequence[Kind],
    demand: Mapping[str, float],
    start: datetime,
    end: datetime,
    random: Random,
) -> DemoShopper:
    departments = _departments(kinds, random)
    tastes = _tastes(kinds, demand, departments, random)
    liked = [kind for kind in kinds if kind.id in tastes and kind.department in departments]
    brands = sorted({brand for kind in liked for brand in kind.brands})
    colors = sorted({color for kind in liked for color in kind.colors})
    days = (end - start).days
    is_new = random.random() < NEW_SHARE
    joined = start + timedelta(days=random.uniform(0, days - 10) if is_new else -400 * random.random())
    last_seen = end
    if random.random() < FADING_SHARE:
        last_seen = max(joined, start) + (end - max(joined, start)) * random.uniform(0.15, 0.6)
    return DemoShopper(
        id=shopper_id,
        name=name,
        email=f"{name.lower().replace(' ', '.')}@example.com" if random.random() < 0.85 else None,
        postcode=f"{random.randint(10000, 99499)}",
        joined=joined,
        last_seen=last_seen,
        activity=random.lognormvariate(0, 0.8),
        budget=min(1.0, max(0.0, random.choice(BUDGETS)[1] + random.gauss(0, 0.08))),
        gender=random.choice(("women", "men")),
        kinds=tastes,
        brands=tuple(random.sample(brands, min(3, len(brands)))),
        colors=tuple(random.sample(colors, min(3, len(colors)))),
        departments=departments,
    )


def _departments(kinds: Sequence[Kind], random: Random) -> tuple[str, ...]:
    names = sorted({kind.department for kind in kinds})
    return tuple(random.sample(names, min(random.choice((2, 3)), len(names))))


def _tastes(
    kinds: Sequence[Kind], demand: Mapping[str, float], departments: Sequence[str], random: Random
) -> dict[str, float]:
    """How much the shopper cares for each kind: most for kinds of the favorite departments, a little for others."""
    near = [kind for kind in kinds if kind.department in departments]
    far = [kind for kind in kinds if kind.department not in departments]
    tastes = {kind.id: demand[kind.id] * random.uniform(0.5, 2.0) for kind in random.sample(near, min(9, len(near)))}
    return tastes | {kind.id: demand[kind.id] * random.uniform(0.1, 0.5) for kind in random.sample(far, min(6, len(far)))}
