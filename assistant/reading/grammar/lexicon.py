"""The words of the goods: kinds, properties, brands and prices of many domains, and word lists that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.reading.grammar.expand import read_phrases

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Goods:
    """Kinds of goods that share properties. `low` and `high` bound the usual price, in major units."""

    domain: str
    kinds: tuple[str, ...]
    adjectives: tuple[str, ...]
    parts: tuple[str, ...]
    uses: tuple[str, ...]
    measures: tuple[str, ...]
    avoided: tuple[str, ...]
    brands: tuple[str, ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All goods, the shared word lists, and the templates of the phrase files by section."""

    goods: tuple[Goods, ...]
    words: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, tuple[str, ...]]

    def less(self, domains: frozenset[str], every: int) -> Lexicon:
        """Without these domains and the templates held back: what training may see."""
        phrases = {
            name: tuple(line for line in lines if line not in _held_back(lines, every))
            for name, lines in self.phrases.items()
        }
        return Lexicon(tuple(goods for goods in self.goods if goods.domain not in domains), self.words, phrases)

    def only(self, domains: frozenset[str], every: int) -> Lexicon:
        """What `less` leaves out: these domains, and where templates are held back, those."""
        phrases = {name: _held_back(lines, every) or lines for name, lines in self.phrases.items()}
        return Lexicon(tuple(goods for goods in self.goods if goods.domain in domains), self.words, phrases)


def _kept(lines: tuple[str, ...], every: int) -> tuple[str, ...]:
    held_back = _held_back(lines, every)
    return tuple(line for line in lines if line not in held_back)


def _held_back(lines: tuple[str, ...], every: int) -> tuple[str, ...]:
    """Every `every`-th template of a longer section, but none that is listed twice because it is so common."""
    return tuple(line for at, line in enumerate(lines) if at % every == every - 1 and lines.count(line) == 1)


def load(folder: Path = FOLDER) -> Lexicon:
    """Reads the data files of the grammar. Raises `ValueError` naming the line that is not as expected."""
    phrases: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("phrases_*.txt")):
        phrases.update(read_phrases(path))
    lines = (folder / "words.txt").read_text(encoding="utf-8").splitlines()
    words = {name: _listed(values) for name, _, values in (line.partition(":") for line in lines if line.strip())}
    rows = (folder / "goods.txt").read_text(encoding="utf-8").splitlines()
    return Lexicon(tuple(_goods(row) for row in rows if row.strip() and not row.startswith("#")), words, phrases)


def _goods(row: str) -> Goods:
    fields = row.split("|")
    if len(fields) != 9:
        raise ValueError(f"goods line is {row!r}, expected 9 fields")
    low, _, high = fields[8].strip().partition("-")
    kinds, adjectives, parts, uses, measures, avoided, brands = (_listed(field) for field in fields[1:8])
    return Goods(fields[0].strip(), kinds, adjectives, parts, uses, measures, avoided, brands, int(low), int(high))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in text.split(",") if value.strip())
