"""How well the passages of a shop's rules answer a question: by shared words, by meaning, and by what is asked of shops."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.policy_pages import Passage
from assistant.policy_subjects import Subject
from retrieval.embed import Vectors
from retrieval.text import stems

Embed = Callable[[Sequence[str]], Vectors]
"""Texts to (n, d) float32, rows L2-normalised."""
Scores = NDArray[np.float64]

_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+")
# Words that are in every question and tell nothing of what it is about.
_COMMON = frozenset(
    stems(
        "do does did can could would will should may is are was were am be been being what whats which when where who how "
        "why you your u i me my we us it its this that there they them their a an the any some of to for on in at with and "
        "or if have has had get got not no much many long please hi hello hey just about from by as so thing things stuff "
        "item items order orders offer possible need want shop policy tell know then than too also after up out"
    )
)
_UNKNOWN_WORD = 2.5
"""What a word weighs that no passage has; one that stands in a single passage of forty weighs 3.3."""
# Fitted on the tuning half of the labelled questions about the demo shop's pages.
_PASSAGE, _SENTENCE, _SUBJECT, _WORDS, _UNTOLD = 1.0, 1.0, 2.0, 0.7, 0.4
_SPREAD = 0.04
"""How much less alike a subject may be than the likeliest one before it counts a third of it."""
_REACH = 0.4
"""How much less alike a passage may be than the one likest to a subject before it counts nothing."""


class SharedWords:
    """Scores by the words that question and passage share, the rare ones more."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        """Counts in how many of the passages each word stands."""
        self._words = [frozenset(stems(f"{passage.heading} {passage.text}")) for passage in passages]
        self._counts = Counter(word for words in self._words for word in words)

    def scores(self, question: str) -> Scores:
        """Returns (n,): the share of the question's words, by weight, that each passage has, from 0 to 1."""
        asked = frozenset(stems(question)) - _COMMON
        total = sum(map(self._weight, asked))
        shared = [sum(map(self._weight, asked & words)) for words in self._words]
        return np.array(shared, dtype=np.float64) / (total or 1.0)

    def _weight(self, word: str) -> float:
        count = self._counts[word]
        rarity = math.log((len(self._words) + 1) / (count + 0.5))
        return rarity if count else min(rarity, _UNKNOWN_WORD)


class Meaning:
    """Scores by shared words, by how alike question and passage are, and by the subjects the question may be about.

    A question and the text that answers it are often less alike than the question and another one on the same subject. So
    the question's likely subjects stand in for it: passages like what a page on them says count more. Where a subject is
    likely that no passage speaks of, all count less.
    """

    def __init__(self, passages: Sequence[Passage], subjects: Sequence[Subject], embed: Embed) -> None:
        """Embeds the passages, their sentences and the subjects."""
        self._embed = embed
        self._words = SharedWords(passages)
        self._passages = embed([f"{p.title}. {p.heading}. {p.text}" for p in passages])
        sentences = [[f"{p.heading}: {sentence}" for sentence in _SENTENCE_END.split(p.text)] for p in passages]
        self._sentences = embed([sentence for group in sentences for sentence in group])
        self._first_sentences = _starts(sentences)
        questions = [subject.questions for subject in subjects]
        self._questions = embed([question for group in questions for question in group])
        self._first_questions = _starts(questions)
        is_told = np.array([[bool(s.told.search(f"{p.heading}. {p.text}")) for s in subjects] for p in passages])
        self._untold = ~is_told.any(axis=0)
        self._on_subject = is_told * self._likeness(embed([subject.page for subject in subjects]))

    def scores(self, question: str) -> Scores:
        """Returns (n,): how well each passage answers; above 1.35 it likely does."""
        (asked,) = self._embed([question])
        alike = np.maximum.reduceat(self._questions @ asked, self._first_questions)
        shares = np.exp((alike - alike.max()) / _SPREAD)
        shares /= shares.sum()
        found: Scores = (
            _PASSAGE * (self._passages @ asked)
            + _SENTENCE * np.maximum.reduceat(self._sentences @ asked, self._first_sentences)
            + _SUBJECT * (self._on_subject @ shares)
            + _WORDS * self._words.scores(question)
            - _UNTOLD * float(shares[self._untold].sum()) * float(alike.max())
        )
        return found

    def _likeness(self, pages: Vectors) -> NDArray[np.float32]:
        """Returns (passages, subjects): how much a passage is like what is told and asked on a subject, 0 if far from it."""
        told = np.maximum(
            self._passages @ pages.T, np.maximum.reduceat(self._sentences @ pages.T, self._first_sentences, axis=0)
        )
        sizes = np.diff([*self._first_questions, len(self._questions)])
        asked = np.add.reduceat(self._passages @ self._questions.T, self._first_questions, axis=1) / sizes
        likeness = (told + asked) / 2
        behind: NDArray[np.float32] = (likeness.max(axis=0) - likeness) / _REACH
        return np.asarray(likeness * np.clip(1 - behind, 0, 1), dtype=np.float32)


def _starts(groups: Sequence[Sequence[str]]) -> list[int]:
    """Where each group begins once they stand one after another."""
    return [0, *np.cumsum([len(group) for group in groups])[:-1].tolist()]
