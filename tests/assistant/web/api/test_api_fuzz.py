"""Every call of the API with seeded rubbish, made of its own description: refused with a reason, never an error of ours."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.fakes_api import AGENTS, SHOP_KEY, ApiShopWorld, api_world

MIA = next(iter(AGENTS))
ROUNDS = 8
TEXTS = ("", " ", "0", "\0", "\ud800", "\u202e\U0001f97e", "x" * 6_000, "../..", "'; drop table feedback; --", "<b>", "%s{}")
NUMBERS = (0, -1, 0.5, 10**30, -(10**400), 1e308, float("nan"), float("inf"))
RUBBISH = (None, True, *TEXTS, *NUMBERS, [], {}, [[]], {"": None}, [None] * 600, {"a": {"b": [1, "c"]}})
RAW = (b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 20_000, b'{"a":1,"a":2}', b"1e999", b"-", b"{}" * 100)
EVENT = {"event_id": "e1", "time": "2026-02-02T02:00:00Z", "shopper_id": "mia", "type": "view", "product_id": "boot-1"}


@dataclass
class Rubbish:
    """Makes what no honest caller sends, the same each time."""

    schema: dict[str, Any]
    random: random.Random

    def body(self, kind: dict[str, Any]) -> bytes:
        """A body of this kind that is spoilt in one place or in several, or that is none at all."""
        if self.random.random() < 0.15:
            return self.random.choice(RAW)
        value = self._right(kind)
        for _ in range(self.random.randint(1, 3)):
            value = self._spoilt(value)
        return json.dumps(value).encode()

    def text(self) -> str:
        return self.random.choice(TEXTS)

    def _right(self, kind: dict[str, Any]) -> Any:
        """A value as the description wants it."""
        if "$ref" in kind:
            return self._right(self.schema["components"]["schemas"][kind["$ref"].rpartition("/")[2]])
        if "anyOf" in kind:
            return self._right(kind["anyOf"][0])
        if "enum" in kind:
            return self.random.choice(kind["enum"])
        if "properties" in kind:
            return {name: self._right(each) for name, each in kind["properties"].items()}
        if kind.get("type") == "array":
            return [self._right(kind["items"])]
        return {"string": "boot-1", "integer": 5, "number": 1.5, "boolean": True, "object": dict(EVENT)}[kind["type"]]

    def _spoilt(self, value: Any) -> Any:
        """The value with one part of it replaced, left out or added."""
        if self.random.random() < 0.3 or not isinstance(value, dict | list) or not value:
            return self.random.choice(RUBBISH)
        if isinstance(value, list):
            return [self._spoilt(value[0]), *value[1:]]
        name, way = self.random.choice(list(value)), self.random.random()
        rest = {key: each for key, each in value.items() if key != name}
        if way < 0.2:
            return rest
        return {**value, self.text(): None} if way < 0.3 else {**rest, name: self._spoilt(value[name])}


@pytest.fixture
def world(tmp_path: Path) -> ApiShopWorld:
    return api_world(tmp_path)


def keys(world: ApiShopWorld) -> dict[str, str]:
    """For each kind of key the conversation and the key itself."""
    mine = world.open()
    return {"id": mine[0], "conversation token": mine[1], "agent key": MIA, "shop key": SHOP_KEY}


def calls(world: ApiShopWorld, seed: int) -> Iterator[tuple[str, str, str, dict[str, str], bytes | None]]:
    """Method, address, key, headers and body; a new conversation for each call, as calls change it."""
    schema = world.api.schema()
    make = Rubbish(schema, random.Random(seed))
    for path, methods in schema["paths"].items():
        for method, call in methods.items():
            known = keys(world)
            key = known.get(next((name for each in call.get("security", ()) for name in each), ""), "")
            yield method, *_address(path, call, known["id"], make), key, _body(call, make)


def _address(path: str, call: dict[str, Any], conversation_id: str, make: Rubbish) -> tuple[str, dict[str, str]]:
    headers, query = {}, ""
    for each in call.get("parameters", ()):
        name = each["name"]
        if each["in"] == "path":
            right = conversation_id if name == "conversation_id" and make.random.random() < 0.9 else make.text()[:200]
            path = path.replace(f"{{{name}}}", quote(right.encode("utf-8", "replace"), safe=""))
        elif each["in"] == "query":
            query = f"?{name}={quote(make.text().encode('utf-8', 'replace'))}"
        else:
            headers[name] = make.random.choice(("x", "1.2.3.4", "9" * 30 + ".1", "-1.0", "\u0661.0", "x" * 50))
    return path + query, headers


def _body(call: dict[str, Any], make: Rubbish) -> bytes | None:
    content = call.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else make.body(content["schema"])


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_rubbish_is_never_our_fault(world, seed) -> None:
    statuses = set()
    for method, path, headers, key, body in calls(world, seed):
        sent = {**{name: text.encode() for name, text in headers.items()}, "Content-Type": "application/json"}
        answer = world.call(method.upper(), path, key, content=body, headers=sent)
        told = f"{method} {path} {(body or b'')[:300]!r}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code < 500, told
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", told
            problem = answer.json()
            assert problem["status"] == answer.status_code and problem["code"] and problem["detail"], told
            assert len(answer.text) < 5_000, told
        statuses.add(answer.status_code)
    assert 422 in statuses, "otherwise this tests nothing"
