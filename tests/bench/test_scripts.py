from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.scripts import scripted_conversations


def test_the_conversations_are_enough_and_the_same_each_time() -> None:
    first, second = scripted_conversations(60), scripted_conversations(60)
    assert first == second
    turns = [text for script in first for text in script.turns]
    assert 60 <= len(turns) < 70
    assert all(text.strip() for text in turns)


def test_there_are_at_least_120_turns_in_40_conversations() -> None:
    everything = scripted_conversations(120)
    assert sum(len(script.turns) for script in everything) >= 120
    assert len(scripted_conversations(180)) >= 40


def test_too_few_turns_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text(json.dumps({"conversation_id": "c", "turns": ["boots", " ", "cheaper"]}) + "\n", encoding="utf-8")
    assert scripted_conversations(2, path)[0].turns == ("boots", "cheaper")
    with pytest.raises(ValueError, match="least_turns is 3; .*few.jsonl has 2"):
        scripted_conversations(3, path)
