"""What a shopper prefers in whatever they look for: kept for each shopper, and put to use in each of their searches.

What is never wanted is a hard constraint. What is wanted helps where the shop's records speak of it and is left out where
they do not: being vegan says nothing about kettles.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Boolean, Column, Engine, Float, Integer, MetaData, String, Table, bindparam, delete, insert, select

from retrieval.search import SearchResult
from retrieval.types import Need, Query

MOST_KEPT = 40
"""Preferences kept of one shopper; the oldest make room."""

_SIZE = "size "
# What a way of life rules out, for when no record of a product says that it suits it.
_RULED_OUT = {"vegan": ("leather", "suede", "wool", "silk", "fur")}
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_metadata = MetaData()
_preferences = Table(
    "preferences",
    _metadata,
    Column("sequence", Integer, primary_key=True),
    Column("shopper_id", String(100), nullable=False, index=True),
    Column("value", String(100), nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("said", String(200), nullable=False),
    Column("time", Float, nullable=False),
)
# Built once: to build a statement takes longer than to ask it.
_KNOWN = (
    select(_preferences.c.value, _preferences.c.wanted, _preferences.c.said)
    .where(_preferences.c.shopper_id == bindparam("shopper"))
    .order_by(_preferences.c.sequence)
)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a shopper always wants and never wants, as phrases that a need could have."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not self.include and not self.exclude


@dataclass(frozen=True, slots=True)
class Preference:
    """One lasting preference: the phrase that searches use, and how to tell it to the shopper ("you are vegan")."""

    value: str
    wanted: bool
    said: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search with preferences found, and the need that it answers: exclusions and helpful wishes added."""

    result: SearchResult
    need: Need


def preferences_of(told: Iterable[Preference]) -> Preferences:
    """The phrases of single preferences."""
    listed = tuple(told)
    return Preferences(
        tuple(preference.value for preference in listed if preference.wanted),
        tuple(preference.value for preference in listed if not preference.wanted),
    )


def applied(need: Need, preferences: Preferences) -> Need:
    """The need with the preferences that it does not speak against; what is asked for now counts for more.

    Who never wears leather and asks for leather boots means it, and another size asked for is for somebody else.
    """
    asked = " ".join([need.query, *need.include, *need.brand])
    refused = " ".join([*need.exclude, *need.brand_exclude])
    sized = any(phrase.lower().startswith(_SIZE) for phrase in need.include)
    include = [
        phrase
        for phrase in preferences.include
        if not named_in(phrase, asked) and not named_in(phrase, refused) and not (sized and phrase.startswith(_SIZE))
    ]
    exclude = [phrase for phrase in preferences.exclude if not named_in(phrase, asked) and phrase not in need.exclude]
    return replace(need, include=(*need.include, *include), exclude=(*need.exclude, *exclude))


def guarded(need: Need, preferences: Preferences) -> Need:
    """The need with what the preferences rule out, and none of their wishes: for ideas, where nothing was asked for."""
    ruled = applied(need, preferences)
    return _without(ruled, ruled.include[len(need.include) :])


def searched(search: Callable[[Query], SearchResult], query: Query, preferences: Preferences) -> Found:
    """Searches with the preferences; those wanted that no product is stated to meet, or that cost anything, are left out.

    Anything means a wish of this search, its brand or its price. What is in `Found.need` beyond `query.need` came from the
    preferences and holds for every candidate, so that cards are to be checked against `Found.need`.
    """
    need = applied(query.need, preferences)
    helpful = need.include[len(query.need.include) :]
    while helpful:
        result = search(replace(query, need=need))
        lost = {*result.relaxed, *result.unstated}
        if not lost and result.candidates:
            return Found(result, need)
        left = () if lost - {*helpful} or not lost else tuple(phrase for phrase in helpful if phrase not in lost)
        need = _without(need, [phrase for phrase in helpful if phrase not in left])
        helpful = left
    return Found(search(replace(query, need=need)), need)


def _without(need: Need, phrases: Sequence[str]) -> Need:
    """The need less wanted phrases, and without what they rule out all the same."""
    asked = " ".join([need.query, *need.include])
    ruled_out = [word for phrase in phrases for word in _RULED_OUT.get(phrase, ()) if not named_in(word, asked)]
    exclude = tuple(dict.fromkeys((*need.exclude, *ruled_out)))
    return replace(need, include=tuple(p for p in need.include if p not in phrases), exclude=exclude)


def named_in(phrase: str, text: str) -> bool:
    """Whether `text` has all the words of `phrase`, in the singular or the plural; "leather-free" has no leather."""
    words = _stems(phrase)
    return bool(words) and words <= _stems(text)


def _stems(text: str) -> set[str]:
    return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in _WORD.findall(text.lower())}


class PreferenceStore:
    """Lasting preferences in a SQL database, for known shoppers and guests alike. Safe from several threads."""

    def __init__(self, engine: Engine) -> None:
        """Creates the table in `engine` where it is missing."""
        self._engine = engine
        _metadata.create_all(engine)

    def get(self, shopper_id: str) -> Preferences:
        """The phrases that the shopper's searches are to heed; empty for somebody who told none."""
        return preferences_of(self.known(shopper_id))

    def known(self, shopper_id: str) -> tuple[Preference, ...]:
        """All that is kept of the shopper, in the order in which it was told."""
        with self._engine.connect() as connection:
            rows = [Preference(*row) for row in connection.execute(_KNOWN, {"shopper": shopper_id})]
        return tuple({row.value: row for row in rows}.values())

    def add(self, shopper_id: str, told: Iterable[Preference]) -> None:
        """Keeps preferences in the place of what they speak against: the same phrase told otherwise, another size."""
        rows = {preference.value: preference for preference in told}
        kept = [old for old in self.known(shopper_id) if not any(_replaces(new, old) for new in rows.values())]
        kept = [*kept, *rows.values()][-MOST_KEPT:]
        values = [
            {"shopper_id": shopper_id, "value": p.value, "wanted": p.wanted, "said": p.said, "time": time.time()}
            for p in kept
        ]
        with self._engine.begin() as connection:
            connection.execute(delete(_preferences).where(_preferences.c.shopper_id == shopper_id))
            if values:
                connection.execute(insert(_preferences), values)

    def forget(self, shopper_id: str, values: Iterable[str]) -> tuple[Preference, ...]:
        """Deletes the preferences with these phrases; returns those that were there."""
        named = set(values)
        gone = tuple(preference for preference in self.known(shopper_id) if preference.value in named)
        chosen = (_preferences.c.shopper_id == shopper_id) & _preferences.c.value.in_(named)
        with self._engine.begin() as connection:
            connection.execute(delete(_preferences).where(chosen))
        return gone

    def forget_all(self, shopper_id: str) -> tuple[Preference, ...]:
        """Deletes all that is kept of the shopper here; returns what it was."""
        gone = self.known(shopper_id)
        with self._engine.begin() as connection:
            connection.execute(delete(_preferences).where(_preferences.c.shopper_id == shopper_id))
        return gone


def _replaces(new: Preference, old: Preference) -> bool:
    return new.value == old.value or (new.value.startswith(_SIZE) and old.value.startswith(_SIZE))
