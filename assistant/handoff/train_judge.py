"""Trains the judge of messages: `python -m assistant.handoff.train_judge`.

Rebuilds the weights in assistant/handoff/weights from the labelled turns of assistant/handoff/data and, where they are at
hand, from the questions of the Bitext customer-support set. The kinds of judge are compared by cross-validation first;
turns that are held back are measured only when they are named. Half a minute.

Example:
    python -m assistant.handoff.train_judge --support ../shared/data/bitext/intent_train.csv --out /tmp/judge
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from assistant.handoff import judge
from assistant.handoff.decide import HandoverPolicy
from assistant.handoff.judge import FOLDER, NO_REASON, Judge, Matrix, RuleJudge, TrainedJudge, features
from assistant.handoff.labelled import (
    TURNS,
    LabelledTurn,
    Score,
    decide,
    read_support_questions,
    read_turns,
    score,
)
from assistant.types import ReasonCode
from retrieval.embed import Embedder, open_embedder

SUPPORT_WEIGHT = 0.05
"""What a question of the support set weighs against a turn written for this: there are many, all much alike."""
_EVERY = {True: 2, False: 8}
"""Of the support questions that call for a person every second is used, of the others every eighth."""
_FOLDS = 5
_STRENGTH = 10.0
_SEED = 7

Examples = tuple[Matrix, Sequence[str], Sequence[float]]
"""Features, labels and weights."""


class _Told:
    """A judge that gives out what was worked out before."""

    def __init__(self, chances: Mapping[str, Mapping[ReasonCode, float]]) -> None:
        self._chances = chances

    def chances(self, text: str) -> Mapping[ReasonCode, float]:
        return self._chances[text]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compares, trains, writes the weights and the card. Returns the exit status."""
    options = _parser().parse_args(arguments)
    embedder = open_embedder(device="cpu")
    if not options.measure:
        turns = read_turns(TURNS)
        support = _support(options.support, embedder)
        compared = compare(turns, embedder, support)
        train(options.out, turns, embedder, support, {name: _rounded(found) for name, found in compared.items()})
        _say({name: _rounded(found) for name, found in compared.items()})
    trained = TrainedJudge(embedder, options.out)
    for path in options.held_back:
        held = read_turns(path)
        _say(
            {
                path.name: _rounded(measure(trained, held)),
                "heard": _rounded(measure(trained, [t for t in held if t.is_heard])),
            }
        )
    return 0


def measure(using: Judge, turns: Sequence[LabelledTurn]) -> Score:
    """How well the policy with the default rules hands over at once, with this judge."""
    policy = HandoverPolicy(judge=using)
    told = [decide(policy, turn) for turn in turns]
    now = [None if found is None or found.when == "offer" else found.reason for found in told]
    return score([turn.reason_now for turn in turns], now)


def compare(turns: Sequence[LabelledTurn], embedder: Embedder, support: Examples | None) -> dict[str, Score]:
    """Rules, the sentence vector, the signs and both, each measured on turns that it was not trained on."""
    heard = [turn for turn in turns if turn.is_heard]
    whole = features([turn.situation.text for turn in heard], embedder)
    vector = slice(0, embedder.dimension)
    columns = {"vector": vector, "signs": slice(embedder.dimension, None), "both": slice(None)}
    found = {"rules": measure(RuleJudge(), heard)}
    for name, chosen in columns.items():
        more = None if support is None else (support[0][:, chosen], support[1], support[2])
        found[name] = measure(_cross_validated(whole[:, chosen], heard, more), heard)
    alone = _cross_validated(whole, heard, None)
    return {**found, "both, without the support set": measure(alone, heard)}


def train(
    out: Path, turns: Sequence[LabelledTurn], embedder: Embedder, support: Examples | None, compared: Mapping[str, object]
) -> None:
    """Trains on all turns that a message decides, and writes the weights and the card."""
    heard = [turn for turn in turns if turn.is_heard]
    model = _fitted(features([turn.situation.text for turn in heard], embedder), _labels(heard), support)
    card = {
        "embedder": embedder.model_id,
        "trained_on": {"turns": len(heard), "support_questions": 0 if support is None else len(support[1])},
        "cross_validated": compared,
    }
    judge.save(out, list(model.classes_), model.coef_, model.intercept_, card)


def _support(path: Path | None, embedder: Embedder) -> Examples | None:
    if path is None:
        return None
    rows = [row for at, row in enumerate(read_support_questions(path)) if at % _EVERY[row[1] is not None] == 0]
    labels = [reason or NO_REASON for _, reason in rows]
    return features([said for said, _ in rows], embedder), labels, [SUPPORT_WEIGHT] * len(rows)


def _labels(turns: Sequence[LabelledTurn]) -> list[str]:
    return [turn.reason_now or NO_REASON for turn in turns]


def _fitted(seen: Matrix, labels: Sequence[str], support: Examples | None) -> LogisticRegression:
    weights = [1.0] * len(labels)
    if support is not None:
        seen, labels, weights = np.vstack([seen, support[0]]), [*labels, *support[1]], [*weights, *support[2]]
    model = LogisticRegression(C=_STRENGTH, max_iter=1000, class_weight="balanced")
    return model.fit(seen, labels, sample_weight=weights)


def _cross_validated(seen: Matrix, turns: Sequence[LabelledTurn], support: Examples | None) -> Judge:
    """A judge that tells of each turn what a model says that was trained on the others."""
    labels = np.array(_labels(turns))
    chances: dict[str, Mapping[ReasonCode, float]] = {}
    for rest, part in StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(seen, labels):
        model = _fitted(seen[rest], list(labels[rest]), support)
        for at, likely in zip(part, model.predict_proba(seen[part]), strict=True):
            named = zip(model.classes_, likely, strict=True)
            chances[turns[at].situation.text] = {name: float(chance) for name, chance in named if name != NO_REASON}
    return _Told(chances)


def _rounded(found: Score) -> dict[str, object]:
    rounded = {name: round(value, 3) for name, value in asdict(replace(found, by_reason={})).items() if name != "by_reason"}
    return {**rounded, "by_reason": {name: round(share, 3) for name, share in found.by_reason.items()}}


def _say(found: object) -> None:
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m assistant.handoff.train_judge",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"folder to write to (default: {FOLDER})")
    parser.add_argument("--support", type=Path, help="intent_train.csv of the Bitext set (default: do without)")
    parser.add_argument(
        "--held-back", type=Path, nargs="*", default=[], help="files of labelled turns to measure at the end"
    )
    parser.add_argument("--measure", action="store_true", help="train nothing, only measure")
    return parser


if __name__ == "__main__":
    sys.exit(main())
