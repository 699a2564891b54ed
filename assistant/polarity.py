"""Which of several products a message likes and which it does not: "I like the first one, not the second"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.reading.references import find
from assistant.reading.text import read
from assistant.types import Shown

_CLAUSE = re.compile(
    r"\s*[,;:.!?–—]+\s*|\s+(?:but|while|whereas|though|although|yet|and|rather than|instead of|over|than)\s+|\s+(?=not\b)",
    re.I,
)
_NOT_BAD = re.compile(r"\bnot (?:so |too |that |at all )?bad\b", re.I)
_AGAINST = re.compile(
    r"\b(?:not|no|nope|never|hate|dislike|dont|cant|isnt|doesnt|wont|wouldnt|without|except|less|skip|drop|remove|ugly|awful|"
    r"boring|bad|worse|meh|neither|nah)\b|n['’]t\b",
    re.I,
)
# What follows only has something better beside it, which is no reason never to show it again.
_BESIDE = frozenset(("rather than", "instead of", "over", "than"))
_FOR = re.compile(
    r"\b(?:like|likes|liked|love|loving|nice|good|great|fine|prefer|keep|yes|yep|better|best|pretty|perfect|lovely|"
    r"beautiful|cool|want|interested|happy)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Opinions:
    """The positions (from 1) of what is liked and of what is not; what is only less liked is in neither."""

    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()


def opinions(text: str, refs: Sequence[int], shown: Sequence[Shown], *, likes: bool) -> Opinions:
    """Parts `refs` by what is said around each of them; one of which nothing else is said goes with `likes`.

    A clause without a word for or against goes with the one before it: "the first is nice, and the third".
    """
    said: dict[int, bool | None] = {}
    positive: bool | None = None
    for lead, clause in _clauses(_NOT_BAD.sub("good", text)):
        beside = lead.strip().lower() in _BESIDE
        positive = _cue(clause, positive)
        for position in find(read(clause), shown, None).positions:
            if beside or positive is not None:
                said.setdefault(position, None if beside else positive)
    parted = {ref: said.get(ref, likes) for ref in refs}
    return Opinions(tuple(r for r, good in parted.items() if good), tuple(r for r, good in parted.items() if good is False))


def _clauses(text: str) -> list[tuple[str, str]]:
    """(what joins it to the one before, clause) for each clause of `text`."""
    found, lead, start = [], "", 0
    for match in _CLAUSE.finditer(text):
        found.append((lead, text[start : match.start()]))
        lead, start = match[0], match.end()
    return [(before, clause) for before, clause in [*found, (lead, text[start:])] if clause.strip()]


def _cue(clause: str, before: bool | None) -> bool | None:
    """Whether a clause speaks for what it names; as the clause before where it has no word for or against."""
    if _AGAINST.search(clause):
        return False
    return True if _FOR.search(clause) else before
