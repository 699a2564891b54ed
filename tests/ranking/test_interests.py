from __future__ import annotations

from ranking.interests import EVENT_WEIGHT, interests
from tests.fakes_ranking import make_event, shopper_who


def told(*did: tuple[str, str]) -> list[tuple[str | None, str]]:
    return [(event.product_id, event.type) for event in interests(shopper_who(*did).history)]  # type: ignore[arg-type]


def test_weights_run_from_purchase_down_to_dislike() -> None:
    order = ["purchase", "add_to_cart", "like", "click", "remove_from_cart", "impression", "return", "dislike"]
    assert sorted(order, key=lambda name: -EVENT_WEIGHT[name]) == order  # type: ignore[index]


def test_the_weightiest_event_of_a_product_stands() -> None:
    assert told(("click", "a"), ("purchase", "a"), ("view", "a")) == [("a", "purchase")]


def test_products_stand_in_the_order_of_the_last_touch() -> None:
    assert told(("purchase", "a"), ("click", "b"), ("click", "a")) == [("b", "click"), ("a", "purchase")]


def test_what_is_taken_back_stays_taken_back_until_it_is_bought() -> None:
    assert told(("add_to_cart", "a"), ("remove_from_cart", "a")) == [("a", "remove_from_cart")]
    assert told(("purchase", "a"), ("return", "a"), ("click", "a")) == [("a", "return")]
    assert told(("dislike", "a"), ("click", "a")) == [("a", "dislike")]
    assert told(("dislike", "a"), ("purchase", "a")) == [("a", "purchase")]


def test_impressions_and_events_without_a_product_say_nothing() -> None:
    assert interests([make_event("a", "impression"), make_event(None, "click")]) == ()
