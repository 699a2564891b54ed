"""Orders, returns and cancellations in shoppers' own words: terse, chatty, changing their mind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes_orders import JONAS, MIAS, OrderShop, order_shop, row


@pytest.fixture
def shop(tmp_path: Path) -> OrderShop:
    return order_shop(tmp_path)


TOLD = "Order SW1004 (Wired Headphones"
ASKED = "Shall I cancel it?"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["when are my headphones coming"], TOLD),
        (["can you tell me when my headphones are coming?"], TOLD),
        (["have my wired headphones shipped yet"], TOLD),
        (["track my package"], "Your latest orders"),
        (["give me the tracking link"], "Your latest orders"),
        (["show me my orders"], "Your latest orders"),
        (["order history"], "Your latest orders"),
        (["my last order?? status pls"], "Order SW1002 (2 × Glass Kettle"),
        (["my last order?", "and the one before"], TOLD),
        (["what did I order last time?"], "SW1002"),
        (["order 1001"], "Order SW1001 ("),
        (["order sw 1001 status"], "Order SW1001 ("),
    ],
)
def test_where_things_are(shop: OrderShop, texts: list[str], said: str) -> None:
    assert said in shop.talk("mia", *texts).text


@pytest.mark.parametrize(
    "texts",
    [
        ["I don't want the kettle order anymore"],
        ["cancel everything"],
        ["ordered by mistake, pls cancel asap"],
        ["cancel my glass kettles"],
        ["can you add a lid to my order", "ok cancel it then"],
        # What has not been packed yet need not come and be sent back.
        ["I want to return the glass kettles"],
    ],
)
def test_what_is_to_be_cancelled(shop: OrderShop, texts: list[str]) -> None:
    heard = shop.talk("mia", *texts)
    assert "SW1002" in heard.text and ASKED in heard.text


def test_where_it_is_may_be_asked_in_between(shop: OrderShop) -> None:
    told = shop.talk("mia", "cancel my order", "actually where is it now?").text
    assert "Order SW1002" in told and ASKED not in told


def test_cancel_means_the_screen_while_there_is_one(shop: OrderShop) -> None:
    assert "SW1002" not in shop.talk("mia", "show me headphones", "cancel that").text


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["send my boots back", "no, the steel kettle I mean"], "send back Steel Kettle, $39.00"),
        (["my boots don't fit"], "Hiking Boots"),
        (["swap my boots for a bigger size"], "for size 9"),
        (["exchange my boots", "that takes too long, just refund me"], "Shall I start the return?"),
        (["I want to send the wired headphones back"], "once order SW1004 has been delivered"),
    ],
)
def test_what_goes_back(shop: OrderShop, texts: list[str], said: str) -> None:
    assert said in shop.talk("mia", *texts).text


def test_a_policy_may_be_asked_for_before_the_yes(shop: OrderShop) -> None:
    heard = shop.talk("mia", "send my boots back", "what is your return policy?", "ok yes start it")
    assert "Shall I start the return?" in heard.text


@pytest.mark.parametrize("text", ["D02 X285", "sorry, it's D02 X285", "D02X285"])
def test_a_postcode_that_looks_like_a_number_is_a_try(shop: OrderShop, text: str) -> None:
    conversation = shop.open()
    shop.say(conversation, "where is order SW2001?")
    assert "postcode" in shop.say(conversation, text).text
    assert "Windmail" in shop.say(conversation, "sorry 74148").text


def test_a_wrong_postcode_is_tried_again_and_no_failure_of_the_shop(shop: OrderShop) -> None:
    conversation = shop.open()
    for text in ("where is order SW2001?", "it's 99999", "88888"):
        shop.say(conversation, text)
    assert [attempt.trouble for attempt in shop.now(conversation).attempts] == [None] * 3
    assert "Windmail" in shop.say(conversation, "74148").text


def test_of_things_alike_the_one_that_more_is_said_of_goes_back(tmp_path: Path) -> None:
    both = [("kettle-1", 39.0), ("kettle-2", 29.0)]
    bought = row("SW1001", "mia", "delivered", "2026-01-28T09:00:00Z", both, delivered_at="2026-01-30T09:00:00Z")
    heard = order_shop(tmp_path, (bought,)).talk("mia", "I want to return the glass kettle")
    assert "send back Glass Kettle, $29.00" in heard.text


@pytest.mark.parametrize(
    "text",
    [
        "show me something like the kettle I bought",
        "a kettle that doesn't leak",
        "can I cancel an order after placing it?",
        "do you have headphones that don't fit in the ear",
        "I bought a kettle, help me choose a tent",
    ],
)
def test_what_is_about_no_order_is_not_taken_for_one(shop: OrderShop, text: str) -> None:
    heard = shop.talk("mia", text)
    assert not any(order["order_id"] in heard.text for order in (*MIAS, *JONAS))
