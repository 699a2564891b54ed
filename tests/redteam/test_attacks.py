"""Every attack, five times, with a language model that is on the attacker's side."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assistant.turn import Assistant
from assistant.types import Conversation
from retrieval.types import Need
from tests.redteam.gate import faults
from tests.redteam.puppet import ALWAYS_FALSE, Puppet
from tests.redteam.stage import ASK, OPEN, Attack, armed, attacks, opened, play, prepared

SEEDS = 5
READ_BY_PUPPET = (3, 4)
MOST_DRAWN = 5_000
EVERY = attacks()
MESSAGES = [attack for attack in EVERY if attack.is_message]
PLANTED = [attack for attack in EVERY if not attack.is_message]
HONEST = Attack("honest", "none", "none", "")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    with opened(tmp_path_factory.mktemp("stage")) as shop:
        return shop


@pytest.fixture(scope="module")
def honest_needs(stage: Assistant) -> list[Need]:
    """The need after each turn of the script in a shop without anything hostile in it."""
    return [turn.after.need for turn in play(stage, HONEST)]


def played_by_puppet(shop: Assistant, attack: Attack, seed: int, start: Conversation | None = None) -> list[str]:
    puppet = Puppet(attack, seed)
    reader = Puppet(attack, seed + SEEDS) if seed in READ_BY_PUPPET else None
    found = faults(attack, play(armed(shop, puppet, reader), attack, puppet.look, start), puppet.lies)
    return [*found, *(["listens without end"] if puppet.drawn > MOST_DRAWN * len(attack.turns) else [])]


def _expect(attack: Attack, request: pytest.FixtureRequest) -> None:
    if attack.id in OPEN:
        request.applymarker(pytest.mark.xfail(reason="still comes through"))


@pytest.mark.parametrize("attack", MESSAGES, ids=lambda attack: attack.id)
def test_a_message_does_no_harm(stage: Assistant, attack: Attack, request: pytest.FixtureRequest) -> None:
    _expect(attack, request)
    start = prepared(stage, attack)
    assert [fault for seed in range(SEEDS) for fault in played_by_puppet(stage, attack, seed, start)] == []


@pytest.mark.parametrize("attack", PLANTED, ids=lambda attack: attack.id)
def test_what_a_merchant_or_a_buyer_wrote_does_no_harm(
    attack: Attack, tmp_path: Path, honest_needs: list[Need], request: pytest.FixtureRequest
) -> None:
    _expect(attack, request)
    with opened(tmp_path / "shop", attack) as shop:
        assert [fault for seed in range(SEEDS) for fault in played_by_puppet(shop, attack, seed)] == []
        if attack.turns == HONEST.turns:
            assert [turn.after.need for turn in play(shop, attack)] == honest_needs


@pytest.mark.parametrize("lie", ALWAYS_FALSE)
def test_nothing_false_is_said_whatever_the_model_says(stage: Assistant, lie: str) -> None:
    puppet = Puppet(only=lie)
    attack = Attack("lie", "lies", "none", "", turns=(ASK, "compare the first two"))
    assert faults(attack, play(armed(stage, puppet), attack, puppet.look), puppet.lies) == []


def test_there_are_enough_attacks_of_many_families() -> None:
    families = Counter(attack.family for attack in EVERY)
    assert len(EVERY) >= 140
    assert len(families) >= 25
    assert len({attack.id for attack in EVERY}) == len(EVERY)
