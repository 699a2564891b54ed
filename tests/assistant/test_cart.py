from assistant import cart
from assistant.types import CartLine
from retrieval.types import Product, Variant

SHOE = Product(
    "s",
    "Shoe",
    price=5000,
    options={"size": ("8", "9")},
    variants=(Variant("s8", {"size": "8"}), Variant("s9", {"size": "9"}, price=5500), Variant("s10", stock=0)),
)
MUG = Product("m", "Mug", price=800)
PRODUCTS = {"s": SHOE, "m": MUG}


def test_the_same_product_grows_its_line() -> None:
    lines = cart.add(cart.add((), "m", 2), "m", 3)
    assert lines == (CartLine("m", 5),)


def test_variants_have_lines_of_their_own() -> None:
    lines = cart.add(cart.add((), "s", 1, "s8"), "s", 1, "s9")
    assert [line.variant_id for line in lines] == ["s8", "s9"]


def test_nobody_buys_a_thousand_by_a_typing_error() -> None:
    assert cart.add((), "m", 1000) == (CartLine("m", cart.MOST_OF_ONE),)


def test_remove_takes_all_or_some_or_one_variant() -> None:
    lines = (CartLine("m", 3), CartLine("s", 1, "s8"), CartLine("s", 1, "s9"))
    assert cart.remove(lines, "m", 2)[0] == CartLine("m", 1)
    assert len(cart.remove(lines, "m", 3)) == 2
    assert cart.remove(lines, "s") == (CartLine("m", 3),)
    assert cart.remove(lines, "s", variant_id="s8") == (CartLine("m", 3), CartLine("s", 1, "s9"))


def test_a_choice_that_is_settled_joins_its_line() -> None:
    lines = (CartLine("s", 1, "s9"), CartLine("s", 2))
    assert cart.choose_variant(lines, "s", "s9") == (CartLine("s", 3, "s9"),)


def test_the_total_is_worked_out_from_the_catalogue() -> None:
    seen = cart.view((CartLine("s", 2, "s9"), CartLine("m", 1), CartLine("gone", 1)), PRODUCTS, "USD")
    assert seen.total == 2 * 5500 + 800
    assert [total for _, _, total in seen.lines] == [11000, 800]


def test_a_variant_without_a_price_costs_what_the_product_costs() -> None:
    assert cart.unit_price(SHOE, "s8") == 5000
    assert [v.id for v in cart.variants_for_sale(SHOE)] == ["s8", "s9"]
