from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from ranking.dataset import from_events
from ranking.models.base import BadModel
from ranking.models.item_graph import GraphSettings, ItemGraph
from ranking.types import Shopper
from tests.fakes_ranking import NOW, make_event, make_product, shopper_who, small_shop

NO_CONTENT = GraphSettings(content=0.0, second_hop=0.0)


def bought(*sequences: str) -> list:
    return [
        make_event(product, "purchase", f"s{number}", NOW + step)
        for number, sequence in enumerate(sequences)
        for step, product in enumerate(sequence)
    ]


def graph_of(*sequences: str, settings: GraphSettings = NO_CONTENT) -> ItemGraph:
    return ItemGraph(settings).fit(from_events(bought(*sequences), [make_product(name) for name in "abcdef"]))


def test_an_edge_is_its_weight_over_the_root_of_both_degrees() -> None:
    graph = graph_of("ab")
    # a leads to b with 1, b back to a with 1/2: out-degrees 1 and 1/2, in-degrees of a and b 1/2 and 1.
    assert graph.edges[0, 1] == pytest.approx(1 / math.sqrt(1 * 1))
    assert graph.edges[1, 0] == pytest.approx(0.5 / math.sqrt(0.5 * 0.5))


def test_nearer_in_time_counts_more_and_outside_the_window_not_at_all() -> None:
    counts = graph_of("abcdef", settings=GraphSettings(window=2, content=0.0, second_hop=0.0, reverse=0.0))
    assert counts.edges[0, 1] > counts.edges[0, 2] > 0
    assert counts.edges[0, 3] == 0


def test_shoppers_do_not_run_into_each_other() -> None:
    graph = graph_of("ab", "cd")
    assert graph.score([shopper_who(("purchase", "b"))], ["c"])[0, 0] == 0


def test_the_second_hop_reaches_what_was_never_seen_together() -> None:
    shopper = shopper_who(("purchase", "a"))
    assert graph_of("ab", "bc").score([shopper], ["c"])[0, 0] == 0
    graph = graph_of("ab", "bc", settings=GraphSettings(content=0.0, second_hop=0.3))
    assert graph.score([shopper], ["c"])[0, 0] == pytest.approx(0.3 * graph.edges[0, 1] * graph.edges[1, 2])


def test_older_history_counts_less() -> None:
    graph = graph_of("ab", "cd")
    older = graph.score([shopper_who(("purchase", "a"), ("purchase", "c"))], ["b", "d"])[0]
    assert older[0] == pytest.approx(0.7 * older[1])


def test_a_click_counts_less_than_a_purchase() -> None:
    graph = graph_of("ab")
    click, purchase = graph.score([shopper_who(("click", "a")), shopper_who(("purchase", "a"))], ["b"])[:, 0]
    assert click == pytest.approx(0.25 * purchase)


def test_content_joins_products_that_nobody_touched() -> None:
    products = [
        make_product("a", title="Alder", attributes={"color": "red"}),
        make_product("b", title="Birch", attributes={"color": "red"}),
        make_product("c", title="Cedar", attributes={"color": "blue"}),
    ]
    graph = ItemGraph().fit(from_events([], products))
    likes, hates = graph.score([shopper_who(("like", "a")), shopper_who(("dislike", "a"))], ["b", "c"])
    assert likes[0] > likes[1] == 0
    assert hates[0] < hates[1] == 0


def test_an_empty_history_and_unknown_products_score_nothing() -> None:
    graph = graph_of("ab")
    assert graph.score([Shopper("guest"), shopper_who(("purchase", "a"))], ["a", "x"])[0].tolist() == [0, 0]
    assert graph.score([shopper_who(("purchase", "x"))], ["a", "b"]).tolist() == [[0, 0]]
    assert graph.score([], ["a"]).shape == (0, 1)
    assert graph.score([Shopper("guest")], []).shape == (1, 0)
    assert graph.explain(Shopper("guest"), "a") == graph.explain(shopper_who(("purchase", "a")), "x") == ()


def test_a_catalogue_of_one_and_a_graph_that_was_never_fitted() -> None:
    one = ItemGraph().fit(from_events(bought("a"), [make_product("a")]))
    assert np.isfinite(one.score([shopper_who(("purchase", "a"))], ["a"])).all()
    assert ItemGraph().score([shopper_who(("purchase", "a"))], ["a"]).tolist() == [[0]]
    assert ItemGraph().contributions(shopper_who(("purchase", "a")), ["a"])[0] == []


def test_contributions_add_up_to_the_score() -> None:
    products, events = small_shop()
    graph = ItemGraph().fit(from_events(events, products))
    shopper = shopper_who(("purchase", products[3].id), ("dislike", products[70].id), ("click", products[9].id))
    ids = [product.id for product in products]
    history, parts = graph.contributions(shopper, ids)
    assert history == [products[9].id, products[70].id, products[3].id]
    assert parts.sum(axis=0) == pytest.approx(graph.score([shopper], ids)[0])


def test_the_reason_names_what_adds_most_and_without_it_the_score_falls() -> None:
    graph = graph_of("ab", "ab", "cb", "cd")
    shopper = shopper_who(("click", "c"), ("purchase", "a"))
    (reason,) = graph.explain(shopper, "b")
    assert (reason.kind, reason.text) == ("history", "Goes with the Product a")
    without = shopper_who(("click", "c"))
    assert graph.score([without], ["b"])[0, 0] < graph.score([shopper], ["b"])[0, 0]
    assert graph.explain(shopper_who(("dislike", "a")), "b") == ()


def made_of(color: str) -> tuple[str, ...]:
    return (f"color:{color}", "kind:boots")


def test_products_that_came_later_are_known_by_what_they_are_made_of(tmp_path: Path) -> None:
    products = [
        make_product(name, attributes={"color": color}) for name, color in zip("abc", ("red", "red", "blue"), strict=True)
    ]
    graph = ItemGraph().fit(from_events(bought("ab", "bc"), products))
    graph.save(tmp_path)
    graph = ItemGraph.load(tmp_path)
    shopper = shopper_who(("purchase", "a"))
    before = graph.score([shopper], list("abc"))
    later = graph.with_products(
        ["red", "blue", "odd", "a"], ["Red", "Blue", "Odd", "A"], [*map(made_of, ("red", "blue")), ("x",), ("y",)]
    )
    assert later.product_ids == ("a", "b", "c", "red", "blue")
    red, blue = later.score([shopper], ["red", "blue"])[0]
    assert red > blue == 0
    assert later.score([shopper], list("abc")) == pytest.approx(before)
    assert later.contributions(shopper, ["red"])[1].sum() == pytest.approx(red)
    assert later.explain(shopper_who(("like", "red")), "a")[0].text == "Goes with the Red"
    assert graph.product_ids == ("a", "b", "c") and graph.with_products([], [], []) is graph
    later.save(tmp_path)
    assert ItemGraph.load(tmp_path).score([shopper], ["red"])[0, 0] == pytest.approx(red)


def test_content_counts_the_less_the_more_products_are_made_of_the_same() -> None:
    def crowded(many: int) -> float:
        products = [make_product(str(n), title="plain mug", category=()) for n in range(many)]
        graph = ItemGraph(GraphSettings(content=1.0)).fit(from_events([], products))
        return float(graph.score([shopper_who(("purchase", "0"))], ["1"])[0, 0])

    assert crowded(2) == pytest.approx(2**-0.5) and crowded(200) == pytest.approx(200**-0.5)


def test_few_candidates_score_as_among_all() -> None:
    products, events = small_shop()
    graph, ids = ItemGraph().fit(from_events(events, products)), [product.id for product in products]
    shopper = shopper_who(("purchase", ids[3]), ("dislike", ids[70]))
    assert graph.score([shopper], [ids[5], "x", ids[9]])[0] == pytest.approx(
        [graph.score([shopper], ids)[0, 5], 0, graph.score([shopper], ids)[0, 9]]
    )


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    graph = graph_of("abc", "bcd", settings=GraphSettings(window=3))
    graph.save(tmp_path)
    again = ItemGraph.load(tmp_path)
    shopper = shopper_who(("purchase", "b"))
    assert again.settings == graph.settings
    assert again.score([shopper], list("abcdef")).tolist() == graph.score([shopper], list("abcdef")).tolist()
    assert again.explain(shopper, "c") == graph.explain(shopper, "c")


@pytest.mark.parametrize("name", ["graph.json", "graph.edges.npz", "graph.features.npz"])
def test_a_broken_file_is_told(tmp_path: Path, name: str) -> None:
    graph_of("ab").save(tmp_path)
    (tmp_path / name).write_bytes(b"PK broken")
    with pytest.raises(BadModel, match="train again"):
        ItemGraph.load(tmp_path)
