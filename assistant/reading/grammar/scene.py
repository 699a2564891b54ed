"""One turn in its making: the context it stands in, the slots of its template, and what it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from assistant.reading.context import Context
from assistant.reading.grammar.expand import choose, parse
from assistant.reading.grammar.lexicon import Goods, Lexicon
from assistant.reading.grammar.noise import Piece
from assistant.reading.grammar.screens import Item
from assistant.types import Act, Frame, PriceRelation, Topic
from retrieval.types import Need, Sort

Maker = Callable[["Scene"], list[Piece]]
"""Fills in a slot, and notes in the scene what that says."""


@dataclass
class Scene:
    """The state of a turn while its template is filled in."""

    rng: random.Random
    lexicon: Lexicon
    goods: Goods
    kind: str
    need: Need
    items: tuple[Item, ...]
    focus: int | None
    makers: Mapping[str, Maker]
    sort: Sort | None = None
    price_rel: PriceRelation | None = None
    refs: list[int] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    given: dict[str, Piece] = field(default_factory=dict)
    possible: bool = True

    def fill(self, template: str) -> list[Piece]:
        """The template with every slot filled in."""
        pieces: list[Piece] = []
        for part in choose(parse(template), self.rng):
            pieces += [Piece(part)] if isinstance(part, str) else self._slot(part.name)
        return pieces

    def frame(self, act: Act, topic: Topic | None) -> Frame:
        """What the turn says besides the values in its pieces."""
        refs = tuple(dict.fromkeys(self.refs))
        return Frame(act, sort=self.sort, price_rel=self.price_rel, refs=refs, drop=tuple(self.drop), topic=topic)

    def context(self, last_act: Act | None) -> Context:
        """The context in which the turn is said."""
        focus = self.items[self.focus - 1].shown.id if self.focus and self.focus <= len(self.items) else None
        return Context(self.need, tuple(item.shown for item in self.items), last_act, focus)

    def say(self, section: str) -> list[Piece]:
        """One of the templates of a section, filled in."""
        return self.fill(self.rng.choice(self.lexicon.phrases[section]))

    def _slot(self, name: str) -> list[Piece]:
        if name.startswith("sort:"):
            self.sort = cast(Sort, name[5:])
            return []
        if name in self.given:
            return [self.given[name]]
        if name in self.lexicon.phrases:
            return self.say(name)
        if name not in self.makers:
            raise ValueError(f"slot is {{{name}}}, expected one of the phrase sections or {', '.join(sorted(self.makers))}")
        return self.makers[name](self)

    def pick(self, values: tuple[str, ...]) -> str:
        """A value that this turn and the need do not hold yet; the turn is given up if there is none."""
        held = {value.lower() for value in (*self.need.include, *self.need.exclude, *self.need.brand)}
        free = [value for value in values if value.lower() not in self.used | held]
        if not free:
            self.possible = False
            return "nothing"
        value = self.rng.choice(free)
        self.used.add(value.lower())
        return value

    def words(self, name: str) -> str:
        """A word of a shared list."""
        return self.pick(self.lexicon.words[name])

    def amount(self) -> int:
        """A price for the scene's goods in major units, round as a rule."""
        value = self.rng.randint(self.goods.low, self.goods.high)
        step = 5 if value < 100 else 10 if value < 300 else 50
        return max(5, value // step * step) if self.rng.random() < 0.85 else max(2, value)

    def kind_said(self) -> str:
        """The kind of goods, in the singular or the plural."""
        if self.kind.endswith(("s", "x")) or self.rng.random() < 0.6:
            return self.kind
        return f"{self.kind}s"
