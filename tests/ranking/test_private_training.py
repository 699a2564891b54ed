from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ranking.dataset import Dataset, from_events
from ranking.guard import compared
from ranking.measure import HeldOut
from ranking.model_sets import ModelSets
from ranking.models.base import BadModel
from ranking.models.popularity import Popularity
from ranking.privacy.budget import REPORT, BadBudget, PrivacyReport, Release
from ranking.privacy.fit import PrivacySettings
from ranking.privacy.training import MEASURED, UNMEASURED, train_privately
from ranking.recommend import recommend_from_sequences
from ranking.train import Recipe, train
from ranking.trained import Models
from ranking.types import Event
from retrieval.types import Product
from tests.fakes_ranking import DAY, NOW, found, lookup_in, make_product, shopper_who, small_shop

SMALL = PrivacySettings(width=16, content_map=replace(PrivacySettings().content_map, rate=0.2, steps=4))
REPORTED = PrivacyReport(3.0, 2.9, 1e-4, (Release("product counts", 2.0), Release("content map", 1.0, 0.02, 200)))


def silent(step: str, done: int, total: int) -> None:
    return


def dataset_of(events: list[Event], products: list[Product]) -> Dataset:
    return from_events(events, products)


# ---- with Opacus -------------------------------------------------------------------------------------------------------


def test_a_private_set_is_trained_served_and_followed_by_others(tmp_path: Path) -> None:
    pytest.importorskip("opacus")
    products, events = small_shop(shoppers=60)
    metrics = train(events, products, tmp_path, recipe=Recipe(epsilon=8.0))
    assert metrics["figures"] == UNMEASURED and 7.9 < metrics["epsilon"] <= 8.0  # type: ignore[operator]
    assert not {"interests", "held_out", "impressions"} & set(metrics) and not [name for name in metrics if "@" in name]
    sets = ModelSets(tmp_path)
    assert json.loads((tmp_path / str(sets.current) / REPORT).read_text(encoding="utf-8"))["guarantee"] is True
    models = sets.load()
    assert models.privacy is not None and models.privacy.epsilon == metrics["epsilon"]
    assert models.order is None and models.popularity.latest == 0
    grown = models.with_products([*products, make_product("late", title=products[0].title)])
    assert grown.privacy == models.privacy
    ranker = grown.ranker(lookup_in(products), exposure=0.5)
    assert ranker.rank(found(products[:20]), shopper_who(("purchase", products[0].id)), NOW, 10)

    later = [replace(event, event_id=f"later-{event.event_id}", time=event.time + DAY) for event in events]
    assert train(later, products, tmp_path, recipe=Recipe(least_interests=10**9))["held_out"] == 60
    assert sets.current == "models-00002" and sets.load().privacy is None


def test_what_is_told_hangs_on_no_shopper() -> None:
    pytest.importorskip("opacus")
    products, events = small_shop(shoppers=40)
    other = [replace(e, product_id=products[0].id) if e.shopper_id == events[0].shopper_id else e for e in events]
    told = [train_privately(dataset_of(some, products), products, 3.0, silent, settings=SMALL) for some in (events, other)]
    assert told[0][1] == told[1][1] and told[0][2] == told[1][2]
    assert [check.holds for check in told[0][2]] == [True]


def test_figures_are_taken_when_asked_for_and_marked_as_not_covered() -> None:
    pytest.importorskip("opacus")
    products, events = small_shop(shoppers=40)
    _, metrics, guard = train_privately(dataset_of(events, products), products, 8.0, silent, measure=True, settings=SMALL)
    assert metrics["figures"] == MEASURED and "does not cover" in MEASURED
    assert metrics["held_out"] == 40 and 0 <= metrics["blend_ndcg@10"] <= 1  # type: ignore[operator]
    assert len(guard) == 1  # the figures don't decide what is let in


@pytest.mark.parametrize("epsilon", [0.0, -1.0, float("nan"), float("inf")])
def test_a_budget_that_is_none_is_refused(epsilon: float) -> None:
    pytest.importorskip("opacus")
    products, events = small_shop(shoppers=4)
    with pytest.raises(BadBudget, match="epsilon is .*expected"):
        train_privately(dataset_of(events, products), products, epsilon, silent)


# ---- without it --------------------------------------------------------------------------------------------------------

WITHOUT_OPACUS = """
import sys
from pathlib import Path
sys.modules["opacus"] = None
from ranking.privacy.budget import PrivacyUnavailable
from ranking.recommend import recommend_from_sequences
from ranking.train import Recipe, train
from tests.fakes_ranking import small_shop
products, events = small_shop(shoppers=4)
try:
    train(events, products, Path(sys.argv[1]), recipe=Recipe(epsilon=3.0))
except PrivacyUnavailable as error:
    print(error)
"""


def test_without_opacus_training_says_how_to_get_it(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT_OPACUS, tmp_path], capture_output=True, text=True, timeout=120)
    assert ran.stdout == "Private training needs Opacus; install it with: pip install 'shelfwise[privacy]'\n", ran.stderr
    assert ModelSets(tmp_path).current is None


def test_a_report_loads_as_it_was_saved(tmp_path: Path) -> None:
    pytest.importorskip("opacus")
    REPORTED.save(tmp_path)
    assert PrivacyReport.load(tmp_path) == REPORTED
    (tmp_path / REPORT).write_text("{}", encoding="utf-8")
    with pytest.raises(BadModel, match="privacy report"):
        PrivacyReport.load(tmp_path)


def test_nobody_can_tell_which_interests_private_models_have_seen() -> None:
    products, events = small_shop(shoppers=300)
    held_out = HeldOut.of(dataset_of(events, products))
    models = Models()
    public = replace(models, next_item=replace(models.next_item, graph=models.next_item.graph.fit(held_out.training)))
    assert compared(public.next_item, public, held_out) is not None
    assert compared(public.next_item, replace(public, privacy=REPORTED), held_out) is None


def test_models_of_which_noise_left_nothing_popular_are_not_empty() -> None:
    assert Models().is_empty and not Models(privacy=REPORTED).is_empty


def test_popularity_of_an_unknown_time_is_not_said_to_be_of_this_month() -> None:
    products = [make_product("a")]
    ranker = Models(Popularity(levels={"a": 1.0}, popular=0.5)).ranker(lookup_in(products))
    texts = [r.text for c in ranker.rank(found(products), shopper_who(), NOW, 1) for r in c.reasons]
    assert "Popular with other shoppers" in texts and "Popular this month" not in texts


def test_counts_come_back_from_levels() -> None:
    dataset = dataset_of(*reversed(small_shop()))  # type: ignore[arg-type]
    popularity = Popularity(half_life_days=1e9).fit(dataset)
    counts = np.bincount(dataset.items, np.maximum(dataset.weights, 0), minlength=len(dataset.product_ids))
    assert popularity.counts(dataset.product_ids) == pytest.approx(counts / counts[counts > 0].mean(), rel=1e-6)
    assert popularity.counts(["unheard of"]) == pytest.approx([0.0])


# ---- recommendations ---------------------------------------------------------------------------------------------------


def test_recommendations_can_be_learned_privately(tmp_path: Path) -> None:
    pytest.importorskip("opacus")
    sequences, out = tmp_path / "s.txt", tmp_path / "out.jsonl"
    sequences.write_text("".join(f"{user} {user} {user + 1} {user + 2} {user + 3}\n" for user in range(1, 21)))
    assert recommend_from_sequences(sequences, None, out, epsilon=8.0) == 20
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert all(len(set(row["items"])) == 10 and row["user"] not in row["items"] for row in rows)
    for model, exposure in (("item_graph", 0.0), ("blend", 0.5)):
        with pytest.raises(ValueError, match="with a privacy budget; expected"):
            recommend_from_sequences(sequences, None, out, model, exposure=exposure, epsilon=8.0)
