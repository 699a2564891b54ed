"""A shopper who looks at a product on the shop's own page of it: what "this" means, and what is asked for around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.turn import Assistant
from tests.fakes import Heard, say, small_shop


@pytest.fixture
def shop(tmp_path: Path) -> Assistant:
    return small_shop(tmp_path)


def looking_at(shop: Assistant, product_id: str, *said: str) -> str:
    """A conversation in which this has been said, whose shopper has come to the page of a product then."""
    conversation = shop.open()
    for text in said:
        say(shop, conversation.id, text)
    shop.viewing(conversation.id, product_id)
    return conversation.id


def on_page(shop: Assistant, text: str, product_id: str = "ear-1") -> Heard:
    return say(shop, looking_at(shop, product_id), text)


@pytest.mark.parametrize(
    "text",
    ["Tell me more about this", "tell me more", "what is this", "what is this?", "details please", "how does it work?"],
)
def test_more_is_told_of_what_is_looked_at(shop: Assistant, text: str) -> None:
    heard = on_page(shop, text)
    assert "They run for a long day on one charge" in heard.text
    assert "status" not in heard.kinds


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("price?", "149"),
        ("is it avalable", "in stock"),
        ("any good?", "4.6"),
        ("who makes this", "Auralis"),
        ("other colours?", "black"),
    ],
)
def test_a_property_is_told_however_few_the_words(shop: Assistant, text: str, told: str) -> None:
    assert told in on_page(shop, text).text


def test_what_is_cheaper_is_so_among_its_kind(shop: Assistant) -> None:
    conversation_id = looking_at(shop, "ear-1")
    assert say(shop, conversation_id, "anything cheaper?").ids == ["ear-2"]
    assert shop.conversation(conversation_id).need.query == "headphones"


def test_another_is_looked_for_among_its_kind_where_it_is_turned_down(shop: Assistant) -> None:
    assert on_page(shop, "i don't like this one").ids == ["ear-2"]


def test_alternatives_are_like_it(shop: Assistant) -> None:
    conversation_id = looking_at(shop, "boot-1")
    heard = say(shop, conversation_id, "show me other options like it")
    assert "boot-1" not in heard.ids and "boot-2" in heard.ids
    assert shop.conversation(conversation_id).like == "boot-1"


@pytest.mark.parametrize("text", ["buy this", "buy it now", "add to cart"])
def test_what_is_bought_on_its_page_is_put_into_the_cart(shop: Assistant, text: str) -> None:
    heard = on_page(shop, text)
    assert [line.product_id for line, _, _ in heard.cart.cart.lines] == ["ear-1"]


def test_pieces_are_no_price(shop: Assistant) -> None:
    assert on_page(shop, "give me 3", "ear-2").cart.cart.lines[0][0].quantity == 3
    assert "prices" in on_page(shop, "give me 30% off", "ear-2").text


def test_who_has_it_in_the_cart_and_buys_goes_to_the_checkout(shop: Assistant) -> None:
    conversation_id = looking_at(shop, "ear-2")
    say(shop, conversation_id, "add to cart")
    assert say(shop, conversation_id, "buy everything now").done.frame.act == "checkout"
    assert [line.quantity for line in shop.conversation(conversation_id).cart] == [1]


def test_on_another_page_this_is_that_product_and_the_shelf_stays(shop: Assistant) -> None:
    conversation_id = looking_at(shop, "ear-1", "show me kettles")
    shelf = shop.conversation(conversation_id).shown
    assert len(shelf) == 3
    for text in ("tell me more about this", "how long does the battery of these last?"):
        assert "Wireless Headphones" in say(shop, conversation_id, text).text
    seen = shop.conversation(conversation_id)
    assert (seen.shown, seen.focus, seen.need.query) == (shelf, "ear-1", "kettles")
    assert say(shop, conversation_id, "add the second one to my cart").cart.cart.lines[0][1].id == shelf[1].id


def test_more_of_its_kind_takes_the_place_of_the_shelf(shop: Assistant) -> None:
    conversation_id = looking_at(shop, "ear-1", "show me kettles")
    assert say(shop, conversation_id, "more like this").ids == ["ear-2"]


def test_with_several_on_the_screen_it_is_asked_which_one_is_meant(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "show me kettles")
    heard = say(shop, conversation.id, "tell me more about this")
    assert heard.done.frame.act == "ask_product" and heard.text.startswith("Which")


def test_with_nothing_on_the_screen_the_assistant_tells_what_it_can_do(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "what is this")
    assert heard.done.frame.act == "smalltalk"
