from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ranking.dataset import Dataset, from_events, leave_one_out
from ranking.models.base import BadModel
from ranking.models.deep_fm import DeepFm
from ranking.models.dien import Dien
from ranking.models.din import Din
from ranking.models.logistic_regression import LogisticRegression
from ranking.models.ncf import Ncf
from ranking.models.neural.examples import Drawing
from ranking.models.neural.model import NeuralModel
from ranking.models.neural.network import Settings
from ranking.models.training.run import Run, Step
from ranking.models.wide_and_deep import WideAndDeep
from ranking.types import Shopper
from tests.fakes_ranking import make_event, make_product, shopper_who, small_shop

MODELS = (LogisticRegression, Ncf, WideAndDeep, DeepFm, Din, Dien)
QUICK = Settings(width=8, hidden=(16, 8), recent=5, crosses=4096, epochs=1, batch=128, drawing=Drawing(uniform=0.5))


@pytest.fixture(scope="module")
def shop() -> Dataset:
    products, events = small_shop()
    return from_events(events, products)


def quick(kind: type[NeuralModel], **changes: object) -> NeuralModel:
    return kind(replace(QUICK, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", MODELS)
def test_it_learns_what_a_shopper_turns_to_next(kind: type[NeuralModel], shop: Dataset) -> None:
    training, targets = leave_one_out(shop)
    model = quick(kind, epochs=8, held_out=0.0, rate=0.01, batch=32).fit(training)
    scores = model.score(list(training.shoppers()), training.product_ids)
    ranks = [(scores[shopper] > scores[shopper, target]).mean() for shopper, target in targets.items()]
    # By chance it would be a half, give or take .026: these few steps are no real training.
    assert np.mean(ranks) < 0.42


@pytest.mark.parametrize("kind", MODELS)
def test_it_comes_back_as_it_was_saved(kind: type[NeuralModel], shop: Dataset, tmp_path: Path) -> None:
    model = quick(kind).fit(shop)
    model.save(tmp_path)
    again = kind.load(tmp_path)
    shoppers = [shop.shopper(0), Shopper("new"), shopper_who(("purchase", shop.product_ids[7]))]
    assert (again.settings, again.epochs) == (model.settings, model.epochs)
    assert again.score(shoppers, shop.product_ids).tolist() == model.score(shoppers, shop.product_ids).tolist()
    kept = json.loads((tmp_path / f"{kind.name}.metrics.json").read_text(encoding="utf-8"))
    assert [epoch["number"] for epoch in kept["epochs"]] == [1]


@pytest.mark.parametrize("kind", MODELS)
def test_unknown_products_have_no_chance_and_newcomers_have_finite_ones(kind: type[NeuralModel], shop: Dataset) -> None:
    model = quick(kind).fit(shop)
    scores = model.score([Shopper("new"), shopper_who(("purchase", "gone"))], ["gone", *shop.product_ids[:3]])
    assert scores[:, 0].tolist() == [0, 0]
    assert ((scores[:, 1:] > 0) & (scores[:, 1:] < 1)).all()
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)
    assert model.score([], ["gone"]).shape == (0, 1)
    assert model.score([Shopper("new")], []).shape == (1, 0)


@pytest.mark.parametrize("kind", MODELS)
def test_nothing_to_learn_from(kind: type[NeuralModel], tmp_path: Path) -> None:
    never = kind()
    assert never.score([Shopper("new")], ["a"]).tolist() == [[0.0]]
    assert never.explain(shopper_who(("purchase", "a")), "a") == ()
    with pytest.raises(ValueError, match="fit it before saving"):
        never.save(tmp_path)
    one = quick(kind).fit(from_events([make_event("a")], [make_product("a")]))
    assert np.isfinite(one.score([shopper_who(("purchase", "a")), Shopper("new")], ["a"])).all()
    empty = quick(kind).fit(from_events([], []))
    assert empty.score([Shopper("new")], ["a"]).tolist() == [[0.0]]


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind is not Ncf])
def test_the_reason_is_what_the_score_would_fall_without(kind: type[NeuralModel], shop: Dataset) -> None:
    model = quick(kind, epochs=3, rate=0.01, batch=32).fit(shop)
    fallen = 0
    for index in range(10):
        shopper = shop.shopper(index)
        for product_id in shop.product_ids[index::31]:
            for reason in model.explain(shopper, product_id):
                assert reason.kind == "history"
                named = {title: product for title, product in zip(shop.titles, shop.product_ids, strict=True)}
                cause = named[reason.text.removeprefix("Goes with the ")]
                without = replace(shopper, history=tuple(e for e in shopper.history if e.product_id != cause))
                whole, less = model.score([shopper, without], [product_id])[:, 0]
                assert whole - less == pytest.approx(reason.weight, abs=1e-6) and whole > less
                fallen += 1
    assert fallen > 5


def test_only_the_latest_known_products_are_read(shop: Dataset) -> None:
    model, ids = quick(Din).fit(shop), shop.product_ids
    bought = [("purchase", product_id) for product_id in ids[:7]]
    scores = [
        model.score([shopper_who(*did)], ids[20:24]).tolist()  # type: ignore[arg-type]
        for did in (bought, bought[2:], [*bought, ("purchase", "gone")], bought[3:])
    ]
    assert scores[0] == scores[1] == scores[2] != scores[3]


def test_ncf_knows_no_history_and_so_names_none(shop: Dataset) -> None:
    assert quick(Ncf).fit(shop).explain(shop.shopper(0), shop.product_ids[0]) == ()


def test_the_same_seed_gives_the_same_scores_and_leaves_the_dice_alone(shop: Dataset) -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second = (quick(Din).fit(shop).score([shop.shopper(0)], shop.product_ids) for _ in range(2))
    assert torch.rand(1) == expected
    other = quick(Din, seed=8).fit(shop).score([shop.shopper(0)], shop.product_ids)
    assert first.tolist() == second.tolist() != other.tolist()


class _Interrupted(Exception):
    pass


def test_training_goes_on_from_where_it_was_interrupted(shop: Dataset, tmp_path: Path) -> None:
    def interrupt(step: Step) -> None:
        if step.epoch == 3:
            raise _Interrupted

    kept = tmp_path / "din.checkpoint"
    plain = quick(Din, epochs=4, patience=9).fit(shop)
    broken = quick(Din, epochs=4, patience=9)
    broken.run = Run(kept, interrupt)
    with pytest.raises(_Interrupted):
        broken.fit(shop)
    told: list[int] = []
    resumed = quick(Din, epochs=4, patience=9)
    resumed.run = Run(kept, lambda step: told.append(step.epoch))
    resumed.fit(shop)
    assert set(told) == {3, 4}
    told_by = [[(epoch.number, epoch.loss, epoch.measures) for epoch in one.epochs] for one in (resumed, plain)]
    assert told_by[0] == told_by[1]
    shopper = [shop.shopper(0)]
    assert resumed.score(shopper, shop.product_ids).tolist() == plain.score(shopper, shop.product_ids).tolist()
    assert not kept.exists()


@pytest.mark.parametrize("other", ["seed", "broken"])
def test_a_checkpoint_of_something_else_is_ignored(shop: Dataset, tmp_path: Path, other: str) -> None:
    kept = tmp_path / "din.checkpoint"

    def interrupt(step: Step) -> None:
        if step.epoch == 2:
            raise _Interrupted

    broken = quick(Din, epochs=3)
    broken.run = Run(kept, interrupt)
    with pytest.raises(_Interrupted):
        broken.fit(shop)
    if other == "broken":
        kept.write_bytes(b"no tensors")
    told: list[int] = []
    model = quick(Din, seed=9 if other == "seed" else QUICK.seed)
    model.run = Run(kept, lambda step: told.append(step.epoch))
    model.fit(shop)
    assert set(told) == {1}


def test_it_stops_when_validation_gets_no_better_and_keeps_the_best(shop: Dataset) -> None:
    model = quick(Ncf, epochs=30, patience=2, rate=0.05).fit(shop)
    best = max(model.epochs, key=lambda epoch: (epoch.measures["auc"], -epoch.number))
    assert len(model.epochs) < 30
    assert len(model.epochs) == best.number + 2
    shorter = quick(Ncf, epochs=best.number, patience=30, rate=0.05).fit(shop)
    scores = [one.score([shop.shopper(3)], shop.product_ids).tolist() for one in (model, shorter)]
    assert scores[0] == scores[1]


@pytest.mark.parametrize("name", ["din.json", "din.safetensors", "din.metrics.json"])
def test_a_broken_file_is_told(shop: Dataset, tmp_path: Path, name: str) -> None:
    quick(Din).fit(shop).save(tmp_path)
    (tmp_path / name).write_bytes(b"{broken")
    with pytest.raises(BadModel, match="train again"):
        Din.load(tmp_path)
