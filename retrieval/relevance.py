"""How well each product answers a query in words, and which products are about it at all.

Knows nothing of prices, stock or exclusions: those are `retrieval.filters`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from retrieval.highest import Mask, Rows, Scores, highest_of_many, without
from retrieval.lexical import LexicalIndex
from retrieval.mirror import Mirror
from retrieval.properties import Properties

# Cosine similarities of MiniLM: unrelated texts stay under the floor, a paraphrase of a query lies well above it.
SIMILARITY_FLOOR = 0.3
NEAR_BEST = 0.7
NAMESAKE = 0.45
# Where no product has the noun at all, only a close paraphrase may stand in for it: trainers for "sneakers".
UNNAMED_FLOOR = 0.4
SCORE_NEAR_BEST = 0.35
ANSWERS_NEAR_BEST = 0.8
PAGE = 10
# So many of the best are scored exactly; behind them, four bits a number tell enough.
EXACT_ROWS = 1_000

_HEAD_ENDS = re.compile(r"\b(?:for|with|without|in|of|from|by|to|that|which|under|over)\b")


@dataclass(frozen=True, slots=True)
class Weights:
    """What evidence other than words is worth, in units of a word that a single product has.

    `meaning` the same thing as the query; an `option` that the query names, and the same option with other values only;
    a `phrase` of the query, against its rarer word. Phrases are looked for in the `phrase_rows` best products.
    """

    meaning: float = 0.8
    option: float = 1.2
    other_option: float = 0.6
    phrase: float = 0.3
    phrase_rows: int = 100


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Relevance:
    """Scores (n,) in 0-1, the best of the catalogue being about 1, and which products are about the query (n,).

    `answering` (n,) are those that answer all of its words so well that they count, whatever kind of thing it names.
    """

    scores: Scores
    about: Mask
    answering: Mask


@dataclass(frozen=True, slots=True)
class Match:
    """How well each product matches a text, (n,) each: by words, by meaning, and by both as one score."""

    lexical: Scores
    similarities: Scores
    scores: Scores

    @classmethod
    def of(cls, text: str, vector: Scores, index: LexicalIndex, mirror: Mirror, allowed: Mask) -> Match:
        """Matches a text, whose `vector` is (dim,), with all products.

        Exact for those that can be among the best, of all and of the allowed (n,). Where there are many products, the
        others' similarities are by the four-bit scan.
        """
        lexical, similarities = index.scores(text), mirror.similarities(vector)
        scores = fused(lexical, similarities, index.unit)
        if mirror.scan is not None:
            for among in (scores, without(scores, allowed)):
                rows = highest_of_many(among, EXACT_ROWS)
                similarities[rows] = mirror.exact(vector, rows)
                scores[rows] = fused(lexical[rows], similarities[rows], index.unit)
        return cls(lexical, similarities, scores)


def fused(lexical: Scores, similarities: Scores, unit: float, weights: Weights = WEIGHTS) -> Scores:
    """Returns the BM25 scores (n,) and the cosine similarities (n,) as one score each, not scaled.

    Neither is scaled by its best: so the more words a query has, the more its words decide, and one short word leaves
    much to what it means. `unit` is what a rare word is worth (`LexicalIndex.unit`).
    """
    meaning: Scores = np.float32(weights.meaning * unit) * np.maximum(similarities, np.float32(0))
    return lexical + meaning


def with_evidence(
    text: str, scores: Scores, allowed: Mask, index: LexicalIndex, properties: Properties, weights: Weights = WEIGHTS
) -> Scores:
    """Returns the scores (n,) with the evidence of the options that the text names, and of its phrases.

    Phrases are looked for in the best of `allowed` (n,), the products that may be shown.
    """
    scores = scores.copy()
    for offered, having in properties.options_named(text):
        scores += np.float32(weights.option * index.unit) * offered
        scores -= np.float32(weights.other_option * index.unit) * (having & ~offered)
    rows = highest_of_many(without(scores, allowed), weights.phrase_rows)
    rows = rows[allowed[rows]]
    scores[rows] += np.float32(weights.phrase) * index.together(text, rows)
    return scores


def scaled(scores: Scores) -> Scores:
    """Returns the scores as shares of the best, in 0-1."""
    best = scores.max(initial=0.0)
    return scores / best if best > 0 else np.zeros_like(scores)


def about(query: str, index: LexicalIndex, match: Match) -> Mask:
    """Returns (n,) bool: which products are the kind of thing that `query` names; `match` is of the query or more words.

    A product is, if its title, brand or category has the query's head noun ("boots" of "hiking boots") or its meaning
    is close to the query's, and its score is not far below the best. All False if nothing comes near.
    """
    best = match.similarities.max(initial=0.0)
    # A shared noun is not enough: a melody maker is no coffee maker.
    named = index.naming([head(query)]) & (match.similarities >= NAMESAKE * best)
    floor = SIMILARITY_FLOOR if named.any() else UNNAMED_FLOOR
    close = match.similarities >= max(floor, NEAR_BEST * best)
    kind: Mask = named | close
    if not kind.any():
        return kind
    enough: Mask = kind & (match.scores >= SCORE_NEAR_BEST * match.scores[kind].max())
    return enough


def answers(lexical: Scores) -> Mask:
    """Returns (n,) bool: which products have nearly as much of the words as the one that has most of them.

    With many properties named, what has them all is what was meant, even if the kind was read wrongly from the message.
    """
    best = lexical.max(initial=0.0)
    near: Mask = (lexical >= ANSWERS_NEAR_BEST * best) & (best > 0)
    return near


def narrowed(query: str, index: LexicalIndex, rows: Rows) -> Rows:
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
