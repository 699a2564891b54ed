from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.turn import Assistant
from assistant.types import Failed, Text
from retrieval.types import Need
from tests.fakes import ScriptedChatModel, hear, ingest, press, say, small_shop

ASK = "waterproof hiking boots under $120, nothing leather"


def test_a_turn_brings_cards_before_prose_and_ends_with_done(shop: Assistant) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, ASK)
    assert heard.kinds == ["Products", "Text", "Suggestions", "Done"]
    heard = say(shop, conversation.id, "add the first one to my cart")
    assert heard.kinds == ["Text", "CartChanged", "Suggestions", "Done"]
    heard = say(shop, conversation.id, "I want to talk to a person")
    assert heard.kinds == ["Text", "Suggestions", "StatusChanged", "Done"]


def test_the_whole_path_of_a_purchase(tmp_path: Path) -> None:
    shop = small_shop(tmp_path, cards=3)
    conversation = shop.open()
    first = say(shop, conversation.id, ASK)
    assert len(first.cards) == 3
    for card in first.cards:
        assert card.product.price <= 12_000
        assert card.product.id not in ("boot-4", "boot-6")  # leather, and sold out
        assert not card.violates
    assert [card.position for card in first.cards] == [1, 2, 3]
    cheapest = min(card.product.price for card in first.cards)

    dearest = max(first.cards, key=lambda card: card.product.price)
    ordinal = ("first", "second", "third")[dearest.position - 1]
    cheaper = say(shop, conversation.id, f"cheaper than the {ordinal} one")
    bound = dearest.product.price
    assert len(cheaper.cards) > 1
    assert all(card.product.price < bound for card in cheaper.cards)
    assert shop.conversation(conversation.id).need.price_max == bound - 1
    assert shop.conversation(conversation.id).need.exclude == ("leather",)
    assert cheapest <= bound

    added = say(shop, conversation.id, "the second one, add it to my cart")
    second = cheaper.cards[1].product
    assert [(line.product_id, line.quantity) for line, _, _ in added.cart.cart.lines] == [(second.id, 1)]
    assert added.cart.cart.total == second.price
    assert second.title in added.text


def test_the_whole_thread_is_saved_with_the_cards_of_each_answer(shop: Assistant) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, ASK)
    saved = shop.conversation(conversation.id)
    asked, answered = saved.messages
    assert (asked.role, asked.text) == ("shopper", ASK)
    assert (answered.role, answered.text, list(answered.product_ids)) == ("assistant", heard.text, heard.ids)
    assert [shown.id for shown in saved.shown] == heard.ids
    assert saved.need == Need("hiking boots", include=("waterproof",), exclude=("leather",), price_max=12_000)


def test_a_price_that_changed_since_is_shown_as_it_is_now(shop: Assistant) -> None:
    conversation = shop.open()
    first = say(shop, conversation.id, "waterproof hiking boots")
    product = first.cards[0].product
    ingest(shop.services.catalog, [replace(product, price=product.price + 1_100)])
    again = say(shop, conversation.id, "waterproof hiking boots")
    card = next(card for card in again.cards if card.product.id == product.id)
    assert card.product.price == product.price + 1_100
    assert shop.cards(shop.conversation(conversation.id))[card.position - 1].product.price == product.price + 1_100


def test_what_no_longer_qualifies_gives_up_its_place(shop: Assistant) -> None:
    conversation = shop.open()
    first = say(shop, conversation.id, ASK)
    dearer, sold_out = first.cards[0].product, first.cards[1].product
    ingest(shop.services.catalog, [replace(dearer, price=12_001), replace(sold_out, availability="out_of_stock")])
    again = say(shop, conversation.id, ASK)
    assert set(again.ids) == set(first.ids) - {dearer.id, sold_out.id}
    assert [card.position for card in again.cards] == list(range(1, len(again.cards) + 1))


def test_prices_in_the_cart_follow_the_catalogue(shop: Assistant) -> None:
    conversation = shop.open()
    press(shop, conversation.id, "cart_add", "kettle-2")
    kettle = shop.services.catalog.get("kettle-2")
    ingest(shop.services.catalog, [replace(kettle, price=3_100)])
    assert shop.cart(conversation.id).total == 3_100
    assert "$31.00" in say(shop, conversation.id, "show my cart").text


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_message_is_answered_and_changes_nothing(shop: Assistant, text: str) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, text)
    assert heard.kinds == ["Text", "Suggestions", "Done"]
    assert heard.text
    assert shop.conversation(conversation.id) == conversation


def test_of_a_long_message_the_beginning_is_read(tmp_path: Path) -> None:
    shop = small_shop(tmp_path, message_characters=300)
    conversation = shop.open()
    heard = say(shop, conversation.id, "hiking boots " + "very nice " * 500)
    assert heard.done.frame.query == "hiking boots"
    assert len(shop.conversation(conversation.id).messages[0].text) <= 300
    assert say(shop, conversation.id, "x" * 5_000).text


def test_an_unclear_message_keeps_the_need(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, ASK)
    before = shop.conversation(conversation.id)
    heard = say(shop, conversation.id, "asdfgh qwrtz xcvbn")
    after = shop.conversation(conversation.id)
    assert heard.kinds == ["Text", "Suggestions", "Done"]
    assert (after.need, after.shown) == (before.need, before.shown)


def test_an_abandoned_turn_is_saved(shop: Assistant) -> None:
    conversation = shop.open()
    turn = shop.say(conversation.id, ASK)
    next(turn)  # the cards
    piece = next(turn)
    turn.close()
    saved = shop.conversation(conversation.id)
    assert isinstance(piece, Text)
    assert saved.messages[-1].text == piece.delta
    assert saved.shown and saved.need.query == "hiking boots"


def test_a_turn_overtaken_by_another_is_told_and_leaves_no_trace(shop: Assistant) -> None:
    conversation = shop.open()
    slow = shop.say(conversation.id, ASK)
    next(slow)
    say(shop, conversation.id, "kettles")
    events = shop.services.events.count()
    heard = hear(slow)
    assert heard.kinds == ["Text", "Failed", "Done"]
    assert heard.failure.code == heard.done.fallback == "conversation_changed"
    assert shop.conversation(conversation.id).need.query == "kettles"
    assert shop.services.events.count() == events


def test_a_cart_is_never_claimed_before_it_is_saved(shop: Assistant) -> None:
    """Of many presses at once each one is either in the cart, or was told that it is not."""
    conversation = shop.open()
    heard = []
    start = threading.Barrier(6)

    def add() -> None:
        start.wait()
        heard.append(press(shop, conversation.id, "cart_add", "kettle-2"))

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [one for one in heard if isinstance(one.failure, Failed)]
    assert all(one.kinds == ["Failed", "Done"] for one in refused)
    (line,) = shop.conversation(conversation.id).cart
    assert line.quantity == len(heard) - len(refused)
    assert len(shop.services.events.history(conversation.shopper_id)) == line.quantity


def test_impressions_are_stored_with_their_positions(shop: Assistant) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, ASK)
    stored = list(shop.services.events.all())
    assert [(e.type, e.product_id, e.position) for e in stored] == [
        ("impression", card.product.id, card.position) for card in heard.cards
    ]
    assert {(e.shopper_id, e.conversation_id) for e in stored} == {(conversation.shopper_id, conversation.id)}


def test_what_is_done_is_stored_as_it_happens(shop: Assistant) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, "kettles")
    press(shop, conversation.id, "click", heard.ids[0])
    say(shop, conversation.id, "add two of the first one to my cart")
    say(shop, conversation.id, "take it out of my cart")
    history = shop.services.events.history(conversation.shopper_id)
    assert [(e.type, e.product_id) for e in history] == [
        (kind, heard.ids[0]) for kind in ("click", "add_to_cart", "remove_from_cart")
    ]
    assert history[1].quantity == 2


def test_likes_and_dislikes_count_in_the_next_order(shop: Assistant) -> None:
    guest, fan = shop.open(), shop.open()
    plain = say(shop, guest.id, "hiking boots").ids
    say(shop, fan.id, "hiking boots")
    disliked = plain[0]
    press(shop, fan.id, "not_for_me", disliked)
    liked = say(shop, fan.id, "I like the last one").cards[0].product.id
    order = say(shop, fan.id, "hiking boots").ids
    assert disliked in plain and disliked not in order
    assert liked in order
    assert [e.type for e in shop.services.events.history(fan.shopper_id)] == ["dislike", "like"]
    assert order != [product_id for product_id in plain if product_id != disliked]


def test_a_known_shoppers_past_counts_in_a_new_conversation(shop: Assistant) -> None:
    first = shop.open("mia")
    before = say(shop, first.id, "hiking boots").ids
    for _ in range(3):
        press(shop, first.id, "click", before[-1])
    press(shop, first.id, "cart_add", before[-1])
    after = say(shop, shop.open("mia").id, "hiking boots").ids
    assert after.index(before[-1]) < before.index(before[-1])
    assert say(shop, shop.open("jonas").id, "hiking boots").ids == before


def test_done_tells_why_the_model_was_replaced(tmp_path: Path) -> None:
    model = ScriptedChatModel(["It costs 5 dollars [1]."])
    shop = small_shop(tmp_path, model=model)
    heard = say(shop, shop.open().id, "wireless headphones")
    assert heard.done.fallback.startswith("prose: ")
    assert "5 dollars" not in heard.text
    assert "Wireless Headphones" in heard.text
    assert len(model.requests) == 1


def test_the_timings_are_those_of_the_turn(shop: Assistant) -> None:
    timings = say(shop, shop.open().id, ASK).done.timings
    assert 0 < timings.first_card <= timings.first_text <= timings.total < 60_000
    assert say(shop, shop.open().id, "hello").done.timings.first_card is None


def test_an_unknown_conversation_is_a_key_error(shop: Assistant) -> None:
    with pytest.raises(KeyError):
        list(shop.say("nobody", "hello"))


def test_a_product_that_is_only_pointed_at_is_told_of_and_kept_in_mind(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "kettles")
    shown = shop.conversation(conversation.id).shown
    heard = say(shop, conversation.id, "the second one")
    assert shown[1].title in heard.text
    assert shop.conversation(conversation.id).focus == shown[1].id
    assert shop.conversation(conversation.id).shown == shown


def test_similar_ones_are_like_the_one_talked_about(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "kettles")
    first = shop.conversation(conversation.id).shown[0]
    say(shop, conversation.id, "the first one")
    heard = say(shop, conversation.id, "Show me similar ones")
    assert first.title in heard.text
    assert first.id not in [card.product.id for card in heard.cards]
    assert heard.cards
