from __future__ import annotations

import json
import random
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retrieval.feeds.base import ReadOptions
from retrieval.feeds.formats import read_feed
from retrieval.products import parse_product
from retrieval.types import Product

OPTIONS = ReadOptions(now=datetime(2024, 5, 15, tzinfo=UTC))
HEADER = "\t".join(
    "id title link image_link item_group_id item_group_title size color price sale_price sale_price_effective_date".split()
    + ["availability"]
)


def products(path: Path, options: ReadOptions = OPTIONS) -> dict[str, Product]:
    rows = [row for row in read_feed(path, options=options) if isinstance(row, tuple)]
    return {product.id: product for product in (parse_product(row[1]) for row in rows)}


def google(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADER, *(row.replace("|", "\t") for row in rows)]))
    return path


def row(
    identity: str, title: str, group: str = "", size: str = "", price: str = "10 USD", availability: str = "in stock"
) -> str:
    return f"{identity}|{title}|l|i|{group}||{size}|Black|{price}|||{availability}"


def test_a_product_keeps_its_id_however_its_variants_stand_and_how_many_there_are(tmp_path: Path) -> None:
    rows = [row(f"B{n}", f"Boot {n}", "BOOT", str(n)) for n in range(38, 46)] + [row("MUG", "Mug")]
    whole = products(google(tmp_path / "f", *rows))
    random.Random(5).shuffle(rows)
    shuffled = products(google(tmp_path / "f", *rows))
    assert set(whole) == set(shuffled) == {"BOOT", "MUG"}
    assert {v.id: v for v in whole["BOOT"].variants} == {v.id: v for v in shuffled["BOOT"].variants}
    (alone,) = products(google(tmp_path / "f", row("B38", "Boot 38", "BOOT", "38"))).values()
    assert (alone.id, alone.title, [v.id for v in alone.variants]) == ("BOOT", "Boot 38", ["B38"])
    # With nothing to choose from, a size is a property as the colour is.
    assert (alone.options, alone.attributes) == ({}, {"size": "38", "color": "Black"})


def test_a_product_costs_what_its_cheapest_variant_for_sale_costs(tmp_path: Path) -> None:
    rows = [
        row("a", "Boot 1", "G", "1", "5 USD", "out of stock"),
        row("b", "Boot 2", "G", "2", "9 USD"),
        row("c", "Boot 3", "G", "3", "7 USD", "backorder"),
    ]
    found = products(google(tmp_path / "f", *rows))["G"]
    assert (found.price, found.availability, found.title) == (700, "in_stock", "Boot")
    assert [variant.price for variant in found.variants] == [500, 900, 700]


def test_titles_that_differ_by_more_than_options_are_kept(tmp_path: Path) -> None:
    found = products(google(tmp_path / "f", row("a", "Sheet 1", "G", "1"), row("b", "Pillow 2", "G", "2")))["G"]
    assert (found.title, found.attributes["variant title"]) == ("Sheet 1", ("Sheet 1", "Pillow 2"))
    named = google(
        tmp_path / "f", row("a", "Sheet 1", "G", "1").replace("|G||", "|G|Bed linen|"), row("b", "Sheet 2", "G", "2")
    )
    assert products(named)["G"].title == "Bed linen"


def test_a_sale_counts_while_it_is_on(tmp_path: Path) -> None:
    period = "2024-05-01T00:00+00:00/2024-05-31T23:59+00:00"
    path = google(tmp_path / "f", f"a|A|l|i||||Black|10 USD|8 USD|{period}|in stock")
    during = products(path)["a"]
    assert (during.price, during.list_price) == (800, 1000)
    after = products(path, replace(OPTIONS, now=datetime(2024, 6, 1, tzinfo=UTC)))["a"]
    assert (after.price, after.list_price, after.attributes["sale price"]) == (1000, None, "8 USD")


def test_a_feed_without_a_currency_is_priced_in_the_one_given(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("Handle,Title,Vendor,Variant Price\npot,Pot,Kiln,18.00\n")
    assert products(path)["pot"].currency == "USD"
    assert products(path, ReadOptions(currency="EUR"))["pot"].currency == "EUR"
    path.write_text('{"id": "a", "title": "A", "price": 1}\n{"id": "b", "title": "B", "price": 1, "currency": "GBP"}')
    assert [p.currency for p in products(path, ReadOptions(currency="EUR")).values()] == ["EUR", "GBP"]


def test_what_waits_for_stock_can_be_bought(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text('{"item_id": "a", "title": "A", "price": "1 USD", "availability": "backorder", "inventory_quantity": 0}')
    assert products(path)["a"].for_sale


def test_variants_told_on_pages_of_their_own_are_one_product(tmp_path: Path) -> None:
    def page(name: str, other: str) -> str:
        variant = {"@type": "Product", "sku": name, "size": name, "offers": {"price": 5}}
        group = {"@type": "ProductGroup", "productGroupID": "G", "name": "Boot", "variesBy": "size"}
        content = json.dumps(group | {"hasVariant": [variant, {"url": f"/{other}"}]})
        return f'<script type="application/ld+json">{content}</script>'

    (tmp_path / "a.html").write_text(page("38", "39"))
    (tmp_path / "b.html").write_text(page("39", "38"))
    (tmp_path / "c.html").write_text(
        '<script type="application/ld+json">{"@type": "Product", "sku": "40", "name": "Boot 40", "size": "40",'
        '"isVariantOf": {"@type": "ProductGroup", "productGroupID": "G"}, "offers": {"price": 6}}</script>'
    )
    (found,) = products(tmp_path).values()
    assert (found.id, found.options, found.price) == ("G", {"size": ("38", "39", "40")}, 500)
    assert [variant.id for variant in found.variants] == ["38", "39", "40"]


@pytest.mark.parametrize("group", ["", "G"])
def test_a_long_feed_does_not_fill_the_memory(tmp_path: Path, group: str) -> None:
    items = "".join(
        f"<item><g:id>{n}</g:id><g:title>T {n}</g:title><g:item_group_id>{group and n // 2}</g:item_group_id>"
        f"<g:description>{'words ' * 200}</g:description></item>\n"
        for n in range(1_000)
    )
    path = tmp_path / "f.xml"
    path.write_text(f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>{items}</channel></rss>')
    del items
    tracemalloc.start()
    count = sum(1 for _ in read_feed(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == (500 if group else 1_000)
    assert peak < path.stat().st_size / 2


def test_details_of_a_table_are_named_as_far_as_they_name_themselves(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("id\ttitle\tlink\tgtin\tproduct_detail\na\tA\tl\t1\tFabric:Weight:220 g,Fit:Loose,Handmade")
    found = products(path)["a"].attributes
    assert (found["fabric weight"], found["fit"], found["product detail"]) == ("220 g", "Loose", "Handmade")
