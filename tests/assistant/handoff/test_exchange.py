"""What is read of an answer: enough, and never for ever. What a failure means is in the tests of the webhook."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from assistant.handoff.exchange import exchange
from assistant.handoff.outbox import DeliveryFailed
from tests.fakes_desk import DeskServer, Drip, Received, Reply


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def test_the_answer_is_given_back(client) -> None:
    def echo(request: Received) -> Reply:
        return Reply(201, data=[request.method, request.path, request.headers["x-key"], request.body.decode()])

    with DeskServer(echo) as desk:
        answer = exchange(client, "PATCH", f"{desk.url}/a/1?b=2", headers={"X-Key": "k"}, content=b"hi")
    assert answer == b'["PATCH", "/a/1?b=2", "k", "hi"]'


def test_no_more_is_read_than_wanted(client) -> None:
    with DeskServer() as desk:
        desk.script = [Reply(body=b"x" * 1_000_000), Drip(b"a" * 100)]
        assert exchange(client, "GET", desk.url, headers={}, limit=10) == b"x" * 10
        assert exchange(client, "GET", desk.url, headers={}, limit=100, seconds=5.0) == b"a" * 100


def test_an_answer_that_does_not_end_is_no_answer(client) -> None:
    with DeskServer() as desk:
        desk.script = [Drip()]
        with pytest.raises(DeliveryFailed, match="no answer in time") as failed:
            exchange(client, "GET", desk.url, headers={}, seconds=0.2)
    assert failed.value.retryable


def test_nor_is_one_that_comes_a_byte_at_a_time() -> None:
    class Bytes(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:  # for as long as somebody listens
                yield b"."

    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Bytes()))) as client:
        with pytest.raises(DeliveryFailed, match="took too long") as failed:
            exchange(client, "GET", "http://desk.test", headers={}, seconds=0.01, limit=10**9)
    assert failed.value.retryable


def test_the_status_counts_though_its_text_never_ends(client) -> None:
    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"we are "
            raise httpx.ReadError("reset")

    answer = httpx.Response(400, stream=Broken())
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer)) as client:
        with pytest.raises(DeliveryFailed, match="^HTTP 400$") as failed:
            exchange(client, "GET", "http://desk.test", headers={})
    assert not failed.value.retryable
