import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from assistant.handoff.mood import sentiment
from assistant.handoff.notify import EventName
from assistant.handoff.packet import Packet, packet, schema
from assistant.identity import known_orders
from assistant.types import Attempt, CartLine, Conversation, Message, ReasonCode, Rejected, Shown
from retrieval.types import Need
from tests.fakes import NOW, say, small_shop
from tests.fakes_waiting import order, sources, waiting

SEEN_AT = "2026-02-01T09:00:00+00:00"
DOCS = Path(__file__).parents[3] / "docs"
ALWAYS = {
    *("version", "event_id", "event", "created_at", "conversation_id", "status", "locale", "summary", "need", "shown"),
    *("rejected", "cart", "orders", "sentiment", "attempts", "last_messages"),
}
ALL = waiting(
    "refund_or_return",
    "order SW100 leaks, my zip is 97201",
    "refund it to 4111 1111 1111 1111, or mail mia@example.com",
    need=Need("kettles", ("steel",), ("glass",), ("Hearth",), ("Norrland",), 1_000, 5_050, 4.0),
    shown=(Shown("kettle-1", "Steel Kettle", 3_900), Shown("gone", "Gone Kettle", None)),
    rejected=(Rejected("kettle-2", "too fragile"), Rejected("gone")),
    cart=(CartLine("ear-1", 2, "ear-1-w"), CartLine("gone", 1)),
    attempts=(
        Attempt("search", "a kettle"),
        Attempt("return_request", "order SW100 leaks, my zip is 97201", "order_problem"),
    ),
)
ALL = replace(ALL, messages=(Message("assistant", "Look:", SEEN_AT, ("kettle-2", "kettle-1")), *ALL.messages))


def made(conversation: Conversation, *orders: object, event: EventName = "handover.requested", **more: object) -> dict:
    return packet(event, "c1.2.0", NOW, conversation, sources=sources(*orders), **more)


def test_everything_that_is_known_is_told() -> None:
    told = made(ALL, order("SW300", "shipped"), order())
    assert set(told) == ALWAYS | {"handover_id", "reason_code", "requested_by"}
    assert (told["version"], told["event_id"], told["event"]) == (1, "c1.2.0", "handover.requested")
    assert (told["created_at"], told["conversation_id"], told["status"]) == ("2026-02-02T02:40:00+00:00", "c1", "pending")
    assert (told["reason_code"], told["requested_by"], told["locale"]) == ("refund_or_return", "shopper", "en_US")
    assert told["need"] == {
        "query": "kettles",
        "wanted": ["steel"],
        "unwanted": ["glass"],
        "brands": ["Hearth"],
        "brands_unwanted": ["Norrland"],
        "price_min": 10.0,
        "price_max": 50.5,
        "currency": "USD",
        "rating_min": 4.0,
    }
    assert told["shown"] == [
        {"product_id": "kettle-1", "title": "Steel Kettle", "price": 39.0, "seen_at": SEEN_AT},
        {"product_id": "gone", "title": "Gone Kettle"},
        {"product_id": "kettle-2", "title": "Glass Kettle", "seen_at": SEEN_AT},
    ]
    assert told["rejected"] == [
        {"product_id": "kettle-2", "title": "Glass Kettle", "why": "too fragile"},
        {"product_id": "gone"},
    ]
    line = {"product_id": "ear-1", "variant_id": "ear-1-w", "title": "Wireless Headphones", "quantity": 2, "price": 318.0}
    assert told["cart"] == {"lines": [line], "total": 318.0, "currency": "USD"}
    assert told["orders"] == ["SW300", "SW100"]
    assert told["summary"].startswith("Decide: a refund for Steel Kettle (order SW100)?")
    assert told["attempts"] == [
        {"act": "search", "asked": "a kettle"},
        {"act": "return_request", "asked": "order SW100 leaks, my zip is [postcode]", "trouble": "order_problem"},
    ]
    json.dumps(told)


def test_the_shoppers_own_locale_is_told_and_the_summary_stays_the_shops() -> None:
    of_shop, of_shopper = made(ALL, order()), made(replace(ALL, locale="zh_CN"), order())
    assert of_shopper == of_shop | {"locale": "zh_CN"}


def test_secrets_are_hidden_and_addresses_stay() -> None:
    text = json.dumps(made(ALL, order(), event="message.created", message=ALL.messages[-1]))
    assert "97201" not in text and "4111 1111" not in text
    assert text.count("[card number ending in 1111]") == 3  # the summary, the thread and the message
    assert "mia@example.com" in text


@pytest.mark.parametrize(("typed", "secret"), [("my card 4111 1111 1111 1111", "1111 1111"), ("SW100, zip 97201", "97201")])
def test_secrets_are_hidden_wherever_the_shoppers_words_have_got_to(typed: str, secret: str) -> None:
    asked = waiting(
        "complaint",
        typed,
        "and now?",
        need=Need(typed, (typed,), (typed,)),
        rejected=(Rejected("kettle-1", typed),),
        attempts=(Attempt("search", typed, "no_result"),),
    )
    told = made(asked, order(), event="message.created", message=asked.messages[0])
    assert secret not in json.dumps(told)
    assert typed[:5] in json.dumps(told["need"]) and typed[:5] in told["rejected"][0]["why"]


def test_the_orders_opened_here_come_first_and_are_told_by_their_ids_alone() -> None:
    told = made(waiting("complaint", "grr", verified=("SW100",)), order("SW300", "shipped"), order())
    assert told["orders"] == ["SW100", "SW300"]
    many = [order(f"SW{number}") for number in range(100, 150)]
    assert len(made(waiting("complaint", "grr"), *many)["orders"]) == 20


def test_a_message_is_told_whole_and_the_last_ten_in_short() -> None:
    said = [Message("shopper", f"{number} " + "x" * 5_000, SEEN_AT, id=f"m{number}") for number in range(12)]
    asked = waiting("complaint", messages=tuple(said))
    told = made(asked, event="message.created", message=said[-1])
    assert told["message"]["text"] == said[-1].text and told["message"]["id"] == "m11"
    assert [each["id"] for each in told["last_messages"]] == [f"m{number}" for number in range(2, 12)]
    assert {len(each["text"]) for each in told["last_messages"]} == {2_000}
    assert len(told["summary"]) <= 600


def test_who_wrote_and_which_cards_came_with_it_are_told() -> None:
    written = Message("agent", "These two", "2026-02-02T00:00:00+00:00", ("boot-1",), "m1", "Alex")
    told = made(waiting("complaint", messages=(written,)), event="message.created", message=written)["message"]
    expected = {"id": "m1", "role": "agent", "text": "These two", "author": "Alex", "product_ids": ["boot-1"]}
    assert told == expected | {"time": "2026-02-02T00:00:00+00:00"}


def test_what_the_change_has_ended_is_told_as_it_was() -> None:
    before = waiting("payment", "charged twice", attempts=(Attempt("order_status", "charged twice", "payment"),))
    after = replace(before, status="resolved", handover=None, attempts=())
    told = made(after, event="handover.resolved", before=before)
    assert (told["status"], told["reason_code"], len(told["attempts"])) == ("resolved", "payment", 1)
    assert "reason_code" not in made(after, event="handover.resolved")


def test_nothing_at_all_makes_a_packet() -> None:
    told = made(Conversation("c1", "guest-1"))
    assert set(told) == ALWAYS
    assert told["need"] == {"wanted": [], "unwanted": [], "brands": [], "brands_unwanted": []}
    assert told["cart"] == {"lines": [], "total": 0.0, "currency": "USD"}


@pytest.mark.parametrize("reason", get_args(ReasonCode))
@pytest.mark.parametrize("event", get_args(EventName))
def test_every_event_and_reason_fits_the_schema(event: EventName, reason: ReasonCode) -> None:
    told = made(waiting(reason, "<b>hi</b>\u2028{{ x }}"), order(), event=event)
    assert Packet.model_validate_json(json.dumps(told)).reason_code == reason


def test_the_shop_is_asked_for_each_kind_of_fact_once() -> None:
    asked: list[list[str]] = []

    def products(ids: list[str]) -> dict[str, object]:
        asked.append(list(ids))
        return {}

    packet("handover.requested", "e", NOW, ALL, sources=sources(order(), products=products))
    assert [sorted(ids) for ids in asked] == [["ear-1", "gone", "kettle-1", "kettle-2"]]


def test_the_address_of_the_thread_is_told_where_there_is_one() -> None:
    told = sources(transcript_url=lambda conversation_id: f"https://shop.example/agent?c={conversation_id}")
    url = packet("handover.requested", "e", NOW, ALL, sources=told)["transcript_url"]
    assert url == "https://shop.example/agent?c=c1"


def test_nothing_of_an_order_is_told_that_the_shopper_may_not_hear_of(tmp_path: Path) -> None:
    shop = small_shop(tmp_path)
    told = sources(
        products=shop.services.catalog.get_many,
        orders=lambda conversation: known_orders(shop.services.orders, conversation),
        sentiment=sentiment,
        currency=lambda: shop.currency,
    )
    for shopper, orders in ((None, []), ("mia", ["SW100"]), ("jonas", ["SW200"])):
        conversation = shop.open(shopper)
        say(shop, conversation.id, "where are my orders SW100 and SW200? get me a person, this is outrageous")
        body = packet("handover.requested", "e", NOW, shop.conversation(conversation.id), sources=told)
        assert body["orders"] == orders
        others = {"SW100": "shipped", "SW200": "packed"}
        for order_id, status in others.items():
            assert order_id in orders or status not in body["summary"]


def test_the_schema_in_the_docs_is_current() -> None:
    assert (DOCS / "handover-packet.schema.json").read_text(encoding="utf-8") == schema()


def test_the_example_in_the_docs_is_a_packet() -> None:
    example = re.search(r"```json\n(.*?)```", (DOCS / "handover-packet.md").read_text(encoding="utf-8"), re.S)
    assert example is not None
    shown = json.loads(example[1])
    assert Packet.model_validate_json(example[1]).model_dump(mode="json", exclude_none=True) == shown
