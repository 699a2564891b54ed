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
        """Without these domains and without every `every`-th template: what training may see when parts are held back."""
        phrases = {
            name: tuple(t for number, t in enumerate(lines) if len(lines) < 8 or number % every != every - 1)
            for name, lines in self.phrases.items()
        }
        return Lexicon(tuple(g for g in self.goods if g.domain not in domains), self.words, phrases)

    def only(self, domains: frozenset[str], every: int) -> Lexicon:
        """What `less` leaves out: these domains, and in every longer section only the templates held back."""
        phrases = {
            name: tuple(t for number, t in enumerate(lines) if len(lines) < 8 or number % every == every - 1)
            for name, lines in self.phrases.items()
        }
        return Lexicon(tuple(g for g in self.goods if g.domain in domains), self.words, phrases)


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
    lists = [_listed(field) for field in fields[1:8]]
    return Goods(fields[0].strip(), *lists, int(low), int(high))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in text.split(",") if value.strip())
