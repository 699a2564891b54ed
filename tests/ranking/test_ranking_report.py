from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from ranking.dataset import from_events, leave_one_out
from ranking.evaluate import HEAD
from ranking.fairness import Lists
from ranking.long_tail import ExposureControl
from ranking.models.item_graph import ItemGraph
from ranking.recommend import top_k
from ranking.report import Report, exposure_report, report_of
from ranking.show import as_text
from tests.fakes_ranking import NOW, make_event, make_product, small_shop

# The head of ten products is p0 and p1; of 100 interactions, p6, p9, p4 and p5 have the last 0 + 6 + 7 + 7 = 20.
CATALOGUE = [f"p{n}" for n in range(10)]
INTERACTIONS = dict(zip(CATALOGUE, [30, 20, 8, 8, 7, 7, 0, 7, 7, 6], strict=True))
LISTS = Lists([["p0", "p1"], ["p0", "p9"], ["p0", "p2"]], ["p0", "p9", "p2"], INTERACTIONS, CATALOGUE, k=2)
BEFORE = [["p0", "p1"], ["p0", "p1"], ["p0", "p1"]]


def test_figures_are_those_of_the_lists() -> None:
    found = exposure_report(LISTS)
    assert (found["shoppers"], found["tail_shoppers"], found["products"], found["k"]) == (3, 2, 10, 2)
    assert found["hit_rate"]["mean"] == 1
    assert found["tail_hit_rate"] is not None and found["tail_hit_rate"]["mean"] == 1
    assert found["tail_ndcg"] is not None and found["tail_ndcg"]["mean"] == pytest.approx(0.63093, abs=1e-5)
    assert found["ndcg"]["mean"] == pytest.approx((1 + 2 * 0.63093) / 3, abs=1e-5)
    assert found["ndcg"]["low"] <= found["ndcg"]["mean"] <= found["ndcg"]["high"]
    assert found["coverage"] == pytest.approx(4 / 10)
    assert found["average_popularity"] is not None
    assert found["average_popularity"]["mean"] == pytest.approx((25 + 18 + 19) / 3)
    assert found["cost"] is None


def test_bands_hold_the_whole_catalogue_once() -> None:
    bands = exposure_report(LISTS)["bands"]
    assert {name: band["products"] for name, band in bands.items()} == {"head": 2, "middle": 4, "far_tail": 4}
    assert bands["head"]["interaction_share"] == pytest.approx(0.5)
    assert bands["far_tail"]["interaction_share"] == pytest.approx(0.2)
    assert [bands[name]["exposure_share"] for name in bands] == pytest.approx([4 / 6, 1 / 6, 1 / 6])
    for share in ("catalogue_share", "interaction_share", "exposure_share"):
        assert sum(band[share] for band in bands.values()) == pytest.approx(1)


def test_the_cost_is_what_changed() -> None:
    cost = exposure_report(LISTS, BEFORE)["cost"]
    assert cost is not None
    assert cost["hit_rate"]["mean"] == pytest.approx(2 / 3)
    assert cost["ndcg_kept"] == pytest.approx(1 + 2 * 0.63093, abs=1e-5)
    assert cost["tail_hit_rate"] is not None and cost["tail_hit_rate"]["mean"] == 1
    assert cost["coverage"] == pytest.approx(0.2)
    assert cost["average_popularity"] == pytest.approx((25 + 18 + 19) / 3 - 25)
    assert cost["gini"] is not None and cost["gini"] < 0
    none = exposure_report(LISTS, LISTS.recommended)["cost"]
    assert none is not None
    assert (none["ndcg"]["mean"], none["ndcg_kept"], none["gini"], none["coverage"]) == (0, 1, 0, 0)


def test_what_cannot_be_told_is_left_open() -> None:
    nothing = exposure_report(replace(LISTS, recommended=[[], [], []]), [[], [], []])
    assert (nothing["gini"], nothing["average_popularity"], nothing["coverage"]) == (None, None, 0)
    assert nothing["cost"] is not None and nothing["cost"]["ndcg_kept"] is None
    only_head = exposure_report(Lists([["p0"]], ["p0"], INTERACTIONS, CATALOGUE))
    assert (only_head["tail_shoppers"], only_head["tail_hit_rate"], only_head["tail_ndcg"]) == (0, None, None)
    one_product = exposure_report(Lists([["p0"]], ["p0"], {"p0": 1}, ["p0"]))
    assert (one_product["coverage"], one_product["gini"]) == (1, 0)
    with pytest.raises(ValueError, match="0 lists for 0 targets"):
        exposure_report(Lists([], [], {}, CATALOGUE))


@pytest.fixture(scope="module")
def report() -> Report:
    products, events = small_shop()
    training, targets = leave_one_out(from_events(events, products))
    model = ItemGraph().fit(training)
    plain = [row for _, row in top_k(model, training, 10)]
    control = ExposureControl(np.bincount(training.items, minlength=len(products)).astype(float), 1.0)
    shoppers = list(training.shoppers())
    histories = [training.items[start:end] for start, end in zip(training.offsets[:-1], training.offsets[1:], strict=True)]
    best = control.best(np.maximum(model.score(shoppers, training.product_ids), 0), histories, 10)
    lists = [[training.product_ids[item] for item in row if item >= 0] for row in best]
    return report_of(lists, training, targets, products, NOW, uncontrolled=plain)


def test_the_report_of_a_shop_is_ready_for_json(report: Report) -> None:
    assert json.loads(json.dumps(report)) == report
    assert [section["grouping"] for section in report["fairness"]["by_product"]] == ["brand", "price"]
    assert [section["grouping"] for section in report["fairness"]["by_shopper"]] == ["history"]
    brands = report["fairness"]["by_product"][0]
    assert sum(row["n"] for row in brands["groups"]) == report["exposure"]["shoppers"] == report["fairness"]["shoppers"]
    assert report["exposure"]["bands"]["head"]["products"] == int(HEAD * report["exposure"]["products"])


def test_lists_are_judged_by_what_their_own_shopper_did_next() -> None:
    bought = {"a": ("p0",), "b": ("p0", "p1"), "c": ("p1", "p2", "p3")}
    events = [make_event(p, shopper=who, time=NOW + place) for who, ps in bought.items() for place, p in enumerate(ps)]
    products = [make_product(product) for product in CATALOGUE]
    training, targets = leave_one_out(from_events(events, products))
    found = report_of([["p2"], ["p1"], ["p9"]], training, targets, products, NOW)
    assert found["exposure"]["shoppers"] == 2, "the first has bought once"
    assert found["exposure"]["hit_rate"]["mean"] == 1 / 2
    assert [(row["group"], row["n"]) for row in found["fairness"]["by_shopper"][0]["groups"]] == [("new", 2)]


def test_a_shop_where_nobody_came_back_has_no_report() -> None:
    products, events = small_shop()
    training, _ = leave_one_out(from_events(events[:1], products))
    with pytest.raises(ValueError, match="no shopper has a held-out interest"):
        report_of([[]], training, {}, products, NOW)


def test_it_is_shown_as_text(report: Report) -> None:
    console = Console(width=120, file=StringIO(), record=True)
    console.print(as_text(report))
    shown = console.export_text()
    assert "NDCG kept under control" in shown
    assert "far tail" in shown
    assert "Harbor" in shown
    assert report["fairness"]["sentence"][:40] in shown


def test_names_are_never_read_as_markup(report: Report) -> None:
    section = report["fairness"]["by_product"][0]
    rows = [{**section["groups"][0], "group": f"[red]{n}[/nope]"} for n in range(15)]
    odd = {**report, "fairness": {**report["fairness"], "by_product": [{**section, "groups": rows}]}}
    console = Console(width=120, file=StringIO(), record=True)
    console.print(as_text(odd))
    shown = console.export_text()
    assert "[red]0[/nope]" in shown
    assert "… and 3 smaller groups." in shown
