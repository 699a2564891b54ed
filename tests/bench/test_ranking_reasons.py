from __future__ import annotations

from bench.ranking_reasons import judged, need_of, unasked, with_history
from ranking.explain import Sample
from ranking.types import Shopper
from tests.fakes_ranking import NOW, fitted_ranker, found, make_event, make_product, shopper_who, small_shop


def silent(_: str) -> None:
    """Says nothing."""


def test_all_reasons_of_a_page_are_tried() -> None:
    products, events = small_shop()
    ranker, catalogue = fitted_ranker(events, products), {product.id: product for product in products}
    shoppers = with_history(events, 5)
    samples = [unasked(ranker, shopper, catalogue, NOW) for shopper in shoppers]
    (line,) = judged(ranker, samples, "unasked", silent)
    assert line["ratio"] == 1.0 and line["pages"] == 5
    assert sum(tried for _, tried in line["by_kind"].values()) == line["reasons"] > 5  # type: ignore[attr-defined]


def test_a_page_without_reasons_is_told() -> None:
    products = [make_product("a")]
    bare = Sample(found(products), Shopper("new"), NOW)
    (line,) = judged(fitted_ranker([], products), [bare], "search", silent)
    assert line == {"skipped": "no card of 1 pages has a reason of the ranker's"}


def test_shoppers_are_drawn_with_their_history_in_order() -> None:
    events = [make_event(str(n), shopper=f"s{n % 7}", time=NOW + n) for n in range(21)]
    drawn = with_history(events, 3)
    assert len({shopper.id for shopper in drawn}) == 3 and drawn == with_history(events, 3)
    assert all([e.time for e in s.history] == sorted(e.time for e in s.history) and len(s.history) == 3 for s in drawn)


def test_a_shopper_asks_for_the_kind_they_turned_to_last() -> None:
    catalogue = {name: make_product(name, category=("Home", name.title())) for name in ("mug", "lamp")}
    shopper = shopper_who(("click", "mug"), ("click", "lamp"), ("click", "gone"))
    assert need_of(shopper, catalogue).query == "Lamp"
    assert need_of(Shopper("new"), catalogue).query == ""
