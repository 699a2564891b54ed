"""When a person is called for: from what the shopper says, and from what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assistant.types import Attempt, Frame, ReasonCode


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a message has been read. `cart_value` is minor units; `attempts` are the oldest first."""

    text: str
    frame: Frame
    confidence: float
    attempts: tuple[Attempt, ...] = ()
    cart_value: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a person is called for, and whether at once or only if the shopper wants one."""

    reason: ReasonCode
    when: Literal["now", "offer"]


class HandoverPolicy:
    """Decides from messages and from what went wrong."""

    def heard(self, situation: Situation) -> Decision | None:
        """Before the act, from the message."""
        return Decision("asked_for_human", "now") if situation.frame.act == "human" else None

    def after(self, situation: Situation, trouble: ReasonCode | None) -> Decision | None:
        """After the act, from what went wrong."""
        return None if trouble is None else Decision(trouble, "offer")
