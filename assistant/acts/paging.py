"""More of the same, and back to what was shown before: read by rules, since such a message says nothing of the need."""

from __future__ import annotations

import re

from assistant.types import Conversation, Frame

_POLITE = r"\W*(?:please |ok(?:ay)? |and |(?:can|could|may) (?:i|you|we) )?(?:please )?"
_END = r"(?: (?:please|then|thanks|now))?\W*"
_MORE = re.compile(
    rf"{_POLITE}(?:(?:show|see|give|bring|get|have)(?: me| us)? )?(?:a few |some |any )?"
    r"(?:more|others|next(?: page| ones?)?|the (?:next|other)(?: page| ones?)|what else|anything else|the rest|keep going)"
    r"(?: (?:do you have|is there|are there|have you got|of (?:these|those|them)|options?|results?|products?"
    r"|ideas?|choices?))?"
    rf"{_END}",
    re.I,
)
_PLACE = r"(?:the )?(?:last|previous|earlier|first)(?: page| ones?| lists?| results?)?"
_BACK = re.compile(
    rf"{_POLITE}(?:(?:go|take me) )?(?:back(?: a page| to {_PLACE})?|previous(?: page| ones?)?"
    rf"|(?:show|see)(?: me)? (?:the )?(?:previous|earlier)(?: page| ones?| results?)){_END}",
    re.I,
)


def asks_for_more(text: str, conversation: Conversation) -> bool:
    """Whether the message asks for nothing but the next products of what is on the screen."""
    return bool(conversation.shown) and _MORE.fullmatch(text) is not None


def asks_for_back(text: str, conversation: Conversation) -> bool:
    """Whether the message asks for nothing but the products that were on the screen before."""
    return bool(conversation.pages) and _BACK.fullmatch(text) is not None


def turned(text: str, conversation: Conversation) -> Frame | None:
    """The frame of a message that only turns the page: it leaves the need as it is."""
    turns = asks_for_more(text, conversation) or asks_for_back(text, conversation)
    return Frame("refine") if turns else None
