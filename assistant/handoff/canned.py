"""Canned answers: ready sentences that agents put into a reply and change. A shop keeps its own in `canned.toml`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from assistant.data_files import read_toml

FILE = "canned.toml"
_DEFAULT = Path(__file__).with_name(FILE)
_NAME = re.compile(r"(?:,? )?\{name\}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|[{}]")


class BadCanned(ValueError):
    """The file of canned answers cannot be read; the text names the file, the field, the value and what was expected."""


@dataclass(frozen=True, slots=True)
class Canned:
    """A ready answer; `{name}` in its text stands for the shopper's first name. `title` is what agents find it by."""

    id: str
    title: str
    text: str

    def text_for(self, name: str) -> str:
        """The text for a shopper of this first name; with an empty one, nobody is named."""
        return _NAME.sub(lambda match: match[0].replace("{name}", name) if name else "", self.text)


def read_canned(path: Path | None = None) -> tuple[Canned, ...]:
    """The answers of the file, in its order; those that come with the program where there is none. Raises `BadCanned`."""
    chosen = path if path is not None and path.is_file() else _DEFAULT
    read = read_toml(chosen, _File, BadCanned)
    twice = [key for key, count in Counter(answer.id for answer in read.answer).items() if count > 1]
    if twice:
        raise BadCanned(f"{chosen}: answer.id is {twice[0]!r} more than once; expected a different one for each answer")
    return tuple(Canned(answer.id, answer.title, answer.text.strip()) for answer in read.answer)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    title: str = Field(min_length=1, max_length=60)
    text: str = Field(min_length=1, max_length=2000)

    @field_validator("text")
    @classmethod
    def _knows_its_placeholders(cls, text: str) -> str:
        unknown = [match[0] for match in _PLACEHOLDER.finditer(text) if match[1] != "name"]
        if unknown:
            raise ValueError(f"expected no placeholder but {{name}}, found {unknown[0]}")
        return text


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    answer: list[_Answer] = Field(max_length=200)
