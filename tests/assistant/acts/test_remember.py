"""Lasting preferences are kept, used, told and forgotten; the last change is taken back."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.preferences import Preferences
from assistant.turn import Assistant
from assistant.types import Shown
from retrieval.types import Need
from tests.fakes import press, say, small_shop


def kept(shop: Assistant, shopper_id: str) -> Preferences:
    assert shop.services.preferences is not None
    return shop.services.preferences.get(shopper_id)


def test_a_statement_alone_is_confirmed_and_asks_what_is_looked_for(shop: Assistant) -> None:
    conversation = shop.open("mia")
    heard = say(shop, conversation.id, "I'm vegan")
    assert "you are vegan" in heard.text and "?" in heard.text
    assert heard.kinds == ["Text", "Suggestions", "Done"]
    assert kept(shop, "mia") == Preferences(("vegan",))
    assert shop.conversation(conversation.id).need == Need()


def test_the_shelf_follows_a_statement(shop: Assistant) -> None:
    conversation = shop.open()
    assert "boot-4" in say(shop, conversation.id, "hiking boots").ids
    heard = say(shop, conversation.id, "I never wear leather")
    assert heard.text.count("you never wear leather") == 1
    assert "boot-4" not in heard.ids and len(heard.ids) > 3
    assert shop.conversation(conversation.id).need == Need("hiking boots", exclude=("leather",))


def test_a_search_in_the_same_message_happens_as_well(shop: Assistant) -> None:
    conversation = shop.open("mia")
    heard = say(shop, conversation.id, "I never wear leather, show me hiking boots under $120")
    assert "you never wear leather" in heard.text and heard.done.frame.act == "search"
    assert "boot-4" not in heard.ids
    assert kept(shop, "mia") == Preferences((), ("leather",))


def test_it_holds_in_later_searches_and_later_conversations_and_after_a_restart(tmp_path: Path) -> None:
    shop = small_shop(tmp_path)
    first = shop.open("mia")
    say(shop, first.id, "I never wear leather")
    say(shop, first.id, "show me kettles")
    assert "boot-4" not in say(shop, first.id, "show me hiking boots").ids
    again = small_shop(tmp_path)
    assert "boot-4" not in say(again, again.open("mia").id, "hiking boots").ids
    assert "boot-4" in say(again, again.open("jonas").id, "hiking boots").ids


def test_what_is_asked_for_in_so_many_words_is_shown(shop: Assistant) -> None:
    conversation = shop.open("mia")
    say(shop, conversation.id, "I never wear leather")
    assert "boot-4" in say(shop, conversation.id, "leather hiking boots").ids


def test_a_wish_leaves_an_unrelated_search_alone(shop: Assistant) -> None:
    conversation = shop.open("mia")
    plain = say(shop, conversation.id, "kettles").text
    other = shop.open("jonas")
    say(shop, other.id, "I wear size 9")
    heard = say(shop, other.id, "kettles")
    assert set(heard.ids) == {"kettle-1", "kettle-2", "kettle-3"}
    assert all(not card.violates for card in heard.cards)
    assert "size 9" not in heard.text and "size 9" not in plain


def test_a_size_told_once_is_chosen_in_the_cart_and_said(shop: Assistant) -> None:
    conversation = shop.open("mia")
    say(shop, conversation.id, "I wear size 9")
    assert set(say(shop, conversation.id, "hiking boots").ids) == {"boot-1", "boot-3"}
    heard = say(shop, conversation.id, "add the first one to my cart")
    assert "in size 9" in heard.text
    assert [line.variant_id for line in shop.conversation(conversation.id).cart] == [f"{heard.cart.cart.lines[0][1].id}-9"]


def test_a_wish_that_no_page_speaks_of_is_admitted(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "kettles")
    heard = say(shop, conversation.id, "I always buy organic")
    assert "“organic”" in heard.text and len(heard.ids) == 3


def test_what_is_detested_but_not_sold_is_no_preference(shop: Assistant) -> None:
    conversation = shop.open("mia")
    say(shop, conversation.id, "I hate mondays")
    assert kept(shop, "mia").is_empty
    say(shop, conversation.id, "I hate leather")
    assert kept(shop, "mia") == Preferences((), ("leather",))


def test_forget_that_takes_back_what_was_just_told(shop: Assistant) -> None:
    conversation = shop.open("mia")
    say(shop, conversation.id, "hiking boots")
    say(shop, conversation.id, "I never wear leather")
    heard = say(shop, conversation.id, "forget that")
    assert "that you never wear leather" in heard.text and "boot-4" in heard.ids
    assert kept(shop, "mia").is_empty
    assert shop.conversation(conversation.id).need == Need("hiking boots")


@pytest.mark.parametrize("text", ["forget that", "undo", "scratch that", "take that back", "Please forget it."])
def test_forget_that_takes_back_the_last_refinement(shop: Assistant, text: str) -> None:
    conversation = shop.open()
    before = say(shop, conversation.id, "hiking boots").ids
    say(shop, conversation.id, "only green ones")
    assert shop.conversation(conversation.id).need.include == ("green",)
    heard = say(shop, conversation.id, text)
    assert heard.ids == before
    assert shop.conversation(conversation.id).need == Need("hiking boots")
    again = say(shop, conversation.id, text)
    assert "Products" not in again.kinds  # once taken back, there is nothing more to take back
    assert shop.conversation(conversation.id).need == Need("hiking boots")


def test_forget_that_after_the_first_search_clears_the_screen(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "hiking boots")
    heard = say(shop, conversation.id, "forget that")
    assert heard.cards == () and "?" in heard.text
    assert shop.conversation(conversation.id).need.is_empty


def test_undo_brings_the_cart_back_and_nothing_else(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "kettles, cheapest first")
    say(shop, conversation.id, "add the second one to my cart")
    cart = shop.conversation(conversation.id).cart
    say(shop, conversation.id, "empty my cart")
    assert shop.conversation(conversation.id).cart == ()
    say(shop, conversation.id, "show my cart")
    heard = say(shop, conversation.id, "undo")
    assert shop.conversation(conversation.id).cart == cart
    assert heard.cart.cart.total == 2_900 and "as it was before" in heard.text or "was before" in heard.text
    kinds = [event.type for event in shop.services.events.history(conversation.shopper_id)]
    assert kinds.count("add_to_cart") == 2 and kinds.count("remove_from_cart") == 1


def test_nothing_to_take_back_is_said(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "forget that")
    assert "nothing" in heard.text and heard.kinds[-1] == "Done"


def test_one_preference_is_forgotten_by_name(shop: Assistant) -> None:
    conversation = shop.open("mia")
    say(shop, conversation.id, "I'm vegan and I never wear wool")
    heard = say(shop, conversation.id, "forget that I'm vegan")
    assert "that you are vegan" in heard.text and "wool" not in heard.text
    assert kept(shop, "mia") == Preferences((), ("wool",))
    assert "had not kept" in say(shop, conversation.id, "forget that I'm vegan").text
    say(shop, conversation.id, "forget the wool")
    assert kept(shop, "mia").is_empty


def test_what_no_longer_holds_is_forgotten(shop: Assistant) -> None:
    conversation = shop.open("mia")
    say(shop, conversation.id, "I'm vegan")
    assert "that you are vegan" in say(shop, conversation.id, "I'm not vegan any more").text
    assert kept(shop, "mia").is_empty


@pytest.mark.parametrize("text", ["what do you know about me?", "What have I told you?", "show me my preferences"])
def test_what_is_known_is_listed(shop: Assistant, text: str) -> None:
    conversation = shop.open("mia")
    assert "nothing about yourself" in say(shop, conversation.id, text).text
    say(shop, conversation.id, "I'm vegan and I wear size 9")
    say(shop, conversation.id, "hiking boots under $120")
    heard = say(shop, conversation.id, text)
    assert "that you are vegan and that you wear size 9" in heard.text
    assert "hiking boots, up to $120" in heard.text and "Mia" in heard.text
    assert "nothing about yourself" in say(shop, shop.open("jonas").id, text).text


@pytest.mark.parametrize(
    "text", ["forget everything you know about me", "please delete my data", "forget what I told you", "Forget me!"]
)
def test_everything_is_forgotten_and_what_is_not_covered_is_said(shop: Assistant, text: str) -> None:
    conversation = shop.open("mia")
    say(shop, conversation.id, "I'm vegan and I never wear wool")
    say(shop, conversation.id, "hiking boots")
    press(shop, conversation.id, "not_for_me", "boot-2")
    heard = say(shop, conversation.id, text)
    assert "that you are vegan and that you never wear wool" in heard.text
    assert "Orders" in heard.text and "help@shop.example" in heard.text
    after = shop.conversation(conversation.id)
    assert (after.need, after.shown, after.disliked) == (Need(), (), ())
    assert kept(shop, "mia").is_empty
    assert "nothing" in say(shop, conversation.id, "undo").text


def test_what_a_reader_takes_as_a_drop_stays_a_drop(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "waterproof hiking boots under $100")
    heard = say(shop, conversation.id, "forget the price")
    assert heard.done.frame.drop == ("price_max",)
    assert shop.conversation(conversation.id).need == Need("hiking boots", include=("waterproof",))


def test_the_conversation_survives_a_restart(tmp_path: Path) -> None:
    shop = small_shop(tmp_path)
    conversation = shop.open()
    say(shop, conversation.id, "waterproof hiking boots under $120, nothing leather")
    say(shop, conversation.id, "not the first one")
    before = shop.conversation(conversation.id)
    assert before.disliked and before.need.exclude == ("leather",)
    again = small_shop(tmp_path)
    after = again.conversation(conversation.id)
    assert after == before and isinstance(after.shown[0], Shown)
    heard = say(again, conversation.id, "anything cheaper?")
    assert not set(heard.ids) & set(before.disliked)
    say(again, conversation.id, "undo")
    assert again.conversation(conversation.id).need == before.need


def test_what_was_confirmed_is_not_told_again_at_once(shop: Assistant) -> None:
    conversation = shop.open()
    for text in ("hiking boots", "I wear size 9", "I'm vegan, show me kettles"):
        heard = say(shop, conversation.id, text)
        assert heard.text.count("size 9") <= 1 and heard.text.count("you are vegan") <= 1


def test_a_shop_that_keeps_no_preferences_reads_them_as_wishes(tmp_path: Path) -> None:
    shop = small_shop(tmp_path)
    forgetful = replace(shop, services=replace(shop.services, preferences=None))
    conversation = forgetful.open("mia")
    say(forgetful, conversation.id, "hiking boots")
    heard = say(forgetful, conversation.id, "I never wear leather")
    assert "boot-4" not in heard.ids and kept(shop, "mia").is_empty
    say(forgetful, conversation.id, "undo")
    assert forgetful.conversation(conversation.id).need == Need("hiking boots")
