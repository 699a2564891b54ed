"""How a turn is typed: casing, apostrophes, slips, short forms and signs, piece by piece so that values keep their place."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.reading.encoder.targets import Span

_SHORT = {
    "you": "u",
    "please": "pls",
    "are": "r",
    "thanks": "thx",
    "with": "w/",
    "because": "cos",
    "for": "4",
    "and": "&",
}
_TAILS = ("!", "!!", " :)", " 🙏", " lol", " thx", " x", "...", " 😊", " 🤔", " 😅", " haha", " tbh", " pls", " ???")
_LETTERS = "qwertyuiopasdfghjklzxcvbnm"
_WORD = re.compile(r"[^\W\d_]{5,}")
_BRANDS = ("brand", "brand_exclude")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and what it is; None for words that carry no value."""

    text: str
    kind: str | None = None


def typed(pieces: Sequence[Piece], rng: random.Random, faithful: bool = False) -> tuple[str, tuple[Span, ...]]:
    """The turn as typed, and where its values stand. `faithful` mostly keeps how the pieces are written."""
    pieces = _spaced(pieces)
    weights = (15, 0, 82, 3) if faithful else (50, 30, 17, 3)
    style = rng.choices(("lower", "sentence", "as is", "upper"), weights)[0]
    slips, short, apostrophes = rng.random() < 0.15, rng.random() < 0.08, rng.random() < (0.85 if faithful else 0.6)
    text, spans = "", []
    for number, piece in enumerate(pieces):
        said = _cased(piece, style, rng)
        if number == 0 and style == "sentence":
            said = said[:1].upper() + said[1:]
        if not apostrophes and piece.kind not in _BRANDS:
            said = said.replace("'", "")
        if short and piece.kind is None:
            said = " ".join(_SHORT.get(word, word) for word in said.split(" "))
        if slips and piece.kind not in ("order_id", *_BRANDS):
            said = _slip(said, rng)
        if piece.kind:
            spans.append(Span(len(text), len(text) + len(said), piece.kind))
        text += said
    if rng.random() < (0.03 if faithful else 0.1):
        text += rng.choice(_TAILS)
    return text, tuple(spans)


def _spaced(pieces: Sequence[Piece]) -> list[Piece]:
    """Single blanks, none before a comma, none at the ends."""
    clean: list[Piece] = []
    last = " "
    for piece in pieces:
        text = re.sub(r"\s+", " ", piece.text)
        text = text.lstrip() if last == " " else text
        if text[:1] in (",", ".", "?", "!") and last == " " and clean and clean[-1].kind is None:
            clean[-1] = Piece(clean[-1].text.rstrip(), None)
        if text:
            clean.append(Piece(text, piece.kind))
            last = text[-1]
    if clean and clean[-1].kind is None:
        clean[-1] = Piece(clean[-1].text.rstrip(" ,-"))
    return [piece for piece in clean if piece.text]


def _cased(piece: Piece, style: str, rng: random.Random) -> str:
    if style == "upper":
        return piece.text.upper()
    if piece.kind in _BRANDS:
        return piece.text if style != "lower" or rng.random() < 0.4 else piece.text.lower()
    return piece.text.lower() if style == "lower" and piece.kind != "order_id" else piece.text


def _slip(text: str, rng: random.Random) -> str:
    """Now and then a word with a letter dropped, doubled, swapped or hit wrong."""

    def change(match: re.Match[str]) -> str:
        word = match[0]
        if rng.random() > 0.3:
            return word
        at = rng.randrange(1, len(word) - 1)
        return rng.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + rng.choice(_LETTERS) + word[at + 1 :],
            )
        )

    return _WORD.sub(change, text)
