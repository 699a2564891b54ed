from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.acts.basket import named_variant
from assistant.turn import Assistant
from retrieval.types import Product, Variant
from tests.fakes import ingest, press, say


def cart_of(shop: Assistant, conversation_id: str) -> list[tuple[str, str | None, int]]:
    return [(x.product_id, x.variant_id, x.quantity) for x in shop.conversation(conversation_id).cart]


@pytest.fixture
def talk(shop: Assistant) -> str:
    """A conversation in which the quick boots in three sizes are alone on the screen."""
    conversation = shop.open()
    assert say(shop, conversation.id, "fell quick hiking boots").ids == ["boot-3"]
    return conversation.id


@pytest.mark.parametrize("answer", ["size 9", "9", "the 9, please", "Size 9 please"])
def test_which_size_is_asked_and_the_answer_settles_it(shop: Assistant, talk: str, answer: str) -> None:
    asked = say(shop, talk, "add the first one to my cart")
    assert "Which size" in asked.text and "8, 9 or 10" in asked.text
    assert asked.suggestions == ("size 8", "size 9", "size 10")
    need = shop.conversation(talk).need
    settled = say(shop, talk, answer)
    assert cart_of(shop, talk) == [("boot-3", "boot-3-9", 1)]
    assert "size 9" in settled.text
    assert settled.done.frame.act == "cart_add"
    assert shop.conversation(talk).need == need


def test_every_offered_answer_settles_it(shop: Assistant, talk: str) -> None:
    for offer in say(shop, talk, "add the first one to my cart").suggestions:
        conversation = shop.open()
        say(shop, conversation.id, "fell quick hiking boots")
        say(shop, conversation.id, "add the first one to my cart")
        say(shop, conversation.id, offer)
        assert cart_of(shop, conversation.id) == [("boot-3", f"boot-3-{offer.split()[1]}", 1)]


@pytest.mark.parametrize("text", ["show me kettles under $9", "kettles rated over 4", "what is in my cart?"])
def test_a_new_wish_after_the_question_is_no_answer(shop: Assistant, talk: str, text: str) -> None:
    say(shop, talk, "add the first one to my cart")
    say(shop, talk, text)
    assert cart_of(shop, talk) == [("boot-3", None, 1)]


def test_an_answer_that_names_no_size_is_read_as_it_is(shop: Assistant, talk: str) -> None:
    say(shop, talk, "add the first one to my cart")
    assert "Products" in say(shop, talk, "only waterproof ones").kinds
    assert cart_of(shop, talk) == [("boot-3", None, 1)]


def test_a_size_named_at_once_is_not_asked_for(shop: Assistant, talk: str) -> None:
    heard = say(shop, talk, "add the first one to my cart in size 9")
    assert "Which" not in heard.text
    assert cart_of(shop, talk) == [("boot-3", "boot-3-9", 1)]


def test_a_size_of_the_need_counts(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "ridge mid hiking boots in size 8")
    say(shop, conversation.id, "add the first one to my cart")
    assert cart_of(shop, conversation.id) == [("boot-1", "boot-1-8", 1)]


def test_a_sold_out_size_is_not_offered_and_not_taken(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "ridge mid hiking boots")
    heard = say(shop, conversation.id, "add the first one to my cart in size 10")
    assert "8 or 9" in heard.text and heard.suggestions == ("size 8", "size 9")
    assert cart_of(shop, conversation.id) == [("boot-1", None, 1)]


def test_a_product_with_every_size_sold_out_is_not_added(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "hiking boots")
    heard = press(shop, conversation.id, "cart_add", "boot-11")
    assert "can't be bought" in heard.text and cart_of(shop, conversation.id) == []


def test_the_variants_own_price_counts(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "wireless headphones")
    say(shop, conversation.id, "add two of the first one to my cart")
    settled = say(shop, conversation.id, "white")
    assert cart_of(shop, conversation.id) == [("ear-1", "ear-1-w", 2)]
    assert settled.cart.cart.total == 2 * 15_900
    assert "$159.00 each" in say(shop, conversation.id, "show my cart").text


def test_totals_and_counts(shop: Assistant) -> None:
    conversation = shop.open()
    ids = say(shop, conversation.id, "kettles, cheapest first").ids
    assert ids == ["kettle-3", "kettle-2", "kettle-1"]
    heard = say(shop, conversation.id, "add two of the first one to my cart")
    assert "2 × Travel Kettle are" in heard.text or "2 × Travel Kettle in" in heard.text
    heard = say(shop, conversation.id, "add the last two to my cart")
    assert heard.cart.cart.total == 2 * 1_900 + 2_900 + 3_900
    assert "4 items" in say(shop, conversation.id, "checkout").text


def test_no_more_than_there_are_goes_in(shop: Assistant) -> None:
    conversation = shop.open()
    assert say(shop, conversation.id, "kettles, cheapest first").ids[0] == "kettle-3"  # of which two are left
    heard = say(shop, conversation.id, "add five of the first one to my cart")
    assert cart_of(shop, conversation.id) == [("kettle-3", None, 2)]
    assert "2 × Travel Kettle" in heard.text and "More than 2 of Travel Kettle" in heard.text
    heard = press(shop, conversation.id, "cart_add", "kettle-3")
    assert heard.text == "More than 2 of Travel Kettle can't be bought at the moment."
    assert cart_of(shop, conversation.id) == [("kettle-3", None, 2)]
    assert [e.quantity for e in shop.services.events.history(conversation.shopper_id)] == [2]


def test_what_is_said_of_a_large_number_is_what_is_in_the_cart(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "kettles, cheapest first")
    heard = say(shop, conversation.id, "add 200 of the second one to my cart")
    assert cart_of(shop, conversation.id) == [("kettle-2", None, 99)]
    assert "99 × Glass Kettle" in heard.text and "200" not in heard.text


def test_of_several_the_sold_out_one_is_named(shop: Assistant) -> None:
    conversation = shop.open()
    ids = say(shop, conversation.id, "kettles, cheapest first").ids
    gone = shop.services.catalog.get(ids[0])
    ingest(shop.services.catalog, [replace(gone, stock=0)])
    heard = say(shop, conversation.id, "add the first two to my cart")
    assert cart_of(shop, conversation.id) == [(ids[1], None, 1)]
    assert f"{gone.title} can't be bought" in heard.text


def test_removing_some_says_what_is_left(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "kettles, cheapest first")
    say(shop, conversation.id, "add three of the second one to my cart")
    heard = say(shop, conversation.id, "remove one of it from my cart")
    assert cart_of(shop, conversation.id) == [("kettle-2", None, 2)]
    assert "2 × Glass Kettle" in heard.text and "out of the cart" not in heard.text
    heard = say(shop, conversation.id, "empty my cart")
    assert cart_of(shop, conversation.id) == [] and "empty now" in heard.text


def test_a_line_is_removed_by_a_word_of_its_name(shop: Assistant) -> None:
    conversation = shop.open()
    for product_id in ("kettle-1", "kettle-2"):
        press(shop, conversation.id, "cart_add", product_id)
    heard = say(shop, conversation.id, "remove the glass kettle from my cart")
    assert "Glass Kettle" in heard.text
    assert cart_of(shop, conversation.id) == [("kettle-1", None, 1)]


@pytest.mark.parametrize("text", ["show my cart", "remove the first one from my cart", "checkout"])
def test_an_empty_cart_is_said(shop: Assistant, text: str) -> None:
    heard = say(shop, shop.open().id, text)
    assert "empty" in heard.text or "nothing in your cart" in heard.text
    assert heard.cart.cart.lines == ()


def test_a_position_that_is_not_there_adds_nothing(shop: Assistant) -> None:
    conversation = shop.open()
    assert len(say(shop, conversation.id, "kettles").cards) == 3
    heard = say(shop, conversation.id, "add the seventh one to my cart")
    assert cart_of(shop, conversation.id) == []
    assert "Which" in heard.text


def test_named_variant_needs_every_open_option() -> None:
    options = {"size": ("8", "9.5"), "color": ("red", "black")}
    made = tuple(Variant(f"{s}{c}", {"size": s, "color": c}) for s in ("8", "9.5") for c in ("red", "black"))
    product = Product("p", "P", price=1, options=options, variants=made)
    assert named_variant(product, "the red one in 9.5") == made[2]
    assert named_variant(product, "the red one") is None
    assert named_variant(product, "size 9 in red") is None
    assert named_variant(product, "size 8 in red or black") is None
    assert named_variant(product, "28, infrared") is None


@pytest.fixture
def kettles(shop: Assistant) -> str:
    """A conversation with two kettles in the cart, the steel one last, and all three on the screen by price."""
    conversation = shop.open()
    assert say(shop, conversation.id, "kettles, cheapest first").ids == ["kettle-3", "kettle-2", "kettle-1"]
    say(shop, conversation.id, "add the second one to my cart")
    say(shop, conversation.id, "add the third one to my cart")
    return conversation.id


@pytest.mark.parametrize(("text", "count"), [("make it three", 3), ("just one of them", 1), ("make it 5", 5)])
def test_another_quantity_takes_the_place_of_the_old_one(shop: Assistant, kettles: str, text: str, count: int) -> None:
    say(shop, kettles, "add one more of the third one to my cart")
    assert cart_of(shop, kettles) == [("kettle-2", None, 1), ("kettle-1", None, 2)]
    heard = say(shop, kettles, text)
    assert cart_of(shop, kettles) == [("kettle-2", None, 1), ("kettle-1", None, count)]
    assert f"{count} × Steel Kettle" in heard.text
    assert heard.cart.cart.total == 2_900 + count * 3_900


def test_no_quantity_beyond_the_stock_is_set(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "travel kettle")
    say(shop, conversation.id, "add the first one to my cart")
    heard = say(shop, conversation.id, "make it five")
    assert cart_of(shop, conversation.id) == [("kettle-3", None, 2)]
    assert "2 × Travel Kettle" in heard.text and "More than 2" in heard.text
    assert say(shop, conversation.id, "make it five").text == "More than 2 of Travel Kettle can't be bought at the moment."


def test_after_the_cart_was_shown_places_are_its_lines(shop: Assistant, kettles: str) -> None:
    say(shop, kettles, "show my cart")
    assert "Steel Kettle" in say(shop, kettles, "remove the second one").text
    assert cart_of(shop, kettles) == [("kettle-2", None, 1)]


def test_on_the_shelf_places_are_the_shelfs(shop: Assistant, kettles: str) -> None:
    assert "Glass Kettle" in say(shop, kettles, "remove the second one").text
    assert cart_of(shop, kettles) == [("kettle-1", None, 1)]


@pytest.mark.parametrize("text", ["remove the tent", "remove the tent from my cart"])
def test_what_is_not_in_the_cart_takes_nothing_else_out(shop: Assistant, kettles: str, text: str) -> None:
    before = cart_of(shop, kettles)
    assert "Which line" in say(shop, kettles, text).text
    assert cart_of(shop, kettles) == before


def test_a_name_takes_out_its_own_line(shop: Assistant, kettles: str) -> None:
    say(shop, kettles, "remove the glass kettle")
    assert cart_of(shop, kettles) == [("kettle-1", None, 1)]
    say(shop, kettles, "remove it")
    assert cart_of(shop, kettles) == []


@pytest.mark.parametrize(
    "text", ["empty my cart", "clear the cart", "remove everything", "take it all out", "delete all items"]
)
def test_the_whole_cart_goes_when_that_is_said(shop: Assistant, kettles: str, text: str) -> None:
    heard = say(shop, kettles, text)
    assert cart_of(shop, kettles) == []
    assert "Glass Kettle and Steel Kettle" in heard.text and "empty now" in heard.text


def test_all_of_one_thing_is_not_all_of_the_cart(shop: Assistant, kettles: str) -> None:
    say(shop, kettles, "remove all the glass kettles")
    assert cart_of(shop, kettles) == [("kettle-1", None, 1)]


def test_what_stays_of_several_is_told_one_by_one(shop: Assistant, kettles: str) -> None:
    say(shop, kettles, "add one more of the third one to my cart")
    shown = say(shop, kettles, "show my cart")
    assert "3 items" in shown.text and "$39.00 each" in shown.text
    assert "$106" not in shown.text and shown.cart.cart.total == 10_700  # no sum in prose: it comes with the cart
    heard = say(shop, kettles, "remove one of the second one")
    assert "1 × Steel Kettle" in heard.text and cart_of(shop, kettles) == [("kettle-2", None, 1), ("kettle-1", None, 1)]


@pytest.mark.parametrize("text", ["what's my total", "show my cart"])
def test_the_total_of_a_single_thing_is_its_price(shop: Assistant, text: str) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "glass kettle")
    say(shop, conversation.id, "add the first one to my cart")
    heard = say(shop, conversation.id, text)
    assert heard.text == "In your cart: Glass Kettle, $29.00 in all." and heard.cart.cart.total == 2_900


def test_what_is_beyond_the_screen_is_not_added(shop: Assistant, kettles: str) -> None:
    before = cart_of(shop, kettles)
    assert "only 3" in say(shop, kettles, "add the ninth one to my cart").text
    assert cart_of(shop, kettles) == before


def test_what_cannot_be_bought_any_more_is_told_with_the_cart(shop: Assistant, kettles: str) -> None:
    glass = shop.services.catalog.get("kettle-2")
    assert glass is not None
    ingest(shop.services.catalog, [replace(glass, availability="out_of_stock", stock=0)])
    for text in ("show my cart", "checkout"):
        assert "Glass Kettle can't be bought at the moment" in say(shop, kettles, text).text
