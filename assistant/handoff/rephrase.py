"""The middle of a summary in a language model's own sentences, where they pass an audit; the template's lines otherwise.

The model is told facts by code, and none of the shopper's own messages. Whatever has a digit or a capital letter reaches it
as a reference (`[A]`), which is filled in at the end. Every claim of a sentence must rest on one fact and wish for what that
wishes for; every reference must be told, behind the word that it stands behind in its fact. What is to be decided and the
last words are told as they are, whatever the model writes.

The small model that comes with the program seldom passes, and says less than the template where it does, so summaries are
the template's unless a shop asks for more; see `docs/handover-packet.md`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import prompts
from assistant.audit import Backing, is_negated, pieces
from assistant.chat_models import ChatMessage, ChatModel, ChatModelError, Request
from assistant.grounding import LETTERS, LINK, MONEY, cut
from assistant.handoff.summary import LONGEST, Brief, summary_text
from assistant.stems import content_stems

_MOST_SENTENCES = 3
_MAX_TOKENS = 110
_LONGEST_TEXT = 900
_LONGEST_SENTENCE = 240
_WORD = r"(?:[A-Z][\w’'-]*|[^\s\[\]]*\d[^\s\[\]]*)"
# Names, numbers, dates and money, several words together where they stand together; not the word that begins a sentence.
_EXACT = re.compile(rf"(?<!^)(?<![.?!:] ){_WORD}(?:[ ,]+{_WORD})*(?<![.,;:?!)])")
_MARK = re.compile(rf"\[([{LETTERS}])\]")
_WISH = re.compile(r"\b(?:needs?|wants?|asked|asks|looking for|about to)\b", re.I)
_TOKEN = re.compile(rf"\[[{LETTERS}]\]|[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary for an agent. `fallback` says why the template speaks where a model was asked."""

    text: str
    by_model: bool = False
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model is told: lines with references, and what each letter stands for."""

    lines: tuple[str, ...]
    values: dict[str, str]

    @classmethod
    def of(cls, brief: Brief) -> Facts:
        """The facts of a brief without the shopper's own words; a line with more values than letters is left out."""
        values: dict[str, str] = {}
        lines = []
        for line in (brief.headline, brief.reason, _mood(brief), *brief.orders, _cart(brief)):
            exact = list(dict.fromkeys(match[0] for match in _EXACT.finditer(line)))
            new = [value for value in exact if value not in values.values()]
            if not line or len(values) + len(new) > len(LETTERS) or MONEY.search(_EXACT.sub("", line)):
                continue
            values |= {LETTERS[len(values) + place]: value for place, value in enumerate(new)}
            for letter, value in sorted(values.items(), key=lambda item: -len(item[1])):
                line = re.sub(rf"(?<![\w\[]){re.escape(value)}(?!\w)", f"[{letter}]", line)
            lines.append(line.rstrip(".") + ".")
        return cls(tuple(lines), values)

    def fault(self, sentence: str) -> str | None:
        """Why a sentence may not be told; None where it may."""
        bare = _MARK.sub(" ", sentence)
        checks = (
            (sentence[-1:] != "." or len(sentence) > _LONGEST_SENTENCE, "is no whole sentence"),
            (any(c.isdigit() or (c.isalpha() and ord(c) > 127) for c in bare), "spells a number or a name"),
            (any(word[:1].isupper() for word in bare.split()[1:]), "spells a name"),
            (bool(MONEY.search(bare) or LINK.search(bare) or re.search(r"[\[\]\"“”*_#]", bare)), "has money or markup"),
            (not content_stems(bare), "says nothing"),
        )
        found = next((fault for wrong, fault in checks if wrong), None)
        return found or next((fault for piece in pieces(sentence) if (fault := self._claim_fault(piece))), None)

    def _claim_fault(self, piece: str) -> str | None:
        claim, placed = content_stems(_MARK.sub(" ", piece)), _placed(piece)
        # What somebody needs is not what is: "a refund is settled" does not rest on "needs a refund settled".
        if claim & self._wished and not _WISH.search(piece):
            return f"claims {piece.strip()!r}, which is only wished for"
        for line in self.lines:
            backing = Backing.from_words("", (), [_MARK.sub(" ", line)])
            if placed <= _placed(line) and (not claim or backing.backs(claim, is_negated(piece))):
                return None
        return f"claims {piece.strip()!r}, which no fact says"

    @property
    def _wished(self) -> frozenset[str]:
        """The stems of what the facts say is wanted."""
        return content_stems(" ".join(_WISH.split(_MARK.sub(" ", line))[-1] for line in self.lines if _WISH.search(line)))

    def left_out(self, text: str) -> str | None:
        """Which of the facts and exact values a text does not speak of, if any."""
        told = content_stems(_MARK.sub(" ", text))
        silent = [line for line in self.lines if (words := content_stems(_MARK.sub(" ", line))) and not words & told]
        missing = silent + [value for letter, value in self.values.items() if f"[{letter}]" not in text]
        return f"leaves out {missing[0]!r}" if missing else None

    def told(self, sentence: str) -> str:
        """The sentence with its references filled in."""
        return _MARK.sub(lambda match: self.values[match[1]], sentence)


@dataclass(frozen=True, slots=True)
class Summarizer:
    """Writes summaries with a model, within `seconds`; without one (None) by template. `now` is `time.monotonic`."""

    model: ChatModel | None
    seconds: float = 4.0
    now: Callable[[], float] = time.monotonic

    def write(self, brief: Brief) -> Summary:
        """The summary, at most `LONGEST` characters. Never raises for what a model does."""
        template = summary_text(brief)
        if self.model is None:
            return Summary(template)
        facts = Facts.of(brief)
        try:
            sentences = self._sentences(self.model, facts)
        except ChatModelError as problem:
            return Summary(template, fallback=str(problem))
        fault = next((f"{fault}: {each!r}" for each in sentences if (fault := facts.fault(each))), None)
        fault = fault or ("the language model said nothing" if not sentences else facts.left_out(" ".join(sentences)))
        if fault is not None:
            return Summary(template, fallback=fault)
        text = _around(brief, " ".join(facts.told(each) for each in sentences))
        if len(text) > LONGEST:
            return Summary(template, fallback="is too long")
        return Summary(text, by_model=True)

    def _sentences(self, model: ChatModel, facts: Facts) -> list[str]:
        request = Request(
            messages=messages(facts.lines),
            max_tokens=_MAX_TOKENS,
            deadline=self.now() + self.seconds,
            plain_words=True,
        )
        text = ""
        with closing(model.stream(request)) as stream:
            for delta in stream:
                text += delta
                if len(text) > _LONGEST_TEXT or len(cut(text)) > _MOST_SENTENCES:
                    break
        return [sentence for sentence in cut(text.strip()) if sentence][:_MOST_SENTENCES]


def messages(lines: Sequence[str]) -> tuple[ChatMessage, ...]:
    """The prompt: the rules, which are always the same, then the facts as data."""
    facts = prompts.render("handover_summary_facts", lines=lines)
    return ChatMessage("system", prompts.render("handover_summary_rules")), ChatMessage("user", facts)


def _around(brief: Brief, said: str) -> str:
    """The model's sentences between what is to be decided and the last words."""
    rest = replace(brief, headline=said, reason="", sentiment="neutral", orders=(), cart="", shown=())
    return summary_text(rest)


def _mood(brief: Brief) -> str:
    return "" if brief.sentiment == "neutral" else f"The shopper sounds {brief.sentiment}"


def _cart(brief: Brief) -> str:
    return f"The cart holds {brief.cart}" if brief.cart else ""


def _placed(text: str) -> frozenset[tuple[str, str]]:
    """Each reference of a text with the word before it."""
    tokens = _TOKEN.findall(text if text[:1] == "[" else text[:1].lower() + text[1:])
    return frozenset((before, token) for before, token in zip(["", *tokens], tokens, strict=False) if token[0] == "[")
