"""What a page's script sends: fields that are checked, and calls that no script of ours makes, refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi import HTTPException

Data = Mapping[str, Any]


class BadCall(ValueError):
    """The browser sent something that the page's own script never sends."""


@contextmanager
def bad_calls_refused() -> Iterator[None]:
    """Within it, a `BadCall` is answered with 400 and what was expected."""
    try:
        yield
    except BadCall as error:
        raise HTTPException(400, str(error)) from error


def fields_of(data: object) -> Data:
    """The fields that a call brings. Raises `BadCall` for anything but an object."""
    if not isinstance(data, dict):
        raise BadCall(f"the call brings {data!r}, expected an object")
    return data


def text_field(data: Data, name: str) -> str:
    """A string field, empty where it is missing. Raises `BadCall` for another type."""
    value = data.get(name, "")
    if not isinstance(value, str):
        raise BadCall(f"{name} is {value!r}, expected a string")
    return value


def count_field(data: Data, name: str, *, least: int = 0) -> int:
    """A whole number from `least` on, 0 where it is missing. Raises `BadCall` for anything else."""
    value = data.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadCall(f"{name} is {value!r}, expected a whole number from {least} on")
    return value


def ids_field(data: Data, name: str, most: int) -> list[str] | None:
    """A list of up to `most` ids, each once; None where it is missing. Raises `BadCall` for anything else."""
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value) or len(value) > most:
        raise BadCall(f"{name} is {value!r}, expected a list of up to {most} ids")
    return list(dict.fromkeys(value))
