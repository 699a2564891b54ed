"""Mapping files: which column of a merchant's own table is which field."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.feeds.rows import FeedError

FIELDS = (
    "id title description category brand price list_price currency availability stock rating rating_count image_url url "
    "created_at"
).split()
_SECTIONS = ("fields", "attributes", "options")
_TOP = frozenset({*_SECTIONS, "group", "decimal", "ignore"})
_LISTS = frozenset({"category"})


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: a column or a constant; `split` is what stands between the values of a list in one cell."""

    column: str = ""
    value: str = ""
    split: str = ""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What the columns of a table mean.

    Columns that are not named become attributes under their own names; those in `ignore` are left away. Rows with the same
    value in the column `group` are variants of one product. `decimal` is the mark before a price's fraction.
    """

    path: Path
    fields: Mapping[str, Source]
    attributes: Mapping[str, Source] = field(default_factory=dict)
    options: Mapping[str, Source] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    group: str = ""
    decimal: str = "."

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the mapping speaks of."""
        sources = (*self.fields.values(), *self.attributes.values(), *self.options.values())
        named = {source.column for source in sources if source.column}
        return frozenset(named | self.ignore | ({self.group} if self.group else set()))


def read_mapping(path: Path) -> ColumnMapping:
    """Returns the mapping that a TOML or JSON file describes.

    Raises:
        FeedError: The file can't be read, or says something that no mapping can; names it and what was expected.
    """
    told = _loaded(path)
    for name in told:
        if name not in _TOP:
            raise FeedError(path, f"{name}: is no part of a mapping; expected one of {', '.join(sorted(_TOP))}")
    sections = {name: _section(path, name, told.get(name, {})) for name in _SECTIONS}
    for name in sections["fields"]:
        if name not in FIELDS:
            raise FeedError(path, f"fields.{name}: is no field; expected one of {', '.join(FIELDS)}")
    for name in ("id", "title"):
        if name not in sections["fields"]:
            raise FeedError(path, f"fields.{name}: is missing; every product needs it")
    decimal, group, ignore = told.get("decimal", "."), told.get("group", ""), told.get("ignore", [])
    if decimal not in (".", ","):
        raise FeedError(path, f'decimal: {decimal!r} is neither "." nor ","')
    if not isinstance(group, str):
        raise FeedError(path, f"group: {group!r} is not the name of a column")
    if not isinstance(ignore, list) or not all(isinstance(name, str) for name in ignore):
        raise FeedError(path, f"ignore: {ignore!r} is not a list of columns")
    return ColumnMapping(path, **sections, ignore=frozenset(ignore), group=group, decimal=decimal)


def identity(path: Path, columns: frozenset[str]) -> ColumnMapping:
    """Returns the mapping of a table whose columns are called as the fields are."""
    return ColumnMapping(
        path, {name: Source(column=name, split=">" if name in _LISTS else "") for name in FIELDS if name in columns}
    )


def _loaded(path: Path) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        told = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except OSError as error:
        raise FeedError(path, f"the mapping can't be read ({error.strerror})") from None
    except ValueError as error:
        raise FeedError(path, f"the mapping is neither TOML nor JSON ({error})") from None
    return dict(told)


def _section(path: Path, name: str, told: object) -> dict[str, Source]:
    if not isinstance(told, dict):
        raise FeedError(path, f"{name}: {told!r} is not a table of names and columns")
    return {key: _source(path, f"{name}.{key}", source, key in _LISTS) for key, source in told.items()}


def _source(path: Path, where: str, told: object, is_list: bool) -> Source:
    default = ">" if is_list else ""
    if isinstance(told, str) and told:
        return Source(column=told, split=default)
    expected = 'expected a column, or one of {column = "…", split = "…"} and {value = "…"}'
    if not isinstance(told, dict) or not set(told) <= {"column", "value", "split"}:
        raise FeedError(path, f"{where}: {told!r} says no source; {expected}")
    if not all(isinstance(part, str) and part for part in told.values()) or ("column" in told) == ("value" in told):
        raise FeedError(path, f"{where}: {told!r} says no source; {expected}")
    return Source(told.get("column", ""), told.get("value", ""), told.get("split", default))
