"""Examples made into others that are just as true: other letters, less told, wishes in another order.

Whatever is left out, the audit of the answer must find as little as before; otherwise the example stays as it was.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.facts import Told
from assistant.grounding import LETTERS, REFERENCE
from assistant.voice.examples import Example, faults

_ORDER_WORDS = re.compile(r"\b(?:first|second|third|former|latter|last)\b", re.I)
_SWAP, _LESS, _LABEL, _WISH = 0.5, 0.4, 0.2, 0.3


def augmented(example: Example, rng: random.Random) -> Example:
    """Another example from this one, or the same one where the dice say so."""
    changes: tuple[tuple[float, Callable[[Example, random.Random], Example]], ...] = (
        (_SWAP, _in_other_order),
        (_LESS, _without_a_fact),
        (_LABEL, _without_a_label),
        (_WISH, _wished_in_other_order),
    )
    allowed = len(faults(example))
    for chance, change in changes:
        if rng.random() < chance:
            changed = change(example, rng)
            example = changed if len(faults(changed)) <= allowed else example
    return example


def reordered(example: Example, order: Sequence[int]) -> Example:
    """The example with product `order[0]` first, and so on; letters change in the facts and in the answer alike."""
    letters = {LETTERS[old]: LETTERS[new] for new, old in enumerate(order)}

    def renamed(text: str) -> str:
        return REFERENCE.sub(lambda match: f"[{letters[match[1]]}" + match[0][2:] if match[1] in letters else match[0], text)

    def moved(told: Told) -> Told:
        return replace(told, letter=letters[told.letter], facts=tuple(map(renamed, told.facts)))

    return replace(example, told=tuple(moved(example.told[old]) for old in order), answer=renamed(example.answer))


def _in_other_order(example: Example, rng: random.Random) -> Example:
    """Where something was looked for, the first product stays first, since the answer leads with what was ranked first."""
    if _ORDER_WORDS.search(example.answer):
        return example
    fixed = 0 if example.task == "compare" else 1
    order = list(range(len(example.told)))
    moving = order[fixed:]
    rng.shuffle(moving)
    return reordered(example, order[:fixed] + moving)


def _without_a_fact(example: Example, rng: random.Random) -> Example:
    places = [(place, fact) for place, told in enumerate(example.told) for fact in range(len(told.facts))]
    if not places:
        return example
    place, fact = rng.choice(places)
    told = example.told[place]
    return _with(example, place, replace(told, facts=told.facts[:fact] + told.facts[fact + 1 :]))


def _without_a_label(example: Example, rng: random.Random) -> Example:
    places = [(place, label) for place, told in enumerate(example.told) for label in told.labels]
    if not places:
        return example
    place, dropped = rng.choice(places)
    told = example.told[place]
    return _with(example, place, replace(told, labels=tuple(label for label in told.labels if label != dropped)))


def _wished_in_other_order(example: Example, rng: random.Random) -> Example:
    first, *further = example.wish.split("; ")
    rng.shuffle(further)
    return replace(example, wish="; ".join([first, *further]))


def _with(example: Example, place: int, told: Told) -> Example:
    return replace(example, told=(*example.told[:place], told, *example.told[place + 1 :]))
