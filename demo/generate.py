"""Makes the demo shop: "Fernhill Store", a shop that does not exist, the same bytes for the same seed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from demo.behaviour import simulate
from demo.kinds import DATA, read_kinds
from demo.orders import make_orders
from demo.pictures import draw_pictures
from demo.products import make_products, product_row
from demo.reviews import make_reviews, read_phrases
from demo.shoppers import make_shoppers, shopper_row
from demo.types import DemoEvent, DemoShop, Row

SHOP_NAME = "Fernhill Store"
END = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 120


def generate(
    folder: Path,
    seed: int = 7,
    progress: Callable[[str], None] | None = None,
    *,
    products: int = 2800,
    shoppers: int = 420,
    visits: int = 6000,
    orders: int = 1500,
) -> DemoShop:
    """Writes the demo shop into `folder`, which is made if it is missing, and returns what was written.

    The sizes are upper bounds for products and exact for the rest. Raises ValueError where a size can't be met and
    OSError where the folder can't be written.
    """
    _check_sizes(products=products, shoppers=shoppers, visits=visits, orders=orders)
    tell = progress or (lambda _: None)
    start = END - timedelta(days=DAYS)
    (folder / "images").mkdir(parents=True, exist_ok=True)

    tell("Stocking the shelves")
    kinds = read_kinds()
    stock = make_products(kinds, products, END, Random(f"{seed}/products"))
    _write_rows(folder / "products.jsonl", map(product_row, stock))
    tell("Drawing the pictures")
    pictures = draw_pictures(stock, folder / "images")
    tell("Inviting the shoppers")
    people = make_shoppers(kinds, shoppers, start, END, Random(f"{seed}/shoppers"))
    _write_rows(folder / "shoppers.jsonl", map(shopper_row, people))
    tell(f"Living through {DAYS} days of shopping")
    events, purchases = simulate(stock, people, visits, orders, start, END, Random(f"{seed}/behaviour"))
    _write_rows(folder / "events.jsonl", (_event_row(n, event) for n, event in enumerate(events, 1)))
    order_rows = make_orders(purchases, events, END, Random(f"{seed}/orders"))
    _write_rows(folder / "orders.jsonl", order_rows)
    tell("Collecting the reviews")
    reviews = make_reviews(stock, read_phrases(), END, Random(f"{seed}/reviews"))
    _write_rows(folder / "reviews.jsonl", reviews)
    tell("Writing the policies")
    policies = _copy_policies(folder / "policies")
    return DemoShop(folder, len(stock), pictures, len(people), len(events), len(order_rows), policies, len(reviews))


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}, expected a whole number of at least 1")
    if sizes["orders"] > sizes["visits"]:
        raise ValueError(f"orders is {sizes['orders']}, expected at most the number of visits, {sizes['visits']}")


def _write_rows(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n")


def _event_row(number: int, event: DemoEvent) -> Row:
    row: Row = {
        "event_id": f"demo-{number:06d}",
        "time": event.time.isoformat(),
        "shopper_id": event.shopper_id,
        "type": event.type,
        "product_id": event.product_id,
        "position": event.position,
        "source": event.source,
        "variant_id": event.variant_id,
        "quantity": event.quantity,
        "price": None if event.price is None else event.price / 100,
    }
    return {name: value for name, value in row.items() if value is not None}


def _copy_policies(folder: Path) -> int:
    folder.mkdir(exist_ok=True)
    files = sorted((DATA / "policies").iterdir())
    for file in files:
        shutil.copyfile(file, folder / file.name)
    return sum(file.suffix == ".md" for file in files)
