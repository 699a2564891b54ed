"""A help desk that is told summaries in a language model's words, where a shop has one and its words pass the audit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from assistant.handoff.outbox import Delivery, Target
from assistant.handoff.worker import REQUESTED


class Rephrased:
    """Another target, whose requests for a person get their summaries rewritten before they are sent."""

    def __init__(self, target: Target, summary_of: Callable[[str], str]) -> None:
        """`summary_of` gives the summary of a conversation by its id, in a few seconds at most; `KeyError` if it is gone."""
        self.name = target.name
        self._target = target
        self._summary_of = summary_of

    def send(self, delivery: Delivery) -> None:
        """Sends it with the new summary. Raises `DeliveryFailed`."""
        if delivery.event == REQUESTED:
            delivery = replace(delivery, body=self._rewritten(delivery))
        self._target.send(delivery)

    def _rewritten(self, delivery: Delivery) -> str:
        try:
            packet = json.loads(delivery.body) | {"summary": self._summary_of(delivery.conversation_id)}
        except KeyError:
            return delivery.body
        return json.dumps(packet, ensure_ascii=False)
