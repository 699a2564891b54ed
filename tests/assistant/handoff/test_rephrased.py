import json

from assistant.handoff.outbox import Delivery
from assistant.handoff.rephrased import Rephrased


class Receiver:
    """Takes whatever it is sent."""

    name = "webhook"

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []

    def send(self, delivery: Delivery) -> None:
        self.bodies.append(json.loads(delivery.body))


def delivery(event: str, conversation_id: str = "c1") -> Delivery:
    return Delivery(1, "e1", "webhook", conversation_id, event, json.dumps({"summary": "plain", "version": 1}), 0.0, 1)


def test_requests_get_the_models_summary_and_other_events_are_left_alone() -> None:
    receiver = Receiver()
    target = Rephrased(receiver, {"c1": "Wants boots “für den Regen”."}.__getitem__)
    assert target.name == "webhook"
    target.send(delivery("handover.requested"))
    target.send(delivery("message.created"))
    assert receiver.bodies == [
        {"summary": "Wants boots “für den Regen”.", "version": 1},
        {"summary": "plain", "version": 1},
    ]


def test_of_a_conversation_that_is_gone_the_old_summary_is_told() -> None:
    receiver = Receiver()
    Rephrased(receiver, {}.__getitem__).send(delivery("handover.requested"))
    assert receiver.bodies[0]["summary"] == "plain"
