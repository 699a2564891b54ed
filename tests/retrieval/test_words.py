from __future__ import annotations

import numpy as np
import pytest

from retrieval.corpus import Corpus
from retrieval.lexical import LexicalIndex
from retrieval.properties import Properties
from retrieval.relevance import Weights, answers, fused, head, scaled, with_evidence
from retrieval.text import affirmed_stems, content_stems, embedding_text, fold, plain_text, spelled, stems, words
from retrieval.types import Product, Variant
from tests.fakes_retrieval import product


@pytest.mark.parametrize(
    ("word", "folded"),
    [("boots", "boot"), ("berries", "berry"), ("boxes", "box"), ("glass", "glass"), ("café", "cafe"), ("gas", "gas")],
)
def test_words_lose_accents_and_plurals(word: str, folded: str) -> None:
    assert fold(word) == folded


def test_hyphenated_words_count_joined_as_well() -> None:
    assert stems("T-Shirts") == ["t", "shirt", "tshirt"]


def test_a_number_and_its_unit_count_joined_as_well() -> None:
    assert "16gb" in stems("16 GB of memory")
    assert "16gb" in stems("16GB of memory")
    assert stems('15.6" screen')[0] == "15.6"


def test_an_apostrophe_parts_no_word() -> None:
    assert words("Men's 15.6\" L'Oréal!") == ["men's", "15.6", '"', "l'oréal", "!"]
    assert stems("men's") == stems("mens") == stems("men")


def test_stop_words_count_only_where_there_is_nothing_else() -> None:
    assert content_stems("a lamp for the desk") == ["lamp", "desk"]
    assert content_stems("the") == ["the"]


def test_punctuation_parts_phrases_and_hyphens_do_not() -> None:
    assert spelled("Leather, free. Full-grain  leather") == " leather , free , full grain leather "


def test_what_a_text_denies_is_not_said() -> None:
    said = set(affirmed_stems("No leather, wire-free, non-slip, waterproof"))
    assert {"waterproof", "wirefre", "nonslip"} <= said
    assert not {"leather", "wire", "slip"} & said


def test_the_embedded_text_names_what_the_product_is() -> None:
    text = embedding_text(product(attributes={"material": "mesh"}, description="For wet days." + "x" * 999))
    assert text.startswith("Trail Mid Hiking Boots. Alpine. Shoes > Hiking boots. material: mesh. For wet days.")
    assert len(text) < 600


def test_bm25_weighs_the_title_over_the_description() -> None:
    products = [
        product(id="a", title="Desk lamp"),
        product(id="b", title="Shelf", description="Goes with a desk lamp."),
    ]
    index = LexicalIndex(Corpus.of([*products, product(id="c", title="Tent")]))
    first, second, none = index.scores("desk lamps")
    assert first > second > none == 0


def test_unknown_words_and_empty_catalogues_score_nothing() -> None:
    assert LexicalIndex(Corpus.of([product()])).scores("qwerty").tolist() == [0]
    assert LexicalIndex(Corpus.of([product()])).scores("").tolist() == [0]
    assert LexicalIndex(Corpus.of([])).scores("boots").shape == (0,)


def test_the_parts_of_a_score_keep_their_own_scales() -> None:
    lexical, similarities = np.array([8, 4, 0], dtype=np.float32), np.array([0.5, -0.2, 0.25], dtype=np.float32)
    assert fused(lexical, similarities, unit=10, weights=Weights(meaning=0.8)) == pytest.approx([12, 4, 2])


def test_scores_are_scaled_by_the_best_and_nothing_stays_nothing() -> None:
    assert scaled(np.array([4, 1], dtype=np.float32)).tolist() == [1, 0.25]
    assert scaled(np.zeros(2, dtype=np.float32)).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("query", "noun"),
    [("hiking boots", "boots"), ("Boots for hiking", "boots"), ("lamp", "lamp"), ("", ""), ("for two", "two")],
)
def test_the_head_names_the_kind(query: str, noun: str) -> None:
    assert head(query) == noun


SHOES = [
    product(
        id="a",
        options={"size": ("8", "9"), "color": ("black",)},
        variants=(Variant("a8", {"size": "8"}, stock=3), Variant("a9", {"size": "9"}, stock=0)),
    ),
    product(id="b", options={"size": ("9",), "color": ("navy", "red")}, attributes={"waterproof": "yes"}),
    product(id="c", title="Black Ridge boots 9", options={"color": ("red",)}, attributes={"waterproof": "no"}),
    product(id="d", title="Waterproof black hat", description="Not insulated. Leather-free."),
]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("size 8", "a"),
        ("size 9", "b"),
        ("8 or 9", "abc"),
        ("black", "ad"),
        ("black or navy", "abd"),
        ("waterproof", "bd"),
        ("leather-free", "d"),
        ("leather", ""),
        ("insulated", ""),
        ("hiking boots", "abcd"),
        ("", ""),
    ],
)
def test_wanted_properties_are_looked_up(wanted: str, ids: str) -> None:
    met = Properties(SHOES, Corpus.of(SHOES)).meeting(wanted)
    assert "".join(shoe.id for shoe, is_met in zip(SHOES, met, strict=True) if is_met) == ids


def test_no_products_have_no_properties() -> None:
    nothing: list[Product] = []
    assert Properties(nothing, Corpus.of(nothing)).meeting("black").shape == (0,)


def test_an_option_that_a_text_names_is_looked_up_with_its_value() -> None:
    properties = Properties(SHOES, Corpus.of(SHOES))
    ((offered, having),) = properties.options_named("boots with size: 9, please")
    assert offered.tolist() == [False, True, False, False]
    assert having.tolist() == [True, True, False, False]
    assert properties.options_named("any size, any color") == []


def test_the_longest_value_after_an_options_name_counts() -> None:
    shirts = [product(id="a", options={"color": ("light blue",)}), product(id="b", options={"color": ("light",)})]
    ((offered, _),) = Properties(shirts, Corpus.of(shirts)).options_named("shirt in color light blue")
    assert offered.tolist() == [True, False]


def test_the_option_asked_for_counts_for_and_another_against() -> None:
    shirts = [
        product(id="other", title="Shirt", options={"color": ("red",)}),
        product(id="none", title="Shirt"),
        product(id="asked", title="Shirt", options={"color": ("navy",)}),
    ]
    corpus = Corpus.of(shirts)
    index, nothing = LexicalIndex(corpus), np.zeros(3, dtype=np.float32)
    other, none, asked = with_evidence("color: navy", nothing, np.ones(3, dtype=np.bool_), index, Properties(shirts, corpus))
    assert asked > none > other


def test_words_that_stand_together_count_more_and_only_in_their_order() -> None:
    products = [
        product(id="a", title="x", description="The toe is open."),
        product(id="b", title="x", description="With an open toe."),
        product(id="c", title="x", description="Keep open. Toe in."),
    ]
    index = LexicalIndex(Corpus.of(products))
    apart, together, parted = index.together("open toe", np.arange(3))
    assert together > apart == parted == 0
    assert index.together("open, toe", np.arange(3)).tolist() == [0, 0, 0]
    assert index.together("toe", np.arange(3)).tolist() == [0, 0, 0]


def test_a_short_field_says_more_than_a_long_one() -> None:
    products = [product(id="a", description="mesh"), product(id="b", description="mesh " + "and more " * 50)]
    short, long = LexicalIndex(Corpus.of(products)).scores("mesh")
    assert short > long > 0


def test_what_has_nearly_all_words_answers_them() -> None:
    products = [product(id="a", title="red wool hat"), product(id="b", title="red wool scarf"), product(id="c", title="hat")]
    index = LexicalIndex(Corpus.of(products))
    assert answers(index.scores("red wool hat")).tolist() == [True, False, False]
    assert not answers(index.scores("qwerty")).any()


@pytest.mark.parametrize(
    ("title", "met", "denied"),
    [
        ("No leather, wire-free", "wire free", "leather"),
        ("No leather, wire-free", "no leather", "wire"),
        ("Non-slip mat", "non slip", "slip"),
        ("Nonslip mat", "non-slip", "slip"),
        ("Coat without a hood", "coat", "a"),
        ("Free, from tomorrow", "free", "tomorrow"),
    ],
)
def test_a_catalogue_denies_as_a_phrase_does(title: str, met: str, denied: str) -> None:
    products = [product(id="a", title=title, category=(), brand=""), product(id="b", title="Hat", category=(), brand="")]
    properties = Properties(products, Corpus.of(products))
    assert properties.meeting(met).tolist() == [True, False]
    assert properties.meeting(denied).any() == (denied == "tomorrow")


def test_denied_attributes_are_neither_names_nor_words() -> None:
    products = [product(id="a", attributes={"waterproof": "No", "lining": ("none", "mesh")}), product(id="b")]
    corpus = Corpus.of(products)
    assert not LexicalIndex(corpus).scores("none").any()
    assert Properties(products, corpus).meeting("waterproof").tolist() == [False, False]
    assert Properties(products, corpus).meeting("mesh lining").tolist() == [True, False]


def test_web_addresses_say_nothing_of_a_product() -> None:
    links = {
        "images": ("https://shop.example/red-boots.jpg", "http://shop.example/2.jpg"),
        "video": "https://shop.example/v",
    }
    plain = product(id="a", attributes={"material": "mesh"})
    linked = product(id="b", attributes={"material": ("mesh", "https://shop.example/mesh"), **links})
    assert embedding_text(linked) == embedding_text(plain)
    assert plain_text(linked) == plain_text(plain)
    corpus = Corpus.of([linked])
    assert not {"https", "http", "jpg", "imag", "video"} & set(corpus.stems)
    assert not Properties([linked], corpus).meeting("red").any()
