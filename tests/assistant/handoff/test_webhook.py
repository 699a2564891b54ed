"""The webhook over real HTTP: what it sends, what it takes for a failure, and ten minutes of a receiver that misbehaves."""

from __future__ import annotations

import hashlib
import hmac
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from assistant.handoff.outbox import DeliveryFailed, Outbox
from assistant.handoff.webhook import WebhookTarget, sign, verify
from assistant.handoff.worker import Retries, Worker
from retrieval.sql import open_engine
from tests.fakes_desk import Behaviour, DeskServer, Drip, Garbage, Hang, Received, Reply, Reset, a_delivery, put

SECRET = "a shared secret"
GUIDE = Path(__file__).parents[3] / "docs" / "handover-webhook.md"


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def desk() -> Iterator[DeskServer]:
    with DeskServer() as desk:
        yield desk


@pytest.fixture
def target(desk: DeskServer, client: httpx.Client) -> WebhookTarget:
    return WebhookTarget(f"{desk.url}/hook", SECRET, client, seconds=0.2, clock=lambda: 1_000_000.7)


def test_a_delivery_is_posted_signed_and_named(desk, target) -> None:
    target.send(a_delivery(7, event="handover.requested", body='{"summary": "größer, bitte"}', sequence=3))
    (request,) = desk.received
    assert (request.method, request.path, request.body) == ("POST", "/hook", '{"summary": "größer, bitte"}'.encode())
    headers = {name: value for name, value in request.headers.items() if name.startswith(("x-", "content-type"))}
    assert headers == {
        "content-type": "application/json",
        "x-shelfwise-event": "handover.requested",
        "x-shelfwise-delivery": "e7",
        "x-shelfwise-sequence": "3",
        "x-shelfwise-timestamp": "1000000",
        "x-shelfwise-signature": f"v1={hmac.new(SECRET.encode(), b'1000000.' + request.body, hashlib.sha256).hexdigest()}",
    }


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_will_do_and_nobody_waits_for_its_body(desk, target, status) -> None:
    desk.script = [Reply(status), Drip()]
    target.send(a_delivery())
    target.send(a_delivery())
    assert len(desk.received) == 2


@pytest.mark.parametrize(
    ("behaviour", "retryable", "message"),
    [
        (Reply(500, b"oh\n\n no"), True, "HTTP 500: oh no"),
        (Reply(503), True, "HTTP 503"),
        (Reply(408), True, "HTTP 408"),
        (Reply(409), True, "HTTP 409"),
        (Reply(425), True, "HTTP 425"),
        (Reply(429), True, "HTTP 429"),
        (Reply(302, headers={"Location": "/elsewhere"}), True, "HTTP 302: redirects are not followed"),
        (Reply(400, b"\xff" + b"x" * 100_000), False, "HTTP 400: \N{REPLACEMENT CHARACTER}" + "x" * 199),
        (Reply(401), False, "HTTP 401"),
        (Reply(404), False, "HTTP 404"),
        (Reply(410), False, "HTTP 410"),
        (Hang(), True, "no answer in time"),
        (Reset(), True, "no connection: "),
        (Garbage(), True, "no connection: "),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_a_failure_means(desk, target, behaviour, retryable, message) -> None:
    desk.script = [behaviour]
    with pytest.raises(DeliveryFailed) as failed:
        target.send(a_delivery())
    assert failed.value.retryable is retryable
    assert str(failed.value).startswith(message) if message.endswith(": ") else str(failed.value) == message
    assert len(desk.received) == 1, "sent once, and not to where a redirect leads"


def test_nobody_there_is_to_be_tried_again(client) -> None:
    with DeskServer() as desk:
        gone = desk.url
    with pytest.raises(DeliveryFailed) as failed:
        WebhookTarget(gone, SECRET, client, seconds=0.2).send(a_delivery())
    assert failed.value.retryable and gone not in str(failed.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Mon, 12 Jan 1970 13:47:40 GMT", 60),
        ("Mon, 12 Jan 1970 13:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(desk, client, header, seconds) -> None:
    desk.script = [Reply(503, headers={"Retry-After": header})]
    with pytest.raises(DeliveryFailed) as failed:
        WebhookTarget(desk.url, SECRET, client, clock=lambda: 1_000_000.0).send(a_delivery())
    assert failed.value.retry_after == seconds


@pytest.mark.parametrize(
    "url", ["", "ftp://shop.example/hook", "shop.example/hook", "https://", "http:///hook", "https://shop:hook/"]
)
def test_a_url_that_is_none_is_told(client, url) -> None:
    with pytest.raises(ValueError, match=f"the URL {url!r} is not one; expected https://host/path"):
        WebhookTarget(url, SECRET, client)


def test_an_empty_secret_is_told(client) -> None:
    with pytest.raises(ValueError, match="the secret is empty"):
        WebhookTarget("https://shop.example/hook", "", client)


@pytest.mark.parametrize(
    ("change", "genuine"),
    [
        ({}, True),
        ({"now": 1_300.0}, True),
        ({"now": 700.0}, True),
        ({"now": 1_301.0}, False),
        ({"now": 699.0}, False),
        ({"now": 1_301.0, "tolerance": 600}, True),
        ({"secret": "another"}, False),
        ({"secret": "", "signature": sign("", "1000", b"{}")}, False),
        ({"timestamp": "1001"}, False),
        ({"timestamp": "01000"}, False),
        ({"timestamp": ""}, False),
        ({"timestamp": "١٠٠٠", "signature": sign(SECRET, "١٠٠٠", b"{}")}, False),
        ({"timestamp": "9" * 5000, "signature": sign(SECRET, "9" * 5000, b"{}")}, False),
        ({"body": b"{} "}, False),
        ({"signature": ""}, False),
        ({"signature": "ünsigned"}, False),
        ({"signature": sign(SECRET, "1000", b"{}").removeprefix("v1=")}, False),
        ({"signature": sign(SECRET, "1000", b"{}").replace("v1=", "v2=")}, False),
    ],
)
def test_only_what_was_signed_just_now_by_who_shares_the_secret_is_genuine(change, genuine) -> None:
    request = {
        "secret": SECRET,
        "timestamp": "1000",
        "body": b"{}",
        "signature": sign(SECRET, "1000", b"{}"),
        "now": 1_000.0,
    }
    assert verify(**(request | change)) is genuine


def test_the_snippet_for_receivers_does_what_verify_does(desk, client) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    written: dict = {}
    exec(snippet, written)  # the shop's own code, as the page gives it
    WebhookTarget(desk.url, SECRET, client, clock=time.time).send(a_delivery(body='{"a": 1}'))
    headers, body = httpx.Headers(desk.received[0].headers), desk.received[0].body
    assert written["is_genuine"](SECRET, headers, body)
    assert not written["is_genuine"](SECRET, headers, body + b" ")
    assert not written["is_genuine"]("another", headers, body)
    assert not written["is_genuine"](SECRET, httpx.Headers(), body)
    old = {"X-Shelfwise-Timestamp": "1000", "X-Shelfwise-Signature": sign(SECRET, "1000", body)}
    assert not written["is_genuine"](SECRET, old, body)


def test_the_page_says_what_the_worker_does() -> None:
    page, retries = GUIDE.read_text(encoding="utf-8"), Retries()
    assert f"the next {retries.first_delay:.0f}, {2 * retries.first_delay:.0f}, 8, 16 … seconds" in page
    assert f"at most {retries.longest_delay:.0f}" in page
    assert f"given up after {retries.attempts} attempts" in page
    assert (retries.give_up_after, retries.tell_after, retries.longest_retry_after) == (24 * 3600, 2 * 60, 3600)
    assert (retries.parallel, retries.lease) == (4, 60)


# ---- ten minutes down, over HTTP ---------------------------------------------------------------------------------------


class Shop:
    """A receiver as the page describes it: verifies, and keeps each event once."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.came: Counter[str] = Counter()
        self.forged = 0
        self.now = 0.0

    def __call__(self, request: Received) -> Reply:
        sent = request.headers
        if not verify(SECRET, sent["x-shelfwise-timestamp"], request.body, sent["x-shelfwise-signature"], self.now):
            self.forged += 1
            return Reply(401)
        event_id = sent["x-shelfwise-delivery"]
        self.came[event_id] += 1
        if self.came[event_id] == 1:
            self.taken.append(event_id)
        return Reply(204)


def misbehaviour(dice: random.Random) -> Behaviour:
    ways = (Reply(500), Reply(429), Reset(), Reset(after=True), Garbage(), Hang(), Hang(after=True))
    return dice.choices(ways, weights=(20, 20, 20, 20, 20, 1, 1))[0]  # hanging is what takes the test its time


def test_ten_minutes_down_over_http_with_two_workers_at_once(tmp_path, client) -> None:
    dice, shop = random.Random(7), Shop()
    packets = [a_delivery(number, conversation_id=f"c{number % 40}") for number in range(200)]
    engines = [open_engine(f"sqlite:///{tmp_path / 'shop.db'}") for _ in range(2)]
    outbox = Outbox(engines[0])
    put(outbox, engines[0], *packets)
    with DeskServer(shop) as desk, ThreadPoolExecutor(2) as pool:
        target = WebhookTarget(desk.url, SECRET, client, name="desk", seconds=0.2, clock=lambda: shop.now)

        def worker(engine, seed: int) -> Worker:
            return Worker(Outbox(engine), target, str, clock=lambda: shop.now, jitter=random.Random(seed))

        workers = [worker(engine, seed) for seed, engine in enumerate(engines)]
        desk.script = [misbehaviour(dice) for _ in range(5_000)]
        while outbox.waiting(limit=1):
            if shop.now >= 600:
                desk.script.clear()
            if shop.now == 300:
                workers[0] = worker(engines[0], 3)  # begun anew in the middle
            list(pool.map(lambda each: each.step(), workers))
            shop.now += 15.0
            assert shop.now < 7_200
    for engine in engines:
        engine.dispose()
    assert shop.forged == 0
    assert sum(shop.came.values()) > 200, "duplicates did come in"
    assert sorted(shop.taken) == sorted(each.event_id for each in packets)
    numbers = [int(event_id.removeprefix("e")) for event_id in shop.taken]
    for conversation in range(40):
        of_it = [number for number in numbers if number % 40 == conversation]
        assert of_it == sorted(of_it)
