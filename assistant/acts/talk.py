"""Acts that need no product: greetings, thanks, and what is not the shop's business."""

from __future__ import annotations

import re

import prompts
from assistant.acts.base import Outcome, Services, Turn
from assistant.profile import is_guest

# Which canned reply a smalltalk turn gets: the first whose words it has.
_REPLIES = (
    ("bot_question", re.compile(r"\b(bot|robot|human|real|person|ai|machine|who are you|your name)\b", re.I)),
    ("goodbye", re.compile(r"\b(bye|goodbye|see (you|ya)|that'?s all|that'?s it|cya|later)\b", re.I)),
    ("thanks", re.compile(r"\b(thank\w*|thx|ty|cheers|ta|appreciate\w*|great|perfect|awesome|lovely)\b", re.I)),
)


def smalltalk(services: Services, turn: Turn) -> Outcome:
    """A short, friendly answer; a known shopper is greeted by name."""
    name = next((reply for reply, words in _REPLIES if words.search(turn.text)), "greeting")
    shopper = None if is_guest(turn.conversation.shopper_id) else services.shoppers.get(turn.conversation.shopper_id)
    first_name = shopper.name.split()[0] if shopper else ""
    said = prompts.render(name, turn.pick, first_name=first_name)
    return Outcome(turn.conversation, said, suggestions=("What would you recommend?",) if name == "greeting" else ())


def out_of_scope(services: Services, turn: Turn) -> Outcome:
    """A friendly no, and what the assistant can do instead."""
    return Outcome(turn.conversation, prompts.render("out_of_scope", turn.pick), suggestions=("What would you recommend?",))
