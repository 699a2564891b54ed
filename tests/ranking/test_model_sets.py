from __future__ import annotations

from pathlib import Path

import pytest

from ranking.guard import Check
from ranking.model_sets import ModelSets, NoSuchSet
from ranking.models.base import BadModel
from ranking.trained import Models, untrained
from tests.fakes_ranking import NOW, make_product

GUARD = (Check("NDCG@10", 0.2, 0.19, 0.19, True),)


def models_of(*names: str) -> Models:
    return untrained([make_product(name) for name in names])


def add(sets: ModelSets, *names: str, refused: bool = False, now: float = NOW) -> str:
    return sets.add(models_of(*names), {"interests": len(names)}, GUARD, now, refused=refused)


def test_sets_are_listed_with_what_they_were(tmp_path: Path) -> None:
    sets = ModelSets(tmp_path / "models")
    assert sets.all() == () and sets.current is None and sets.metrics() is None
    add(sets, "a")
    add(sets, "a", "b", now=NOW + 1)
    first, second = sets.all()
    assert (first.name, first.before, first.is_current, first.trained_at) == ("models-00001", None, False, NOW)
    assert (second.name, second.before, second.is_current) == ("models-00002", "models-00001", True)
    assert second.metrics == {"interests": 2} == sets.metrics()
    assert second.guard == GUARD
    assert sets.load().next_item.product_ids == ("a", "b")


def test_rollback_goes_to_the_set_used_before_and_on_from_there(tmp_path: Path) -> None:
    sets = ModelSets(tmp_path)
    for number in range(3):
        add(sets, *"abc"[: number + 1])
    assert sets.rollback() == sets.current == "models-00002"
    assert sets.load().next_item.product_ids == ("a", "b")
    # The next one comes after the one in use, not after the one that was rolled back.
    assert add(sets, "d") == "models-00004"
    assert sets.rollback() == "models-00002"
    assert sets.rollback("models-00004") == "models-00004"


def test_nothing_to_go_back_to_is_told(tmp_path: Path) -> None:
    sets = ModelSets(tmp_path)
    with pytest.raises(NoSuchSet, match="there are: none"):
        sets.rollback()
    add(sets, "a")
    with pytest.raises(NoSuchSet, match="to go back to; there are: models-00001"):
        sets.rollback()
    with pytest.raises(NoSuchSet, match=r"no set '\.\./x'"):
        sets.rollback("../x")
    assert sets.current == "models-00001"


def test_a_broken_set_is_not_gone_back_to(tmp_path: Path) -> None:
    sets = ModelSets(tmp_path)
    add(sets, "a")
    add(sets, "b")
    (tmp_path / "models-00001" / "graph.edges.npz").write_bytes(b"broken")
    with pytest.raises(BadModel, match="train again"):
        sets.rollback()
    assert sets.current == "models-00002"


def test_a_refused_set_is_kept_aside_and_only_the_last_one(tmp_path: Path) -> None:
    sets = ModelSets(tmp_path)
    add(sets, "a")
    assert [add(sets, "b", refused=True), add(sets, "c", refused=True)] == ["refused-00002", "refused-00003"]
    assert sets.current == "models-00001"
    assert [one.name for one in sets.all()] == ["models-00001", "refused-00003"]
    assert add(sets, "d") == "models-00004"


def test_the_current_set_and_the_one_before_it_outlast_the_last_three(tmp_path: Path) -> None:
    sets = ModelSets(tmp_path)
    for name in "abcd":
        add(sets, name)
    sets.rollback("models-00002")
    add(sets, "e")
    names = [one.name for one in sets.all()]
    assert names == ["models-00002", "models-00003", "models-00004", "models-00005"]
    sets.rollback()
    assert sets.current == "models-00002"
