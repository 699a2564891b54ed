"""A turn and what it needs of the context as token ids and features.

The order is: [CLS] the turn [SEP] the last act, the need (a mark and words for each value), what is shown (a mark and
words for each item) [SEP]. A mark is a token of its own; its meaning is in its features, and what the network says at
that place is about the value or the item.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from assistant.reading import amounts, corrections, drops, references
from assistant.reading.context import Context
from assistant.reading.encoder.labels import ACTS, NEED_MARKS
from assistant.reading.numbers import number_at
from assistant.reading.text import Text, Token
from assistant.types import Shown
from assistant.vocabulary import normal
from retrieval.types import Need

MOST_WORDS = 120
"""Words of a turn that are read."""
MOST_PIECES = 240
"""Word pieces of a turn that are read; with the context they stay under the 512 places of the base model."""
MOST_SHOWN = 20
"""Items on the screen that a turn may refer to."""
MOST_VALUES = 24
FEATURES_PER_TOKEN = 12

_TITLE_BUDGET = 72
_LONGEST_TITLE = 12
_LONGEST_VALUE = 5
_POSITIONS = 12
_RANKS = 3

_FEATURES = (
    "", "turn", "need_words", "shown_words",
    *(f"last:{act}" for act in (None, *ACTS)),
    *(f"need:{mark}" for mark in NEED_MARKS),
    *(f"item:{place}" for place in range(1, _POSITIONS + 2)),
    *(f"item_end:{place}" for place in range(1, 4)),
    *(f"{end}:{rank}" for end in ("cheap", "dear") for rank in range(1, 4)),
    *(f"by_{way}" for way in ("place", "price", "name", "all")),
    "focus", "talked", "talked_some", "rule_strong", "rule_weak", "named_some", "named_most", "alone",
    "capital", "upper", "digit", "number", "mark", "in_title", "in_one_title", "in_need", "taken_back", "said",
    "rule_drop", "rule_rival", "rule_max", "rule_min", "rule_around", "rule_count",
)  # fmt: skip
FEATURE = {name: number for number, name in enumerate(_FEATURES)}
"""Feature name to row of the feature table; row 0 is none."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A turn ready for the network. `words`, `items` and `values` are token places; `names` what the values drop as."""

    ids: tuple[int, ...]
    features: tuple[tuple[int, ...], ...]
    words: tuple[int, ...]
    items: tuple[int, ...]
    values: tuple[int, ...]
    names: tuple[str, ...]


class Encoder:
    """Turns text and context into ids. `tokenizer` is the base model's own."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Keeps the tokenizer; its special tokens must be BERT's."""
        self._tokenizer = tokenizer
        special = ("[CLS]", "[SEP]", "[UNK]", "[MASK]")
        self._cls, self._sep, self._unknown, self._mark = (tokenizer.token_to_id(name) or 0 for name in special)
        self._context_ids = lru_cache(maxsize=4096)(self._ids_of)

    @classmethod
    def from_folder(cls, folder: Path) -> Encoder:
        """Reads `tokenizer.json` of a model folder."""
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(tokenizer)

    def known_words(self) -> Iterator[str]:
        """The words that the base model has a piece of its own for."""
        return (piece for piece in self._tokenizer.get_vocab() if not piece.startswith("##"))

    def encode(self, text: Text, context: Context) -> Encoded:
        """The turn with its context; words after `MOST_WORDS` and items after `MOST_SHOWN` are left out."""
        shown = context.shown[:MOST_SHOWN]
        row = _Row()
        row.add(self._cls, ())
        words = self._add_turn(row, text, context, shown)
        row.add(self._sep, ())
        row.add(self._mark, (f"last:{context.last_act}",))
        values, names = self._add_need(row, text, context.need)
        items = self._add_shown(row, text, context, shown)
        row.add(self._sep, ())
        return Encoded(tuple(row.ids), tuple(row.features), words, items, values, names)

    def _add_turn(self, row: _Row, text: Text, context: Context, shown: Sequence[Shown]) -> tuple[int, ...]:
        tokens = text.tokens[:MOST_WORDS]
        pieces = self._pieces([_spoken(token) for token in tokens])
        titles = [frozenset(normal(item.title).split()) for item in shown]
        needed = frozenset(word for value in _need_values(context.need) for word in normal(value).split())
        gone, bounds = corrections.discarded(text), amounts.relations(text, context.need.price_max is not None)
        counts = amounts.quantity(text)[1]
        places = []
        for at, token in enumerate(tokens):
            if len(row.ids) > MOST_PIECES:
                break
            places.append(len(row.ids))
            features = (
                "turn",
                *_word_features(text, at, token, titles, needed),
                *(("taken_back",) if at in gone else ()),
                *((f"rule_{bounds[at]}",) if at in bounds else ()),
                *(("rule_count",) if at in counts else ()),
            )
            for number, piece in enumerate(pieces[at] or [self._unknown]):
                row.add(piece, features if number == 0 else ("turn",))
        return tuple(places)

    def _add_need(self, row: _Row, text: Text, need: Need) -> tuple[tuple[int, ...], tuple[str, ...]]:
        said, dropped, rivals = frozenset(text.words), drops.find(text, need).names, drops.rivals(text, need)
        places, names = [], []
        for mark, name, words in list(_need_marks(need))[:MOST_VALUES]:
            places.append(len(row.ids))
            names.append(name)
            known = (
                ("said", bool(said & frozenset(normal(words).split()))),
                ("rule_drop", name in dropped),
                ("rule_rival", mark == "include" and name in rivals),
            )
            row.add(self._mark, (f"need:{mark}", *(feature for feature, holds in known if holds)))
            for piece in self._context_ids(words)[:_LONGEST_VALUE]:
                row.add(piece, ("need_words",))
        return tuple(places), tuple(names)

    def _add_shown(self, row: _Row, text: Text, context: Context, shown: Sequence[Shown]) -> tuple[int, ...]:
        length = max(4, min(_LONGEST_TITLE, _TITLE_BUDGET // max(1, len(shown))))
        places = []
        for features, item in zip(_item_features(text, context, shown), shown, strict=True):
            places.append(len(row.ids))
            row.add(self._mark, features)
            for piece in self._context_ids(item.title)[:length]:
                row.add(piece, ("shown_words",))
        return tuple(places)

    def _pieces(self, words: Sequence[str]) -> list[list[int]]:
        encoding = self._tokenizer.encode(list(words), is_pretokenized=True, add_special_tokens=False)
        pieces: list[list[int]] = [[] for _ in words]
        for piece, word in zip(encoding.ids, encoding.word_ids, strict=True):
            if word is not None and len(pieces[word]) < 8:
                pieces[word].append(piece)
        return pieces

    def _ids_of(self, words: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(words[:200], add_special_tokens=False).ids)


class _Row:
    """Ids and features as they grow."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.features: list[tuple[int, ...]] = []

    def add(self, piece: int, names: Iterable[str]) -> None:
        self.ids.append(piece)
        self.features.append(tuple(FEATURE[name] for name in names)[:FEATURES_PER_TOKEN])


def _spoken(token: Token) -> str:
    """The word as the tokenizer gets it; a picture by its name, since the base model knows no emoji."""
    if not token.is_mark or token.raw.isascii():
        return token.raw
    return unicodedata.name(token.raw[0], "symbol").lower()


def _word_features(
    text: Text, at: int, token: Token, titles: Sequence[frozenset[str]], needed: frozenset[str]
) -> Iterator[str]:
    raw = token.raw
    if token.is_mark:
        yield "mark"
        return
    if raw[0].isupper():
        yield "upper" if len(raw) > 1 and raw.isupper() else "capital"
    if raw[0].isdigit():
        yield "digit"
    elif number_at(text.words, at):
        yield "number"
    holders = sum(token.word in title for title in titles)
    if holders:
        yield "in_one_title" if holders == 1 else "in_title"
    if token.word in needed:
        yield "in_need"


def _need_values(need: Need) -> tuple[str, ...]:
    return (*need.include, *need.exclude, *need.brand, *need.brand_exclude)


def _need_marks(need: Need) -> Iterator[tuple[str, str, str]]:
    """(mark, the name by which it is dropped, its words) of all that stands in the need."""
    if need.query:
        yield "query", need.query, need.query
    for slot in ("price_min", "price_max", "rating_min", "sort"):
        if getattr(need, slot) is not None:
            yield slot, slot, ""
    for slot in ("brand", "brand_exclude", "include", "exclude"):
        for value in getattr(need, slot):
            yield slot, value, value
    for slot in ("brand", "include", "exclude"):
        if getattr(need, slot):
            yield f"any_{slot}", slot, ""


def _item_features(text: Text, context: Context, shown: Sequence[Shown]) -> Iterator[tuple[str, ...]]:
    """For each item its place, how it ranks by price, whether it was talked about, and what in the turn points at it."""
    ruled = references.find(text, shown, context.focus_position)
    ways = references.evidence(text, shown)
    prices = sorted(item.price for item in shown if item.price is not None)
    said = frozenset(text.words)
    titles = [frozenset(normal(item.title).split()) for item in shown]
    for place, item in enumerate(shown, 1):
        features = [f"item:{min(place, _POSITIONS + 1)}"]
        behind = len(shown) - place + 1
        if behind <= 3:
            features.append(f"item_end:{behind}")
        if item.price is not None and len(prices) > 1:
            below, above = bisect_left(prices, item.price), len(prices) - bisect_right(prices, item.price)
            features += [f"{end}:{rank + 1}" for end, rank in (("cheap", below), ("dear", above)) if rank < _RANKS]
        features += [f"by_{way}" for way, positions in ways.items() if place in positions]
        if context.focus_position == place:
            features.append("focus")
        if item.id in context.talked:
            features.append("talked" if len(context.talked) == 1 else "talked_some")
        if place in ruled.positions:
            features.append("rule_strong" if ruled.strong else "rule_weak")
        alone = [w for w in said & titles[place - 1] if sum(w in title for title in titles) == 1]
        if alone:
            features.append("named_some" if len(alone) == 1 else "named_most")
        if len(shown) == 1:
            features.append("alone")
        yield tuple(features)
