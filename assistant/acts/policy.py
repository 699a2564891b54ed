"""Questions about the shop's rules: answered with the shop's own words, or not at all."""

from __future__ import annotations

import re

import prompts
from assistant.acts.base import Outcome, Services, Turn
from assistant.policies import Passage

_PERSON = ("Talk to a person",)
_GOES_ON = re.compile(r"\W*(?:and|but|or|what about|how about|what if|even|also)\b", re.I)
_SHORT = 7
"""The most words of a question that goes on with the one before it: "and to Canada?"."""


def policy_question(services: Services, turn: Turn) -> Outcome:
    """The passages of the shop's rules that answer; that there is none is said, never papered over."""
    found = services.policies.answers(_question(turn), turn.frame.topic)
    if not found:
        said = prompts.render("policy_unknown", turn.pick, contact=services.contact)
        return Outcome(turn.conversation, said, suggestions=_PERSON, trouble="policy_unknown")
    return Outcome(turn.conversation, "\n\n".join(quoted(passage, turn.pick + at) for at, passage in enumerate(found)))


def quoted(passage: Passage, pick: int) -> str:
    """What a page of the shop says, word for word, with its title and the heading that it stands under."""
    heading = "" if passage.heading == passage.title else passage.heading
    return prompts.render("policy_answer", pick, quote=passage.text, heading=heading, page=passage.title)


def _question(turn: Turn) -> str:
    """The message; if it only goes on with the question before it, that one with it."""
    goes_on = turn.conversation.last_act == "policy_question" and _GOES_ON.match(turn.text)
    if not goes_on or len(turn.text.split()) > _SHORT:
        return turn.text
    asked = (message.text for message in reversed(turn.conversation.messages) if message.role == "shopper")
    before = next((text for text in asked if text != turn.text), "")
    return f"{before.rstrip(' .?!')} {turn.text}".strip()
