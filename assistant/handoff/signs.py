"""Plain signs in a message that a person is called for: a reason in so many words, what is spoken of, how it stands.

They are what rules alone would decide by, and what the trained classifier weighs along with the meaning of the whole.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.handoff.patterns import (
    COMPLAINT,
    NO_PERSON,
    NOT_UNDERSTOOD,
    ORDER,
    PAYMENT,
    PERSON,
    PERSON_WORD,
    REFUND,
    SAFETY,
)
from assistant.reading.text import Text, listed, phrases
from assistant.types import ReasonCode

_REPEATED = listed(r"""
    (?:second|third|fourth|fifth|2nd|3rd|4th|\d+th|umpteenth|last) time
    (?:twice|three times|four times|several times|many times|\d+ times|times)
    again
    already
    still
    (?:how many|so many) times
    (?:weeks|months|since)
    (?:no ?(?:one|body)|noone) (?:answers?|replies|replied|came back|called)
    no (?:answer|reply|response)
    (?:keeps?|kept|every time|always)
""")

# What is spoken of, and how it stands. Neither says much alone; a refund that is spoken of again does.
_TOPICS: dict[str, re.Pattern[str]] = {
    "a refund": listed(r"""
    refund\w*
    refnd
    (?:my|our) money
    money back
    re?imburs\w+
    (?:re)?paid back
    credited
    return(?:ed|s|ing)?
    sent (?:it|them|this|that|the \w+)(?: \w+)? back
    replacement
    exchang\w+
    warranty
"""),
    "a payment": listed(r"""
    pay(?:ment|ments|ing|pal)?
    paid
    payed
    card
    charg(?:e|ed|es|ing)
    bill(?:ed|ing)?
    debit(?:ed)?
    deducted
    invoice
    bank
    account
    transaction
    money
    statement
    klarna
    voucher
    checkout
"""),
    "an order": listed(r"""
    orders?
    ordr
    parcels?
    package
    delivery
    deliver(?:ed|y)?
    courier
    driver
    tracking
    shipment
    pickup
    item
    part
    arrived?
    (?:never|not) came
"""),
    "the bot": listed(r"""
    (?:chat ?|ro)?bot
    you
    answers?
    assistant
    machine
    understand(?:ing)?
"""),
    "the shop": listed(r"""
    shop
    store
    company
    service
    staff
    you (?:people|lot|guys|all|are)
    your
    website
    una
"""),
    "a person": phrases(PERSON_WORD),
    "a body": listed(r"""
    (?:my|his|her|our|the) (?:son|daughter|kids?|child|toddler|baby|boy|girl|wife|husband|dad|mum|mom|mother|father|dog|cat|
        hand|face|skin|arm|leg|eye|eyes|head|back|finger|wrist)
    doctor
    hospital
    a&e
    stitches
    injur\w+
    burn(?:s|ed|t|ing)?
    hurt
    cut
    sick
    ill
    faint(?:ed)?
    hot
    fire
    smoke
    hissing
    swell(?:ed|ing)?
"""),
}
_SETTLED = listed(r"""
    all (?:good|fine|sorted|sorted now)
    (?:its|thats|is) (?:fine|ok|okay|sorted|resolved)
    nvm
    never ?mind
    (?:works|worked|went through|came through|fixed|solved|sorted|reversed|turned up|showed up)(?: \w+){0,2} (?:now|thanks|
        after all|in the end|today|this morning|already)
    (?:all |now |it |thats )*(?:sorted|solved|resolved|arrived|came)(?: now)?(?: [,.])? (?:thanks|thank you|cheers)
    came through(?: [,.])? (?:thanks|thank you|cheers)
    my (?:mistake|bad|fault)
    (?:got|received|have)(?: it| my \w+(?: \w+)?)? (?:back )?(?:already|now)
    found (?:it|them|(?:my|the) (?:order|parcel|package))
    (?:no|any) (?:worries|complaints|rush|hurry)
""")
_STATES: dict[str, re.Pattern[str]] = {
    "again": _REPEATED,
    "not": listed(r"""
    not
    never
    no
    nothing
    (?:do|does|did|is|was|were|have|has|had|ca|wo|would)nt
    without
    missing
    lost
    only
    half
    wrong
    fail\w*
    refus\w+
    reject\w+
    declin\w+
    denied
    cancelled
"""),
    "told": listed(r"""
    (?:i|we|already) (?:told|reported|asked|emailed|called|wrote|said|contacted|explained|checked)
    you (?:said|told|promised|keep|people|refuse)
    promised
    raised
    \d+ (?:days|weeks|months|mails|emails|times)
    (?:a|two|three|four|six) (?:week|month|weeks|months|years)
    (?:last|every|next) (?:week|month|time|day)
    since
"""),
    "harsh": COMPLAINT,
    "settled": _SETTLED,
    "kind": listed(r"""
    (?:thanks|thank you)(?: \w+){0,5}
    lovely
    haha
    lol
    funny
"""),
    "shouts": re.compile(r"! !|\? \?"),
    "asks": listed(r"""
    (?:how|what|which|do you|does|can i|could i|is it|is the|are the|if)
"""),
    "wants": listed(r"""
    (?:i want|i need|looking for|show me|something|anything|gift|for (?:my|the|a)|do you (?:have|sell))
"""),
}
_REASONS: tuple[tuple[ReasonCode, re.Pattern[str]], ...] = (
    ("safety", SAFETY),
    ("asked_for_human", PERSON),
    ("payment", PAYMENT),
    ("refund_or_return", REFUND),
    ("order_problem", ORDER),
    ("not_understood", NOT_UNDERSTOOD),
    ("complaint", COMPLAINT),
)


# Words that matter here and are often mistyped. Words one letter away from another common word stay out.
_MENDED = (
    "person human someone somebody agent manager supervisor operator representative customer support advisor specialist "
    "refund payment received parcel nobody understand useless complaint charged electric reaction"
).split()
_SHORTEST = 5
_LONG = 8
_SPELLED_RIGHT = frozenset({"agents", "humans", "humane", "persons", "charge", "charger", "charges", "changed", "refunds"})


def reason_by_rules(text: Text) -> ReasonCode | None:
    """The first reason of which the message has a sign; None where it has none, or says that no person is needed."""
    plain = _mend(text)
    reasons = _reasons(plain)
    return None if not reasons or is_settled(text) else reasons[0]


def asks_for_person(text: Text) -> bool:
    """Whether the message has a sign that a person is asked for, and none that a person is not."""
    return "asked_for_human" in _reasons(_mend(text))


def wants_no_person(text: Text) -> bool:
    """Whether the message says that no person is needed, or only asks whether it talks to one."""
    plain = _mend(text)
    return bool(NO_PERSON.search(plain)) and not PERSON.search(NO_PERSON.sub(" ", plain))


def is_settled(text: Text) -> bool:
    """Whether the message says that what was wrong no longer is."""
    plain = _mend(text)
    return bool(_SETTLED.search(plain)) and not _STATES["not"].search(plain) and not COMPLAINT.search(plain)


def signs(text: Text) -> tuple[str, ...]:
    """The names of all signs in the message: of reasons, of what is spoken of and how it stands, and pairs of the two."""
    plain = _mend(text)
    topics = [name for name, pattern in _TOPICS.items() if pattern.search(plain)]
    states = [name for name, pattern in _STATES.items() if pattern.search(plain)]
    pairs = [f"{topic} {state}" for topic in topics for state in states]
    return (*_reasons(plain), *topics, *states, *pairs)


def all_signs() -> tuple[str, ...]:
    """The names of all signs that there are, in a fixed order."""
    pairs = [f"{topic} {state}" for topic in _TOPICS for state in _STATES]
    return (*(reason for reason, _ in _REASONS), *_TOPICS, *_STATES, *pairs)


def _reasons(plain: str) -> list[ReasonCode]:
    found = [reason for reason, pattern in _REASONS if pattern.search(plain)]
    if "asked_for_human" in found and not PERSON.search(NO_PERSON.sub(" ", plain)):
        found.remove("asked_for_human")
    return found


def _mend(text: Text) -> str:
    """The message with the words that matter spelled right."""
    return " ".join(_mended(word) for word in text.words)


@lru_cache(maxsize=10_000)
def _mended(word: str) -> str:
    if len(word) < _SHORTEST or word in _SPELLED_RIGHT:
        return word
    most = 2 if len(word) >= _LONG else 1
    best = process.extractOne(word, _MENDED, scorer=OSA.distance, score_cutoff=most)
    return word if best is None or best[0][0] != word[0] else best[0]
