"""What happens in a conversation counts at once: in the order of the next search, and in what is recommended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from assistant.turn import Assistant
from ranking.impression_log import ImpressionLog
from ranking.parts import PARTS
from ranking.search_order import logged
from ranking.types import Shopper
from retrieval.types import Product
from tests.fakes import press, say, small_shop

STYLES = (("oak", "reading", "Holm"), ("steel", "floor", "Brandt"), ("paper", "table", "Ishi"), ("brass", "ceiling", "Vane"))


def lamps() -> list[Product]:
    """Four pairs of lamps that differ only in their id and price."""
    return [
        Product(
            f"{material}-{number}",
            f"{material.title()} {place} lamp",
            price=8_000 + 100 * number,
            brand=brand,
            category=("Home", f"{place.title()} lamps"),
            attributes={"material": material},
            stock=5,
        )
        for number in (1, 2)
        for material, place, brand in STYLES
    ]


@pytest.fixture
def lamp_shop(tmp_path: Path) -> Assistant:
    return with_log(small_shop(tmp_path, lamps()), tmp_path)


def with_log(shop: Assistant, tmp_path: Path) -> Assistant:
    log = ImpressionLog(create_engine(f"sqlite:///{tmp_path / 'log.db'}"))
    return replace(shop, services=replace(shop.services, impressions=log))


def pair_of(product_id: str) -> str:
    material, number = product_id.split("-")
    return f"{material}-{3 - int(number)}"


def positions(ids: list[str]) -> dict[str, int]:
    return {product_id: place for place, product_id in enumerate(ids)}


def test_a_like_lifts_the_twin_in_the_very_answer_and_in_the_next_search(lamp_shop: Assistant) -> None:
    conversation = lamp_shop.open()
    before = say(lamp_shop, conversation.id, "lamp").ids
    liked, twin = before[-1], pair_of(before[-1])
    answer = say(lamp_shop, conversation.id, f"I love number {len(before)}")
    after = say(lamp_shop, conversation.id, "lamp")
    for heard in (answer, after):
        assert positions(heard.ids)[twin] < positions(before)[twin]
        card = heard.cards[positions(heard.ids)[twin]]
        assert f"Similar to the {card.product.title} you liked" in card.reasons
    assert liked in after.ids


@pytest.mark.parametrize("by_button", [True, False])
def test_a_dislike_lowers_the_twin_at_once(lamp_shop: Assistant, by_button: bool) -> None:
    conversation = lamp_shop.open()
    before = say(lamp_shop, conversation.id, "lamp").ids
    hated, twin = before[0], pair_of(before[0])
    if by_button:
        answer = press(lamp_shop, conversation.id, "not_for_me", hated)
    else:
        answer = say(lamp_shop, conversation.id, "I don't like the first one")
    for heard in (answer, say(lamp_shop, conversation.id, "lamp")):
        assert hated not in heard.ids
        assert heard.ids[-1] == twin


def test_a_click_counts_in_the_next_search(lamp_shop: Assistant) -> None:
    guest, browser = lamp_shop.open(), lamp_shop.open()
    before = say(lamp_shop, guest.id, "lamp").ids
    say(lamp_shop, browser.id, "lamp")
    pair = (before[-1], pair_of(before[-1]))
    press(lamp_shop, browser.id, "click", before[-1])
    after = say(lamp_shop, browser.id, "lamp").ids
    assert sum(positions(after)[one] for one in pair) < sum(positions(before)[one] for one in pair)
    assert say(lamp_shop, guest.id, "lamp").ids == before


def test_asking_for_more_like_one_counts_as_a_click_in_the_answer_itself(lamp_shop: Assistant) -> None:
    conversation = lamp_shop.open()
    first = say(lamp_shop, conversation.id, "lamp").ids[0]
    heard = press(lamp_shop, conversation.id, "more_like_this", first)
    levels = {seen.event_id: seen.levels for seen in log_of(lamp_shop).all()}
    events = {e.event_id: e for e in lamp_shop.services.events.all()}
    lifted = {events[event_id].product_id for event_id, some in levels.items() if some.get("brand", 0) > 0}
    assert heard.ids[0] == pair_of(first) and lifted == {pair_of(first)}
    assert [e.type for e in lamp_shop.services.events.history(conversation.shopper_id)] == ["click"]


@pytest.mark.parametrize(("opinion", "rises"), [("like", True), ("add_to_cart", True), ("dislike", False)])
def test_what_is_recommended_follows_too(lamp_shop: Assistant, opinion: str, rises: bool) -> None:
    conversation = lamp_shop.open()
    seen = say(lamp_shop, conversation.id, "what would you recommend?").ids
    chosen = seen[3]
    twin, before = pair_of(chosen), positions(seen)
    if opinion == "like":
        say(lamp_shop, conversation.id, "I like the fourth one")
    else:
        press(lamp_shop, conversation.id, {"dislike": "not_for_me", "add_to_cart": "cart_add"}[opinion], chosen)
    after = positions(say(lamp_shop, conversation.id, "what would you recommend?").ids)
    history = lamp_shop.services.events.history(conversation.shopper_id)
    assert [event.type for event in history] == [opinion]
    candidates = lamp_shop.services.ranker.candidates(shopper_of(lamp_shop, conversation.shopper_id), 8)
    assert (candidates[:2] == [chosen, twin] or candidates[:1] == [twin]) if rises else chosen not in candidates
    assert after[twin] <= before[twin] if rises else after[twin] == len(after) - 1


def shopper_of(shop: Assistant, shopper_id: str) -> Shopper:
    return Shopper(shopper_id, shop.services.events.history(shopper_id))


def log_of(shop: Assistant) -> ImpressionLog:
    log = shop.services.impressions
    assert log is not None
    return log


def test_what_the_ranker_saw_is_kept_beside_each_impression(shop: Assistant, tmp_path: Path) -> None:
    shop = with_log(shop, tmp_path)
    conversation = shop.open()
    heard = say(shop, conversation.id, "waterproof hiking boots")
    press(shop, conversation.id, "click", heard.ids[2])
    shown = {e.event_id: e for e in shop.services.events.all() if e.type == "impression"}
    seen = {s.event_id: s for s in log_of(shop).all()}
    assert seen.keys() == shown.keys() and len(seen) == len(heard.cards)
    relevance = {c.product.id: c.relevance for c in heard.done.candidates}
    assert all(seen[i].relevance == relevance[shown[i].product_id or ""] for i in seen)
    assert all(one.asked and set(one.levels) <= set(PARTS) for one in seen.values())
    joined = logged(shop.services.events.all(), log_of(shop))
    assert (joined.unlogged, joined.unasked) == (0, 0)
    assert joined.impressions.clicked.tolist() == [place == 2 for place in range(len(heard.cards))]


def test_what_the_ranker_did_not_order_is_not_logged_and_what_was_not_asked_for_says_so(lamp_shop: Assistant) -> None:
    assert say(lamp_shop, lamp_shop.open().id, "lamps, cheapest first").cards
    assert log_of(lamp_shop).count() == 0
    say(lamp_shop, lamp_shop.open().id, "what would you recommend?")
    assert {seen.asked for seen in log_of(lamp_shop).all()} == {False}


def test_a_shop_without_a_log_shows_all_the_same(tmp_path: Path) -> None:
    shop = small_shop(tmp_path, lamps())
    assert len(say(replace(shop, services=replace(shop.services, impressions=None)), shop.open().id, "lamp").cards) == 8


@pytest.mark.parametrize(
    "text", ["oak lamp under $90", "lamp by Holm under $100", "steel lamp", "a lamp made of paper, at most $81.50"]
)
def test_what_a_search_says_is_met_is_so(lamp_shop: Assistant, text: str) -> None:
    """A reason of the search names something that was asked for, and that the product's record has."""
    conversation = lamp_shop.open()
    heard, told = say(lamp_shop, conversation.id, text), 0
    need = lamp_shop.conversation(conversation.id).need
    for candidate in heard.done.candidates:
        product = candidate.product
        record = f"{product.title} {product.brand} {product.attributes}".lower()
        for reason in candidate.reasons:
            if reason.kind == "need":
                told += 1
                assert reason.text in need.include and reason.text.lower() in record
            elif reason.kind == "price" and reason.text.startswith("under"):
                told += 1
                assert need.price_max is not None and (product.price or 0) <= need.price_max
            elif reason.kind == "brand" and reason.text == product.brand:
                told += 1
                assert product.brand in need.brand
    assert told
