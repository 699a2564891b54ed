"""The demo shop's products, drawn from the table of kinds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from demo.types import Choice, DemoProduct, DemoVariant, Kind, Row
from demo.wording import Facts, describe, joined, title

NEW_DAYS = 21
USUAL_SHARE = 0.6
HISTORY_DAYS = 730
AVAILABILITY = (
    ("out_of_stock", 0.065),
    ("limited_stock", 0.07),
    ("preorder", 0.012),
    ("discontinued", 0.012),
    ("backorder", 0.01),
)
NOT_FOR_SALE = ("out_of_stock", "discontinued")


def make_products(kinds: Sequence[Kind], limit: int, end: datetime, random: Random) -> tuple[DemoProduct, ...]:
    """At most `limit` products, shared between the kinds in proportion to their counts; ids are `fh-00001` and on."""
    share = min(1.0, limit / sum(kind.count for kind in kinds))
    products: list[DemoProduct] = []
    for kind in kinds:
        names = [(brand, model) for brand in kind.brands for model in kind.models]
        for place, (brand, model) in enumerate(random.sample(names, max(1, math.floor(kind.count * share)))):
            product_id = f"fh-{len(products) + 1:05d}"
            products.append(_make_product(product_id, kind, brand, model, place == 0, end, random))
    return tuple(products)


def product_row(product: DemoProduct) -> Row:
    """The product as a row of format 1."""
    row: Row = {
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "category": [product.kind.department, product.kind.category],
        "brand": product.brand,
        "price": product.price / 100,
        "currency": "USD",
        "availability": product.availability,
        "attributes": dict(product.attributes),
        "image_url": f"/images/{picture_name(product.kind, product.color)}",
        "url": f"/products/{product.id}",
        "created_at": product.created_at.isoformat(),
    }
    optional: Row = {
        "list_price": None if product.list_price is None else product.list_price / 100,
        "stock": product.stock,
        "options": {name: list(values) for name, values in product.options.items()} or None,
        "variants": [_variant_row(variant) for variant in product.variants] or None,
        "rating": product.rating,
        "rating_count": product.rating_count if product.rating is not None else None,
    }
    return row | {name: value for name, value in optional.items() if value is not None}


def picture_name(kind: Kind, color: str) -> str:
    """The file name of the picture of a kind in a color."""
    return f"{kind.id}-{color.replace(' ', '-')}.svg"


def _variant_row(variant: DemoVariant) -> Row:
    row: Row = {
        "id": variant.id,
        "options": dict(variant.options),
        "price": variant.price / 100,
        "availability": variant.availability,
    }
    return row if variant.stock is None else row | {"stock": variant.stock}


def _make_product(
    product_id: str, kind: Kind, brand: str, model: str, established: bool, end: datetime, random: Random
) -> DemoProduct:
    """One product; an `established` one is old and in stock, so that no kind is ever without anything to show."""
    standing = _clamp(0.5 + 0.42 * math.log(kind.brands[brand]) / math.log(1.7) + random.gauss(0, 0.13))
    facts = _facts(kind, brand, model, standing, random)
    price, list_price = _prices(kind, facts, standing, random)
    availability = "in_stock" if established else _availability(random)
    options = _options(kind, facts, random)
    variants = _variants(product_id, kind.choice, options, price, availability, random)
    created = _created(availability, established, end, random)
    rating, rating_count, appeal = _reception(standing, created, end, random)
    return DemoProduct(
        id=product_id,
        kind=kind,
        title=title(facts, random),
        description=describe(facts, random),
        brand=brand,
        price=price,
        list_price=list_price,
        availability=availability,
        stock=_total_stock(variants, availability, random),
        attributes=_attributes(facts),
        options=options,
        variants=variants,
        rating=rating,
        rating_count=rating_count,
        created_at=created,
        color=facts.colors[0],
        appeal=appeal,
    )


def _facts(kind: Kind, brand: str, model: str, standing: float, random: Random) -> Facts:
    said = {random.choice(list(kind.materials))}
    material = next(iter(said))
    colors = _colors(kind, said, random)
    said.update(colors)
    features: list[str] = []
    usual = [name for name in kind.usual if random.random() < USUAL_SHARE]
    for name in (*usual, *random.sample([name for name in kind.features if name not in usual], 4)):
        if len(features) < 3 and _fits(kind, name, said) and (len(features) < 2 or random.random() < 0.6):
            features.append(name)
            said.add(name)
    gender = random.choice(("women", "men", "women", "men", "unisex")) if kind.gendered else ""
    specs = _specs(kind, said, standing, random)
    return Facts(kind, brand, model, gender, material, tuple(features), specs, colors)


def _colors(kind: Kind, said: set[str], random: Random) -> tuple[str, ...]:
    fitting = [color for color in kind.colors if _fits(kind, color, said)]
    wanted = random.choice((2, 3)) if kind.tinted and random.random() < 0.16 else 1
    return tuple(random.sample(fitting, min(wanted, len(fitting))))


def _specs(kind: Kind, said: set[str], standing: float, random: Random) -> dict[str, str]:
    """One value a spec; those of `kind.scale` climb together with the price."""
    place = _clamp(0.35 * standing + 0.65 * random.random())
    specs: dict[str, str] = {}
    for name, spec in kind.specs.items():
        values = [value for value in spec.values if _fits(kind, value, said)]
        missing = kind.requires.get(name)
        if not values or not _fits(kind, name, said) or (missing is not None and missing not in said):
            continue
        if name in kind.scale:
            wanted = min(int(place * len(spec.values)), len(spec.values) - 1)
            specs[name] = min(values, key=lambda value: abs(spec.values.index(value) - wanted))
        else:
            specs[name] = random.choice(values)
        said.add(specs[name])
    return specs


def _fits(kind: Kind, name: str, said: set[str]) -> bool:
    return not any(name in pair and pair & (said - {name}) for pair in kind.conflicts)


def _prices(kind: Kind, facts: Facts, standing: float, random: Random) -> tuple[int, int | None]:
    """The price and, for one product in four, the price before the discount."""
    low, high = kind.price
    place = standing
    if kind.scale:
        values = kind.specs[kind.scale[0]].values
        place = 0.4 * standing + 0.6 * values.index(facts.specs[kind.scale[0]]) / (len(values) - 1)
    full = low * (high / low) ** _clamp(place + random.gauss(0, 0.04))
    if random.random() > 0.24:
        return _shelf_price(full, random), None
    list_price = _shelf_price(full, random)
    price = _shelf_price(list_price * random.uniform(0.62, 0.9), random)
    return (price, list_price) if price < list_price else (list_price, None)


def _shelf_price(cents: float, random: Random) -> int:
    """A price as shops write them: whole dollars less a cent, less five cents, or even."""
    return max(2, round(cents / 100)) * 100 - random.choice((1, 1, 1, 5, 0))


def _availability(random: Random) -> str:
    draw = random.random()
    for name, share in AVAILABILITY:
        if draw < share:
            return name
        draw -= share
    return "in_stock"


def _options(kind: Kind, facts: Facts, random: Random) -> dict[str, tuple[str, ...]]:
    options: dict[str, tuple[str, ...]] = {}
    if kind.choice is not None:
        values = kind.choice.values
        first = random.randint(0, max(0, min(2, len(values) - 3)))
        last = random.randint(max(first + 2, len(values) - 2), len(values))
        options[kind.choice.name] = values[first : max(last, first + 2)]
    if len(facts.colors) > 1:
        options["color"] = facts.colors
    return options


def _variants(
    product_id: str,
    choice: Choice | None,
    options: Mapping[str, tuple[str, ...]],
    price: int,
    availability: str,
    random: Random,
) -> tuple[DemoVariant, ...]:
    combinations: list[dict[str, str]] = [{}]
    for name, values in options.items():
        combinations = [chosen | {name: value} for chosen in combinations for value in values]
    if not options:
        return ()
    variants: list[DemoVariant] = []
    for number, chosen in enumerate(combinations, start=1):
        steps = options[choice.name].index(chosen[choice.name]) if choice is not None else 0
        cost = price if not steps or choice is None else _climb(price, choice.step * steps)
        state, stock = _variant_stock(availability, first=number == 1, random=random)
        variants.append(DemoVariant(f"{product_id}-{number:02d}", chosen, cost, state, stock))
    return tuple(variants)


def _climb(price: int, share: float) -> int:
    return price + round(price * share / 100) * 100


def _variant_stock(availability: str, first: bool, random: Random) -> tuple[str, int | None]:
    """How a variant stands; the first one always stands like its product."""
    if availability in NOT_FOR_SALE:
        return availability, 0
    if availability in ("preorder", "backorder"):
        return availability, None
    if availability == "limited_stock":
        return ("limited_stock", random.randint(1, 2)) if first or random.random() < 0.4 else ("out_of_stock", 0)
    if not first and random.random() < 0.12:
        return "out_of_stock", 0
    stock = random.randint(2, 40)
    return ("limited_stock" if stock < 4 and not first else "in_stock"), max(stock, 5) if first else stock


def _total_stock(variants: Sequence[DemoVariant], availability: str, random: Random) -> int | None:
    if availability in ("preorder", "backorder"):
        return None
    if variants:
        return sum(variant.stock or 0 for variant in variants)
    if availability in NOT_FOR_SALE:
        return 0
    return random.randint(1, 4) if availability == "limited_stock" else random.randint(6, 180)


def _created(availability: str, established: bool, end: datetime, random: Random) -> datetime:
    """When it came into the shop: one in twenty in the last weeks, the rest spread over two years."""
    if established:
        return (end - timedelta(days=random.uniform(HISTORY_DAYS / 2, HISTORY_DAYS))).replace(microsecond=0)
    new = availability != "discontinued" and (availability == "preorder" or random.random() < 0.05)
    days = random.uniform(0.5, NEW_DAYS) if new else random.uniform(NEW_DAYS, HISTORY_DAYS)
    return (end - timedelta(days=days)).replace(microsecond=0)


def _reception(standing: float, created: datetime, end: datetime, random: Random) -> tuple[float | None, int, float]:
    """Rating, number of ratings and hidden appeal; a better product tends to all three, chance decides the rest."""
    quality = random.gauss(0.15 * (standing - 0.5), 0.32)
    appeal = math.exp(random.gauss(0, 1.15) + 0.9 * quality)
    age = (end - created).days / HISTORY_DAYS
    count = int(90 * appeal * age * random.uniform(0.5, 1.5))
    if count == 0:
        return None, 0, appeal
    spread = 0.5 / math.sqrt(count)
    rating = min(5.0, max(2.1, 4.22 + quality + random.gauss(0, spread)))
    return round(rating, 1), count, appeal


def _attributes(facts: Facts) -> dict[str, str | list[str]]:
    attributes: dict[str, str | list[str]] = {"material": facts.material, "feature": joined(_feature_names(facts))}
    if facts.kind.tinted:
        attributes["color"] = joined(facts.colors)
    if facts.gender:
        attributes["gender"] = facts.gender
    return attributes | dict(facts.specs)


def _feature_names(facts: Facts) -> tuple[str, ...]:
    """The features, and `leather-free` where a shopper might otherwise wonder."""
    may_be_leather = any(name in ("leather", "vegan leather") for name in facts.kind.materials)
    imitation = facts.material in ("vegan leather", "synthetic")
    return (*facts.features, "leather-free") if may_be_leather and imitation else facts.features


def _clamp(value: float) -> float:
    return min(1.0, max(0.0, value))
