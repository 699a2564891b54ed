"""What a shopper is told when a person is asked for: whether somebody is there, and how many wait before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import prompts
from assistant.handoff.decide import HandoverPolicy
from assistant.handoff.hours import OpeningHours
from assistant.types import Conversation, ReasonCode


@dataclass(frozen=True, slots=True)
class Reception:
    """When a person is called for, and what is told of how long that may take.

    `waiting` counts the conversations in the queue; `available` the agents at their desks, or None where the shop's help
    desk is elsewhere and nobody knows. `now` tells seconds since 1970.
    """

    policy: HandoverPolicy
    now: Callable[[], float]
    waiting: Callable[[], int] = lambda: 0
    available: Callable[[], int | None] = lambda: None
    hours: OpeningHours | None = None
    locale: str = "en_US"
    contact: str = ""
    answers_meanwhile: bool = True

    def told(self, conversation: Conversation, reason: ReasonCode, pick: int = 0, *, regret: bool = True) -> str:
        """That a person has been asked for. To one who already waits, that they still do.

        `regret` says to be sorry first, where there is reason to and nothing else is said before.
        """
        name = "handover_waiting" if conversation.handover is None else "handover_still_waiting"
        # Who waits already is in the queue themselves.
        before = self.waiting() - (conversation.handover is not None)
        is_open = self.hours is None or self.hours.is_open(self.now())
        return prompts.render(
            name,
            pick,
            reason=reason,
            regret=regret,
            is_open=is_open,
            hours="" if self.hours is None else self.hours.describe(self.now(), self.locale),
            nobody=self.available() == 0,
            before=max(0, before),
            contact=self.contact,
            meanwhile=self.answers_meanwhile,
        )
