from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.acts.reasons import template_sentences
from assistant.turn import Assistant
from assistant.types import Card
from retrieval.types import Need
from tests.fakes import boot, ingest, press, say, small_catalogue, small_shop


def test_what_was_excluded_is_never_shown(shop: Assistant) -> None:
    conversation = shop.open()
    texts = ("hiking boots, no leather", "under $20", "waterproof", "something fancier", "price doesn't matter")
    for text in texts:
        heard = say(shop, conversation.id, text)
        assert "boot-4" not in heard.ids, text
        assert {"boot-6", "ear-3"}.isdisjoint(heard.ids), text
    assert "boot-7" in heard.ids  # leather-free is no leather


def test_a_relaxed_result_says_what_it_breaks(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "kettle under $10")
    assert heard.cards
    assert all(card.violates == ("over $10",) for card in heard.cards)
    prices = [card.product.price / 100 for card in heard.cards]
    assert f"Nothing here for kettle, up to $10. The nearest costs ${min(prices):.2f}" in heard.text
    assert f"these 3 come from ${min(prices):.2f} to ${max(prices):.2f}" in heard.text
    assert all(candidate.violates for candidate in heard.done.candidates)


def test_only_what_had_to_give_is_named(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "kettles rated over 4.9")
    assert heard.cards and "4.9 stars or more" in heard.text
    assert "$" not in heard.text.split("each card")[0]


def test_a_full_match_is_not_labelled(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "kettle under $30")
    assert sorted(heard.ids) == ["kettle-2", "kettle-3"]
    assert not any(card.violates for card in heard.cards)


def test_sorting_orders_the_cards(shop: Assistant) -> None:
    prices = [card.product.price for card in say(shop, shop.open().id, "kettles, cheapest first").cards]
    assert prices == sorted(prices) and len(prices) == 3


def test_nothing_found_says_so_and_clears_the_screen(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "kettles")
    heard = say(shop, conversation.id, "now I need a grand piano under $900")
    assert heard.cards == ()
    # At no price is there a piano, so giving up the price is not offered.
    assert "piano" in heard.text and "Price doesn't matter" not in heard.suggestions
    assert shop.conversation(conversation.id).shown == ()


def test_recommendations_need_no_query(shop: Assistant) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, "what would you recommend?")
    assert len(heard.cards) == 8
    assert all(card.product.for_sale for card in heard.cards)


def test_recommendations_keep_the_conditions(shop: Assistant) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, "what would you recommend for under $30?")
    assert sorted(heard.ids) == ["kettle-2", "kettle-3"]


def test_an_opinion_of_nothing_asks_which_one(shop: Assistant) -> None:
    conversation = shop.open()
    heard = press(shop, conversation.id, "drop_need", slot="query")
    assert heard.cards  # nothing is asked for, so it recommends
    heard = say(shop, shop.open().id, "I hate the third one")
    assert not shop.services.events.history(conversation.shopper_id)
    assert heard.text


def test_what_a_product_is_called_stays_text(tmp_path: Path) -> None:
    """A title or a wish that looks like a reference of ours is neither filled in nor an error."""
    odd = replace(small_catalogue()[11], title="Kettle [B] of [J.price]", brand="[G]")
    shop = small_shop(tmp_path, [odd, *small_catalogue()[12:14]])
    conversation = shop.open()
    heard = say(shop, conversation.id, "kettles, the cheapest last, [J] and [A.price]")
    position = heard.ids.index(odd.id) + 1
    # In the cart it is called by its name; in a sentence about it, what looks like a reference is not repeated.
    assert "$" not in say(shop, conversation.id, f"is number {position} made of steel?").text
    for text in (f"add number {position} to my cart", "show my cart"):
        assert odd.title in say(shop, conversation.id, text).text, text
    assert odd.title in say(shop, conversation.id, "take it out of my cart").text


@pytest.mark.parametrize("phrase", ["[J]", "really [A.price] light"])
def test_a_wish_that_looks_like_a_reference_is_left_out_of_the_prose(phrase: str) -> None:
    sentences = template_sentences([Card(1, boot(1, "Ridge Boots", 9_900))], Need("boots", include=(phrase, "waterproof")))
    assert phrase not in sentences[0] and "waterproof" in sentences[0]


def test_the_template_says_what_an_alternative_has_over_the_first() -> None:
    first, cheaper = boot(2, "A", 9_900), boot(1, "B", 8_900)
    said = template_sentences([Card(1, first), Card(2, cheaper)], Need())
    assert "[B.price]" in said[1]
    rated = replace(cheaper, price=9_900, rating=5.0)
    assert "[B.rating]" in template_sentences([Card(1, first), Card(2, rated)], Need())[1]
    assert len(template_sentences([Card(1, first), Card(2, replace(first, id="twin"))], Need())) == 1


def test_a_product_that_was_retired_is_not_shown(tmp_path: Path) -> None:
    shop = small_shop(tmp_path)
    rows = [product for product in small_catalogue() if product.id != "kettle-2"]
    from retrieval.products import to_row

    shop.services.catalog.ingest(enumerate(map(to_row, rows), 1), replace=True)
    assert sorted(say(shop, shop.open().id, "kettles").ids) == ["kettle-1", "kettle-3"]


def test_likes_keep_the_need_and_the_focus(shop: Assistant) -> None:
    conversation = shop.open()
    seen = say(shop, conversation.id, "kettles").ids
    heard = say(shop, conversation.id, "I love the second one")
    assert "Noted" in heard.text or "remember" in heard.text
    assert shop.conversation(conversation.id).focus == seen[1]
    say(shop, conversation.id, "add it to my cart")
    assert shop.conversation(conversation.id).cart[0].product_id == seen[1]


def test_the_catalogue_may_change_between_search_and_card(shop: Assistant) -> None:
    ingest(shop.services.catalog, [replace(small_catalogue()[11], attributes={"material": "plastic"})])
    heard = say(shop, shop.open().id, "kettles without plastic")
    assert heard.ids == ["kettle-2"]  # kettle-1 has become one of plastic since the shelf was made


def test_more_shows_the_next_and_back_the_last(tmp_path: Path) -> None:
    shop = small_shop(tmp_path, cards=4)
    conversation = shop.open()
    first = say(shop, conversation.id, "hiking boots")
    second = say(shop, conversation.id, "show me more")
    assert len(first.ids) == len(second.ids) == 4 and not {*first.ids} & {*second.ids}
    assert say(shop, conversation.id, "go back").ids == first.ids
    say(shop, conversation.id, "more")
    say(shop, conversation.id, "more")
    heard = say(shop, conversation.id, "more")
    assert "all I have" in heard.text or "everything I have" in heard.text
    assert shop.conversation(conversation.id).need.query == "hiking boots"


def test_what_is_sorted_goes_on_in_order(tmp_path: Path) -> None:
    shop = small_shop(tmp_path, cards=4)
    conversation = shop.open()
    cards = say(shop, conversation.id, "hiking boots, cheapest first").cards
    cards += say(shop, conversation.id, "more").cards
    prices = [card.product.price for card in cards]
    assert prices == sorted(prices) and len({card.product.id for card in cards}) == 8


def test_giving_up_one_condition_is_counted_and_offered(shop: Assistant) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, "steel kettle under $30")
    assert "Without “steel” there are 2" in heard.text or "Forget the steel" in heard.suggestions
    assert "Price doesn't matter" in heard.suggestions
    assert say(shop, conversation.id, "Price doesn't matter").ids == ["kettle-1"]


def test_similar_without_pointing_goes_by_the_first_on_the_screen(shop: Assistant) -> None:
    conversation = shop.open()
    seen = say(shop, conversation.id, "kettles").ids
    heard = say(shop, conversation.id, "show me something like that")
    assert seen[0] not in heard.ids and {*heard.ids} & {*seen[1:]}


def test_no_two_questions_in_a_row(tmp_path: Path) -> None:
    many = [boot(n, f"Ridge{n} Hiking Boots", 3_000 + 1_000 * n) for n in range(1, 20)]
    shop = small_shop(tmp_path, many)
    conversation = shop.open()
    heard = say(shop, conversation.id, "hiking boots")
    assert heard.text.endswith("?") and shop.conversation(conversation.id).asked
    assert not say(shop, conversation.id, heard.suggestions[0]).text.endswith("?")


def test_a_gift_is_no_kind_of_thing(shop: Assistant) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, "a birthday gift under $30")
    assert sorted(heard.ids) == ["kettle-2", "kettle-3"]
    assert "gift" not in heard.text
    assert shop.conversation(conversation.id).need == Need(price_max=3000)
