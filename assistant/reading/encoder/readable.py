"""Whether a turn can be read at all: mostly letters the network knows, in words that look like words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.reading.text import LONGEST, Text, Token
from assistant.reading.words import FILLERS, UNITS
from assistant.vocabulary import Vocabulary, normal

_LEAST_SHARE = 0.6
_MOST_STRANGE = 2
_LEAST_SENSE = 0.5
"""Share of the letters that stand in words that look like words; keys hit at random have fewer."""
_LEAST_PLAUSIBLE = -3.75
_LEAST_PLAUSIBLE_ALONE = -3.35
"""Mean log share of a letter after the two before it. Nine in ten random words lie under the first, 19 in 20 under the
second; of the words in real turns that the base model does not know, one in twenty lies under the first."""
_SHORTEST = 3
_SMOOTHING = 0.1
_LETTERS = 27
_SIZE = frozenset("s m l".split())
_MEASURE = re.compile(r"#?[$£€]?\d+(?:[.,x×/:-]\d+)*[$£€]?(?P<unit>[a-z\"'%°]*)\+?")
_MODEL = re.compile(r"[a-z]{1,3}\d|[a-z]{1,4}-?\d{2,5}(?:[a-z]{1,2}\d?)?")
_ID_DIGITS = 4
"""A word with as many digits may be an order's number, which looks like nothing."""
_CUP = re.compile(r"([a-k])\1*")
_AFTER_NUMBERS = frozenset("st nd rd th k s ish".split())
_NAME_BONUS = 0.6
_JOINERS = frozenset("\u200d\ufe0f\u200b\ufeff\u00a0\n\r\t")
_STRANGE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})


def is_readable(typed: str) -> bool:
    """Whether there is a letter, a digit or a picture, hardly a control, and few letters of other scripts."""
    known = other = strange = pictures = 0
    for character in typed[:LONGEST]:
        if character.isspace() or character in _JOINERS:
            continue
        kind = unicodedata.category(character)
        if kind in _STRANGE:
            strange += 1
        elif kind in ("So", "Sk"):
            pictures += 1
        elif _is_known(character):
            known += 1
        else:
            other += 1
    if strange > _MOST_STRANGE or strange > 0 and strange >= known or not (known or pictures):
        return False
    words = any(character.isalnum() for character in typed[:LONGEST])
    return known >= _LEAST_SHARE * (known + other) and (words or bool(pictures))


class Words:
    """What words look like, learned from the words that the base model knows whole."""

    def __init__(self, known: Iterable[str]) -> None:
        """`known` are the model's whole words, lower case."""
        self._known = frozenset(word for word in known if word.isalpha())
        text = " ".join(word for word in sorted(self._known) if len(word) >= _SHORTEST and word.isascii())
        codes = _codes(f" {text} ")
        pairs = codes[:-2] * _LETTERS + codes[1:-1]
        counts = np.bincount(pairs * _LETTERS + codes[2:], minlength=_LETTERS**3).reshape(_LETTERS**2, _LETTERS)
        self._log_shares = np.log((counts + _SMOOTHING) / (counts.sum(axis=1, keepdims=True) + _SMOOTHING * _LETTERS))

    def make_sense(self, text: Text, vocabulary: Vocabulary, said: Iterable[str] = ()) -> bool:
        """Whether most letters of the message stand in words that look like words; true where there are no letters.

        `said` are texts of the conversation, such as titles on the screen: their words are words.
        """
        heard = frozenset(word for line in said for word in normal(line).split())
        sense = total = 0
        tokens = [token for token in text.tokens if not token.is_mark]
        bound = _LEAST_PLAUSIBLE_ALONE if len(tokens) == 1 else _LEAST_PLAUSIBLE
        for token in tokens:
            of_shop = vocabulary.is_value(token.raw) or vocabulary.brand(token.raw) or normal(token.raw) in heard
            known = of_shop or self._looks_right(token, bound)
            if known or len(tokens) == 1 or sum(map(str.isdigit, token.raw)) < _ID_DIGITS:
                total += len(token.raw)
                sense += len(token.raw) if known else 0
        return sense >= _LEAST_SENSE * total

    def all_known(self, tokens: Sequence[Token], vocabulary: Vocabulary) -> bool:
        """Whether each token is a word that the base model knows whole or one of the shop, and one has over two letters."""
        of_shop = [vocabulary.is_kind(token.raw) or vocabulary.brand(token.raw) is not None for token in tokens]
        words = [token.raw.lower() for token in tokens]
        known = [word.isascii() and (word in self._known or bool(_MODEL.fullmatch(word))) for word in words]
        is_word = [len(word) >= _SHORTEST and good for word, good in zip(words, known, strict=True)]
        return all(a or b for a, b in zip(of_shop, known, strict=True)) and (any(of_shop) or any(is_word))

    def plausibility(self, word: str) -> float:
        """Mean log share of each letter after the two before it; words of a-z only."""
        codes = _codes(f" {word} ")
        return float(self._log_shares[codes[:-2] * _LETTERS + codes[1:-1], codes[2:]].mean())

    def _looks_right(self, token: Token, bound: float) -> bool:
        word = token.raw.lower().replace("'", "")
        if not word.isalpha():
            parts = re.split(r"[-/&+.]", word)
            return bool(_MODEL.fullmatch(word)) or all(self._is_part(part, bound) for part in parts)
        if len(word) == 1:
            return word in _SIZE or (bound < _LEAST_PLAUSIBLE_ALONE and token.word in FILLERS)
        if word in self._known or token.word in self._known or token.word in FILLERS:
            return True
        folded = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
        bonus = _NAME_BONUS if token.raw.istitle() else 0.0
        return len(folded) >= _SHORTEST and folded.isalpha() and self.plausibility(folded) >= bound - bonus

    def _is_part(self, part: str, bound: float) -> bool:
        """Whether a piece of a joined word, or a word with digits in it, is a word, a measure or a model number."""
        measure = _MEASURE.fullmatch(part)
        if measure is not None:
            unit = measure["unit"]
            return not unit or unit in UNITS or unit in _AFTER_NUMBERS or bool(_CUP.fullmatch(unit))
        return part in self._known or bool(_MODEL.fullmatch(part)) or part.isalpha() and self.plausibility(part) >= bound


def _codes(text: str) -> NDArray[np.intp]:
    """Letters a to z as 1 to 26, all else as 0."""
    codes = np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8).astype(np.intp) - (ord("a") - 1)
    return np.where((codes < 1) | (codes >= _LETTERS), 0, codes)


def _is_known(character: str) -> bool:
    return character < "\u0250" or "\u2010" <= character <= "\u20bf"
