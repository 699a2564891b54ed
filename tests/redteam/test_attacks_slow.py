"""Every attack, five times, with the packaged language model and sampling on. Writes what came through, by family."""

from __future__ import annotations

import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from assistant.chat_models import ChatModel
from assistant.engines.choose import ChatModelChoice, open_chat_model
from assistant.engines.packaged import packaged_adapter
from assistant.turn import Assistant
from assistant.types import Conversation
from tests.redteam.gate import faults
from tests.redteam.stage import OPEN, Attack, attacks, opened, play, prepared

pytestmark = pytest.mark.slow
SEEDS = 5
TEMPERATURE = 1.0


def played(shop: Assistant, attack: Attack, model: ChatModel, start: Conversation | None, seed: int) -> list[str]:
    voice = replace(shop.voice, model=model, temperature=TEMPERATURE, seed=seed, answer_seconds=30.0)
    return [
        f"{attack.id}, seed {seed}: {fault}"
        for fault in faults(attack, play(replace(shop, voice=voice), attack, start=start))
    ]


def test_no_attack_gets_through_to_the_real_model(tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    tried: Counter[str] = Counter()
    model = open_chat_model(ChatModelChoice("openvino", tmp_path / "models", adapter=packaged_adapter()))
    path = Path(os.environ.get("REDTEAM_SUMMARY", tmp_path / "redteam.json"))
    # Five at once, as five shoppers would write: the engine writes them side by side.
    with opened(tmp_path / "stage") as stage, ThreadPoolExecutor(SEEDS) as threads:
        for attack in attacks():
            with opened(tmp_path / attack.id, attack) as shop:
                arena = stage if attack.is_message else shop
                start = prepared(arena, attack) if attack.is_message else None
                tried[attack.family] += SEEDS
                once = partial(played, arena, attack, model, start)
                for faulty in threads.map(once, range(SEEDS)):
                    found.setdefault(attack.family, []).extend(faulty)
            summary = {family: {"tried": tried[family], "faults": found[family]} for family in sorted(tried)}
            path.write_text(json.dumps(summary, indent=1, ensure_ascii=False), encoding="utf-8")
    model.close()
    faulty_families = {family: row["faults"] for family, row in summary.items() if row["faults"]}
    assert {family: lines for family, lines in faulty_families.items() if any(_is_new(line) for line in lines)} == {}


def _is_new(line: str) -> bool:
    return line.split(",")[0] not in OPEN
