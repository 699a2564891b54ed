from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from ranking.dataset import from_events
from ranking.models.history_vectors import HistoryVectors
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.models.sequence.settings import Settings
from ranking.shop_report import NothingToReport, ShopReport, report_of_shop
from ranking.trained import Models, untrained
from tests.fakes_ranking import NOW, make_event, make_product, small_shop

QUICK = Settings(width=8, recent=5, negatives=40, batch=32, epochs=1)


def silent(step: str, done: int, total: int) -> None:
    return


def trained(vectors: bool = False) -> Models:
    products, events = small_shop()
    dataset = from_events(events, products)
    graph = ItemGraph().fit(dataset)
    of_vectors = HistoryVectors(QUICK).fit(dataset) if vectors else HistoryVectors()
    return Models(Popularity().fit(dataset), NextItemBlend(graph, of_vectors, graph.typical))


def report(strength: float, models: Models | None = None) -> ShopReport:
    products, events = small_shop()
    return report_of_shop(events, products, models or trained(), strength, silent)


def test_the_last_interests_have_to_be_found_by_models_that_have_not_seen_them() -> None:
    products, events = small_shop()
    found = report_of_shop(events, products, trained(), 0.0, silent)
    assert found.report["exposure"]["shoppers"] == 120 and found.report["exposure"]["cost"] is None
    # What the models in use have seen does not matter: they only tell which kind is measured.
    blind = replace(trained(), next_item=NextItemBlend.of_graph(ItemGraph()), popularity=Popularity(levels={"x": 1.0}))
    assert report_of_shop(events, products, blind, 0.0, silent) == found
    assert found.measured.startswith("Measured: the graph alone, learned anew without the last interests of 120 shoppers")
    assert found.measured.endswith("without exposure control.")
    assert {section["grouping"] for section in found.report["fairness"]["by_product"]} >= {"brand"}
    assert [section["grouping"] for section in found.report["fairness"]["by_shopper"]] == ["history"]


def test_control_lifts_the_tail_and_its_cost_is_told() -> None:
    plain, strong = report(0.0), report(1.0)
    shares = [of.report["exposure"]["bands"]["head"]["exposure_share"] for of in (plain, strong)]
    assert shares[1] < shares[0]
    cost = strong.report["exposure"]["cost"]
    assert cost is not None and cost["ndcg_kept"] == pytest.approx(
        strong.report["exposure"]["ndcg"]["mean"] / plain.report["exposure"]["ndcg"]["mean"]
    )
    assert "of strength 1" in strong.measured


def test_a_dislike_does_not_stop_it() -> None:
    products, events = small_shop()
    turned_down = [make_event(products[5].id, "dislike", event.shopper_id, NOW - 10**9) for event in events[::6]]
    assert report_of_shop([*turned_down, *events], products, trained(), 0.5, silent).report["exposure"]["shoppers"] >= 120


def test_where_vectors_are_in_use_they_are_measured_too() -> None:
    steps: list[str] = []
    products, events = small_shop()
    models = trained(vectors=True)
    found = report_of_shop(events, products, models, 0.0, lambda step, done, total: steps.append(step))
    assert "the blend of graph and vectors" in found.measured
    assert any("epoch 1 of at most 1" in step for step in steps)


def test_it_is_ready_for_json_and_for_people() -> None:
    found = report(0.5)
    told = json.loads(json.dumps(found.as_json()))
    assert set(told) == {"measured", "strength", "exposure", "fairness"} and told["strength"] == 0.5
    screen = Console(file=StringIO(), width=200)
    screen.print(found.as_text())
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    assert text.startswith(found.measured[:60]) and "NDCG kept under control" in text


def test_where_nothing_can_be_told_it_says_why() -> None:
    products, events = small_shop()
    with pytest.raises(NothingToReport, match="No models are in use yet"):
        report_of_shop(events, products, untrained(products), 0.5, silent)
    with pytest.raises(NothingToReport, match="No shopper has two interests"):
        report_of_shop([make_event("a")], [make_product("a")], trained(), 0.5, silent)


def test_private_models_are_learned_privately_again() -> None:
    pytest.importorskip("opacus")
    from ranking.privacy.budget import PrivacyBudget
    from ranking.privacy.fit import PrivacySettings, fit_privately

    products, events = small_shop(shoppers=30)
    no_map = replace(PrivacySettings(), content_map=replace(PrivacySettings().content_map, steps=0))
    learned = fit_privately(from_events(events, products), PrivacyBudget(8.0, 1e-3), no_map)
    models = Models(learned.popularity, learned.blend, privacy=learned.report)
    found = report_of_shop(events, products, models, 0.0, silent)
    assert "the privacy budget of the models doesn't cover them" in found.measured
    assert np.isfinite(found.report["exposure"]["ndcg"]["mean"])
