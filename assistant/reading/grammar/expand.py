"""The template language of the phrase files: choices, slots and nothing else.

A template is text with `(one|two|)` for a choice and `{slot}` for something that a scene fills in. `\\` makes the next
character plain. A family is one line; what differs inside a line is variation within the family.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Phrases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a scene fills in."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences, all as likely."""

    options: tuple[tuple[Node, ...], ...]


Node = str | Slot | Choice


@cache
def parse(template: str) -> tuple[Node, ...]:
    """The nodes of a template. Raises `ValueError` if a bracket does not close."""
    nodes, end = _sequence(template, 0, top=True)
    if end != len(template):
        raise ValueError(f"template is {template!r}, expected every bracket to open before it closes")
    return nodes


def choose(nodes: tuple[Node, ...], rng: random.Random) -> Iterator[str | Slot]:
    """Texts and slots with every choice made."""
    for node in nodes:
        if isinstance(node, Choice):
            yield from choose(rng.choice(node.options), rng)
        else:
            yield node


def read_phrases(path: Path) -> dict[str, tuple[str, ...]]:
    """The sections of a phrase file: `[name]`, then a template a line; `#` starts a comment line."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1], [])
        elif line.strip() and not line.startswith("# "):
            parse(line)
            current.append(line)
    return {name: tuple(lines) for name, lines in sections.items()}


def _sequence(template: str, at: int, top: bool) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    plain = ""
    while at < len(template) and (top or template[at] not in "|)"):
        character = template[at]
        if character in "({":
            if plain:
                nodes.append(plain)
                plain = ""
            node, at = _choice(template, at) if character == "(" else _slot(template, at)
            nodes.append(node)
            continue
        if character == "\\":
            at += 1
        if top and character == ")":
            break
        plain += template[at]
        at += 1
    return (*nodes, *((plain,) if plain else ())), at


def _choice(template: str, at: int) -> tuple[Choice, int]:
    options = []
    while template[at] != ")":
        option, at = _sequence(template, at + 1, top=False)
        options.append(option)
        if at >= len(template):
            raise ValueError(f"template is {template!r}, expected ')'")
    return Choice(tuple(options)), at + 1


def _slot(template: str, at: int) -> tuple[Slot, int]:
    end = template.find("}", at)
    if end < 0:
        raise ValueError(f"template is {template!r}, expected '}}'")
    return Slot(template[at + 1 : end]), end + 1
