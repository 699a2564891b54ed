from __future__ import annotations

import random
import re

import numpy as np
import pytest

from retrieval.filters import Columns, violations
from retrieval.types import Need, Product, Variant
from tests.fakes_retrieval import product

WORDS = ["leather", "Leather-free", "no leather", "vegan leather", "wool", "non-wool", "boots", "wire free", "cotton,"]
WORDS += [
    "Café",
    "zippers",
    "leather - free",
    "leather, free",
    "without wool",
    "black",
    "faux-leather",
    "usb-c",
    "glass",
]


def audited(candidate: Product, excluded: str) -> bool:
    """An independent reading of "the card says that it has it": literal, on title and attribute values."""
    values = [value if isinstance(value, str) else str(list(value)) for value in candidate.attributes.values()]
    text = " ".join([candidate.title, *values]).lower()
    return bool(re.search(rf"(?<![\w-]){re.escape(excluded.lower())}(?![\w-])(?!\s*-?\s*free)", text))


def random_product(chance: random.Random, number: int) -> Product:
    def words(most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))

    return Product(
        id=f"p{number}",
        title=words(4),
        description=words(8),
        brand=chance.choice(["", "Acme", "Acme Sports", "Bellamy", "L'Oréal"]),
        price=chance.choice([None, 500, 1000, 2000, 5000]),
        availability=chance.choice(["in_stock", "in_stock", "limited_stock", "out_of_stock", "discontinued"]),
        stock=chance.choice([None, None, 0, 3]),
        attributes={"material": words(2), "feature": (words(1), words(2))},
        options={"color": tuple(chance.sample(["black", "red"], k=chance.randint(1, 2)))},
        rating=chance.choice([None, 3.0, 4.0, 4.6]),
        variants=tuple(
            Variant(f"v{place}", price=chance.choice([None, 400, 1500, 6000]), stock=chance.choice([None, 0, 2]))
            for place in range(chance.choice([0, 0, 1, 2]))
        ),
    )


def random_need(chance: random.Random) -> Need:
    excluded = [
        "leather",
        "wool",
        "cafe",
        "zipper",
        "wire",
        "black",
        "vegan leather",
        "leather boots",
        "free",
        "usb-c",
        "!",
    ]
    return Need(
        exclude=tuple(chance.sample(excluded, k=chance.randint(0, 2))),
        brand=tuple(chance.sample(["acme", "l'oreal"], k=chance.choice([0, 0, 1]))),
        brand_exclude=tuple(chance.sample(["Acme Sports", "bellamy"], k=chance.choice([0, 0, 1]))),
        price_min=chance.choice([None, None, 1000]),
        price_max=chance.choice([None, 1000, 2000]),
        rating_min=chance.choice([None, None, 4.0]),
    )


@pytest.mark.parametrize("seed", range(4))
def test_mask_and_violations_agree_and_are_as_strict_as_a_literal_audit(seed: int) -> None:
    chance = random.Random(seed)
    products = [random_product(chance, number) for number in range(150)]
    columns = Columns(products)
    for need in (random_need(chance) for _ in range(60)):
        mask = columns.mask(need)
        assert mask.tolist() == [not violations(candidate, need) for candidate in products]
        for candidate, is_allowed in zip(products, mask, strict=True):
            assert not (is_allowed and any(audited(candidate, excluded) for excluded in need.exclude))


@pytest.mark.parametrize(
    ("candidate", "need", "broken"),
    [
        (product(), Need(), ()),
        (product(price=12900), Need(price_max=12000), ("over $120",)),
        (product(price=12000), Need(price_max=12000), ()),
        (product(price=900), Need(price_min=1000), ("under $10",)),
        (product(brand="ACME"), Need(brand_exclude=("Acme",)), ("brand: ACME is excluded",)),
        (product(brand="Dell Technologies"), Need(brand=("dell",)), ()),
        (product(brand="Adelle"), Need(brand=("dell",)), ("brand: Adelle is not dell",)),
        (product(brand=""), Need(brand=("dell", "hp")), ("brand: none is not dell or hp",)),
        (product(rating=3.9), Need(rating_min=4), ("below 4 stars",)),
        (product(), Need(rating_min=4), ("not rated yet",)),
        (product(availability="out_of_stock"), Need(), ("out of stock",)),
        (product(stock=0), Need(), ("out of stock",)),
        (product(availability="discontinued"), Need(), ("discontinued",)),
        (product(price=None), Need(), ("has no price",)),
    ],
)
def test_what_a_product_breaks_is_said(candidate: Product, need: Need, broken: tuple[str, ...]) -> None:
    assert violations(candidate, need) == broken


@pytest.mark.parametrize(
    ("fields", "excluded", "has"),
    [
        ({"title": "Leather boots"}, "leather", True),
        ({"title": "Leather-free boots"}, "leather", False),
        ({"title": "Leather free boots"}, "leather", False),
        ({"title": "Leather, free shipping"}, "leather", True),
        ({"attributes": {"upper": "full-grain leather"}}, "leather", True),
        ({"attributes": {"upper": ("mesh", "suede")}}, "suede", True),
        ({"description": "Made of soft leather."}, "leather", True),
        ({"description": "There is no leather in it."}, "leather", False),
        ({"description": "Made without leather, free of wool."}, "leather", False),
        ({"description": "Made without leather, free of wool."}, "wool", False),
        ({"description": "A non-slip sole."}, "slip", False),
        ({"title": "Leatherette boots"}, "leather", False),
        ({"title": "Boots with zippers"}, "zipper", True),
        ({"title": "Boot with a zipper"}, "zippers", True),
        ({"title": "Café chair"}, "cafe", True),
        ({"options": {"color": ("black",)}}, "black", True),
        ({"options": {"color": ("black", "red")}}, "black", False),
        ({"title": "Boots"}, "", False),
    ],
)
def test_an_exclusion_is_looked_up_as_people_mean_it(fields: dict[str, object], excluded: str, has: bool) -> None:
    candidate = product(**fields)
    assert violations(candidate, Need(exclude=(excluded,))) == ((f"has {excluded}",) if has else ())


def test_an_option_whose_other_values_are_sold_out_leaves_no_choice() -> None:
    sold_out = (Variant("r", {"color": "red"}, stock=0), Variant("b", {"color": "black"}, stock=2))
    candidate = product(options={"color": ("black", "red")}, variants=sold_out)
    assert violations(candidate, Need(exclude=("black",))) == ("has black",)
    assert violations(candidate, Need(exclude=("red",))) == ()


def test_a_product_whose_every_variant_is_sold_out_is_not_for_sale() -> None:
    variants = (Variant("a", stock=0), Variant("b", availability="out_of_stock"))
    gone = product(variants=variants)
    assert violations(gone, Need()) == ("out of stock",)
    assert not Columns([gone]).mask(Need())[0]
    assert not violations(product(variants=(*variants, Variant("c"))), Need())


@pytest.mark.parametrize(
    ("prices", "price_max", "broken"),
    [
        # A card shows the product's own price, so that has to be within the budget, whatever a variant costs.
        (((4000, 5), (9900, 5)), 5000, ("over $50",)),
        (((None, 5), (12000, 5)), 9900, ()),
        (((None, 0), (12000, 5)), 9900, ("over $99 in all that is in stock",)),
        (((None, 0), (12000, 5)), 12000, ()),
        (((4000, 5), (12000, 5)), 9900, ()),
    ],
)
def test_a_budget_holds_for_the_price_shown_and_for_a_variant_in_stock(
    prices: tuple[tuple[int | None, int], ...], price_max: int, broken: tuple[str, ...]
) -> None:
    variants = tuple(Variant(f"v{place}", price=price, stock=stock) for place, (price, stock) in enumerate(prices))
    candidate, need = product(variants=variants), Need(price_max=price_max)
    assert violations(candidate, need) == broken
    columns = Columns([candidate])
    assert columns.mask(need)[0] == (not broken)
    assert (columns.offers.off_budget(need)[0] > 0) == bool(broken)


def test_a_category_holds_what_is_below_it() -> None:
    paths = [("Shoes", "Boots"), ("Shoes",), ("Home", "Lamps"), (), ("Boots", "Shoes"), ("Shoes", "Boots", "Rain")]
    columns = Columns([product(category=path) for path in paths])
    assert columns.of_category(("Shoes",)).tolist() == [True, True, False, False, False, True]
    assert columns.of_category(("Shoes", "Boots")).tolist() == [True, False, False, False, False, True]
    assert columns.of_category(("Tents",)).tolist() == [False] * 6
    assert columns.of_category(()).all()


def test_brands_are_found_by_any_of_their_words_and_not_by_parts_of_them() -> None:
    brands = ["Dell", "Dell Technologies", "Adelle", "", "Mini Dell Mini", "Dell Technologies"]
    columns = Columns([product(brand=brand) for brand in brands])
    assert columns.of_brands(["dell"]).tolist() == [True, True, False, False, True, True]
    assert columns.of_brands(["DELL technologies"]).tolist() == [False, True, False, False, False, True]
    assert columns.of_brands(["mini"]).tolist() == [False, False, False, False, True, False]
    assert not columns.of_brands(["", "!"]).any()


def test_products_may_come_one_by_one_and_an_answer_is_remembered_right() -> None:
    columns = Columns(product(id=f"p{row}", title="Leather boots" if row % 3 else "Boots") for row in range(30))
    first, again = columns.having("leather"), columns.having("leather")
    assert first.tolist() == again.tolist() == [bool(row % 3) for row in range(30)]
    first[:] = True
    assert columns.having("leather").tolist() == again.tolist()


def test_a_shop_without_products_has_masks_without_rows() -> None:
    columns = Columns([])
    need = Need(exclude=("leather", "!"), brand=("dell",), brand_exclude=("hp",), price_min=1, price_max=2, rating_min=3)
    assert columns.mask(need).shape == columns.offers.off_budget(need).shape == columns.of_category(("Shoes",)).shape == (0,)


def test_a_web_address_excludes_nothing() -> None:
    linked = product(attributes={"images": ("https://shop.example/leather-boots.jpg",)})
    assert Columns([linked]).mask(Need(exclude=("leather",)))[0]
    assert violations(linked, Need(exclude=("leather",))) == ()


def test_renewed_offers_leave_the_old_columns_alone() -> None:
    old = [product(id=f"p{row}", price=100 + row, brand="Alpine") for row in range(5)]
    columns = Columns(old)
    renewed = columns.renewed(np.array([3, 1]), [product(price=9, rating=4.5), product(price=None)])
    assert renewed.offers.price.tolist() == [100, -1, 102, 9, 104]
    assert renewed.mask(Need()).tolist() == [True, False, True, True, True]
    assert renewed.mask(Need(rating_min=4, brand=("Alpine",))).tolist() == [False, False, False, True, False]
    assert columns.offers.price.tolist() == [100, 101, 102, 103, 104]
    assert columns.mask(Need()).all()
