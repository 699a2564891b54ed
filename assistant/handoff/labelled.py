"""Labelled turns for the decision to hand over: read from JSON lines, and derived from a public set of support questions."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.handoff.decide import Decision, HandoverPolicy, Situation
from assistant.types import Attempt, Frame, ReasonCode

TURNS = Path(__file__).parent / "data" / "handover_turns.jsonl"
"""The turns to train on; those that are held back are with the tests."""
_HOURS = re.compile(r"hour|time|when|number")
_INTENTS: dict[str, ReasonCode] = {
    "contact_human_agent": "asked_for_human",
    "contact_customer_service": "asked_for_human",
    "complaint": "complaint",
    "payment_issue": "payment",
}
_UNCLEAR = frozenset({"track_refund", "get_refund", "registration_problems"})
"""Intents of the support set that are for a person or not, as the case may be."""


@dataclass(frozen=True, slots=True)
class LabelledTurn:
    """A situation, what went wrong in the act, and what the shop would want done: a reason and "now" or "offer", or None."""

    situation: Situation
    trouble: ReasonCode | None
    wanted: Decision | None

    @property
    def reason_now(self) -> ReasonCode | None:
        """For what the conversation is to be handed over at once."""
        return self.wanted.reason if self.wanted is not None and self.wanted.when == "now" else None

    @property
    def is_heard(self) -> bool:
        """Whether the message alone, with what came before, decides."""
        return self.trouble is None and not self.situation.cart_value


@dataclass(frozen=True, slots=True)
class Score:
    """How well a policy decides to hand over at once. `by_reason` is the share of each reason that was told as such."""

    turns: int
    precision: float
    recall: float
    f1: float
    reasons_right: float
    by_reason: dict[ReasonCode, float]


def read_turns(path: Path) -> list[LabelledTurn]:
    """The turns of a file. Raises `ValueError` naming the line if a line is no labelled turn."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            attempts = tuple(Attempt(a["act"], a["asked"], a.get("trouble")) for a in row.get("attempts", ()))
            situation = Situation(row["text"], Frame(row["act"]), row["confidence"], attempts, row.get("cart_value", 0))
            wanted = Decision(row["reason"], row["when"]) if row["reason"] else None
            found.append(LabelledTurn(situation, row.get("trouble"), wanted))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} line {number}: expected a labelled turn: {error}") from error
    return found


def read_support_questions(path: Path) -> list[tuple[str, ReasonCode | None]]:
    """Questions of the Bitext set (columns utterance and intent) with what calls for a person; unclear ones are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["utterance"], row["intent"]) for row in csv.DictReader(file)]
    return [
        (said, None if intent == "contact_customer_service" and _HOURS.search(said.lower()) else _INTENTS.get(intent))
        for said, intent in rows
        if intent not in _UNCLEAR
    ]


def decide(policy: HandoverPolicy, turn: LabelledTurn) -> Decision | None:
    """What is done in a turn: what the policy hears comes first, then the act `human`, then what went wrong."""
    heard = policy.heard(turn.situation)
    if heard is not None and heard.when == "now":
        return heard
    if turn.situation.frame.act == "human":
        return Decision("asked_for_human", "now")
    return policy.after(turn.situation, turn.trouble) or heard


def score(wanted: Sequence[ReasonCode | None], told: Sequence[ReasonCode | None]) -> Score:
    """Compares the reasons for which to hand over at once (None for not) with those that a policy told."""
    pairs = list(zip(wanted, told, strict=True))
    both = [pair for pair in pairs if None not in pair]
    called, meant = sum(one is not None for one in told), sum(one is not None for one in wanted)
    precision, recall = len(both) / max(called, 1), len(both) / max(meant, 1)
    by_reason = {
        reason: _share([one == other for one, other in pairs if one == reason])
        for reason in sorted({one for one in wanted if one is not None})
    }
    f1 = 2 * len(both) / max(called + meant, 1)
    return Score(len(pairs), precision, recall, f1, _share([one == other for one, other in both]), by_reason)


def _share(right: Sequence[bool]) -> float:
    return sum(right) / max(len(right), 1)
