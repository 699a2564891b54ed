from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ranking.dataset import Dataset, from_events, leave_one_out
from ranking.models.base import BadModel
from ranking.models.history_vectors import HistoryVectors
from ranking.models.sequence.model import SequenceModel
from ranking.models.sequence.network import Settings
from ranking.models.sequence.rows import batches, content, histories, padded
from ranking.models.sequence.training import Run, Step
from ranking.models.sequential import Sequential
from ranking.types import Shopper
from tests.fakes_ranking import make_event, make_product, shopper_who, small_shop

MODELS = (HistoryVectors, Sequential)
QUICK = Settings(width=8, recent=5, blocks=1, negatives=40, batch=32, epochs=1, rate=0.01)


@pytest.fixture(scope="module")
def shop() -> Dataset:
    products, events = small_shop()
    return from_events(events, products)


def quick(kind: type[SequenceModel], **changes: object) -> SequenceModel:
    return kind(replace(QUICK, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("negatives", [0, 40])
def test_it_learns_what_comes_next(kind: type[SequenceModel], negatives: int, shop: Dataset) -> None:
    training, targets = leave_one_out(shop)
    model = quick(kind, epochs=15, negatives=negatives, width=16, dropout=0.1).fit(training)
    scores = model.score(list(training.shoppers()), training.product_ids)
    ranks = [(scores[shopper] > scores[shopper, target]).mean() for shopper, target in targets.items()]
    assert np.mean(ranks) < 0.25  # by chance it would be a half


@pytest.mark.parametrize("kind", MODELS)
def test_what_stands_before_is_read_and_what_comes_after_is_not(kind: type[SequenceModel], shop: Dataset) -> None:
    network = quick(kind).fit(shop).network
    assert network is not None
    latest_first = torch.tensor([[3, 2, 1, 0]])
    wants = network.wants(latest_first)
    assert torch.allclose(network.wants(torch.tensor([[3, 2, 1]])), wants[:, :3], atol=1e-6)  # padding says nothing
    later = network.wants(torch.tensor([[9, 2, 1, 0]]))
    assert not torch.allclose(later[:, 0], wants[:, 0])
    assert torch.allclose(later[:, 1], wants[:, 1], atol=1e-6)
    assert not torch.allclose(network.wants(torch.tensor([[3, 2, 7, 0]]))[:, 0], wants[:, 0])


@pytest.mark.parametrize("kind", MODELS)
def test_it_comes_back_as_it_was_saved(kind: type[SequenceModel], shop: Dataset, tmp_path: Path) -> None:
    model = quick(kind).fit(shop)
    model.save(tmp_path)
    again = kind.load(tmp_path)
    shoppers = [shop.shopper(0), Shopper("new"), shopper_who(("purchase", shop.product_ids[7]))]
    assert (again.settings, again.epochs) == (model.settings, model.epochs)
    assert again.score(shoppers, shop.product_ids).tolist() == model.score(shoppers, shop.product_ids).tolist()
    kept = json.loads((tmp_path / f"{kind.name}.metrics.json").read_text(encoding="utf-8"))
    assert [epoch["number"] for epoch in kept["epochs"]] == [1]
    (tmp_path / f"{kind.name}.safetensors").write_bytes(b"broken")
    with pytest.raises(BadModel, match="train again"):
        kind.load(tmp_path)


@pytest.mark.parametrize("kind", MODELS)
def test_a_product_that_nobody_touched_is_placed_by_what_it_is_made_of(kind: type[SequenceModel]) -> None:
    events = [
        make_event(f"{letter}{(n + step) % 6}", shopper=f"s{n}-{letter}", time=step)
        for n in range(40)
        for letter in "ab"
        for step in range(3)
    ]
    products = [make_product(f"{letter}{n}", title=f"{letter * 4} {n}") for letter in "ab" for n in range(6)]
    new = [make_product("new-a", title="aaaa"), make_product("new-b", title="bbbb")]
    model = quick(kind, epochs=10, width=16).fit(from_events(events, [*products, *new]))
    like_a, like_b = model.score([shopper_who(("purchase", "a1"))], ["new-a", "new-b"])[0]
    assert like_a > like_b


@pytest.mark.parametrize("kind", MODELS)
def test_nothing_known_scores_nothing(kind: type[SequenceModel], shop: Dataset) -> None:
    model, product = quick(kind).fit(shop), shop.product_ids[0]
    assert model.score([Shopper("new"), shopper_who(("purchase", "x"))], [product]).tolist() == [[0], [0]]
    assert model.score([shopper_who(("dislike", product))], [product]).tolist() == [[0]]
    assert model.score([shopper_who(("purchase", product))], ["x"]).tolist() == [[0]]
    assert model.score([], [product]).shape == (0, 1)
    assert model.chances([Shopper("new")], [product, "x"]).tolist() == [[0, 0]]
    assert kind().score([shopper_who(("purchase", product))], [product]).tolist() == [[0]]
    assert kind().explain(shopper_who(("purchase", product)), product) == ()
    with pytest.raises(ValueError, match="fit it before saving"):
        kind().save(Path())


@pytest.mark.parametrize("kind", MODELS)
def test_a_shop_of_one_product_or_without_events_is_no_trouble(kind: type[SequenceModel]) -> None:
    one = quick(kind).fit(from_events([make_event("a")], [make_product("a")]))
    assert np.isfinite(one.score([shopper_who(("purchase", "a"))], ["a"])).all()
    assert one.chances([shopper_who(("purchase", "a"))], ["a"]).tolist() == [[0]]
    assert quick(kind).fit(from_events([], [make_product("a"), make_product("b")])).epochs == ()


def test_chances_are_shares_of_all_that_is_not_in_the_history(shop: Dataset) -> None:
    model, shopper = quick(HistoryVectors).fit(shop), shop.shopper(0)
    chances = model.chances([shopper], shop.product_ids)[0]
    own = [event.product_id for event in shopper.history]
    assert chances.sum() == pytest.approx(1, abs=1e-5)
    assert all((chance == 0) == (product in own) for chance, product in zip(chances, shop.product_ids, strict=True))
    # The other candidates make no difference.
    assert model.chances([shopper], shop.product_ids[5:6])[0, 0] == pytest.approx(chances[5])


@pytest.mark.parametrize("kind", MODELS)
def test_the_reason_names_the_product_without_which_the_score_falls(kind: type[SequenceModel], shop: Dataset) -> None:
    model = quick(kind, epochs=5).fit(shop)
    a, b, c = shop.product_ids[1], shop.product_ids[40], shop.product_ids[2]
    shopper = shopper_who(("purchase", a), ("purchase", b))
    whole = model.score([shopper], [c])[0, 0]
    falls = {kept: whole - model.score([shopper_who(("purchase", kept))], [c])[0, 0] for kept in (a, b)}
    reasons = model.explain(shopper, c)
    worst_without = {a: falls[b], b: falls[a]}
    named = max(worst_without, key=lambda product: worst_without[product])
    if worst_without[named] > 0:
        assert reasons[0].text == f"Goes with the {shop.titles[shop.product_ids.index(named)]}"
        assert reasons[0].weight == pytest.approx(worst_without[named])
    else:
        assert reasons == ()


@pytest.mark.parametrize("kind", MODELS)
def test_training_that_was_broken_off_goes_on_to_the_same_weights(
    kind: type[SequenceModel], shop: Dataset, tmp_path: Path
) -> None:
    settings = replace(QUICK, epochs=3, patience=3, held_out=20)
    path = tmp_path / "checkpoint"

    def stop(step: Step) -> None:
        if step.epoch == 2:
            raise KeyboardInterrupt

    whole = kind(settings).fit(shop)
    with pytest.raises(KeyboardInterrupt):
        kind(settings, run=Run(path, stop)).fit(shop)
    assert path.exists()
    seen: list[Step] = []
    resumed = kind(settings, run=Run(path, seen.append)).fit(shop)
    assert seen[0].epoch == 2
    assert not path.exists()
    assert (
        resumed.score([shop.shopper(0)], shop.product_ids).tolist()
        == whole.score([shop.shopper(0)], shop.product_ids).tolist()
    )


def test_training_stops_when_nothing_gets_better_and_keeps_the_best(shop: Dataset) -> None:
    model = quick(HistoryVectors, epochs=40, patience=2, held_out=40, rate=0.05).fit(shop)
    figures = [epoch.ndcg for epoch in model.epochs]
    assert len(figures) < 40
    assert figures.index(max(figures)) == len(figures) - 3  # type: ignore[type-var]


def test_histories_are_latest_first_and_liked() -> None:
    events = [make_event("a", time=1), make_event("b", "dislike", time=2), make_event("c", time=3), make_event("d", time=4)]
    dataset = from_events([*events, make_event("a", shopper="one")], [make_product(name) for name in "abcd"])
    assert [row.tolist() for row in histories(dataset, 2)] == [[4, 3]]
    assert [row.tolist() for row in histories(dataset, 9)] == [[4, 3, 1]]


def test_every_row_stands_in_one_batch() -> None:
    rows = [np.arange(1, 2 + number % 5) + 10 * number for number in range(50)]
    found = [row[row > 0].tolist() for batch in batches(rows, 8, np.random.default_rng(1)) for row in batch]
    assert sorted(found) == sorted(row.tolist() for row in rows)
    assert padded([]).shape == (0, 0)


def test_content_has_length_one_and_nothing_where_nothing_is_known() -> None:
    vectors = content([["red", "boot"], [], ["red", "boot"], ["tent"]], 5, 1)
    assert vectors.shape == (5, 5)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([0, 1, 0, 1, 1], abs=1e-5)
    assert vectors[1] @ vectors[3] == pytest.approx(1, abs=1e-5)
    assert vectors[1] @ vectors[4] == pytest.approx(0, abs=1e-5)
    assert content([[], []], 4, 1).tolist() == np.zeros((3, 4)).tolist()
