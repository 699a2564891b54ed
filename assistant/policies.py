"""The shop's rules, and the passages of them that answer a question: quoted word for word, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from assistant.policy_match import Embed, Meaning, Scores, SharedWords
from assistant.policy_pages import ENDINGS, Passage, read_page, words_only
from assistant.policy_subjects import read_subjects
from assistant.types import Topic

__all__ = ["Passage", "Policies"]

_LEAST, _LEAST_SHARED = 1.35, 0.3
"""What a passage must score to be told, by meaning and by words alone."""
_SAME_TOPIC = 0.1
_SAME_PAGE = 0.5
"""What a second question in the same message leans to the page that answered the first: "and what does it cost?"."""
_ASKS = (
    r"(?:what|whats|which|when|where|who|how|why|is|are|do|does|did|can|could|will|would|should|may|must|am|if|any|"
    r"(?:can|do) u)\b"
)
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_CLAUSES = re.compile(rf",?\s+(?:and|also|plus|but)\s+(?:also\s+)?(?={_ASKS})", re.I)
_QUESTION = re.compile(rf"(?:(?:and|also|so|but|ok|well|hi|hello|hey|please|then)[,!]?\s+)*{_ASKS}", re.I)


class Policies:
    """The passages of all policy pages of a shop."""

    def __init__(self, passages: Iterable[Passage], embed: Embed | None = None) -> None:
        """Keeps `passages`, in the order of their pages, without markup. Without `embed`, words alone find them."""
        self.passages = tuple(replace(passage, text=words_only(passage.text)) for passage in passages)
        self._embed = embed

    @classmethod
    def read(cls, folder: Path, embed: Embed | None = None) -> Policies:
        """Reads every page (`*.md`, `*.txt`) of `folder`; a folder that is not there has no policies."""
        pages = sorted(path for path in folder.glob("*") if path.suffix in ENDINGS) if folder.is_dir() else []
        return cls((passage for page in pages for passage in read_page(page)), embed)

    def find(self, question: str, topic: Topic | None = None) -> Passage | None:
        """The passage that answers best, or None: then the answer must say so, never guess. `topic` is a hint."""
        found = self.answers(question, topic)
        return found[0] if found else None

    def answers(self, question: str, topic: Topic | None = None) -> tuple[Passage, ...]:
        """The passages that answer, in the order of what was asked: one, or two where the message asks two things."""
        asked = list(_questions(question))
        if len(asked) > 1:
            first = self._best(asked[0], topic)
            found = [passage for passage in (first, self._best(asked[1], None, first)) if passage is not None]
            if found:
                return tuple(dict.fromkeys(found))
        whole = self._best(question, topic) or (self._best(asked[0], topic) if asked else None)
        return () if whole is None else (whole,)

    def _best(self, question: str, topic: Topic | None, before: Passage | None = None) -> Passage | None:
        """The passage with the highest score, if that is enough; the page of the passage `before` is leaned to."""
        if not self.passages:
            return None
        scores = self._scorer.scores(question)
        leaning = scores + self._leanings(topic, before)
        # A question that only goes on ("and what does it cost?") may well be too vague by itself.
        enough = scores if before is None else leaning
        if enough.max() < (_LEAST if self._embed is not None else _LEAST_SHARED):
            return None
        return self.passages[int(leaning.argmax())]

    def _leanings(self, topic: Topic | None, before: Passage | None) -> Scores:
        same_page = [before is not None and passage.topic == before.topic for passage in self.passages]
        same_topic = [passage.topic == topic for passage in self.passages]
        return _SAME_TOPIC * np.array(same_topic, dtype=np.float64) + _SAME_PAGE * np.array(same_page, dtype=np.float64)

    @cached_property
    def _scorer(self) -> Meaning | SharedWords:
        # Embeds some hundred texts, so it waits for the first question.
        if self._embed is None:
            return SharedWords(self.passages)
        return Meaning(self.passages, read_subjects(), self._embed)


def _questions(message: str) -> Iterator[str]:
    """The questions of a message, one by one: its sentences that ask, and what they join by "and"."""
    for sentence in _SENTENCES.split(message.strip()):
        if _QUESTION.match(sentence) or sentence.endswith("?"):
            yield from filter(None, map(str.strip, _CLAUSES.split(sentence)))
