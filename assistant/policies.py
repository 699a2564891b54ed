"""The shop's policy pages, cut into passages that an answer can quote word for word."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.types import Topic

_WORD = re.compile(r"[a-z]+")
_HEADING = re.compile(r"^#+\s*(.+?)\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"<[^>]*>|\[[A-Za-z]\w*(?:\.\w+)?\]|[<>{}`|]|\*+|(?<!\w)_+|_+(?!\w)")
# Words that are in every question and tell nothing of what it is about.
_COMMON = frozenset(
    "a an and any are can could do does for from have how i if in is it long me much my of on or please policy shop "
    "that the there this to want we what when where which will with would you your".split()
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph of a policy page, with the headings it stands under."""

    topic: str
    heading: str
    text: str


class Policies:
    """The passages of all policy pages of a shop."""

    def __init__(self, passages: tuple[Passage, ...]) -> None:
        """Keeps `passages`, in the order of their pages, without markup: an answer quotes words."""
        self.passages = tuple(replace(passage, text=_words_only(passage.text)) for passage in passages)

    @classmethod
    def read(cls, folder: Path) -> Policies:
        """Reads every `TOPIC.md` of `folder`; a folder that is not there has no policies."""
        pages = sorted(folder.glob("*.md")) if folder.is_dir() else []
        return cls(tuple(passage for page in pages for passage in _passages(page)))

    def find(self, question: str, topic: Topic | None) -> Passage | None:
        """The passage that answers best: of the topic's page, the one sharing most words with the question.

        None where the shop has no page on it: then the answer must say so, never guess.
        """
        about = [p for p in self.passages if topic in (None, "other") or p.topic == topic]
        asked = _stems(question) - _COMMON
        best = max(about, key=lambda p: _overlap(asked, p), default=None)
        if best is None or (topic in (None, "other") and _overlap(asked, best) == 0):
            return None
        return best


def _passages(page: Path) -> list[Passage]:
    heading, found = "", []
    for block in re.split(r"\n\s*\n", page.read_text(encoding="utf-8")):
        lines = block.strip().splitlines()
        if lines and (title := _HEADING.match(lines[0])):
            heading, lines = title.group(1), lines[1:]
        text = " ".join(line.strip() for line in lines)
        if text:
            found.append(Passage(page.stem, heading, text))
    return found


def _words_only(text: str) -> str:
    """The text of a page without links, tags, emphasis and brackets."""
    return " ".join(_MARKUP.sub(" ", _LINK.sub(r"\1", text)).split())


def _stems(text: str) -> set[str]:
    return {word[:6].rstrip("s") for word in _WORD.findall(text.lower())} - {w[:6].rstrip("s") for w in _COMMON}


def _overlap(asked: set[str], passage: Passage) -> float:
    # The heading says what a passage is about, so a word in it counts for more than one in the text.
    return 2.0 * len(asked & _stems(passage.heading)) + len(asked & _stems(passage.text))
