"""The routes that help desks call: who may, what they are told, and that nobody can flood them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from assistant.handoff.help_desk import Hook
from assistant.web.connectors import build_connectors


class Desk:
    """A hook whose token is "right" and whose bodies are the threads themselves."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.away = False

    def hook(self) -> Hook:
        return Hook("desk", lambda headers, body, token: "right" in (token, headers.get("x-sign")), self.thread, self.hear)

    def thread(self, body: bytes) -> str:
        if body == b"{":
            raise ValueError("the event can't be read: it is no JSON")
        return body.decode()

    def hear(self, thread: str) -> bool:
        if self.away:
            raise OperationalError("select", {}, Exception("locked"))
        self.heard.append(thread)
        return thread != "unknown"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(build_connectors([desk.hook()], longest_body=100))
    with TestClient(app) as client:
        yield client


def test_a_webhook_is_passed_on_however_often_it_comes(client, desk) -> None:
    answers = [client.post("/connectors/desk/right", content=b"7") for _ in range(2)]
    answers.append(client.post("/connectors/desk", content=b"7", headers={"X-Sign": "right"}))
    assert [answer.json() for answer in answers] == [{"status": "passed_on"}] * 3
    assert {answer.status_code for answer in answers} == {200} and desk.heard == ["7", "7", "7"]


@pytest.mark.parametrize("body", [b"unknown", b""])
def test_what_concerns_nobody_here_is_ignored(client, body) -> None:
    answer = client.post("/connectors/desk/right", content=body)
    assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})


@pytest.mark.parametrize(
    ("path", "body", "status", "detail"),
    [
        ("desk", b"7", 401, "the signature, its time or the token is wrong"),
        ("desk/wrong", b"7", 401, "the signature, its time or the token is wrong"),
        ("other/right", b"7", 404, "no help desk 'other' is connected"),
        ("desk/right", b"7" * 101, 413, "the body is longer than 100 bytes"),
        ("desk/right", b"{", 422, "the event can't be read: it is no JSON"),
    ],
)
def test_errors_are_problem_details(client, desk, path, body, status, detail) -> None:
    answer = client.post(f"/connectors/{path}", content=body)
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["detail"]) == (status, detail) and answer.json()["title"]
    assert desk.heard == []


def test_a_body_without_an_end_is_cut_off(client, desk) -> None:
    answer = client.post("/connectors/desk/right", content=(b"7" * 50 for _ in range(1000)))
    assert answer.status_code == 413 and desk.heard == []


def test_a_database_that_is_away_asks_for_another_try(client, desk) -> None:
    desk.away = True
    answer = client.post("/connectors/desk/right", content=b"7")
    assert answer.status_code == 503 and "send it again" in answer.json()["detail"]
