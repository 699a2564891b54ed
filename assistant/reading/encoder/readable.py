"""Whether a turn can be read at all: mostly letters the network knows, in words that look like words."""

from __future__ import annotations

import unicodedata

from assistant.reading.encoder.inputs import FEATURE, Encoded
from assistant.reading.text import LONGEST, Text

_LEAST_SHARE = 0.6
_MOST_STRANGE = 2
_LEAST_LETTERS = 2.1
"""Letters to a word piece in text that is made of words; keys hit at random have fewer."""

_SHORTEST = 3
_LEAST_PIECES = 7
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
    if strange > _MOST_STRANGE or not (known or pictures):
        return False
    words = any(character.isalnum() for character in typed[:LONGEST])
    return known >= _LEAST_SHARE * (known + other) and (words or bool(pictures))


def is_gibberish(text: Text, encoded: Encoded) -> bool:
    """Whether none of the words is one that the tokenizer knows and they fall into as many pieces as random letters do."""
    turn_end = 1 + sum(FEATURE["turn"] in names for names in encoded.features)
    ends = (*encoded.words[1:], turn_end)
    letters = pieces = 0
    for token, start, end in zip(text.tokens, encoded.words, ends, strict=False):
        if not token.raw.isalpha() or len(token.raw) < _SHORTEST:
            continue
        if end - start == 1:
            return False
        letters += len(token.raw)
        pieces += end - start
    return pieces >= _LEAST_PIECES and letters < _LEAST_LETTERS * pieces


def _is_known(character: str) -> bool:
    return character < "\u0250" or "\u2010" <= character <= "\u20bf"
