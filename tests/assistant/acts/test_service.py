from __future__ import annotations

import pytest

from assistant.turn import Assistant
from tests.fakes import say


def test_orders_are_told_to_their_own_shopper_alone(shop: Assistant) -> None:
    own = say(shop, shop.open("mia").id, "where is my order SW100?")
    assert "SW100" in own.text and "shipped" in own.text and "Steel Kettle" in own.text
    other = say(shop, shop.open("jonas").id, "where is my order SW100?")
    assert "shipped" not in other.text and "Kettle" not in other.text
    guest = say(shop, shop.open().id, "where is my order SW100?")
    assert "shipped" not in guest.text and "sign in" in guest.text


def test_all_orders_of_a_shopper(shop: Assistant) -> None:
    heard = say(shop, shop.open("jonas").id, "where is my order?")
    assert "SW200" in heard.text and "SW100" not in heard.text
    assert "no orders" in say(shop, shop.open("nora").id, "where is my order?").text


def test_a_policy_is_quoted_word_for_word(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "do you ship to Norway?")
    assert "“We ship to Norway and Sweden for a flat fee.”" in heard.text
    heard = say(shop, shop.open().id, "I want to send my boots back")
    assert "“You may send anything back within thirty days.”" in heard.text


@pytest.mark.parametrize("text", ["what is the warranty on boots?", "how can I pay?"])
def test_what_the_shop_has_not_told_is_not_made_up(shop: Assistant, text: str) -> None:
    heard = say(shop, shop.open().id, text)
    assert "told me nothing" in heard.text and "help@shop.example" in heard.text
    assert "“" not in heard.text


def test_asking_for_a_person_changes_the_status_once(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "headphones")
    heard = say(shop, conversation.id, "I want to talk to a person")
    assert "StatusChanged" in heard.kinds
    assert shop.conversation(conversation.id).status == "pending"
    assert "StatusChanged" not in say(shop, conversation.id, "I want to talk to a person").kinds
    assert say(shop, conversation.id, "kettles").cards  # goes on helping meanwhile
    assert shop.conversation(conversation.id).status == "pending"


def test_a_known_shopper_is_greeted_by_name(shop: Assistant) -> None:
    assert "Mia" in say(shop, shop.open("mia").id, "hello").text
    assert "Holm" not in say(shop, shop.open("mia").id, "hello").text
    assert say(shop, shop.open().id, "hello").text


def test_small_talk_does_not_pretend(shop: Assistant) -> None:
    assert "computer program" in say(shop, shop.open().id, "are you a real person?").text
    assert say(shop, shop.open().id, "what's the capital of Peru?").done.frame.act == "out_of_scope"
