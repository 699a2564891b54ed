"""Telling of orders and cancelling them, over several turns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.orders import Order, TooLate
from tests.fakes_orders import MIAS, OrderShop, order_shop, row


@pytest.fixture
def shop(tmp_path: Path) -> OrderShop:
    return order_shop(tmp_path)


def status(shop: OrderShop, order_id: str) -> str:
    order = shop.orders.find(order_id)
    assert order is not None
    return order.status


# ---- telling ---------------------------------------------------------------------------------------------------------


def test_everything_that_is_asked_of_an_order_is_told(shop: OrderShop) -> None:
    told = shop.talk("mia", "where is my order SW1001?").text
    for fact in (
        "SW1001",
        "Fell Quick Hiking Boots (size 8) and Steel Kettle",
        "$113.00",
        "delivered on January 20, 2026",
    ) + ("by Parcelwing", "PW5551234"):
        assert fact in told
    assert "1234" not in told.replace("PW5551234", "")  # the secret itself is never told


def test_several_orders_are_listed_and_one_is_picked(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    heard = shop.say(conversation, "where is my order?")
    assert heard.suggestions == ("Order SW1002", "Order SW1004", "Order SW1001")
    assert "SW1003" not in heard.text and "2 × Glass Kettle" in heard.text
    assert "SW1004 (Wired Headphones" in shop.say(conversation, "the second one").text
    assert "SW1002" in shop.say(conversation, "where is my order SW1002").text


@pytest.mark.parametrize("text", ["where is my latest order?", "when will my glass kettle order arrive?"])
def test_an_order_is_found_by_what_is_said_of_it(shop: OrderShop, text: str) -> None:
    told = shop.talk("mia", text).text
    assert "SW1002" in told and "SW1004" not in told


def test_a_late_parcel_is_called_late(shop: OrderShop) -> None:
    assert "late" not in shop.talk("mia", "where is my order SW1004?").text
    shop.clock.time += 4 * 86_400
    heard = shop.talk("mia", "where is my order SW1004?").text
    assert "expected on February 5, 2026, so it is late" in heard


def test_number_and_postcode_open_an_order_to_a_guest(shop: OrderShop) -> None:
    conversation = shop.open()
    assert "postcode" in shop.say(conversation, "where is my order?").text
    assert "Which postcode" in shop.say(conversation, "SW2001").text
    assert "Windmail" in shop.say(conversation, "74148").text
    assert shop.now(conversation).verified == ("SW2001",)
    assert "Windmail" in shop.say(conversation, "where is it?").text  # not asked a second time


@pytest.mark.parametrize(
    "text",
    ["where is order SW2001, postcode 74148", "where's my order #2001 zip code: 74148-0001", "order sw2001 / 74148 status?"]
    + ["My postcode is 74148. Where is order SW2001?"],
)
def test_both_may_come_at_once(shop: OrderShop, text: str) -> None:
    assert "WM99887766" in shop.talk(None, text).text


def test_one_order_opens_no_other(shop: OrderShop) -> None:
    conversation = shop.open()
    shop.say(conversation, "where is order SW2001, postcode 74148")
    assert "Which postcode" in shop.say(conversation, "and where is order SW2002?").text
    assert shop.now(conversation).verified == ("SW2001",)
    assert "Which postcode" in shop.talk(None, "where is order SW2001?").text


def test_a_wrong_postcode_may_be_put_right_but_not_for_ever(shop: OrderShop) -> None:
    conversation = shop.open()
    shop.say(conversation, "where is my order SW2001?")
    assert "can't find" in shop.say(conversation, "74149").text
    assert "Windmail" in shop.say(conversation, "sorry, 74148").text
    other = shop.open()
    shop.say(other, "where is my order SW2001?")
    heard = [shop.say(other, f"{number}").text for number in range(10000, 10005)]
    assert all("can't find" in text for text in heard)
    locked = shop.say(other, "74148")
    assert "can't try again" in locked.text and "help@shop.example" in locked.text
    assert "Talk to a person" in locked.suggestions
    assert "can't try again" in shop.say(other, "where is order SW2001, postcode 74148").text


def test_several_postcodes_at_once_are_none(shop: OrderShop) -> None:
    conversation = shop.open()
    shop.say(conversation, "where is my order SW2001?")
    assert "Windmail" not in shop.say(conversation, "74146 74147 74148").text


@pytest.mark.parametrize("text", ["it says delivered but I never got order SW1001", "order SW1001 has not arrived"])
def test_what_was_delivered_to_nobody_is_for_a_person(shop: OrderShop, text: str) -> None:
    conversation = shop.open("mia")
    heard = shop.say(conversation, text)
    assert "sorry that something is missing" in heard.text


def test_a_shop_without_a_second_secret_asks_to_sign_in(shop: OrderShop) -> None:
    plain = replace(shop.assistant, services=replace(shop.assistant.services, identity=None))
    shop = replace(shop, assistant=plain)
    assert "sign in" in shop.talk(None, "where is my order SW2001?").text
    assert "sign in" in shop.talk("mia", "where is my order SW2001?").text
    assert "no orders of yours" in shop.talk("nora", "where is my order?").text


def test_a_question_is_asked_twice_at_most(shop: OrderShop) -> None:
    conversation = shop.open()
    shop.say(conversation, "where is my order SW2001?")
    assert "postcode" in shop.say(conversation, "eh dunno").text
    heard = shop.say(conversation, "no idea really")
    assert "A person can sort this out" in heard.text and heard.suggestions == ("Talk to a person",)
    assert shop.now(conversation).errand is None


def test_another_subject_ends_an_errand(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "cancel my order SW1002")
    assert shop.say(conversation, "show me hiking boots").cards
    shop.say(conversation, "yes")
    assert status(shop, "SW1002") == "paid"


# ---- cancelling ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("yes", ["yes", "Yes please!", "ok, go ahead", "yep, cancel it", "do it", "sure"])
def test_an_order_is_cancelled_after_a_yes(shop: OrderShop, yes: str) -> None:
    conversation = shop.open("mia")
    asked = shop.say(conversation, "please cancel order SW1002").text
    assert "SW1002" in asked and "2 × Glass Kettle" in asked and "$58.00" in asked
    assert status(shop, "SW1002") == "paid"
    assert "SW1002 is cancelled" in shop.say(conversation, yes).text
    assert status(shop, "SW1002") == "cancelled"


@pytest.mark.parametrize(
    "reply",
    ["no", "no thanks, keep it", "never mind", "yes but what about the boots?", "yes or no, I don't know", "hm", "maybe"]
    + ["how long does delivery take?", "show me tents", "Yes? What would that cost me", "yesterday", "not yes"],
)
def test_nothing_but_a_yes_cancels(shop: OrderShop, reply: str) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "cancel order SW1002")
    shop.say(conversation, reply)
    assert status(shop, "SW1002") == "paid"


def test_the_only_order_that_can_be_cancelled_is_the_one_meant(shop: OrderShop) -> None:
    assert "SW1002" in shop.talk("mia", "I want to cancel my order").text


def test_one_of_several_is_picked_before_it_is_cancelled(tmp_path: Path) -> None:
    more = row("SW1005", "mia", "placed", "2026-02-01T12:00:00Z", [("tent-1", 199.0)], postcode="1234 AB")
    shop = order_shop(tmp_path, (*MIAS, more))
    conversation = shop.open("mia")
    heard = shop.say(conversation, "cancel my order")
    assert heard.suggestions == ("Order SW1005", "Order SW1002")
    assert "Trail Tent" in shop.say(conversation, "the one with the tent").text
    shop.say(conversation, "yes")
    assert (status(shop, "SW1005"), status(shop, "SW1002")) == ("cancelled", "paid")


def test_cancelling_twice_says_so(shop: OrderShop) -> None:
    shop.talk("mia", "cancel order SW1002", "yes")
    assert "is cancelled already" in shop.talk("mia", "cancel order SW1002").text


@pytest.mark.parametrize("order_id", ["SW1001", "SW1004"])
def test_too_late_to_cancel(shop: OrderShop, order_id: str) -> None:
    heard = shop.talk("mia", f"cancel order {order_id}")
    assert "can't be cancelled any more" in heard.text and "Talk to a person" in heard.suggestions


def test_an_order_that_was_packed_meanwhile_is_not_cancelled(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "cancel order SW1002")
    shop.orders.replace_all([{**each, "status": "packed"} if each["order_id"] == "SW1002" else each for each in MIAS])
    assert "can't be cancelled any more: it has been packed" in shop.say(conversation, "yes").text
    assert status(shop, "SW1002") == "packed"


def test_a_shop_that_refuses_is_believed(shop: OrderShop) -> None:
    class Refusing:
        """A shop whose own system cancels nothing."""

        of, find, returns = shop.orders.of, shop.orders.find, shop.orders.returns

        def cancel(self, order_id: str) -> Order:
            raise TooLate(order_id)

    services = replace(shop.assistant.services, orders=Refusing())
    shop = replace(shop, assistant=replace(shop.assistant, services=services))
    assert "can't be cancelled" in shop.talk("mia", "cancel order SW1002", "yes").text


def test_a_part_of_an_order_is_not_cancelled_in_its_place(tmp_path: Path) -> None:
    more = row("SW1005", "mia", "placed", "2026-02-01T12:00:00Z", [("tent-1", 199.0), ("kettle-1", 39.0)])
    heard = order_shop(tmp_path, [more]).talk("mia", "cancel the kettle from my order SW1005")
    assert "only the whole of order SW1005" in heard.text


def test_what_was_written_is_not_undone_by_a_word(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "cancel order SW1002")
    shop.say(conversation, "yes")
    heard = shop.say(conversation, "undo that")
    assert "can't take it back myself" in heard.text and "Talk to a person" in heard.suggestions
    assert status(shop, "SW1002") == "cancelled"


def test_a_question_in_between_needs_a_new_yes(shop: OrderShop) -> None:
    conversation = shop.open("mia")
    shop.say(conversation, "cancel order SW1002")
    assert "five working days" in shop.say(conversation, "how long does shipping take?").text
    assert "Shall I cancel it?" in shop.say(conversation, "yes").text
    assert status(shop, "SW1002") == "paid"
    assert "is cancelled" in shop.say(conversation, "yes").text


def test_it_means_the_order_last_spoken_of(shop: OrderShop) -> None:
    conversation = shop.open()
    shop.say(conversation, "where is order SW2002, postcode 74148?")
    assert "SW2002" in shop.say(conversation, "cancel it please").text
    assert "SW2002 is cancelled" in shop.say(conversation, "yes").text


# ---- what only a person can do ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I need to change the delivery address of my order", "can't change where an order goes"),
        ("you refunded only half of my order SW1001, the refund is wrong", "for a person at the shop"),
        ("can you add an item to my order SW1002?", "can't change what is in an order"),
    ],
)
def test_what_the_assistant_can_not_do_it_says(shop: OrderShop, text: str, said: str) -> None:
    assert said in shop.talk(None, text).text


def test_the_refund_of_an_order(shop: OrderShop) -> None:
    shop.orders.replace_all([{**MIAS[0], "status": "refunded"}, {**MIAS[1]}])
    assert "has refunded order SW1001" in shop.talk("mia", "has my refund been processed?").text
    shop.orders.replace_all([{**MIAS[0], "status": "returned"}])
    heard = shop.talk("mia", "check the status of my refund please")
    assert "not booked yet" in heard.text and "5 business days" in heard.text
