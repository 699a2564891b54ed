from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from ranking.fairness import LEAST, Gap, GroupRow, Lists, Section, fairness_report, product_groups, shopper_groups
from tests.fakes_ranking import DAY, NOW, make_product

# Four products: a1 and a2 of brand A, b1 of brand B, x1 of no known brand.
BRANDS = {"a1": "A", "a2": "A", "b1": "B"}
CATALOGUE = ["a1", "a2", "b1", "x1"]
INTERACTIONS = {"a1": 30, "a2": 10, "b1": 60}


def shop(a_hits: int, a_all: int, b_hits: int, b_all: int, **others: object) -> Lists:
    """Shoppers who bought a1 or b1; a hit stands second in the list, behind a2."""
    hit, miss = (a_hits, b_hits), (a_all - a_hits, b_all - b_hits)
    rows, targets = [], []
    for product, hits, misses in zip(("a1", "b1"), hit, miss, strict=True):
        rows += [["a2", product]] * hits + [["a2", "x1"]] * misses
        targets += [product] * (hits + misses)
    return Lists(rows, targets, INTERACTIONS, CATALOGUE)


def section_of(lists: Lists, groups: Mapping[str, str] = BRANDS) -> Section:
    return fairness_report(lists, {"brand": groups}, {})["by_product"][0]


def row_of(section: Section, group: str) -> GroupRow:
    (row,) = [row for row in section["groups"] if row["group"] == group]
    return row


def gap_of(section: Section, measure: str) -> Gap:
    gap = section["gaps"][measure]
    assert gap is not None
    return gap


def test_accuracy_is_counted_for_what_was_bought_in_the_group() -> None:
    section = section_of(shop(24, 40, 12, 80))
    first, second = row_of(section, "A"), row_of(section, "B")
    assert (first["n"], second["n"]) == (40, 80)
    assert first["hit_rate"] is not None and second["hit_rate"] is not None and first["ndcg"] is not None
    assert first["hit_rate"]["mean"] == pytest.approx(24 / 40)
    assert second["hit_rate"]["mean"] == pytest.approx(12 / 80)
    assert first["ndcg"]["mean"] == pytest.approx(24 / 40 * 0.63093, abs=1e-5), "second place: 1 / log2(3)"
    for interval in (first["hit_rate"], second["hit_rate"], first["ndcg"]):
        assert interval["low"] < interval["mean"] < interval["high"]


def test_shares_of_exposure_stand_beside_those_of_the_catalogue_and_of_interactions() -> None:
    section = section_of(shop(24, 40, 12, 80))  # 240 places: a2 120, a1 24, b1 12, x1 84
    rows = {row["group"]: row for row in section["groups"]}
    first = rows["A"]
    assert first["products"] == 2
    assert first["catalogue_share"] == pytest.approx(2 / 4)
    assert first["interaction_share"] == pytest.approx(40 / 100)
    assert first["exposure_share"] == pytest.approx(144 / 240)
    assert first["exposure_by_catalogue"] == pytest.approx(1.2)
    assert first["exposure_by_interactions"] == pytest.approx(1.5)
    assert rows["not known"]["exposure_by_interactions"] is None, "nothing of it was bought"
    for share in ("catalogue_share", "interaction_share", "exposure_share"):
        assert sum(row[share] for row in rows.values()) == pytest.approx(1)


def test_gaps_are_between_the_best_and_the_worst_group() -> None:
    section = section_of(shop(24, 40, 12, 80))
    hits, exposure = gap_of(section, "hit_rate"), gap_of(section, "exposure_by_interactions")
    assert (hits["highest"], hits["lowest"], hits["clear"]) == ("A", "B", True)
    assert hits["difference"] == pytest.approx(24 / 40 - 12 / 80)
    assert hits["ratio"] == pytest.approx((12 / 80) / (24 / 40))
    assert (exposure["highest"], exposure["lowest"], exposure["clear"]) == ("A", "B", None)
    assert exposure["difference"] == pytest.approx(1.5 - (12 / 240) / 0.6)
    told = "By brand: of purchases in “A”, 60.0% had been shown among the first 10; in “B”, 15.0%."
    assert section["sentence"] == told
    assert fairness_report(shop(24, 40, 12, 80), {"brand": BRANDS}, {})["sentence"] == told


def test_a_gap_that_chance_explains_is_said_to_be_one() -> None:
    lists = shop(13, 40, 24, 80)
    section = section_of(lists)
    assert gap_of(section, "hit_rate")["clear"] is False
    assert section["sentence"].endswith("chance may explain that.")
    assert "No two groups differ" in fairness_report(lists, {"brand": BRANDS}, {})["sentence"]


def test_no_hit_at_all_in_a_small_group_proves_little() -> None:
    assert gap_of(section_of(shop(0, LEAST, 6, 80)), "hit_rate")["clear"] is False
    assert gap_of(section_of(shop(0, 40, 40, 80)), "hit_rate")["clear"] is True


def test_among_many_groups_a_gap_must_be_wider() -> None:
    lists = shop(14, 40, 12, 80)
    assert gap_of(section_of(lists), "hit_rate")["clear"] is True
    few, average = 40, [["a2", "x1"]] * 30 + [["a2", "b1"]] * 10
    rows, targets, groups = list(lists.recommended), list(lists.targets), dict(BRANDS)
    for other in range(30):
        rows += [[p if p != "b1" else f"o{other}" for p in row] for row in average]
        targets += [f"o{other}"] * few
        groups[f"o{other}"] = f"other {other}"
    more = Lists(rows, targets, INTERACTIONS, [*CATALOGUE, *groups])
    gap = gap_of(section_of(more, groups), "hit_rate")
    assert (gap["highest"], gap["lowest"], gap["clear"]) == ("A", "B", False)


def test_small_groups_are_named_but_not_judged() -> None:
    section = section_of(shop(LEAST - 1, LEAST - 1, 12, 80))
    row = row_of(section, "A")
    assert (row["n"], row["judged"], row["hit_rate"], row["ndcg"]) == (LEAST - 1, False, None, None)
    assert section["gaps"]["hit_rate"] is None
    assert section["sentence"] == "By brand: fewer than two groups have 30 held-out purchases, too few to compare."
    assert "too few held-out purchases" in fairness_report(shop(1, 1, 1, 1), {"brand": BRANDS}, {})["sentence"]
    # 4 places in all: an equal share of a group is far below 30.
    assert section_of(shop(1, 1, 1, 1))["gaps"]["exposure_by_catalogue"] is None


def test_groups_of_shoppers() -> None:
    lists = shop(24, 40, 12, 80)
    report = fairness_report(lists, {}, {"history": ["new"] * 40 + ["regular"] * 80})
    (section,) = report["by_shopper"]
    assert [row["group"] for row in section["groups"]] == ["regular", "new"]
    gap = gap_of(section, "hit_rate")
    assert (gap["highest"], gap["lowest"]) == ("new", "regular")
    assert report["sentence"] == (
        "By history: “new” shoppers found what they went on to buy among the first 10 in 60.0% of cases, "
        "“regular” ones in 15.0%."
    )
    assert json.loads(json.dumps(report)) == report


def test_lists_that_do_not_go_together_are_refused() -> None:
    lists = shop(1, 2, 1, 2)
    with pytest.raises(ValueError, match=r"shoppers\['history'\] has 1 groups; expected one for each of 4 lists"):
        fairness_report(lists, {}, {"history": ["new"]})
    with pytest.raises(ValueError, match="0 lists for 0 targets"):
        fairness_report(Lists([], [], {}, []), {}, {})


def test_only_the_first_places_count() -> None:
    lists = shop(24, 40, 12, 80)
    one = Lists(lists.recommended, lists.targets, INTERACTIONS, CATALOGUE, k=1)
    rows = {row["group"]: row for row in section_of(one)["groups"]}
    assert rows["A"]["exposure_share"] == 1
    assert rows["B"]["hit_rate"] is not None and rows["B"]["hit_rate"]["mean"] == 0


def test_products_are_grouped_by_what_they_say() -> None:
    old, fresh = "2021-01-01T00:00:00Z", "2023-11-01T00:00:00Z"
    products = [
        make_product(f"p{n}", price=100 * (n + 1), brand=brand, category=("Tents",), created_at=since)
        for n, (brand, since) in enumerate(zip(["Acme", "ACME", "", "Zed"] * 2, [old, fresh, "", old] * 2, strict=True))
    ]
    groups = product_groups(products, NOW)
    assert list(groups) == ["brand", "price", "age"], "nobody tells a seller"
    assert [groups["brand"][f"p{n}"] for n in range(4)] == ["Acme", "Acme", "not known", "Zed"]
    assert [groups["age"][f"p{n}"] for n in range(3)] == ["older", "new (90 days)", "not known"]
    expected = [f"{name} quarter" for name in ("cheapest", "second", "third", "dearest") for _ in range(2)]
    assert [groups["price"][f"p{n}"] for n in range(8)] == expected
    assert product_groups(products, NOW + 120 * DAY)["age"]["p1"] == "older"


def test_sellers_and_missing_prices() -> None:
    products = [
        make_product("p1", attributes={"Seller": "Tom’s"}, price=None),
        make_product("p2", attributes={"seller": ("Ann", "Bob")}),
        make_product("p3"),
    ]
    groups = product_groups(products, NOW)
    assert groups == {"seller": {"p1": "Tom’s", "p2": "Ann, Bob", "p3": "not known"}}
    assert product_groups([], NOW) == {}


@pytest.mark.parametrize(
    ("sizes", "expected"), [([0, 2], ["new", "new"]), ([3, 9], ["occasional"] * 2), ([10, 99], ["regular"] * 2)]
)
def test_shoppers_are_grouped_by_their_history(sizes: Sequence[int], expected: Sequence[str]) -> None:
    assert shopper_groups(sizes) == expected
