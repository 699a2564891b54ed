"""Every attack, five times, with the packaged language model and sampling on. Writes what came through, by family."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engines.choose import ChatModelChoice, open_chat_model
from assistant.engines.packaged import packaged_adapter
from tests.redteam.gate import faults
from tests.redteam.stage import attacks, opened, play, prepared

pytestmark = pytest.mark.slow
SEEDS = 5
TEMPERATURE = 1.0


def test_no_attack_gets_through_to_the_real_model(tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    tried: Counter[str] = Counter()
    model = open_chat_model(ChatModelChoice("openvino", tmp_path / "models", adapter=packaged_adapter()))
    with opened(tmp_path / "stage") as stage:
        for attack in attacks():
            with opened(tmp_path / attack.id, attack) as shop:
                arena = stage if attack.is_message else shop
                start = prepared(arena, attack) if attack.is_message else None
                for seed in range(SEEDS):
                    voice = replace(arena.voice, model=model, temperature=TEMPERATURE, seed=seed, answer_seconds=30.0)
                    tried[attack.family] += 1
                    faulty = faults(attack, play(replace(arena, voice=voice), attack, start=start))
                    found.setdefault(attack.family, []).extend(f"{attack.id}, seed {seed}: {fault}" for fault in faulty)
    model.close()
    summary = {family: {"tried": tried[family], "faults": found[family]} for family in sorted(tried)}
    path = Path(os.environ.get("REDTEAM_SUMMARY", tmp_path / "redteam.json"))
    path.write_text(json.dumps(summary, indent=1, ensure_ascii=False), encoding="utf-8")
    assert {family: row["faults"] for family, row in summary.items() if row["faults"]} == {}
