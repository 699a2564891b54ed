"""The page at `/docs`: every call of the API, made of its OpenAPI description, without scripts or other servers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class _Call:
    """One call. `key` is the name of what opens it, empty where nothing does."""

    tag: str
    method: str
    path: str
    summary: str
    description: tuple[str, ...]
    key: str
    example: str


def docs_page(schema: Mapping[str, Any]) -> str:
    """The page as HTML."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    groups = [(tag, list(calls)) for tag, calls in groupby(_calls(schema), key=lambda call: call.tag)]
    return environment.get_template("api_docs.html").render(schema=schema, groups=groups)


def _calls(schema: Mapping[str, Any]) -> Iterator[_Call]:
    for path, methods in schema["paths"].items():
        for method, call in methods.items():
            yield _Call(
                call.get("tags", ["more"])[0],
                method.upper(),
                path,
                call.get("summary", ""),
                tuple(filter(None, call.get("description", "").split("\n\n"))),
                " or ".join(name for each in call.get("security", ()) for name in each),
                _example(schema, call),
            )


def _example(schema: Mapping[str, Any], call: Mapping[str, Any]) -> str:
    """What may be sent, where the schema of the body has an example."""
    content = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = schema["components"]["schemas"].get(content.get("$ref", "").rpartition("/")[2], content)
    examples = body.get("examples", ())
    return json.dumps(examples[0], indent=2) if examples else ""
