"""The table of kinds, read from `data/`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from demo.types import Choice, Kind, Spec

DATA = Path(__file__).parent / "data"


def read_kinds(data: Path = DATA) -> tuple[Kind, ...]:
    """All kinds, by department and then in the order of the file. Raises KeyError where a kind lacks a field."""
    brands = _toml(data / "brands.toml")
    choices = {key: _choice(row) for key, row in _toml(data / "options.toml").items()}
    kinds: list[Kind] = []
    for department, path in _departments(data):
        table = _toml(path)
        models = tuple(table["models"].split("|"))
        rows = [(key, row) for key, row in table.items() if isinstance(row, dict)]
        kinds += [_kind(key, row, department, models, brands[department], choices) for key, row in rows]
    return tuple(kinds)


def read_colors(data: Path = DATA) -> dict[str, str]:
    """Every color name with its `#rrggbb`."""
    return dict(_toml(data / "colors.toml"))


def _departments(data: Path) -> list[tuple[str, Path]]:
    return [(_toml(path)["department"], path) for path in sorted((data / "kinds").glob("*.toml"))]


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _choice(row: dict[str, Any]) -> Choice:
    return Choice(name=row["name"], values=tuple(row["values"]), step=float(row["step"]))


def _kind(
    key: str,
    row: dict[str, Any],
    department: str,
    models: tuple[str, ...],
    brands: dict[str, float],
    choices: dict[str, Choice],
) -> Kind:
    low, high = row["price"]
    return Kind(
        id=key,
        department=department,
        category=row["category"],
        noun=row["noun"],
        plural=row.get("plural", False),
        shape=row["shape"],
        price=(low * 100, high * 100),
        count=row.get("count", 29),
        choice=choices[row["option"]] if "option" in row else None,
        gendered=row.get("gender", False),
        tinted=not row.get("untinted", False),
        colors=tuple(row["colors"]),
        models=models,
        brands=brands,
        lead=tuple(row["lead"]),
        tail=tuple(row.get("tail", ())),
        scale=tuple(row.get("scale", ())),
        uses=tuple(row["uses"]),
        notes=tuple(row["notes"]),
        accessories=tuple(row["with"]),
        materials=row["materials"],
        features=row["features"],
        specs={name: Spec(tuple(values), sentence) for name, (values, sentence) in row["specs"].items()},
        usual=tuple(row.get("usual", ())),
        conflicts=tuple(frozenset(pair) for pair in row.get("conflicts", ())),
        requires=row.get("requires", {}),
    )
