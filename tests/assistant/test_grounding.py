import pytest

from assistant.grounding import Audit, UnknownReference, cut, render
from assistant.types import Card
from retrieval.types import Need, Product

BOOT = Product(
    "b1",
    "Ridgeline Trail Boots, Green",
    price=9900,
    brand="Ridgeline",
    rating=4.5,
    list_price=12900,
    attributes={"material": "nylon", "feature": ("waterproof", "lightweight")},
    description="A sturdy boot for wet trails.",
)
SHOE = Product("s1", "Fell Runner", price=8450, attributes={"material": "mesh"}, description="A quick shoe for dry paths.")
CARDS = (Card(1, BOOT), Card(2, SHOE))
NEED = Need(query="hiking boots", include=("waterproof",), exclude=("leather",))


def audit() -> Audit:
    return Audit(CARDS, NEED)


def test_references_become_the_catalogues_own_facts() -> None:
    text = "[1] costs [1.price], was [1.list_price], rated [1.rating], by [1.brand]."
    assert render(text, CARDS, "en_US") == (
        "Ridgeline Trail Boots, Green costs $99.00, was $129.00, rated 4.5, by Ridgeline."
    )


@pytest.mark.parametrize("text", ["[3] is here.", "[2.rating] stars.", "[2.brand]", "[0]", "[2.list_price]"])
def test_a_reference_to_what_is_not_there_is_an_error(text: str) -> None:
    with pytest.raises(UnknownReference):
        render(text, CARDS, "en_US")


@pytest.mark.parametrize(
    "sentence",
    [
        "[1] is a sturdy, lightweight boot for wet trails.",
        "[1] is waterproof and made of nylon, while [2] is a quick shoe for dry paths.",
        "If you want a lightweight boot, [1] is a good choice.",
    ],
)
def test_what_the_products_back_is_released(sentence: str) -> None:
    assert audit().fault(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("[1] is breathable and sturdy.", "claims 'breathable'"),
        ("[2] is waterproof.", "claims 'waterproof'"),
        ("[1] and [2] are waterproof.", "claims 'waterproof'"),
        ("[1] has 3 straps on it.", "spells a number"),
        ("[1] has three straps on it.", "spells a number in words"),
        ("[1] costs a few dollars.", "money"),
        ("[1] is yours for $ cheap.", "money"),
        ("[3] is a sturdy boot.", "card 3"),
        ("These are sturdy boots for wet trails.", "points at no product"),
        ("I have added [1] to the trail.", "claims an action"),
        ("[1] is the best boot.", "superlative"),
        ("[1] is sturdy.<b>", "does not end"),
        ("[1] is a sturdy boot <b>for</b> wet trails.", "markup"),
        ("[1] is a sturdy boot for wet trails", "does not end"),
        ("[1] is sturdy sturdy sturdy.", "repeats"),
        ("[1].", "too short"),
    ],
)
def test_what_is_not_backed_is_thrown_out(sentence: str, fault: str) -> None:
    found = audit().fault(sentence)
    assert found is not None
    assert fault in found


def test_a_sentence_is_released_once() -> None:
    check = audit()
    assert check.fault("[1] is a sturdy boot.") is None
    assert check.fault("[1] is a sturdy boot.") == "was said before"


def test_what_was_not_wanted_is_not_praised() -> None:
    boot = Product("l", "Leather Boot", price=1, attributes={"material": "leather"})
    found = Audit((Card(1, boot),), NEED).fault("[1] is a leather boot.")
    assert found == "speaks of 'leather', which was not wanted"


def test_cut_keeps_the_sentence_under_way() -> None:
    assert cut("One is done. Two is") == ["One is done.", "Two is"]
    assert cut("Done! ") == ["Done!", ""]
