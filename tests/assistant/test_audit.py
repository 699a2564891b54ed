import pytest

from assistant.audit import Audit, clauses, pieces
from assistant.types import Card
from retrieval.types import Need, Product

TENT = Product(
    "t1",
    "Ridgeline Dome Tent, Green",
    price=19900,
    list_price=24900,
    rating=4.5,
    category=("Outdoor", "Tents"),
    attributes={"material": "nylon", "feature": ("waterproof", "ventilated"), "porch": "no", "weight": "2.3 kg"},
    description="Taped seams keep a night of heavy rain outside. It stands without guy lines, so it can be moved.",
)
TARP = Product(
    "t2",
    "Fell Tarp",
    price=8450,
    rating=4.1,
    category=("Outdoor", "Tarps"),
    attributes={"material": "cotton"},
    description="Quick to fold away. The loops are sewn in pairs.",
)
CARDS = (Card(1, TENT), Card(2, TARP))
NEED = Need(query="tents", include=("waterproof",), exclude=("polyester", "fold"))


def audit(need: Need = NEED, cards: tuple[Card, ...] = CARDS) -> Audit:
    return Audit.of_cards(cards, cards, need)


@pytest.mark.parametrize(
    "sentence",
    [
        "[A] is the waterproof tent of the two.",
        "[A] keeps heavy rain outside, and its weight is [A.weight].",
        "For a night of heavy rain, [A] is where I'd start: its seams are taped.",
        "[A] stands without guy lines.",
        "[A] is waterproof and made of nylon, while [B] is made of cotton.",
        "If you'd rather spend less, [B] costs [B.price].",
        "[B] is cheaper than [A].",
        "[B] costs the least.",
        "[A] is rated higher, at [A.rating], and is on sale.",
        "[A] costs more, but it is ventilated.",
        "[A] and [B] are both worth a look.",
        "[B] has loops, sewn in pairs.",
        "I'd pick [A] as it is waterproof.",
        "At [B.price], [B] is the cheaper one.",
        "[A] is waterproof; at [B.price], [B] is cheaper.",
        "For less money, [B] is made of cotton.",
        "The weight of [A] is [A.weight].",
    ],
)
def test_what_the_products_back_is_released(sentence: str) -> None:
    assert audit().fault(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("[A] is breathable.", "does not say"),
        ("[B] is waterproof.", "of [B]"),
        ("[A] and [B] are waterproof.", "of [B]"),
        ("[A] has a porch.", "does not say"),  # the attribute says no
        ("[A] is not waterproof.", "does not say"),
        ("[A] stands with guy lines.", "does not say"),  # the text denies it
        ("[A] keeps no rain outside.", "does not say"),
        ("Guy lines of [A] can be moved.", "does not say"),
        ("[A] has loops sewn in pairs.", "of [A]"),  # that is the other product
        ("Seams of [A] are sewn in pairs.", "of [A]"),
        ("[A] can be moved in heavy rain.", "does not say"),  # two sentences of the text in one claim
        ("[B] is quick to fold.", "not wanted"),
        ("[A] is cheaper.", "not so"),
        ("[A] costs the least.", "not so"),
        ("[B] is dearer than [A].", "not so"),
        ("[B] is rated highest.", "not so"),
        ("[B] is on sale.", "not so"),
        ("[A] has 3 straps.", "spells a number"),
        ("[A] is three kilos of nylon.", "does not say"),
        ("[A] has ② seams.", "spells a number"),
        ("[A] costs a few dollars.", "money"),
        ("[A] is yours for $ here.", "money"),
        ("[C] is a waterproof tent.", "not there"),
        ("The height of [A] is [A.height].", "does not have"),
        ("These are waterproof tents.", "points at no product"),
        ("I have added [A] to the cart.", "claims an action"),
        ("We just reserved [A] for you.", "claims an action"),
        ("[A] is the best tent.", "superlative"),
        ("[A] is guaranteed waterproof.", "promise"),
        ("[A] is free.", "promise"),
        ("[A] is in stock.", "promise"),
        ("Sony makes [A] of nylon.", "does not say"),
        ("Look at [A] by Sony.", "names something"),
        ("[A] is waterproof <b>now</b>.", "markup"),
        ("[A] is waterproof at www.evil.example.", "link"),
        ("[A] is a “waterproof” [tent].", "markup"),
        ("[A] is étanche.", "plain letters"),
        ("[A] is waterproof", "does not end"),
        ("[A] is waterproof waterproof.", "repeats"),
        ("[A].", "too short"),
        ("The price of [A] is [B.price].", "says [B.price] of [A]"),
        ("[A.price] is what you pay for [B].", "says [A.price] of [B]"),
        ("[A] costs [B.price] and [B] costs [A.price].", "says [B.price] of [A]"),
        ("[A] is rated [A.price].", "no price"),
        ("You get [A] for [A.rating].", "no rating"),
        ("[A] costs one.", "without a price"),
        ("[B] is rated lowest.", "no label tells"),
        ("[A] keeps heavy rain outside with a [A.price].", "no price"),
        ("You pay nothing for [A].", "without a price"),
        ("The price of [A] goes up.", "without a price"),
        ("[A] is less waterproof than [B].", "does not say"),
        ("[A] is more waterproof than [B].", "can't be compared"),
        ("[A] does not work.", "denies something"),
        ("[A] is everything but waterproof.", "twists"),
        ("[A] used to be waterproof.", "twists"),
        ("[A] is kept for you.", "twists"),
        ("**[A]** is waterproof.", "markup"),
        ("[A] is\n\nwaterproof.", "markup"),
    ],
)
def test_what_is_not_backed_is_thrown_out(sentence: str, fault: str) -> None:
    found = audit().fault(sentence)
    assert found is not None
    assert fault in found


def test_a_sentence_is_released_once() -> None:
    check = audit()
    assert check.fault("[A] is waterproof.") is None
    assert check.fault("[A] is waterproof.") == "was said before"
    assert check.fault("[A] is ventilated.") is None


def test_a_wish_that_the_record_meets_may_be_repeated() -> None:
    need = Need("tent", include=("heavy rain", "moved"))
    assert audit(need).fault("For heavy rain, [A] can be moved in heavy rain.") is None
    assert "of [B]" in (audit(need).fault("For heavy rain, [B] is made of cotton.") or "")
    broken = (Card(1, TENT, violates=("heavy rain: not stated", "moved: not stated")), CARDS[1])
    assert audit(need, broken).fault("[A] can be moved in heavy rain.") is not None


def test_the_cheapest_is_so_among_all_cards_of_the_turn() -> None:
    third = Card(3, Product("t3", "Bivvy", price=5000))
    check = Audit.of_cards(CARDS, (*CARDS, third), NEED)
    assert check.fault("[B] costs the least.") is not None
    assert check.fault("[B] costs less than [A].") is None


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("For rain, [A] at [A.price] is it, or [B] and [C] if dry.", [("A", "For rain, at is it, or"), ("BC", "if dry.")]),
        ("[A] is red, while the lid of [B] is blue.", [("A", "is red,"), ("B", "the lid of is blue.")]),
        ("[A] is red; for less, [B] is blue.", [("A", "is red"), ("B", "for less, is blue.")]),
        ("[A] is red, but blue inside.", [("A", "is red, ; blue inside.")]),
        ("[A] is red, but costs more than [B].", [("A", "is red, but costs more than"), ("B", ".")]),
    ],
)
def test_words_belong_to_the_names_that_they_are_said_of(sentence: str, said: list[tuple[str, str]]) -> None:
    assert [("".join(names), " ".join(text.split())) for names, text in clauses(sentence)] == said


def test_claims_end_at_commas_and_conjunctions() -> None:
    assert [piece.strip() for piece in pieces("made of nylon, light and warm while it lasts")] == [
        "made of nylon",
        "light",
        "warm",
        "it lasts",
    ]


@pytest.mark.parametrize(
    ("sentence", "mended"),
    [
        ("[A] keeps heavy rain outside, and it costs less.", "[A] keeps heavy rain outside."),
        ("[B] is quick and made of cotton and costs more.", "[B] is quick and made of cotton."),
        (
            "[A] is ventilated nylon that keeps heavy rain outside, with a porch.",
            "[A] is ventilated nylon that keeps heavy rain outside.",
        ),
        ("[A] is gold, and it is cheaper.", None),
        ("While [A] keeps heavy rain outside, [B] is gold.", None),
        ("[A] is nylon, and gold.", None),  # too little would be left
    ],
)
def test_a_false_ending_is_cut_off_where_a_sentence_is_left(sentence: str, mended: str | None) -> None:
    assert audit(Need("tent")).fault(sentence) is not None
    assert audit(Need("tent")).mended(sentence) == mended
