"""What a shopper's words may become part of the need, which is said again: in openings, on cards, in suggestions.

A wish is a few plain words. Amounts of money, links, markup, references and long texts in it are no wish: repeated by the
assistant they would look like its own claims.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.types import Frame, Reading

_MARKS = re.compile(r"[\[\]{}<>|\\^`~*=#@\"“”]+|:(?=\s|$)|_{2,}")
_LONGEST, _MOST_WORDS, _LONGEST_WORD = 60, 8, 28
_UNIT = r"(?:dollars?|bucks?|euros?|pounds? sterling|quid|cents?|pence|yen|usd|eur|gbp)"
_NO_WISH = re.compile(
    rf"[$£€¥₹%]|\b{_UNIT}\b|^free$|^free (?=of charge)|\bfor free\b|\bgratis\b|\bpercent\b|\bdiscounts?\b|\bhalf price\b|"
    r"\bguarantee[ds]?\b|https?\b|\bwww\b|\d{7}|\w\.\w+/|(?:\b\w*[a-z]\d+[a-z]\w*\b.*){2}",
    re.I,
)
_UNSURE = 0.2


def sayable(reading: Reading) -> Reading:
    """The reading without what is no wish; one that has nothing else to say is not to be acted on."""
    frame = reading.frame
    kept = replace(
        frame,
        query=_phrase(frame.query),
        include=_phrases(frame.include),
        exclude=_phrases(frame.exclude),
        brand=_phrases(frame.brand),
        brand_exclude=_phrases(frame.brand_exclude),
    )
    if kept == frame:
        return reading
    is_empty = frame.act in ("search", "refine") and kept == Frame(frame.act)
    return replace(reading, frame=kept, confidence=min(reading.confidence, _UNSURE) if is_empty else reading.confidence)


def _phrases(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase for phrase in map(_phrase, values) if phrase))


def _phrase(value: str) -> str:
    """`value` without marks, if it is a wish; else nothing."""
    words = _MARKS.sub(" ", value).split()
    phrase = " ".join(words)
    is_short = len(phrase) <= _LONGEST and len(words) <= _MOST_WORDS and all(len(word) <= _LONGEST_WORD for word in words)
    return phrase if is_short and any(c.isalnum() for c in phrase) and not _NO_WISH.search(phrase) else ""
