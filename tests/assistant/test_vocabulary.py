"""The shop's own words."""

import pytest

from assistant.vocabulary import Vocabulary, singulars
from retrieval.types import Product

PRODUCTS = (
    Product(
        "1",
        "Ridgeline Mid",
        category=("Shoes", "Hiking boots"),
        brand="Ridgeline",
        attributes={"material": "suede", "feature": ("waterproof",)},
    ),
    Product(
        "2",
        "Nimbly Knife",
        category=("Kitchen & dining", "Chef's knives"),
        brand="Nimbly",
        options={"color": ("sea green", "coral")},
    ),
    Product("3", "Bare"),
)
VOCABULARY = Vocabulary.from_products(PRODUCTS)


@pytest.mark.parametrize("said", ["Ridgeline", "ridgeline", "RIDGELINE", "ridgelne", "ridgelines", "rigdeline"])
def test_a_brand_is_known_by_its_name_and_with_a_slip(said):
    assert VOCABULARY.brand(said) == "Ridgeline"


@pytest.mark.parametrize("said", ["ridge", "bridgeline", "line", "humbly", "waterproof", "hiking boots", ""])
def test_other_words_are_no_false_friends(said):
    assert VOCABULARY.brand(said) is None


@pytest.mark.parametrize(
    "said", ["hiking boots", "Hiking Boot", "kitchen", "dining", "chefs knives", "chef's knife", "shoe"]
)
def test_kinds_in_singular_and_plural(said):
    assert VOCABULARY.is_kind(said)


def test_values_and_which_of_them_replace_each_other():
    assert VOCABULARY.is_value("Sea Green")
    assert not VOCABULARY.is_value("boots")
    assert VOCABULARY.rivals("sea green", "coral")
    assert not VOCABULARY.rivals("coral", "suede")


def test_an_empty_vocabulary_knows_nothing_and_does_not_mind():
    empty = Vocabulary()
    assert (empty.brand("Sony"), empty.is_kind("boots"), empty.is_value("red"), empty.rivals("a", "b")) == (
        None,
        False,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("knives", "knife"),
        ("beanies", "beanie"),
        ("dishes", "dish"),
        ("boxes", "box"),
        ("boots", "boot"),
        ("puppies", "puppy"),
    ],
)
def test_singulars(plural, singular):
    assert singular in singulars(plural)


def test_a_singular_stays_one():
    assert singulars("dress") == ()
