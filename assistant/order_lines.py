"""Which lines of an order a message names, and which size it asks for instead. By rules alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.order_words import of_size
from assistant.reading import references
from assistant.reading.text import Text, read
from assistant.types import Shown

_BIGGER = re.compile(r"\b(?:bigger|larger|(?:one )?size up|next size up|too (?:small|tight|short))\b", re.I)
_SMALLER = re.compile(r"\b(?:smaller|(?:one )?size down|next size down|too (?:big|large|loose|long))\b", re.I)
_ALL = re.compile(
    r"\b(?:all|everything|both|every ?thing|the (?:whole|entire|complete) (?:order|lot|thing|parcel|package)"
    r"|the lot|each(?: of them)?"
    r"|whole order|entire order|complete order)\b",
    re.I,
)
_BUT = re.compile(r"\b(?:but|except|apart from|besides|other than|without|minus|not)\b(?: for| not)?", re.I)
# Words of orders and options, which may stand in a title and name nothing.
_NO_NAMES = re.compile(
    r"\b(?:size|colou?r|width|length|fits?|age|order(?:ed|s)?|left|yet|still|got|bought|warehouse|ship(?:ped|ping)?|deliver\w*|parcel|package|week|month"
    r"|yesterday|today"
    r"|stuff|back|send|sent|return\w*|exchang\w*|cancel\w*|please|wish|received?|last|latest|first|recent\w*|where|what)\b",
    re.I,
)


def lines_named(text: str, titles: Sequence[str], *, by_place: bool = True) -> tuple[int, ...]:
    """The places, from 1, of the lines that a message names: by title, by place, all of them, or all but some."""
    listed = [Shown(str(place), title, None) for place, title in enumerate(titles, 1)]
    everything = _ALL.search(text)
    if everything and everything[0].lower() == "both":
        text = text[: everything.start()] + text[everything.end() :]
        return lines_named(text, titles, by_place=by_place) or tuple(range(1, len(titles) + 1))
    if everything:
        but = _BUT.search(text)
        spared = lines_named(text[but.end() :], titles, by_place=by_place) if but else ()
        left = tuple(place for place in range(1, len(titles) + 1) if place not in spared)
        return left if spared or not but else ()
    but = _BUT.search(text)
    said = read(text[: but.start()] if but and but.start() else text)
    placed = references.find(said, listed, None) if by_place else references.References()
    nameless = frozenset(at for at, word in enumerate(said.words) if _NO_NAMES.fullmatch(word))
    named = references.by_title(said, listed, placed.used | nameless)
    # "These shoes" are those that are named, and not all that there are.
    strong = placed.positions if placed.strong and not (named.positions and references.means_all(said)) else ()
    found = tuple(sorted({*strong, *_closest(said, listed, named.positions, nameless)}))
    if found or but is None or but[0].lower() != "but":
        return found
    return lines_named(text[but.end() :], titles, by_place=by_place)  # "it says delivered but the tent never came"


def _closest(said: Text, listed: Sequence[Shown], places: Sequence[int], skip: frozenset[int]) -> list[int]:
    """Of lines that share words, those that more is said of: "the red running shoes" are not the blue running shoes."""
    words = {place: references.by_title(said, listed[place - 1 : place], skip).used for place in places}
    return [place for place in places if not any(words[place] < words[other] for other in places)]


def neighbour(text: str, name: str, values: Sequence[str], now: str) -> str:
    """The size next to `now` where a bigger or smaller one is asked for; empty where that says nothing."""
    text = of_size(text)
    step = 1 if _BIGGER.search(text) else -1 if _SMALLER.search(text) else 0
    if not step or "size" not in name.lower() or now not in values:
        return ""
    place = list(values).index(now) + step
    return values[place] if 0 <= place < len(values) else ""
