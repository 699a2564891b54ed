"""What answers a question on an order: yes, no, never mind, take that back, I don't know. By rules alone.

Nothing is written on the strength of a guess: a yes is one only where the message is nothing else.
"""

from __future__ import annotations

import re

_POLITE = (
    r"(?:please|pls|plz|thanks?|thank you|that'?s (?:right|correct|it|fine)|all good|then|now|for me|start it|both"
    r"|you can|,|\.|!)"
)
_YES = re.compile(
    r"\W*(?:(?:oh|ok|okay|well|ah|um)\W+)?(?:yes|yeah|yep|yup|ya|sure|ok|okay|of course|absolutely|definitely"
    r"|certainly|correct|right"
    r"|confirm(?:ed)?|i confirm|i do|go ahead|do it|do that|please do|yes sir|go for it|that'?s right|sounds good"
    r"|agreed|y"
    r"|(?:yes\W+)?(?:please )?(?:cancel|return|exchange|start|send|swap) (?:it|them|that|the order|my order"
    r"|the return|the exchange))"
    r"(?:\W+(?:yes|sure|please|do it|do that|do|go ahead|cancel (?:it|that|the (?:whole )?order|my (?:whole )?order"
    r"|all(?: of it)?"
    r"|everything|the lot)|return (?:it|them"
    r"|that)|exchange"
    r" (?:it|them|that)|start (?:it|the return|the exchange|that)|swap (?:it|them)|i confirm|confirm(?:ed)?"
    r"|i'?m sure|it is"
    r"|(?:they|it)(?: is| are|'?s|'?re) (?:still |all )?(?:unused|unopened|new|sealed)|unused|unopened|that'?s (?:right"
    r"|correct|fine|good)|correct"
    rf"|{_POLITE}))*\W*",
    re.I,
)
_NO = re.compile(
    r"\W*(?:(?:oh|ok|okay|well|ah|um|actually|wait|hm+|then|in that case)\W+)*(?:no+|nope|nah|not (?:now|yet|really)"
    r"|don'?t|do not|n"
    r"|no way|i don'?t|rather not"
    r"|(?:please )?(?:don'?t|do not) (?:do|cancel|return|exchange|start|send) (?:it|that|them|the order|my order"
    r"|this)?|keep it|keep the order|i'?ll keep"
    r" (?:it|them|the order)|i changed my mind|changed my mind)(?:\W+(?:no|thanks?|thank you|please|don'?t|do not"
    r"|do it|do that|cancel|it|them|that"
    r"|keep (?:it|them|the order)|i'?ll keep (?:it|them)|leave it|i changed my mind|changed my mind|sorry|leave"
    r"|wait|stop|actually|not now|yet|my order|the order"
    r"|return|exchange))*\W*",
    re.I,
)
_STOP = re.compile(
    r"\W*(?:(?:oh|ok|okay|well|ah|no|actually|sorry|wait|please)\W+)*(?:never ?mind|nvm|forget (?:it|about it|that"
    r"|this)|stop|drop it|leave it"
    r"|let'?s (?:stop|leave it|drop it)|scratch that|no need|it'?s (?:fine|ok|okay|nothing)|doesn'?t matter"
    r"|not important|skip it)"
    r"(?:\W+(?:then|thanks?|thank you|please|now|sorry|i'?ll keep (?:it|them)|keep it|it'?s (?:fine|ok)|for now))*\W*",
    re.I,
)
_UNDO = re.compile(
    r"\b(?:undo|take (?:that|it) back|revert|reverse|un-?cancel|reinstate|restore)\b|\b(?:cancel|stop) (?:the|that"
    r"|my) (?:return|exchange|cancellation)\b"
    r"|\bdid(?:n'?t| not) mean (?:to|that)\b|\bchanged my mind\b|\bi want (?:it|my order) (?:back|after all)\b",
    re.I,
)
_AT_A_LOSS = re.compile(
    r"\b(?:no (?:idea|clue)|(?:don'?t|do not) (?:know|remember|understand)|dunno|not sure|can'?t (?:say|tell|find|remember)"
    r"|what do you mean|huh|forgot)\b",
    re.I,
)
_LOST_NUMBER = re.compile(
    r"\b(?:don'?t|do not|can'?t|cannot|no idea|not sure|forgot|lost|without|haven'?t|which|where)\b.{0,40}"
    r"\b(?:number|id|know|have|find|remember|it|one)\b",
    re.I,
)


def is_yes(text: str) -> bool:
    """Whether the message is a yes and nothing else."""
    return bool(_YES.fullmatch(text)) and len(text) <= 80


def is_no(text: str) -> bool:
    """Whether the message is a no and nothing else."""
    return bool(_NO.fullmatch(text)) and len(text) <= 80


def stops(text: str) -> bool:
    """Whether the whole matter is to be dropped."""
    return bool(_STOP.fullmatch(text)) and len(text) <= 80


def undoes(text: str) -> bool:
    """Whether what was just done is to be taken back."""
    return bool(_UNDO.search(text))


def is_at_a_loss(text: str) -> bool:
    """Whether the shopper does not know what to answer."""
    return bool(_AT_A_LOSS.search(text))


def lacks_number(text: str) -> bool:
    """Whether the shopper does not have the number that was asked for."""
    return bool(_LOST_NUMBER.search(text))
