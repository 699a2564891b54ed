from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ranking import traits
from ranking.dataset import Dataset, from_events, leave_one_out
from ranking.models.base import BadModel
from ranking.models.content import Content
from ranking.models.history_vectors import HistoryVectors
from ranking.models.sequence.history_network import HistoryVectorsNetwork
from ranking.models.sequence.model import SequenceModel
from ranking.models.sequence.network import Network
from ranking.models.sequence.rows import Windows, batches, histories, padded
from ranking.models.sequence.settings import Settings
from ranking.models.sequence.training import WindowTask
from ranking.models.sequential import Sequential, SequentialNetwork
from ranking.models.training.run import Run, Step
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


def untrained(network_type: type[Network], settings: Settings = QUICK) -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        content = np.random.default_rng(1).normal(size=(11, 8)).astype(np.float32)
        return network_type(content, settings).eval()


@pytest.mark.parametrize("network_type", [HistoryVectorsNetwork, SequentialNetwork])
def test_all_of_a_row_is_read_and_its_padding_is_not(network_type: type[Network]) -> None:
    network = untrained(network_type)
    wants = network.wants(torch.tensor([[3, 2, 1, 0]]))
    assert wants.shape == (1, 8)
    assert torch.allclose(network.wants(torch.tensor([[3, 2, 1]])), wants, atol=1e-5)
    assert not torch.allclose(network.wants(torch.tensor([[3, 2, 7, 0]])), wants)
    assert not torch.allclose(network.wants(torch.tensor([[2, 3, 1, 0]])), wants)


def test_a_product_is_told_from_what_stands_before_it_and_not_from_what_comes_after() -> None:
    network = untrained(SequentialNetwork)
    assert isinstance(network, SequentialNetwork)
    wants, later = (network.wants_after_each(torch.tensor([row])) for row in ([3, 2, 1, 0], [9, 2, 1, 0]))
    assert not torch.allclose(later[:, 0], wants[:, 0])
    assert torch.allclose(later[:, 1], wants[:, 1], atol=1e-5)


def test_what_else_a_shopper_wanted_is_not_set_against_what_they_want() -> None:
    network = untrained(HistoryVectorsNetwork, replace(QUICK, negatives=1))
    found, wanted = torch.randn(2, 8, generator=torch.Generator().manual_seed(3)), torch.tensor([4, 5])

    def loss(*owners: int) -> float:
        with torch.random.fork_rng():
            torch.manual_seed(2)  # the product that is drawn is the same
            return float(network.told(found, wanted, torch.tensor(owners)).detach())

    assert loss(0, 1) == loss(7, 3)
    assert loss(0, 0) < loss(0, 1)


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


def test_each_history_product_has_its_part_in_a_chance(shop: Dataset) -> None:
    model, shopper = quick(HistoryVectors, epochs=5).fit(shop), shop.shopper(0)
    assert isinstance(model, HistoryVectors) and model.vectors
    candidates = [*shop.product_ids, "unknown"]
    history, parts = model.contributions(shopper, candidates)
    assert history == [event.product_id for event in reversed(shopper.history)][:5]
    assert parts.sum(axis=0) == pytest.approx(model.chances([shopper], candidates)[0], abs=1e-9)
    assert (parts >= 0).all()
    # A product that points away from the candidate has no part in its chance while another points to it.
    numbers = {product_id: number for number, product_id in enumerate(shop.product_ids, 1)}
    towards = model.vectors.before[[numbers[name] for name in history]] @ model.vectors.next[1:].T
    mixed = (towards > 0).any(axis=0)
    assert (parts[:, :-1][(towards <= 0) & mixed] == 0).all() and ((towards <= 0) & mixed).any()
    empty, none = model.contributions(Shopper("new"), candidates)
    assert (empty, none.shape) == ([], (0, len(candidates)))
    assert HistoryVectors().contributions(shopper, ["a"])[0] == []


def test_contributions_add_up_where_nothing_points_to_a_product(shop: Dataset) -> None:
    model = quick(HistoryVectors).fit(shop)
    assert isinstance(model, HistoryVectors) and model.vectors
    model.vectors = replace(model.vectors, before=-np.abs(model.vectors.before), next=np.abs(model.vectors.next))
    shopper = shop.shopper(0)
    _, parts = model.contributions(shopper, shop.product_ids)
    assert parts.sum(axis=0) == pytest.approx(model.chances([shopper], shop.product_ids)[0], abs=1e-9)
    assert parts[0, -1] > parts[-1, -1] > 0  # the latest counts most


def letters() -> Dataset:
    """Shoppers who turn from a's to b's, and others who turn from c's to d's."""
    events = [
        make_event(f"{letter}{(n + step) % 6}", shopper=f"s{n}-{pair}", time=step)
        for n in range(40)
        for pair in ("ab", "cd")
        for step, letter in enumerate(pair)
    ]
    return from_events(
        events, [make_product(f"{x}{n}", title=f"{x * 4} {n}", category=()) for x in "abcd" for n in range(6)]
    )


def test_products_that_come_in_after_training_are_known_by_their_content(tmp_path: Path) -> None:
    dataset = letters()
    model = quick(HistoryVectors, epochs=10, width=16).fit(dataset)
    assert isinstance(model, HistoryVectors)
    ids, titles = ["new-b", "new-d", "odd", "a1"], ["bbbb unheard", "dddd", "unheard", "dddd"]
    tokens = [traits.tokens(make_product(product_id, title=title)) for product_id, title in zip(ids, titles, strict=True)]
    shoppers = [shopper_who(("purchase", "a1")), shopper_who(("purchase", "c1"))]
    more = model.with_products(ids, titles, tokens)
    scores = more.score(shoppers, ids)
    assert scores[0, 0] > scores[0, 1] and scores[1, 1] > scores[1, 0]
    assert scores[:, 2].tolist() == [0, 0]  # nothing is known of it
    assert scores[:, 3] == pytest.approx(model.score(shoppers, ["a1"])[:, 0], abs=1e-5)  # known before: stays as it was
    assert more.product_ids == (*dataset.product_ids, "new-b", "new-d")
    assert more.chances(shoppers, more.product_ids).sum(axis=1) == pytest.approx(1, abs=1e-5)
    # It counts as part of a history, too, and gives reasons.
    was_new = shopper_who(("purchase", "new-d"))
    assert more.contributions(was_new, ["new-b"])[0] == ["new-d"]
    assert model.score(shoppers, ["new-b"]).tolist() == [[0], [0]]  # the model that was trained is left alone
    more.save(tmp_path)
    again = HistoryVectors.load(tmp_path)
    assert again.score(shoppers, ids).tolist() == scores.tolist()
    last = again.with_products(["newer-b"], ["bbbb"], tokens[:1])
    assert last.score(shoppers, ["newer-b"]) == pytest.approx(last.score(shoppers, ["new-b"]), abs=1e-5)


def test_there_is_nothing_to_add_products_to_before_training() -> None:
    model = HistoryVectors()
    assert model.with_products(["a"], ["A"], [("a",)]) is model
    fitted = quick(HistoryVectors).fit(from_events([], [make_product("a", title="1", category=())]))
    assert fitted.with_products(["b"], ["B"], [("b",)]) is fitted  # type: ignore[attr-defined]


def test_what_serves_is_what_was_trained(shop: Dataset) -> None:
    """The arrays say the same as the network that they were worked out from."""
    of_products = np.vstack([np.zeros(8), np.random.default_rng(1).normal(size=(10, 8))]).astype(np.float32)
    network = HistoryVectorsNetwork(of_products, QUICK).eval()
    vectors = network.as_vectors(Content.learn([], 8, 1))
    rows = [np.array([3, 9, 1]), np.array([4])]
    with torch.inference_mode():
        expected = network.wants(torch.from_numpy(padded(rows))) @ network.vectors(torch.arange(1, 11)).T
    assert vectors.logits(rows, None) == pytest.approx(expected.numpy(), abs=1e-4)
    assert vectors.logits(rows, np.array([2, 7])) == pytest.approx(expected.numpy()[:, [1, 6]], abs=1e-4)


def test_it_serves_without_torch(shop: Dataset, tmp_path: Path) -> None:
    quick(HistoryVectors).fit(shop).save(tmp_path)
    code = f"""
import sys
from pathlib import Path
from ranking.models.history_vectors import HistoryVectors
from ranking.types import Event, Shopper
model = HistoryVectors.load(Path({str(tmp_path)!r}))
model_tokens = list(model.vectors.content.tokens.columns)
model = model.with_products(["new"], ["New"], [model_tokens[:1]])
first, second = model.product_ids[:2]
assert "new" in model.product_ids
shopper = Shopper("s", (Event("", 1.0, "s", "purchase", first),))
assert model.score([shopper], [second]).any() and model.chances([shopper], [second]).any()
model.explain(shopper, second), model.contributions(shopper, [second])
sys.exit(", ".join({{"torch", "sklearn", "accelerate"}} & set(sys.modules)) or None)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


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
    figures = [epoch.measures["ndcg"] for epoch in model.epochs]
    assert len(figures) < 40
    assert figures.index(max(figures)) == len(figures) - 3


def test_histories_are_latest_first_and_liked() -> None:
    events = [make_event("a", time=1), make_event("b", "dislike", time=2), make_event("c", time=3), make_event("d", time=4)]
    dataset = from_events([*events, make_event("a", shopper="one")], [make_product(name) for name in "abcd"])
    assert [row.tolist() for row in histories(dataset, 2)] == [[4, 3]]
    assert [row.tolist() for row in histories(dataset, 9)] == [[4, 3, 1]]


def test_in_a_large_shop_batches_grow_instead_of_steps() -> None:
    products = [make_product(str(n)) for n in range(30)]

    def task(shoppers: int) -> WindowTask:
        events = [make_event(str(n), shopper=f"s{s}", time=n) for s in range(shoppers) for n in range(21)]
        return WindowTask(HistoryVectorsNetwork, from_events(events, products), replace(QUICK, batch=1, recent=20))

    small, large, larger = task(2), task(80), task(200)
    assert [task.settings.batch for task in (small, large, larger)] == [1, 4, 4]
    assert large.settings.rate == pytest.approx(2 * small.settings.rate)
    assert len(small.batches(np.random.default_rng(1))) == 40 and len(large.batches(np.random.default_rng(1))) == 400


def test_every_row_stands_in_one_batch() -> None:
    rows = [np.arange(1, 2 + number % 5) + 10 * number for number in range(50)]
    found = [row[row > 0].tolist() for batch in batches(rows, 8, np.random.default_rng(1)) for row in batch]
    assert sorted(found) == sorted(row.tolist() for row in rows)
    assert padded([]).shape == (0, 0)


def test_a_window_starts_at_every_product_but_the_oldest_of_a_row() -> None:
    rows = [np.array([3, 2, 1]), np.array([9, 8, 7, 6, 5])]
    windows = Windows.of(rows, 3, 4, np.random.default_rng(1))
    assert [batch.shape for batch in windows] == [(4, 3), (2, 3)] and len(windows) == 2
    found = sorted(window.tolist() for batch in windows for window in batch)
    assert found == [[2, 1, 0], [3, 2, 1], [6, 5, 0], [7, 6, 5], [8, 7, 6], [9, 8, 7]]
    again = [Windows.of(rows, 3, 4, np.random.default_rng(seed))[0].tolist() for seed in (1, 2)]
    assert again[0] == windows[0].tolist() != again[1]
    with pytest.raises(IndexError, match="batch 2 of 2"):
        windows[2]
    assert len(Windows.of([], 3, 4, np.random.default_rng(1))) == 0
