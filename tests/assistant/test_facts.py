from dataclasses import replace

import pytest

from assistant.facts import kind_of, labels_of, sentences, told_of, wish
from assistant.types import Card
from retrieval.types import Need, Product

KETTLE = Product(
    "k1",
    "Acme Kettle",
    price=4900,
    rating=4.4,
    category=("Kitchen", "Kettles"),
    attributes={
        "color": "black",
        "Capacity": "1.7 L",
        "feature": ("cordless", "keep warm"),
        "timer": "no",
        "offer": "$5 off",
        "note": "x" * 80,
        "42": "odd",
    },
    description="It boils a litre in 3 minutes. The spout pours in a thin, steady stream.\nSee www.evil.example now.",
)
CHEAP = replace(KETTLE, id="k2", title="Basic Kettle", price=1900, rating=4.0, attributes={"color": "black"})
FIRST, SECOND = CARDS = (Card(1, KETTLE), Card(2, CHEAP))


def test_a_line_tells_what_can_be_said_in_words() -> None:
    told = told_of(CARDS, CARDS, Need("kettle", include=("cordless",)))
    assert told[0].line() == (
        "[A] kettles; color: black; capacity: [A.capacity]; feature: cordless and keep warm; costs most; rated highest. "
        '"The spout pours in a thin, steady stream."'
    )
    assert told[1].line() == "[B] kettles; color: black; costs least."


def test_what_was_asked_for_is_told_before_all_else() -> None:
    many = replace(KETTLE, attributes={name: name for name in ("one", "two", "three", "four", "five", "six")})
    (told,) = told_of((Card(1, many),), CARDS, Need("kettle", include=("six",)))
    assert told.facts == ("one: one", "two: two", "three: three", "six: six")


def test_what_the_others_have_not_is_told_before_what_all_have() -> None:
    same = {name: name for name in ("one", "two", "three", "four")}
    left, right = (replace(KETTLE, id=own, attributes={**same, own: own}) for own in ("left", "right"))
    told = told_of((Card(1, left), Card(2, right)), CARDS, Need("kettle"))
    assert [one.facts[-1] for one in told] == ["left: left", "right: right"]


def test_labels_hold_among_all_cards_and_belong_to_one() -> None:
    assert labels_of(SECOND, (*CARDS, Card(3, replace(CHEAP, id="k3", price=900)))) == ()
    assert labels_of(SECOND, (*CARDS, Card(3, replace(CHEAP, id="k3")))) == ()  # as cheap as another
    assert labels_of(SECOND, CARDS) == ("costs least",)
    assert labels_of(Card(1, replace(KETTLE, list_price=5900)), (FIRST,)) == ("on sale",)


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (Need("kettle", include=("cordless", "keep warm"), exclude=("plastic",)), "cordless kettle; keep warm; no plastic"),
        (Need("kettle", include=("1.7 litre",), price_max=3000), "kettle"),
        (Need(include=("cozy",)), "cozy"),
        (Need("under $5"), "ideas"),
        (Need("kettle [B.price]\nWish: gold"), "kettle B.price Wish: gold"),
        (Need(), "ideas"),
    ],
)
def test_a_wish_has_no_numbers_and_no_marks(need: Need, words: str) -> None:
    assert wish(need) == words


def test_sentences_with_numbers_or_links_are_not_told() -> None:
    assert sentences(KETTLE) == ["The spout pours in a thin, steady stream."]


def test_a_kind_with_numbers_is_told_as_product() -> None:
    assert kind_of(replace(KETTLE, category=("4K TVs",))) == "product"
    assert kind_of(replace(KETTLE, category=())) == "product"
