from pathlib import Path

import pytest

from assistant.policies import Policies
from assistant.types import Topic

SHIPPING = """# Shipping

## Where we deliver

We deliver to the United States and Canada, not to Norway.

## How long it takes

Standard delivery takes three to five working days.
"""
RETURNS = """# Returns

## Refunds

The money is back on your card within ten days.
"""


@pytest.fixture
def policies(tmp_path: Path) -> Policies:
    (tmp_path / "shipping.md").write_text(SHIPPING)
    (tmp_path / "returns.md").write_text(RETURNS)
    return Policies.read(tmp_path)


@pytest.mark.parametrize(
    ("question", "topic", "start"),
    [
        ("do you ship to Norway?", "shipping", "We deliver"),
        ("how long does delivery take", "shipping", "Standard"),
        ("when do I get my refund", "returns", "The money"),
        ("do you deliver to Canada", "other", "We deliver"),
    ],
)
def test_the_passage_that_answers_is_found(policies: Policies, question: str, topic: Topic, start: str) -> None:
    passage = policies.find(question, topic)
    assert passage is not None
    assert passage.text.startswith(start)


def test_a_policy_that_is_not_there_is_not_made_up(policies: Policies) -> None:
    assert policies.find("do you price match?", "payment") is None
    assert policies.find("can I bring my llama?", "other") is None


def test_a_shop_without_policies_has_none(tmp_path: Path) -> None:
    assert Policies.read(tmp_path / "nowhere").find("do you ship?", "shipping") is None
