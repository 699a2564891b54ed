"""The scripted conversations that benchmarks play."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from assistant.converse import Script, read_scripts
from retrieval.feeds.jsonl import read_jsonl

CONVERSATIONS = Path(__file__).parent / "data" / "conversations.jsonl"
SEED = 7


def scripted_conversations(least_turns: int, path: Path = CONVERSATIONS) -> list[Script]:
    """Whole conversations in a shuffled order that is always the same, until they have `least_turns` turns.

    Blank messages are left out, as nothing is computed for them. Raises `ValueError` if there are not so many turns,
    `FeedError` or `BadScript` for a file that can't be read.
    """
    scripts = list(read_scripts(read_jsonl(path)))
    random.Random(SEED).shuffle(scripts)
    chosen: list[Script] = []
    turns = 0
    for script in scripts:
        if turns >= least_turns:
            break
        spoken = tuple(text for text in script.turns if text.strip())
        chosen.append(replace(script, turns=spoken))
        turns += len(spoken)
    if turns < least_turns:
        raise ValueError(f"least_turns is {least_turns}; {path} has {turns}")
    return chosen
