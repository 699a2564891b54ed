from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, inspect

from retrieval.mirror import Mirror
from retrieval.sql import open_engine
from retrieval.tagging import show
from retrieval.tagging.features import Featurizer, evidence, known_to, text_hash
from retrieval.tagging.fill import fill
from retrieval.tagging.store import SuggestionStore
from retrieval.tagging.tagger import FieldReport, Tagger
from retrieval.tagging.types import CATEGORY, Guess, Suggestion
from retrieval.tagging.zero_shot import BadCategories, read_categories
from retrieval.types import Product
from tests.fakes_retrieval import FakeEmbedder, product

KINDS = {"boots": ("Shoes", "Boots"), "kettle": ("Kitchen", "Kettles"), "tent": ("Outdoor", "Tents")}
COLORS = ("black", "green")


def labelled() -> list[Product]:
    return [
        product(
            id=f"{kind}-{n}",
            title=f"{name} {kind} {color}",
            description=f"A {kind} like no other.",
            category=path,
            brand="",
            attributes={"color": color},
        )
        for kind, path in KINDS.items()
        for n, name in enumerate("Ridge Moor Fell Glen Brook Tarn Beck Summit Vale Crag Dale Force".split())
        for color in [COLORS[n % 2]]
    ]


UNLABELLED = [
    product(id="x-1", title="Storm boots black", category=(), brand="", description="A boots like no other."),
    product(id="x-2", title="Copper kettle green", category=(), brand="", description="A kettle like no other."),
]
COLORLESS = product(id="y-1", title="Hill tent green", category=KINDS["tent"], brand="", description="A tent like no other.")


class Shop:
    """A tagger over a store and a folder that stay from run to run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine: Engine = open_engine("sqlite://")
        self.store = SuggestionStore(self.engine)
        self.embedder = FakeEmbedder(dimension=128)

    def tag(
        self, products: Sequence[Product], categories: Sequence[tuple[str, ...]] = (), threshold: float = 0.8
    ) -> dict[str, FieldReport]:
        self.embedder.asked.clear()
        tagger = Tagger(Featurizer(self.embedder), self.store, self.folder, threshold)
        return {report.field: report for report in tagger.tag(products, categories)}

    def suggested(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {(one.product_id, one.field): one.guess.value for one in self.store.all()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_categories_and_attributes_are_suggested_where_they_lack(shop: Shop) -> None:
    reports = shop.tag([*labelled(), *UNLABELLED, COLORLESS])
    found = shop.suggested()
    assert found["x-1", CATEGORY][0] == "Shoes"
    assert found["x-2", CATEGORY][0] == "Kitchen"
    assert found["y-1", "attributes.color"] == ("green",)
    assert set(reports) == {CATEGORY, "attributes.color"}
    report = reports[CATEGORY]
    assert (report.method, report.labels, report.labelled, report.lacking, report.guessed) == ("head", 3, 37, 2, 2)
    assert report.accuracy is not None and report.accuracy > 0.9


def test_labels_are_not_part_of_what_they_are_guessed_from(shop: Shop) -> None:
    shop.tag([*labelled(), *UNLABELLED])
    assert shop.embedder.asked
    assert not any("Kitchen" in text or "color:" in text for text in shop.embedder.asked)


def test_a_second_run_reads_nothing(shop: Shop) -> None:
    products = [*labelled(), *UNLABELLED, COLORLESS]
    shop.tag(products)
    before = list(shop.store.all())
    reports = shop.tag(products)
    assert shop.embedder.asked == []
    assert all(report.guessed == 0 for report in reports.values())
    assert reports[CATEGORY].kept == 2
    assert list(shop.store.all()) == before


def test_a_changed_product_is_read_again_and_the_others_are_not(shop: Shop) -> None:
    shop.tag([*labelled(), *UNLABELLED])
    changed = replace(UNLABELLED[0], title="Storm tent black", description="A tent like no other.")
    reports = shop.tag([*labelled(), changed, UNLABELLED[1]])
    assert (reports[CATEGORY].guessed, reports[CATEGORY].kept) == (1, 1)
    assert len(shop.embedder.asked) == 1
    assert shop.suggested()["x-1", CATEGORY][0] == "Outdoor"


def test_a_suggestion_goes_when_the_merchant_speaks_or_the_product_goes(shop: Shop) -> None:
    shop.tag([*labelled(), *UNLABELLED])
    shop.tag([*labelled(), replace(UNLABELLED[0], category=("Shoes",))])
    assert shop.suggested() == {}


def test_a_shop_that_has_changed_much_is_learned_anew(shop: Shop) -> None:
    shop.tag([*labelled(), *UNLABELLED])
    models = {one.model for one in shop.store.all()}
    swapped = [replace(one, category=("Garden",)) if one.category == KINDS["boots"] else one for one in labelled()]
    shop.tag([*swapped, *UNLABELLED])
    assert {one.model for one in shop.store.all()}.isdisjoint(models)
    assert shop.suggested()["x-1", CATEGORY] == ("Garden",)


def test_without_labelled_products_the_nearest_category_is_taken(shop: Shop) -> None:
    categories = list(KINDS.values()) + [("Garden", "Hoses")]
    reports = shop.tag([product(id="z", title="Big tents outdoor", category=(), brand="", description="")], categories)
    assert (reports[CATEGORY].method, reports[CATEGORY].accuracy) == ("zero_shot", None)
    [one] = shop.store.all()
    assert (one.guess.value[0], one.guess.method) == ("Outdoor", "zero_shot")


def test_nothing_is_suggested_from_nothing(shop: Shop) -> None:
    assert shop.tag(UNLABELLED) == {}
    assert shop.tag([]) == {}


def test_an_attribute_is_not_suggested_for_kinds_of_things_that_have_none(shop: Shop) -> None:
    book = product(id="b", title="The black book", category=("Books",), brand="")
    shop.tag([*labelled(), book])
    assert ("b", "attributes.color") not in shop.suggested()


def test_an_option_of_the_name_is_as_good_as_the_attribute(shop: Shop) -> None:
    shop.tag([*labelled(), replace(COLORLESS, options={"color": ("green", "red")})])
    assert shop.suggested() == {}


def test_a_threshold_out_of_range_is_refused(shop: Shop) -> None:
    with pytest.raises(ValueError, match="threshold is 1.5; expected 0 to 1"):
        shop.tag([], threshold=1.5)


def test_suggestions_have_a_table_of_their_own(shop: Shop) -> None:
    assert inspect(shop.engine).get_table_names() == ["suggestions"]


def test_products_are_filled_above_the_threshold_and_keep_what_the_merchant_says() -> None:
    store = SuggestionStore(open_engine("sqlite://"))
    store.replace(CATEGORY, [Suggestion("p1", CATEGORY, Guess(("Shoes",), 0.9, "head"), "m", "h")], [])
    color = "attributes.color"
    guesses = {"p1": Guess(("black",), 0.81, "words"), "p2": Guess(("red",), 0.79, "head")}
    store.replace(color, [Suggestion(i, color, one, "m", "h") for i, one in guesses.items()], [])
    bare = product(id="p1", category=(), attributes={"size": "8"})
    one, two, three = fill([bare, product(id="p2"), replace(bare, category=("Hats",))], store.confident(0.8))
    assert one.product.category == ("Shoes",)
    assert one.product.attributes == {"size": "8", "color": "black"}
    assert one.merchant == bare
    assert set(one.suggested) == {CATEGORY, color}
    assert (two.product, two.suggested) == (two.merchant, {})
    assert three.product.category == ("Hats",)
    assert set(three.suggested) == {color}


def test_a_vector_of_the_index_is_used_where_it_is_of_the_same_text() -> None:
    bare = product(category=(), attributes={})
    vector = np.full((1, 8), 0.5, dtype=np.float32)
    mirror = Mirror.of((bare.id,), vector, {bare.id: text_hash(evidence(bare))})
    embedder = FakeEmbedder(dimension=8)
    assert Featurizer(embedder, known_to(mirror)).embed([bare]).tolist() == vector.tolist()
    assert embedder.asked == []
    Featurizer(embedder, known_to(mirror)).embed([replace(bare, title="Other")])
    assert len(embedder.asked) == 1


def test_categories_are_read_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "categories.txt"
    file.write_text("Shoes > Boots\n\n Kitchen>\nShoes > Boots\n", encoding="utf-8")
    assert read_categories(file) == [("Shoes", "Boots"), ("Kitchen",)]
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(BadCategories, match="expected categories, one a line"):
        read_categories(file)


def test_the_json_says_what_is_used(shop: Shop) -> None:
    reports = shop.tag([*labelled(), *UNLABELLED, COLORLESS], threshold=0.5)
    told = show.to_json(list(reports.values()), list(shop.store.all()), 0.5)
    by_id = {(row["product_id"], row["field"]): row for row in told["suggestions"]}
    assert by_id["y-1", "attributes.color"]["value"] == "green"
    assert by_id["x-1", CATEGORY]["value"][0] == "Shoes"
    assert all(row["used"] == (row["confidence"] >= 0.5) for row in told["suggestions"])
