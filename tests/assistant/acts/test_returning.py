"""Returns and exchanges, over several turns."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.orders import Return, ReturnItem
from tests.fakes_orders import MIAS, OrderShop, order_shop, row


@pytest.fixture
def shop(tmp_path: Path) -> OrderShop:
    return order_shop(tmp_path)


def started(shop: OrderShop, order_id: str = "SW1001") -> tuple[Return, ...]:
    return shop.orders.returns(order_id)


def test_a_return_from_the_first_word_to_the_label(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    heard = shop.say(conversation, "I want to send something back from order SW1001")
    assert "1. Fell Quick Hiking Boots (size 8)\n2. Steel Kettle" in heard.text
    assert heard.suggestions[-1] == "All of it"
    asked = shop.say(conversation, "the kettle").text
    for fact in ("SW1001", "Steel Kettle", "$39.00", "February 19, 2026"):
        assert fact in asked
    assert started(shop) == ()
    done = shop.say(conversation, "yes").text
    (back,) = started(shop)
    assert (back.kind, back.items) == ("return", (ReturnItem(2),))
    for fact in (back.code, "within 7 days", "$39.00", "5 business days"):
        assert fact in done


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("all of it", (1, 2)),
        ("both please", (1, 2)),
        ("the boots and the kettle", (1, 2)),
        ("the second one", (2,)),
        ("number 1", (1,)),
        ("everything except the kettle", (1,)),
        ("just the hiking boots", (1,)),
    ],
)
def test_items_are_named_in_many_ways(shop: OrderShop, said: str, lines: tuple[int, ...]) -> None:
    shop.talk("mia", "return order SW1001", said, "yes")
    assert [tuple(item.line for item in back.items) for back in started(shop)] == [lines]


def test_the_order_is_found_by_the_item(shop: OrderShop) -> None:
    assert "From order SW1001 you would send back Steel Kettle" in shop.talk("mia", "I want to return the steel kettle").text


def test_items_are_changed_before_the_yes(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "return everything from order SW1001")
    assert "send back Steel Kettle, $39.00" in shop.say(conversation, "no, only the kettle").text
    shop.say(conversation, "yes")
    assert [back.items for back in started(shop)] == [(ReturnItem(2),)]


@pytest.mark.parametrize("reply", ["no", "forget it", "hmm", "show me kettles", "what is the return policy?", "yes and no"])
def test_nothing_but_a_yes_starts_a_return(shop: OrderShop, reply: str) -> None:
    shop.talk("mia", "return the steel kettle from order SW1001", reply)
    assert started(shop) == ()


def test_the_same_return_twice_is_the_same(shop: OrderShop) -> None:
    shop.talk("mia", "return the steel kettle from order SW1001", "yes")
    again = shop.talk("mia", "return the steel kettle from order SW1001")
    (back,) = started(shop)
    assert "under way already" in again.text and back.code in again.text


def test_what_goes_back_already_is_left_out(shop: OrderShop) -> None:
    shop.talk("mia", "return the steel kettle from order SW1001", "yes")
    asked = shop.talk("mia", "return everything from order SW1001").text
    assert "Hiking Boots" in asked and "Steel Kettle" not in asked


def test_too_late_is_said_with_the_day(shop: OrderShop) -> None:
    heard = shop.talk("mia", "I want to return order SW1003")
    assert "the 30 days from delivery ended on December 1, 2025" in heard.text
    assert heard.suggestions == ("Talk to a person",)


def test_a_return_that_became_too_late_before_the_yes(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "return the steel kettle from order SW1001")
    shop.clock.time += 20 * 86_400
    assert "ended on February 19, 2026" in shop.say(conversation, "yes").text
    assert started(shop) == ()


def test_what_is_on_its_way_can_not_go_back_yet(shop: OrderShop) -> None:
    heard = shop.talk("mia", "I want to return order SW1004")
    assert "once order SW1004 has been delivered" in heard.text and "February 5, 2026" in heard.text


def test_hygiene_holds_unless_it_is_faulty(shop: OrderShop) -> None:
    words = "order SW2001, postcode 74148: I want to return the wireless headphones"
    conversation = shop.open()
    assert "unopened and unused" in shop.say(conversation, words).text
    assert "once opened or used" in shop.say(conversation, "I have opened it").text
    assert started(shop, "SW2001") == ()
    heard = shop.talk(None, words + ", they are broken and I used them").text
    assert "sorry it wasn't right" in heard and "March 26, 2026" in heard


def test_part_of_it_may_go_back_and_the_rest_is_explained(tmp_path: Path) -> None:
    mixed = row("SW1009", "mia", "delivered", "2026-01-22T09:00:00Z", [("tent-1", 199.0), ("kettle-1", 39.0)])
    shop = order_shop(tmp_path, [mixed | {"delivered_at": "2026-01-25T10:00:00Z"}])
    asked = shop.talk("mia", "return everything from order SW1009").text
    assert "Trail Tent for Two can't come back" in asked and "send back Steel Kettle, $39.00" in asked


# ---- exchanges -----------------------------------------------------------------------------------------------------


def test_an_exchange_for_another_size(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    heard = shop.say(conversation, "I want to exchange the hiking boots from order SW1001")
    assert "size 9 or size 10" in heard.text and heard.suggestions == ("size 9", "size 10")
    assert "for size 9" in shop.say(conversation, "size 9").text
    assert "for size 10" in shop.say(conversation, "no, size 10").text
    shop.say(conversation, "yes")
    assert [(back.kind, back.items) for back in started(shop)] == [("exchange", (ReturnItem(1, "boot-3-10"),))]


@pytest.mark.parametrize(
    "text",
    ["swap the boots from order SW1001 for size 9", "the boots from order SW1001 are too small, can I exchange them?"]
    + ["exchange the boots of order SW1001, size 8 is wrong, I need size 9"],
)
def test_the_size_may_come_with_the_wish(shop: OrderShop, text: str) -> None:
    assert "for size 9" in shop.talk("mia", text).text


def test_what_comes_in_nothing_else_can_be_sent_back_instead(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    heard = shop.say(conversation, "exchange the steel kettle from order SW1001")
    assert "nothing to exchange Steel Kettle for" in heard.text and "send back Steel Kettle" in heard.text
    shop.say(conversation, "yes")
    assert [back.kind for back in started(shop)] == ["return"]


def test_a_faulty_thing_is_replaced_by_the_same(shop: OrderShop) -> None:
    shop.talk("mia", "the steel kettle from order SW1001 is broken, I'd like a replacement", "yes")
    (back,) = started(shop)
    assert (back.kind, back.items, back.reason) == ("exchange", (ReturnItem(2),), "faulty")


def test_a_size_that_is_not_there_is_asked_again_then_a_person_helps(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "exchange the hiking boots from order SW1001")
    assert "size 9 or size 10" in shop.say(conversation, "size 14").text
    assert "A person can sort this out" in shop.say(conversation, "size 15").text


def test_a_return_may_become_an_exchange(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "return the hiking boots from order SW1001")
    assert "for size 9" in shop.say(conversation, "actually, exchange them for size 9").text


# ---- without terms ---------------------------------------------------------------------------------------------------


def test_without_terms_the_policy_is_quoted_and_nothing_started(tmp_path: Path) -> None:
    shop = order_shop(tmp_path, MIAS, terms=None)
    heard = shop.talk("mia", "I want to return the steel kettle from order SW1001")
    assert "“You may send anything back within thirty days.”" in heard.text and "person" in heard.text
    shop.talk("mia", "I want to return the steel kettle from order SW1001", "yes")
    assert started(shop) == ()
