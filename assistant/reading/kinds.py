"""What the shop's own kinds of goods say of a frame."""

from __future__ import annotations

from dataclasses import replace

from assistant.types import Frame
from assistant.vocabulary import Vocabulary

_SHORTEST = 4


def settle_kind(frame: Frame, vocabulary: Vocabulary) -> Frame:
    """Takes a wanted "property" that is a kind of this shop ("what about rain boots", "knife") for a new search.

    Only the shop can tell that a word by itself is one of its kinds and no property of what was looked for before.
    """
    if frame.act != "refine" or frame.query:
        return frame
    kinds = [phrase for phrase in frame.include if len(phrase) >= _SHORTEST and vocabulary.names_kind(phrase)]
    if not kinds:
        return frame
    others = tuple(phrase for phrase in frame.include if phrase != kinds[-1])
    return replace(frame, act="search", query=kinds[-1], include=others, drop=())
