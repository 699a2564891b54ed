"""How well each product answers a query in words, and which products are about it at all.

Knows nothing of prices, stock or exclusions: those are `retrieval.filters`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.lexical import LexicalIndex

Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEXICAL_SHARE = 0.6
# Cosine similarities of MiniLM: unrelated texts stay under the floor, a paraphrase of a query lies well above it.
SIMILARITY_FLOOR = 0.3
NEAR_BEST = 0.7
NAMESAKE = 0.45
# Where no product has the noun at all, only a close paraphrase may stand in for it: trainers for "sneakers".
UNNAMED_FLOOR = 0.4
SCORE_NEAR_BEST = 0.35
PAGE = 10

_HEAD_ENDS = re.compile(r"\b(?:for|with|without|in|of|from|by|to|that|which|under|over)\b")


@dataclass(frozen=True, slots=True)
class Relevance:
    """Scores (n,) in 0-1, the best of the catalogue being about 1, and which products are about the query (n,)."""

    scores: Scores
    about: Mask


def fused(lexical: Scores, similarities: Scores) -> Scores:
    """Returns the weighted sum of both, each divided by its best, in 0-1. Better here than fusing ranks."""
    return LEXICAL_SHARE * _scaled(lexical) + (1 - LEXICAL_SHARE) * _scaled(np.maximum(similarities, 0))


def _scaled(scores: Scores) -> Scores:
    best = scores.max(initial=0.0)
    return scores / best if best > 0 else np.zeros_like(scores)


def about(query: str, index: LexicalIndex, scores: Scores, similarities: Scores) -> Mask:
    """Returns (n,) bool: which products are the kind of thing that `query` names.

    A product is, if its title, brand or category has the query's head noun ("boots" of "hiking boots") or its meaning
    is close to the query's, and its score is not far below the best. All False if nothing comes near.
    """
    best = similarities.max(initial=0.0)
    # A shared noun is not enough: a melody maker is no coffee maker.
    named = index.naming([head(query)]) & (similarities >= NAMESAKE * best)
    floor = SIMILARITY_FLOOR if named.any() else UNNAMED_FLOOR
    close = similarities >= max(floor, NEAR_BEST * best)
    kind: Mask = named | close
    if not kind.any():
        return kind
    enough: Mask = kind & (scores >= SCORE_NEAR_BEST * scores[kind].max())
    return enough


def narrowed(query: str, index: LexicalIndex, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Returns the rows that name the whole query if they fill a page, else all: hiking boots need no rain boots after."""
    exact = rows[index.naming(query.split())[rows]]
    return exact if len(exact) >= PAGE else rows


def other_kinds(query: str, index: LexicalIndex) -> Mask:
    """Returns (n,) bool: which products do not name what `query` names, though the shop knows the kind by that name.

    Rain boots and hiking socks for `hiking boots`; none at all for `something to sit on`, where nothing can be told.
    """
    exact = index.naming(query.split())
    known: Mask = ~exact if query.strip() and exact.any() else np.zeros_like(exact)
    return known


def is_named(query: str, index: LexicalIndex) -> bool:
    """Whether any product has the query's noun in its title, brand or category; true of a query without words."""
    return not query.strip() or bool(index.naming([head(query)]).any())


def head(query: str) -> str:
    """Returns the word that names the kind of thing: `boots` of "waterproof boots for hiking"."""
    words = _HEAD_ENDS.split(query.lower())[0].split() or query.lower().split()
    return words[-1] if words else ""
