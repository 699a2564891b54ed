"""Questions about the shop's rules: answered with the shop's own words, or not at all."""

from __future__ import annotations

import prompts
from assistant.acts.base import Outcome, Services, Turn

_PERSON = ("Talk to a person",)


def policy_question(services: Services, turn: Turn) -> Outcome:
    """The passage of the shop's policies that answers; that there is none is said, never papered over."""
    passage = services.policies.find(turn.text, turn.frame.topic)
    if passage is None:
        said = prompts.render("policy_unknown", turn.pick, contact=services.contact)
        return Outcome(turn.conversation, said, suggestions=_PERSON)
    said = prompts.render("policy_answer", turn.pick, quote=passage.text, heading=passage.heading, topic=passage.topic)
    return Outcome(turn.conversation, said)
