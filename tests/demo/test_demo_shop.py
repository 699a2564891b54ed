import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from demo.generate import END, generate
from demo.types import DemoShop, Row

AVAILABILITIES = {"in_stock", "limited_stock", "backorder", "preorder", "out_of_stock", "discontinued"}
STATUSES = {"placed", "paid", "packed", "shipped", "delivered", "cancelled", "returned", "refunded"}
SMALL = {"products": 300, "shoppers": 30, "visits": 120, "orders": 25}


@dataclass(frozen=True)
class Files:
    shop: DemoShop
    products: list[Row]
    shoppers: list[Row]
    events: list[Row]
    orders: list[Row]


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("demo")
    shop = generate(folder)
    names = ("products", "shoppers", "events", "orders")
    return Files(shop, *(read(folder / f"{name}.jsonl") for name in names))


def digests(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        generate(tmp_path / name, seed=3, **SMALL)
    assert digests(tmp_path / "first") == digests(tmp_path / "second")


def test_another_seed_makes_another_shop(tmp_path: Path) -> None:
    for seed in (3, 4):
        generate(tmp_path / str(seed), seed=seed, **SMALL)
    first, second = digests(tmp_path / "3"), digests(tmp_path / "4")
    for name in ("products.jsonl", "shoppers.jsonl", "events.jsonl", "orders.jsonl", "reviews.jsonl"):
        assert first[name] != second[name]


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    generate(tmp_path, progress=told.append, **SMALL)
    assert told[0] == "Stocking the shelves"
    assert len(told) == 6


@pytest.mark.parametrize("size", ["products", "shoppers", "visits", "orders"])
def test_a_size_below_one_is_refused(tmp_path: Path, size: str) -> None:
    with pytest.raises(ValueError, match=f"{size} is 0, expected a whole number"):
        generate(tmp_path, **(SMALL | {size: 0}))


def test_more_orders_than_visits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="orders is 121, expected at most the number of visits, 120"):
        generate(tmp_path, **(SMALL | {"orders": 121}))


def test_there_is_enough_of_everything(files: Files) -> None:
    assert len(files.products) == files.shop.products >= 2400
    assert len({row["category"][0] for row in files.products}) >= 12
    assert len({tuple(row["category"]) for row in files.products}) >= 70
    assert len(files.shoppers) == files.shop.shoppers >= 400
    assert 60_000 <= len(files.events) == files.shop.events <= 125_000
    assert len(files.orders) == files.shop.orders == 1500
    assert files.shop.policies == 5


def test_every_product_is_valid(files: Files) -> None:
    assert len({row["id"] for row in files.products}) == len(files.products)
    for row in files.products:
        assert 1 <= len(row["id"]) <= 100
        assert row["title"] and row["brand"] and len(row["category"]) == 2
        assert row["price"] > 0 and row["currency"] == "USD"
        assert row["availability"] in AVAILABILITIES
        assert row.get("list_price", row["price"] + 1) > row["price"]
        assert 0 <= row.get("rating", 0) <= 5
        assert datetime.fromisoformat(row["created_at"]) < END
        assert all(isinstance(value, (str, list)) and value for value in row["attributes"].values())
        assert (row.get("stock", 1) == 0) == (row["availability"] in ("out_of_stock", "discontinued"))


def test_variants_choose_among_the_options(files: Files) -> None:
    with_variants = [row for row in files.products if "variants" in row]
    assert len(with_variants) > 500
    for row in with_variants:
        assert len({variant["id"] for variant in row["variants"]}) == len(row["variants"])
        for variant in row["variants"]:
            assert variant["options"].keys() == row["options"].keys()
            assert all(value in row["options"][name] for name, value in variant["options"].items())
            assert variant["availability"] in AVAILABILITIES
        assert row["price"] == min(variant["price"] for variant in row["variants"])
        if "stock" in row:
            assert row["stock"] == sum(variant["stock"] for variant in row["variants"])


def test_some_variants_differ_in_price_and_in_stock(files: Files) -> None:
    groups = [row["variants"] for row in files.products if "variants" in row]
    assert sum(len({variant["price"] for variant in group}) > 1 for group in groups) > 100
    assert sum(len({variant["availability"] for variant in group}) > 1 for group in groups) > 100


def test_stock_is_realistic(files: Files) -> None:
    counts = Counter(row["availability"] for row in files.products)
    assert 0.04 < counts["out_of_stock"] / len(files.products) < 0.09
    assert counts["limited_stock"] > 50 and counts["preorder"] > 5 and counts["discontinued"] > 5


def test_some_products_are_new_and_some_are_old(files: Files) -> None:
    ages = [(END - datetime.fromisoformat(row["created_at"])).days for row in files.products]
    assert 0.03 < sum(age < 21 for age in ages) / len(ages) < 0.15
    assert max(ages) > 650


def test_titles_and_descriptions_are_distinct(files: Files) -> None:
    assert len({row["title"] for row in files.products}) == len(files.products)
    assert len({row["description"] for row in files.products}) == len(files.products)


def test_descriptions_have_two_to_four_sentences(files: Files) -> None:
    for row in files.products:
        assert 2 <= len(re.findall(r"[.?!](?= |$)", row["description"])) <= 4, row["description"]


def test_no_description_has_an_open_slot_or_a_wrong_article(files: Files) -> None:
    for row in files.products:
        assert not re.search(r"[{}]|  | a (?!one)[aeio]| an [^aeioh8]", row["description"]), row["description"]


def test_leather_is_told_only_of_leather(files: Files) -> None:
    leather = re.compile(r"(?<!vegan )leather(?!-free)", re.I)
    for row in files.products:
        if "leather" not in row["attributes"]["material"]:
            assert not leather.search(row["title"] + row["description"]), row["title"]


def test_there_are_hiking_boots_for_the_asking(files: Files) -> None:
    boots = [row for row in files.products if row["category"] == ["Shoes", "Hiking boots"] and row.get("stock")]
    waterproof = [row for row in boots if "waterproof" in row["attributes"]["feature"] and row["price"] < 120]
    assert sum("leather" not in row["attributes"]["material"] for row in waterproof) >= 5
    assert sum("leather" in row["attributes"]["material"] for row in boots) >= 5


def test_every_picture_exists_and_is_small(files: Files) -> None:
    for image_url in {row["image_url"] for row in files.products}:
        assert image_url.startswith("/images/")
        text = (files.shop.folder / image_url[1:]).read_text(encoding="utf-8")
        assert text.startswith("<svg") and 'viewBox="0 0 400 400"' in text
        assert "$" not in text and len(text) < 3000


def test_shoppers_are_fictional_and_distinct(files: Files) -> None:
    assert len({row["shopper_id"] for row in files.shoppers}) == len({row["name"] for row in files.shoppers}) == 420
    assert all(row["email"].endswith("@example.com") for row in files.shoppers if "email" in row)
    assert all(row["persona"].count(",") >= 3 for row in files.shoppers)


def test_events_are_in_order_and_refer_to_what_exists(files: Files) -> None:
    created = {row["id"]: row["created_at"] for row in files.products}
    joined = {row["shopper_id"]: row["joined"] for row in files.shoppers}
    times = [row["time"] for row in files.events]
    assert times == sorted(times) and times[-1] < END.isoformat()
    assert len({row["event_id"] for row in files.events}) == len(files.events)
    for row in files.events:
        assert row["time"] > created[row["product_id"]]
        assert row["time"][:10] >= joined[row["shopper_id"]]


def test_the_funnel_narrows(files: Files) -> None:
    counts = Counter(row["type"] for row in files.events)
    steps = ("impression", "click", "add_to_cart", "purchase", "return")
    assert all(counts[wide] > counts[narrow] for wide, narrow in zip(steps, steps[1:], strict=False))
    assert counts["view"] == counts["click"]
    assert min(counts[name] for name in ("like", "dislike", "remove_from_cart", "return")) > 20


def test_clicks_decline_with_position(files: Files) -> None:
    counts = Counter((row["type"], row["position"]) for row in files.events if "position" in row)
    rates = [counts["click", place] / counts["impression", place] for place in range(1, 9)]
    assert rates[0] > 1.3 * rates[2] > 1.3 * rates[7]


def test_the_top_fifth_of_products_make_most_sales(files: Files) -> None:
    sold: Counter[str] = Counter()
    for row in files.events:
        if row["type"] == "purchase":
            sold[row["product_id"]] += row["quantity"]
    top = sorted(sold.values(), reverse=True)[: len(files.products) // 5]
    assert 0.6 <= sum(top) / sum(sold.values()) <= 0.8


def test_some_shoppers_fade_away(files: Files) -> None:
    last = {row["shopper_id"]: row["time"] for row in files.events}
    silent = sum((END - datetime.fromisoformat(time)).days > 30 for time in last.values())
    assert 0.1 < silent / len(last) < 0.5


def test_purchases_follow_what_the_shopper_likes(files: Files) -> None:
    brand = {row["id"]: row["brand"] for row in files.products}
    liked = {row["shopper_id"]: row["persona"].split("likes ")[1].rsplit(", ", 1)[0] for row in files.shoppers}
    shares = {}
    for name in ("impression", "purchase"):
        rows = [row for row in files.events if row["type"] == name]
        shares[name] = sum(brand[row["product_id"]] == liked[row["shopper_id"]] for row in rows) / len(rows)
    assert shares["purchase"] > 1.5 * shares["impression"]


def test_orders_are_the_purchases(files: Files) -> None:
    bought = Counter(
        (row["shopper_id"], row["time"], row["product_id"]) for row in files.events if row["type"] == "purchase"
    )
    ordered = Counter(
        (row["shopper_id"], row["created_at"], line["product_id"]) for row in files.orders for line in row["lines"]
    )
    assert bought == ordered


def test_orders_add_up_and_have_every_status(files: Files) -> None:
    assert [row["order_id"] for row in files.orders] == [f"SW{number}" for number in range(10001, 11501)]
    for row in files.orders:
        assert row["total"] == pytest.approx(sum(line["price"] * line["quantity"] for line in row["lines"]))
        assert ("tracking" in row) == (row["status"] in ("shipped", "delivered", "returned", "refunded"))
        assert row.get("delivered_at", END.isoformat()) > row["created_at"]
    assert {row["status"] for row in files.orders} == STATUSES


def test_policies_are_pages_with_sections(files: Files) -> None:
    names = {path.stem for path in (files.shop.folder / "policies").glob("*.md")}
    assert names == {"shipping", "returns", "payment", "warranty", "privacy"}
    for name in names:
        text = (files.shop.folder / "policies" / f"{name}.md").read_text(encoding="utf-8")
        assert text.startswith("# ") and text.count("\n## ") >= 5
