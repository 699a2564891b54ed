"""A shopper's message as words that know where they stand in what was typed."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache

LONGEST = 2000
"""Characters of a message that are read; nobody states a need in more, and every step stays quick."""

_TOKEN = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?(?!\w)|\w+(?:(?:['\-/&+]|(?<=\d)[.,](?=\d))\w+)*|[^\w\s]")
_QUOTES = str.maketrans("\u2018\u2019\u02bc\u00b4`\u201c\u201d\u2013\u2014", "'''''\"\"--")
_SHORT = {
    "u": "you", "r": "are", "ur": "your", "pls": "please", "plz": "please", "plse": "please", "em": "them",
    "thx": "thanks", "ty": "thanks", "w": "with", "w/o": "without", "wo": "without", "wanna": "want to",
    "gimme": "give me", "lemme": "let me", "gotta": "got to", "gonna": "going to", "tho": "though", "cuz": "because",
    "coz": "because", "y": "why", "ya": "you", "yous": "you", "&": "and", "n": "and", "nd": "and", "msg": "message",
    "abt": "about", "bout": "about", "sth": "something", "smth": "something", "somethin": "something",
    "anythin": "anything", "nothin": "nothing", "cannot": "cant", "whats": "whats", "wots": "whats", "wot": "what",
    "dnt": "dont", "dosnt": "doesnt", "doesent": "doesnt", "colours": "colors", "colour": "color",
}  # fmt: skip
_KEEPS_S = frozenset("it that he she what who where when how there here let everyone why".split())
_DIGIT_END = re.compile(r"\d$")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark. `word` is lower case, without apostrophes, short forms spelled out; `start`/`end` are characters."""

    word: str
    raw: str
    start: int
    end: int

    @property
    def is_mark(self) -> bool:
        """Whether it is punctuation or a symbol."""
        return not any(character.isalnum() for character in self.raw)


@dataclass(frozen=True)
class Text:
    """A message: what was typed (controls blanked, at most `LONGEST` characters) and its tokens."""

    source: str
    tokens: tuple[Token, ...]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The normal form of each token."""
        return tuple(token.word for token in self.tokens)

    @cached_property
    def plain(self) -> str:
        """The normal forms joined by single blanks, marks too, for patterns."""
        return " ".join(self.words)

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for word in self.words:
            starts.append(at)
            at += len(word) + 1
        return starts

    def span(self, match: re.Match[str], group: int | str = 0) -> range:
        """The tokens that a match over `plain` touches."""
        start, end = match.span(group)
        if start == end:
            return range(0)
        return range(bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1))

    def slice(self, first: int, last: int) -> str:
        """What was typed from token `first` up to and including token `last`."""
        return self.source[self.tokens[first].start : self.tokens[last].end]

    def find(self, pattern: re.Pattern[str]) -> tuple[range, ...]:
        """The token spans of every match of `pattern` over `plain`."""
        return tuple(self.span(match) for match in pattern.finditer(self.plain))


# All that looks at a message in a turn reads it by itself, and finds it read.
@lru_cache(256)
def read(typed: str) -> Text:
    """Splits a message into tokens. Never fails: controls count as blanks, the rest beyond `LONGEST` is not read."""
    # Other shapes of the same letters and digits are read as those; marks that cannot be seen are not there.
    shaped = unicodedata.normalize("NFKC", typed[:LONGEST])[:LONGEST].translate(_QUOTES)
    seen = "".join(c for c in shaped if unicodedata.category(c) != "Cf")
    source = "".join(c if c.isprintable() else " " for c in seen)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(source):
        after_number = bool(tokens) and bool(_DIGIT_END.search(tokens[-1].word))
        tokens.append(Token(_normal(match[0], after_number), match[0], match.start(), match.end()))
    return Text(source, tuple(tokens))


def phrases(*alternatives: str) -> re.Pattern[str]:
    """A pattern over `Text.plain` that matches any of the alternatives as whole words."""
    return re.compile(r"(?<!\S)(?:" + "|".join(alternatives) + r")(?!\S)")


def listed(table: str, **parts: str) -> re.Pattern[str]:
    """A pattern over `Text.plain` from a table with an alternative a line; a line indented deeper goes on with it.

    `@name` in the table stands for the part of that name.
    """
    alternatives: list[str] = []
    for line in table.strip("\n").splitlines():
        if line.startswith(" " * 8):
            alternatives[-1] += line[8:]
        else:
            alternatives.append(line[4:])
    for name, part in parts.items():
        alternatives = [alternative.replace(f"@{name}", part) for alternative in alternatives]
    return phrases(*alternatives)


def either(words: Collection[str]) -> str:
    """The words as one alternation, longest first, for use inside `phrases`."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


def _normal(raw: str, after_number: bool) -> str:
    lower = raw.lower()
    base = lower.removesuffix("'s")
    if base not in (lower, "") and base not in _KEEPS_S:
        return _SHORT.get(base, base)  # "the Sony's", "the second one's", "any colour's fine"
    word = lower.replace("'", "") or "'"
    return word if after_number else _SHORT.get(word, word)
