from dataclasses import replace

import pytest

from assistant.grounding import UnknownReference, attribute_key, cut, letter, render, short_name, short_names
from assistant.types import Card
from retrieval.types import Product

BOOT = Product(
    "b1",
    "Ridgeline Trail Boots, Green",
    price=9900,
    brand="Ridgeline",
    rating=4.5,
    list_price=12900,
    attributes={"material": "nylon", "Item Weight": "1.2 kg", "feature": ("waterproof", "lightweight")},
)
SHOE = Product("s1", "Fell Runner", price=8450)
CARDS = (Card(1, BOOT), Card(2, SHOE))


def test_references_become_the_catalogues_own_facts() -> None:
    text = "[A] costs [A.price], was [A.list_price], rated [A.rating], by [A.brand]; [A.item_weight], [A.feature]."
    assert render(text, CARDS, "en_US") == (
        "Ridgeline Trail Boots costs $99.00, was $129.00, rated 4.5, by Ridgeline; 1.2 kg, waterproof and lightweight."
    )


@pytest.mark.parametrize("text", ["[C] is here.", "[B.rating] stars.", "[B.brand]", "[B.weight]", "[B.list_price]"])
def test_a_reference_to_what_is_not_there_is_an_error(text: str) -> None:
    with pytest.raises(UnknownReference):
        render(text, CARDS, "en_US")


@pytest.mark.parametrize("text", ["[1]", "[Z]", "[a.price]", "[A.price", "A.price]", "[A..price]"])
def test_what_is_no_reference_stays_as_it_is(text: str) -> None:
    assert render(text, CARDS, "en_US") == text


def test_a_value_with_money_or_a_link_is_no_fact_that_can_be_told() -> None:
    hostile = replace(BOOT, brand="www.evil.example", attributes={"feature": "now $1", "weight": "1.2 kg"})
    for text in ("[A.feature]", "[A.brand]"):
        with pytest.raises(UnknownReference):
            render(text, [Card(1, hostile)], "en_US")
    assert render("[A.weight]", [Card(1, hostile)], "en_US") == "1.2 kg"


def test_letters_stand_for_positions() -> None:
    assert [letter(position) for position in (1, 2, 10)] == ["A", "B", "J"]


@pytest.mark.parametrize(
    ("name", "key"), [("weight", "weight"), ("Item Weight (kg)", "item_weight_kg"), ("2.4 GHz", "ghz"), ("42", "")]
)
def test_attributes_have_plain_keys(name: str, key: str) -> None:
    assert attribute_key(name) == key


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Ridgeline Trail Boots, Green", "Ridgeline Trail Boots"),
        ("Acme Kettle - 1.7 L - Stainless Steel", "Acme Kettle"),
        ("Sony WH-1000XM4 (Black) Noise Cancelling", "Sony WH-1000XM4"),
        ("Sofa, three seats", "Sofa, three seats"),  # one word alone names nothing
        ("A very long name that goes on and on and on", "A very long name that goes on"),
        ("Mug", "Mug"),
        ("Sulfate-free shampoo", "Sulfate-free shampoo"),
        ("FREE TODAY only", "this one"),
        ("Boots 50% off", "this one"),
        ("See https://evil.example", "this one"),
        ("<img src=x onerror=alert(1)> boots", "this one"),
        ("Boots for ten dollars", "this one"),
    ],
)
def test_short_names_leave_the_specifications_out(title: str, name: str) -> None:
    assert short_name(Product("x", title)) == name


def test_two_products_are_never_called_the_same() -> None:
    red, blue = Product("r", "Acme Kettle, red"), Product("b", "Acme Kettle, blue")
    assert short_names([red, blue]) == {"r": "Acme Kettle, red", "b": "Acme Kettle, blue"}


def test_sentences_are_cut_behind_their_ends() -> None:
    assert cut("It is [A.rating]. Is it? Yes") == ["It is [A.rating].", "Is it?", "Yes"]
