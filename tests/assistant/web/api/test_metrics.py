"""What is counted, how it reads, and who may read it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from assistant.handoff.log import Episode
from assistant.shop import Button
from assistant.types import Conversation
from assistant.web.api.instruments import Counter, Gauge, Histogram
from assistant.web.api.metrics import CountsLimited, Measured, ShopMetrics, build_metrics_route
from tests.fakes_shop import FakeShop

KEY = "the-key-for-metrics"


class ShopOfTheApi(FakeShop):
    """The scripted shop with what the API needs besides; time passes only while it works, a second an event."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0.0
        self.cards = self.cards_of

    def viewing(self, conversation_id: str, product_id: str) -> Conversation:
        return self.conversation(conversation_id)

    def say(self, conversation_id, text, message_id=""):
        for event in super().say(conversation_id, text, message_id):
            self.clock += 1
            yield event


def episode(agent: str) -> Episode:
    return Episode("h", "c", "complaint", "bot", 0.0, None, agent, None, None, True)


@pytest.fixture
def shop() -> ShopOfTheApi:
    return ShopOfTheApi()


@pytest.fixture
def metrics() -> ShopMetrics:
    return ShopMetrics(
        handovers=lambda: (episode(""), episode("Mia"), episode("")),
        deliveries=lambda: {"webhook": {"waiting": 2, "delivered": 7, "dead": 1}},
        streams=lambda: 4,
        feedback=lambda: {"helpful": 12, "not_helpful": 3},
    )


@pytest.fixture
def measured(shop, metrics) -> Measured:
    shop.open()
    return Measured(shop, metrics, lambda: shop.clock)


def numbers(metrics: ShopMetrics) -> dict[str, float]:
    """Every sample by its name and labels, as a reader of the format finds it."""
    found = {}
    for line in metrics.text().splitlines():
        if not line.startswith("#"):
            name, number = re.fullmatch(r'([a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})?) (\S+)', line).groups()
            assert name not in found
            found[name] = float(number)
    return found


def test_a_turn_is_counted_and_timed(measured, metrics, shop) -> None:
    events = list(measured.say("conversation-1", "boots"))
    found = numbers(metrics)
    assert found['shelfwise_turns_total{act="smalltalk",outcome="answered"}'] == 1
    assert (found["shelfwise_first_card_seconds_count"], found["shelfwise_first_card_seconds_sum"]) == (1, 1.0)
    assert (found["shelfwise_turn_seconds_count"], found["shelfwise_turn_seconds_sum"]) == (1, float(len(events)))
    assert found["shelfwise_turns_running"] == 0


def test_time_counts_only_while_the_shop_works(measured, metrics, shop) -> None:
    events = []
    for event in measured.say("conversation-1", "hello"):
        events.append(event)
        shop.clock += 100  # whoever reads takes their time
    assert numbers(metrics)["shelfwise_turn_seconds_sum"] == len(events)


def test_a_turn_without_cards_has_no_first_card(measured, metrics) -> None:
    list(measured.say("conversation-1", "hello"))
    assert numbers(metrics)["shelfwise_first_card_seconds_count"] == 0


@pytest.mark.parametrize(("text", "act", "outcome"), [("fail", "smalltalk", "failed"), ("hello", "smalltalk", "silent")])
def test_outcomes(measured, metrics, shop, text, act, outcome) -> None:
    if outcome == "silent":
        shop.join("conversation-1", "Mia")
    list(measured.say("conversation-1", text))
    found = numbers(metrics)
    assert found[f'shelfwise_turns_total{{act="{act}",outcome="{outcome}"}}'] == 1
    assert found.get('shelfwise_failures_total{code="engine_down"}', 0) == (outcome == "failed")


def test_a_turn_that_breaks(measured, metrics) -> None:
    with pytest.raises(RuntimeError, match="told to explode"):
        list(measured.say("conversation-1", "explode"))
    found = numbers(metrics)
    assert found['shelfwise_turns_total{act="unknown",outcome="broken"}'] == 1 and found["shelfwise_turns_running"] == 0


def test_a_turn_that_is_left_is_closed(measured, metrics, shop) -> None:
    events = measured.say("conversation-1", "boots")
    next(events), next(events)
    assert numbers(metrics)["shelfwise_turns_running"] == 1
    events.close()
    assert shop.conversation("conversation-1").messages[-1].text == "These"  # the shop saved what was told
    found = numbers(metrics)
    assert found['shelfwise_turns_total{act="unknown",outcome="left"}'] == 1 and found["shelfwise_turns_running"] == 0


def test_presses_are_turns_and_clicks_are_not(measured, metrics, shop) -> None:
    list(measured.press("conversation-1", Button("cart_add", "p1")))
    list(measured.press("conversation-1", Button("click", "p1")))
    assert numbers(metrics)["shelfwise_turn_seconds_count"] == 1
    assert [button.kind for button in shop.pressed] == ["cart_add", "click"]


def test_everything_else_is_passed_on(measured, shop) -> None:
    conversation = measured.open("u1")
    assert measured.conversation(conversation.id) == conversation and conversation.shopper_id == "u1"
    assert (measured.name, measured.currency) == (shop.name, shop.currency)
    assert measured.news(conversation.id, 0) is None and measured.cards(conversation) == ()
    assert measured.cart(conversation.id) == shop.cart(conversation.id) and measured.shoppers() == shop.shoppers()
    assert list(measured.products(["p1", "gone"])) == ["p1"]
    assert measured.viewing(conversation.id, "p1") == conversation


def test_what_the_database_knows(metrics) -> None:
    found = numbers(metrics)
    assert found['shelfwise_handovers{state="waiting"}'] == 2 and found['shelfwise_handovers{state="with_person"}'] == 1
    assert found['shelfwise_deliveries{target="webhook",state="dead"}'] == 1 and found["shelfwise_streams_open"] == 4
    assert found['shelfwise_feedback{value="helpful"}'] == 12 and found['shelfwise_feedback{value="not_helpful"}'] == 3


def test_a_database_that_is_away_leaves_out_only_its_own(shop) -> None:
    def away() -> tuple[Episode, ...]:
        raise OperationalError("select", {}, Exception("locked"))

    metrics = ShopMetrics(handovers=away, deliveries=dict)
    assert "shelfwise_handovers" not in metrics.text() and "shelfwise_turns_running 0" in metrics.text()


def test_the_text_is_as_the_format_wants_it() -> None:
    counter = Counter("things_total", "Things.", ("of",))
    counter.add('a "b" \\ c\nd')
    assert list(counter.lines()) == [
        "# HELP things_total Things.",
        "# TYPE things_total counter",
        'things_total{of="a \\"b\\" \\\\ c\\nd"} 1',
    ]
    assert list(Counter("n_total", "N.").lines())[-1] == "n_total 0"
    histogram = Histogram("h_seconds", "H.", (0.5, 1.0))
    for seconds in (0.5, 0.25, 0.75, 3.0):
        histogram.observe(seconds)
    assert list(histogram.lines())[2:] == [
        'h_seconds_bucket{le="0.5"} 2',
        'h_seconds_bucket{le="1.0"} 3',
        'h_seconds_bucket{le="+Inf"} 4',
        "h_seconds_sum 4.5",
        "h_seconds_count 4",
    ]
    assert list(Gauge("g", "G.", (), lambda: {(): 2.5}).lines())[-1] == "g 2.5"


def test_every_metric_says_what_it_is_once(metrics, measured) -> None:
    list(measured.say("conversation-1", "fail"))
    lines = metrics.text().splitlines()
    helped = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert len(helped) == len(set(helped)) == 10 and metrics.text().endswith("\n")


def run_together(work: Callable[[], None], threads: int = 4) -> None:
    started = [threading.Thread(target=work) for _ in range(threads)]
    for each in started:
        each.start()
    for each in started:
        each.join()


def test_nothing_is_lost_between_threads() -> None:
    counter, histogram = Counter("n_total", "N."), Histogram("h", "H.", (1.0,))

    def work() -> None:
        for _ in range(2000):
            counter.add()
            histogram.observe(0.5)

    run_together(work)
    assert list(counter.lines())[-1] == "n_total 8000"
    assert list(histogram.lines())[-2:] == ["h_sum 4000.0", "h_count 8000"]


def test_only_who_has_the_key_reads(metrics) -> None:
    app = FastAPI()
    app.include_router(build_metrics_route(metrics, keys=(KEY, "")))
    with TestClient(app, client=("127.0.0.1", 1)) as client:
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Bearer "},
            {"Authorization": f"Basic {KEY}"},
        ):
            answer = client.get("/metrics", headers=headers)
            assert answer.status_code == 401 and "shelfwise" not in answer.text
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200 and answer.text == metrics.text()
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize("keys", [(), ("",)])
def test_without_a_key_there_are_no_metrics(metrics, keys) -> None:
    with pytest.raises(ValueError, match="keys is empty"):
        build_metrics_route(metrics, keys=keys)


def test_calls_that_are_refused_as_too_many(metrics) -> None:
    app = FastAPI()

    @app.get("/{status}")
    def answer(status: int) -> None:
        raise HTTPException(status)

    with TestClient(CountsLimited(app, metrics)) as client:
        for status in (429, 503, 404, 429):
            assert client.get(f"/{status}").status_code == status
    assert numbers(metrics)["shelfwise_rate_limited_total"] == 2
