from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.acts.catalogue_questions import asked
from assistant.turn import Assistant
from assistant.types import Conversation, Shown
from retrieval.types import Need
from tests.fakes import boot, say, small_catalogue, small_shop

EMPTY = Conversation("c", "s")
SHOWN = Conversation("c", "s", need=Need("tents"), shown=(Shown("a", "A", 100), Shown("b", "B", 200)))


@pytest.mark.parametrize(
    ("text", "about", "reading"),
    [
        ("how many kettles under $30 do you have?", "count", "I'm looking for kettles under $30"),
        ("How many tents are there", "count", "I'm looking for tents"),
        ("hey, how many products do you have?", "count", ""),
        ("do you sell tents?", "stock", "I'm looking for tents"),
        ("Do you have any waterproof boots?", "stock", "I'm looking for waterproof boots"),
        ("which brands of tents do you have?", "brands", "I'm looking for tents"),
        ("what brands do you carry?", "brands", ""),
        ("what do you sell?", "departments", ""),
        ("which categories do you have?", "departments", ""),
        ("what's on sale?", "sale", ""),
        ("do you have any tents on sale", "sale", "I'm looking for tents"),
        ("price range of kettles", "prices", "I'm looking for kettles"),
        ("how much are tents?", "prices", "I'm looking for tents"),
        ("your most expensive tent", "order", "I'm looking for tent"),
        ("what is the cheapest kettle you have?", "order", "I'm looking for kettle"),
    ],
)
def test_a_question_about_the_catalogue_is_recognised(text: str, about: str, reading: str) -> None:
    found = asked(text, EMPTY)
    assert found is not None and (found.about, found.reading) == (about, reading)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("what colours do they come in?", "values"),
        ("what's the price range for these?", "prices"),
        ("which of these is the cheapest?", "screen"),
        ("which one is best rated?", "screen"),
        ("any on sale?", "sale"),
        ("how many are there?", "count"),
    ],
)
def test_a_question_may_be_about_the_screen_or_the_need(text: str, about: str) -> None:
    found = asked(text, SHOWN)
    assert found is not None and found.about == about and not found.reading


@pytest.mark.parametrize(
    "text",
    [
        "tents",
        "how many people does it fit?",
        "do you have it in black?",
        "do you have something cheaper?",
        "does it come in red?",
        "how much is it?",
        "how much does shipping cost?",
        "can I get a discount?",
        "what colours does it come in?",
        "add the cheapest one to my cart",
        "which brand is the first one?",
    ],
)
def test_what_is_about_one_product_or_no_question_is_left_alone(text: str) -> None:
    assert asked(text, SHOWN) is None


def test_the_dearest_of_a_kind_comes_first_and_is_named(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "your most expensive kettle")
    assert heard.ids == ["kettle-1", "kettle-2", "kettle-3"]
    assert "dearest of the 3 kettles is Steel Kettle, at $39.00" in heard.text


def test_a_count_is_of_what_matches_alone(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "how many kettles under $30 do you have?")
    assert heard.text.startswith("There are 2 matches for kettles, up to $30, from $19.00 to $29.00.")
    assert sorted(heard.ids) == ["kettle-2", "kettle-3"]


def test_what_is_sold_is_confirmed_and_what_is_not_is_told(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "do you sell headphones?")
    assert "2 headphones, from $49.00 to $149.00" in heard.text
    assert "2" not in say(shop, shop.open().id, "do you sell submarines?").text


def test_brands_prices_and_values_of_the_need(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "hiking boots")
    assert "Norrland (4)" in say(shop, conversation.id, "which brands are there?").text
    assert "from $39.00 to $189.00" in say(shop, conversation.id, "what's the price range?").text
    heard = say(shop, conversation.id, "what colours do they come in?")
    assert "The 9 hiking boots come in green (5), black (2)." in heard.text
    assert shop.conversation(conversation.id).need.query == "hiking boots"


def test_the_whole_shop_is_told_by_department(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "what do you sell?")
    assert "Shoes (9), Kitchen (3)" in heard.text and "15 products" in heard.text


def test_what_is_reduced_shows_the_deepest_cut_first(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "what's on sale?")
    assert heard.ids == ["kettle-1", "boot-1"]
    assert "2 of the 15 products are reduced" in heard.text and "$39.00 instead of $52.00" in heard.text
    assert "None of the 1 tents" in say(shop, shop.open().id, "any tents on sale?").text


def test_the_cheapest_on_the_screen_is_pointed_out(shop: Assistant) -> None:
    conversation = shop.open()
    seen = say(shop, conversation.id, "kettles").ids
    heard = say(shop, conversation.id, "which of these is the cheapest?")
    place = seen.index("kettle-3") + 1
    assert f"Number {place}, Travel Kettle, is the cheapest of the 3 here, at $19.00" in heard.text
    after = shop.conversation(conversation.id)
    assert after.focus == "kettle-3" and after.need == Need("kettles")


def test_a_wish_that_looks_like_a_reference_does_no_harm(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "kettles with [B.list_price], cheapest first")
    assert heard.text and heard.failure is None


def test_a_shop_that_rates_nothing_says_so(tmp_path: Path) -> None:
    plain = [replace(product, rating=None, rating_count=None) for product in small_catalogue()]
    shop = small_shop(tmp_path, plain)
    assert "None of the 3 kettles has a rating yet" in say(shop, shop.open().id, "best rated kettles").text


def test_what_is_on_sale_in_the_whole_shop_is_a_new_need(tmp_path: Path) -> None:
    reduced = boot(19, "Sale Boots", 5_000, list_price=9_000)
    shop = small_shop(tmp_path, [*small_catalogue(), reduced])
    conversation = shop.open()
    say(shop, conversation.id, "kettle under $30")
    heard = say(shop, conversation.id, "what's on sale?")
    assert set(heard.ids) == {reduced.id, "kettle-1", "boot-1"}  # at any price
    assert shop.conversation(conversation.id).need == Need()


@pytest.mark.parametrize("text", ["is it on sale?", "is the second one reduced?", "is this one on offer"])
def test_whether_one_product_is_on_sale_is_a_question_about_it(text: str) -> None:
    assert asked(text, SHOWN) is None


def test_what_is_kept_in_mind_is_not_listed_in_a_count(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "I never wear leather")
    heard = say(shop, conversation.id, "how many boots do you have?")
    assert "no leather" not in heard.text and "boot" in heard.text
    assert "boot-4" not in heard.ids  # it is of leather
