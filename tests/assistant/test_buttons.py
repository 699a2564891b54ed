from __future__ import annotations

import pytest

from assistant.turn import Assistant
from tests.fakes import press, say

ASK = "waterproof hiking boots under $120, nothing leather"


def test_cart_add_puts_in_the_variant_that_was_picked(shop: Assistant) -> None:
    conversation = shop.open()
    heard = press(shop, conversation.id, "cart_add", "boot-1", variant_id="boot-1-9")
    (line,) = shop.conversation(conversation.id).cart
    assert (line.product_id, line.variant_id, line.quantity) == ("boot-1", "boot-1-9", 1)
    assert heard.kinds == ["Text", "CartChanged", "Suggestions", "Done"]
    assert shop.conversation(conversation.id).messages[0].text == "Add Ridge Mid Hiking Boots to my cart"


@pytest.mark.parametrize("variant_id", ["boot-1-10", "boot-3-9", "nonsense"])
def test_a_variant_that_is_sold_out_or_unknown_is_not_added(shop: Assistant, variant_id: str) -> None:
    conversation = shop.open()
    heard = press(shop, conversation.id, "cart_add", "boot-1", variant_id=variant_id)
    assert shop.conversation(conversation.id).cart == ()
    assert "can't be bought" in heard.text
    assert shop.services.events.count() == 0


@pytest.mark.parametrize("product_id", ["boot-6", "boot-11", "ear-3"])
def test_what_is_sold_out_is_not_added(shop: Assistant, product_id: str) -> None:
    conversation = shop.open()
    assert "can't be bought" in press(shop, conversation.id, "cart_add", product_id).text
    assert shop.conversation(conversation.id).cart == ()


def test_cart_remove_takes_out_that_line_alone(shop: Assistant) -> None:
    conversation = shop.open()
    for variant in ("boot-1-8", "boot-1-9"):
        press(shop, conversation.id, "cart_add", "boot-1", variant_id=variant)
    press(shop, conversation.id, "cart_add", "kettle-1")
    heard = press(shop, conversation.id, "cart_remove", "boot-1", variant_id="boot-1-8")
    kept = [(line.product_id, line.variant_id) for line in shop.conversation(conversation.id).cart]
    assert kept == [("boot-1", "boot-1-9"), ("kettle-1", None)]
    assert "1 × Ridge Mid Hiking Boots" in heard.text
    assert heard.cart.cart.total == 9_900 + 3_900


def test_removing_what_is_not_in_the_cart_claims_nothing(shop: Assistant) -> None:
    conversation = shop.open()
    press(shop, conversation.id, "cart_add", "kettle-1")
    heard = press(shop, conversation.id, "cart_remove", "boot-2")
    assert len(shop.conversation(conversation.id).cart) == 1
    assert "out of the cart" not in heard.text and "Steel Kettle" not in heard.text
    assert [e.type for e in shop.services.events.all()] == ["add_to_cart"]


def test_more_like_this_keeps_the_conditions_and_leaves_the_product_out(shop: Assistant) -> None:
    conversation = shop.open()
    seed = say(shop, conversation.id, ASK).ids[0]
    heard = press(shop, conversation.id, "more_like_this", seed)
    assert heard.cards and seed not in heard.ids
    assert all(card.product.price <= 12_000 and card.product.id != "boot-4" for card in heard.cards)
    assert ("click", seed) in [(e.type, e.product_id) for e in shop.services.events.all()]
    assert shop.conversation(conversation.id).need.query == "hiking boots"


def test_not_for_me_never_comes_back(shop: Assistant) -> None:
    conversation = shop.open()
    gone = say(shop, conversation.id, "kettles").ids[0]
    assert gone not in press(shop, conversation.id, "not_for_me", gone).ids
    assert gone not in say(shop, conversation.id, "kettles").ids
    assert shop.conversation(conversation.id).disliked == (gone,)


@pytest.mark.parametrize(
    ("slot", "value"), [("exclude", "leather"), ("include", "waterproof"), ("price_max", "12000"), ("query", "")]
)
def test_a_chip_taken_away_leaves_the_rest_of_the_need(shop: Assistant, slot: str, value: str) -> None:
    conversation = shop.open()
    say(shop, conversation.id, ASK)
    before = shop.conversation(conversation.id).need
    heard = press(shop, conversation.id, "drop_need", slot=slot, value=value)
    after = shop.conversation(conversation.id).need
    assert not getattr(after, slot)
    slots = ("query", "include", "exclude", "price_max")
    assert all(getattr(after, other) == getattr(before, other) for other in slots if other != slot)
    assert heard.cards


def test_without_the_leather_chip_leather_comes_back(shop: Assistant) -> None:
    conversation = shop.open()
    assert "boot-4" not in say(shop, conversation.id, ASK).ids
    assert "boot-4" in press(shop, conversation.id, "drop_need", slot="exclude", value="leather").ids


def test_a_click_is_stored_and_says_nothing(shop: Assistant) -> None:
    conversation = shop.open()
    heard = press(shop, conversation.id, "click", "kettle-1")
    assert heard.kinds == ["Done"]
    assert [e.type for e in shop.services.events.all()] == ["click"]
    assert shop.conversation(conversation.id) == conversation


@pytest.mark.parametrize("kind", ["cart_add", "cart_remove", "more_like_this", "not_for_me", "click"])
def test_a_product_that_is_gone_is_told(shop: Assistant, kind: str) -> None:
    conversation = shop.open()
    heard = press(shop, conversation.id, kind, "never-was")
    assert heard.kinds == ["Failed", "Done"]
    assert (heard.failure.code, heard.failure.retryable) == ("unknown_product", False)
    assert shop.conversation(conversation.id) == conversation


def test_a_chip_that_is_none_is_told(shop: Assistant) -> None:
    conversation = shop.open()
    heard = press(shop, conversation.id, "drop_need", slot="colour", value="red")
    assert heard.kinds == ["Failed", "Done"]
    assert heard.failure.code == "unknown_wish"
