"""How well a reader reads: shares over turns, on dialogues with its own state carried along, and on single turns."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant.need import apply
from assistant.reading.context import Context, Reader
from assistant.reading.encoder.decode import Said, numbers_of, values_of
from assistant.reading.encoder.dialogues import Dialogue
from assistant.reading.encoder.reader import EncoderReader
from assistant.reading.encoder.targets import Annotated
from assistant.reading.text import read
from assistant.types import Frame
from assistant.vocabulary import Vocabulary
from retrieval.types import Need

_SILENT = frozenset(
    "a an the for in with of on some any something one ones please that is are be to and or it its my me i made from by "
    "kind type sort really very quite bit pair".split()
)
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_NUMBERS = ("price_min", "price_max", "rating_min", "quantity", "price_rel", "sort", "order_id", "topic")
_WANTED_SHARE = 0.2
"""Below this confidence the rules read as many turns right; above it, fewer at every level of confidence."""


@dataclass
class Tally:
    """Counts of one set of turns."""

    turns: int = 0
    acts: int = 0
    frames: int = 0
    states: int = 0
    numbers: list[bool] = field(default_factory=list)
    refs: list[bool] = field(default_factory=list)
    wanted: list[int] = field(default_factory=lambda: [0, 0])
    unwanted: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, gold: Frame, read_as: Frame, same_state: bool) -> bool:
        """Counts a turn. Returns whether all of its frame is right."""
        self.turns += 1
        act = gold.act == read_as.act
        wanted, unwanted = _sides(gold), _sides(read_as)
        for count, left, right in zip((self.wanted, self.unwanted), wanted, unwanted, strict=True):
            count[0] += 2 * len(left & right)
            count[1] += len(left) + len(right)
        numbers = all(getattr(gold, slot) == getattr(read_as, slot) for slot in _NUMBERS)
        if not numbers or any(getattr(gold, slot) for slot in _NUMBERS):
            self.numbers.append(numbers)
        refs = set(gold.refs) == set(read_as.refs)
        if gold.refs or read_as.refs:
            self.refs.append(refs)
        exact = act and wanted == unwanted and numbers and refs and _words(gold.drop) == _words(read_as.drop)
        self.acts += act
        self.frames += exact
        self.states += same_state
        return exact

    def figures(self) -> dict[str, float]:
        """Shares from 0 to 1 by name, and the number of turns."""
        turns = max(1, self.turns)
        return {
            "turns": self.turns,
            "act_accuracy": round(self.acts / turns, 4),
            "wanted_f1": round(self.wanted[0] / max(1, self.wanted[1]), 4),
            "unwanted_f1": round(self.unwanted[0] / max(1, self.unwanted[1]), 4),
            "number_accuracy": round(sum(self.numbers) / max(1, len(self.numbers)), 4),
            "refs_accuracy": round(sum(self.refs) / max(1, len(self.refs)), 4),
            "frame_exact": round(self.frames / turns, 4),
            "state_exact": round(self.states / turns, 4),
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures by set, and the fit from certainty to the share of turns read right."""

    figures: dict[str, dict[str, float]]
    confidence: dict[str, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """What a reader made of a set of dialogues, and the milliseconds that each turn took."""

    tally: Tally
    ms: list[float]


def score(reader: Reader, dialogues: Sequence[Dialogue]) -> Scored:
    """Reads dialogues with the state and the context that the reader's own readings lead to."""
    scored = Scored(Tally(), [])

    def timed(text: str, context: Context) -> Frame:
        started = time.perf_counter()
        frame = reader.read(text, context).frame
        scored.ms.append((time.perf_counter() - started) * 1000)
        return frame

    for _, turns in dialogues:
        for gold, frame, same_state in _follow(timed, turns):
            scored.tally.add(gold, frame, same_state)
    return scored


def measure(base: Path, folder: Path, dialogues: Sequence[Dialogue], made: Iterable[Annotated]) -> Measured:
    """Reads turns that training has not seen with the weights in `folder`."""
    reader = EncoderReader(Vocabulary(), base, folder)
    written, single = Tally(), Tally()
    certainties: list[float] = []

    def noted(text: str, context: Context) -> Frame:
        certainty, frame = reader.certainty(text, context)
        certainties.append(certainty)
        return frame

    right = [written.add(*outcome) for _, turns in dialogues for outcome in _follow(noted, turns)]
    for turn in made:
        single.add(whole_frame(turn), reader.read(turn.user, turn.context).frame, True)
    figures = {"hand_written": written.figures(), "made": single.figures()}
    del figures["made"]["state_exact"]
    return Measured(figures, fit(list(zip(certainties, right, strict=True))))


def fit(outcomes: Sequence[tuple[float, bool]]) -> dict[str, float]:
    """A line from the logit of the certainty to that of being right, and the confidence under which a turn is doubtful."""
    right = np.array([outcome for _, outcome in outcomes])
    shares = np.clip([certainty for certainty, _ in outcomes], 1e-6, 1 - 1e-6)
    if len(set(right.tolist())) < 2:
        return {"slope": 1.0, "offset": 0.0, "threshold": 0.0}
    logits = np.log(shares / (1 - shares)).reshape(-1, 1)
    line = LogisticRegression().fit(logits, right)
    return {"slope": float(line.coef_[0, 0]), "offset": float(line.intercept_[0]), "threshold": _WANTED_SHARE}


def whole_frame(turn: Annotated) -> Frame:
    """The frame of a turn whose values are known by their places only."""
    text = read(turn.user)
    said = []
    for span in turn.spans or ():
        inside = [at for at, token in enumerate(text.tokens) if span.start < token.end and token.start < span.end]
        if inside:
            said.append(Said(inside[0], inside[-1] + 1, span.kind))
    values = {**values_of(said, text, Vocabulary()), **numbers_of(said, text, turn.context)}
    return replace(turn.frame, **values)


def _follow(read_turn: Callable[[str, Context], Frame], turns: Sequence[Annotated]) -> Iterator[tuple[Frame, Frame, bool]]:
    """(gold, read as, whether the states agree) for each turn, in the context that the readings so far lead to."""
    context = replace(turns[0].context, need=Need())
    gold = Need()
    for turn in turns:
        context = replace(context, shown=turn.context.shown)
        frame = read_turn(turn.user, context)
        gold = apply(gold, turn.frame, context.shown)
        need = apply(context.need, frame, context.shown)
        yield turn.frame, frame, _plain(gold) == _plain(need)
        context = context.after(frame, need)


def _plain(need: Need) -> tuple[object, ...]:
    wanted, unwanted = _sides(need)
    return wanted, unwanted, need.price_min, need.price_max, need.rating_min, need.sort


def _sides(record: Frame | Need) -> tuple[frozenset[str], frozenset[str]]:
    wanted = _words((record.query, *record.include, *record.brand))
    return wanted, _words((*record.exclude, *record.brand_exclude))


def _words(values: Iterable[str]) -> frozenset[str]:
    found = (word for value in values for word in _WORD.findall(value.lower().replace("'s", "")))
    return frozenset(_singular(word) for word in found if word not in _SILENT)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
