"""Checks hand-written answers: `python -m assistant.voice.check FILE…` tells what the audit would throw away."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from assistant.stems import WORD
from assistant.voice.examples import FOLDER, BadExample, faults, read_examples

_OPENING_WORDS = 3
_OFTEN = 0.04


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes a line for each fault and one JSON object with counts; returns 1 where there is any fault."""
    parser = argparse.ArgumentParser(prog="python -m assistant.voice.check", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="files of examples; all that are packaged where none is named")
    files = parser.parse_args(arguments).files or sorted(FOLDER.glob("*.jsonl"))
    tasks: Counter[str] = Counter()
    openings: Counter[str] = Counter()
    wrong = 0
    try:
        for number, example in enumerate(read_examples(files), 1):
            tasks[example.task] += 1
            openings[" ".join(WORD.findall(example.answer.lower())[:_OPENING_WORDS])] += 1
            for fault in faults(example):
                wrong += 1
                sys.stdout.write(f"example {number}: {fault}\n")
    except BadExample as error:
        sys.stdout.write(f"{error}\n")
        return 1
    often = {words: count for words, count in openings.most_common(5) if count > max(3, _OFTEN * sum(tasks.values()))}
    sys.stdout.write(
        json.dumps({"examples": sum(tasks.values()), **tasks, "faults": wrong, "openings_too_often": often}) + "\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
