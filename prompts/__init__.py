"""Every prompt and every canned sentence, as Jinja templates, one file each.

A file `NAME.jinja` may hold several wordings of the same thing, parted by lines of `%%`; `pick` chooses among them, so
that an assistant that says a thing often does not say it with the same words each time.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

FOLDER = Path(__file__).parent
_WORDING_MARK = "\n%%\n"


@cache
def _environment() -> Environment:
    # Prose for people and models, not markup: whoever shows it escapes it.
    return Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)


@cache
def _wordings(name: str) -> tuple[Template, ...]:
    text = (FOLDER / f"{name}.jinja").read_text(encoding="utf-8").strip("\n")
    return tuple(_environment().from_string(wording.strip("\n")) for wording in text.split(_WORDING_MARK))


def names() -> tuple[str, ...]:
    """The names of all templates, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.jinja")))


def wordings(name: str) -> int:
    """How many wordings a template has. Raises `FileNotFoundError` for a name that is none."""
    return len(_wordings(name))


def render(name: str, pick: int = 0, **values: object) -> str:
    """The text of template `name` with `values` filled in; `pick` chooses the wording, modulo their number.

    Raises `FileNotFoundError` for a name that is none and `jinja2.UndefinedError` for a value that is missing.
    """
    choices = _wordings(name)
    return choices[pick % len(choices)].render(**values)
