"""Reading what a shop writes by hand: TOML files, and errors that name the field, its value and what was expected."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, model: type[Model], failure: type[ValueError]) -> Model:
    """What the file says, as `model` has it. Raises `OSError`, and `failure` for a file that can't be read as that."""
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise failure(f"{path} is no TOML in UTF-8: {error}") from error
    except ValidationError as error:
        raise failure(f"{path}: {first_fault(error)}") from error


def first_fault(error: ValidationError) -> str:
    """The first field that is wrong, its value, and what was expected of it."""
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc']))} is {problem['input']!r}; {problem['msg']}"
