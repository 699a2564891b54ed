from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.chroma_where import where_of
from bench.filtered import LIMIT, main, measured, run
from bench.synthetic import SyntheticShop
from retrieval.types import Need
from tests.bench.fakes_bench import closed_shop

FILTERS = ["no filter", "price under the median", "category and price", "brand excluded", "1% match"]


def test_the_made_up_shop_is_always_the_same_and_clustered() -> None:
    shop, again = SyntheticShop.of(2_000), SyntheticShop.of(2_000)
    assert np.array_equal(shop.matrix, again.matrix)
    assert list(shop.products()) == list(again.products())
    assert np.allclose(np.linalg.norm(shop.matrix, axis=1), 1, atol=1e-5)
    cosines = shop.matrix @ shop.matrix[0]
    same = shop.kinds == shop.kinds[0]
    assert cosines[same][1:].mean() > 0.5 > 0.3 > cosines[~same].mean()


def test_its_products_have_the_facets_of_their_rows() -> None:
    shop = SyntheticShop.of(500)
    products = list(shop.products())
    assert [item.price for item in products] == shop.prices.tolist()
    assert [item.id for item in products] == [f"p{row}" for row in range(500)]
    assert 0.8 < sum(item.for_sale for item in products) / 500 < 0.97
    brands = [item.brand for item in products]
    assert brands.count("Maker0") > 2 * brands.count("Maker9") > 0


def test_every_filter_has_a_line_with_its_ratio_and_full_recall() -> None:
    lines = list(measured(400, with_chroma=True))
    assert [line["filter"] for line in lines] == FILTERS
    for line in lines:
        assert line["ratio_is"] == "Chroma query p50 / our search p50"
        assert line["recall"] == 1.0
        assert line["chroma_recall"] > 0.9
        assert line["ratio"] > 0
        assert (line["products"], line["limit"]) == (400, LIMIT)
    assert lines[0]["over_unfiltered"] == 1.0


def test_where_chroma_is_left_out_the_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--products", "400"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["filter"] for line in lines] == FILTERS
    assert all("too long" in line["chroma"] and line["peak_memory_mb"] > 0 for line in lines)
    assert all(line["ratio_is"] == "float32 scan p50 / our search p50" for line in lines)


def test_chroma_is_asked_for_all_that_it_can_be_asked_for() -> None:
    assert where_of(Need()) == {"for_sale": True}
    need = Need(price_min=5, price_max=9, brand=("A",), brand_exclude=("B",), rating_min=4)
    assert where_of(need, ("Shoes",)) == {
        "$and": [
            {"for_sale": True},
            {"price": {"$lte": 9}},
            {"price": {"$gte": 5}},
            {"brand": {"$in": ["A"]}},
            {"brand": {"$nin": ["B"]}},
            {"department": "Shoes"},
            {"rating": {"$gte": 4}},
        ]
    }


def test_each_size_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    said: list[str] = []
    lines = list(run(closed_shop(tmp_path, said), sizes=[300]))
    assert [line["filter"] for line in lines] == FILTERS
    assert said == ["  300 made-up products, and Chroma beside them"]
