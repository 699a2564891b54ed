import pytest

from assistant import order_answers as answers
from assistant import order_words as words
from assistant.order_words import Mentioned


@pytest.mark.parametrize(
    ("text", "asked", "order_id", "postcode"),
    [
        ("where is my order SW10001?", None, "SW10001", ""),
        ("order #10001 please", None, "10001", ""),
        ("sw-10001, zip 74148", None, "sw-10001", "74148"),
        ("my postcode is SW1A 1AA, the order is SW10001", None, "SW10001", "SW1A 1AA"),
        ("order SW10001 to 1012 AB", None, "SW10001", "1012 AB"),
        ("10001", "order", "10001", ""),
        ("it's 10001, thanks", "order", "10001", ""),
        ("10001 / 74148", None, "", ""),
        ("74148", "postcode", "", "74148"),
        ("it's 74148", "postcode", "", "74148"),
        ("K1A 0B1", "postcode", "", "K1A 0B1"),
        ("74148-1234", "postcode", "", "74148-1234"),
        ("sorry, it was SW10002", "postcode", "SW10002", ""),
        ("74147 or 74148", "postcode", "", ""),
        ("boots under 120", "order", "", ""),
        ("I bought 2 tents", None, "", ""),
    ],
)
def test_numbers_and_postcodes_are_told_apart(text: str, asked: str | None, order_id: str, postcode: str) -> None:
    assert words.mentioned(text, "", asked) == Mentioned(order_id, postcode)


def test_the_readers_number_counts_unless_a_postcode_is_awaited() -> None:
    assert words.mentioned("10001 where is it", "10001").order_id == "10001"
    assert words.mentioned("74148 is it", "74148", "postcode") == Mentioned("", "74148")


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("where is my order?", "status"),
        ("how much was it", "status"),
        ("please cancel my order", "cancel"),
        ("call off order SW1", "cancel"),
        ("I no longer want my order", "cancel"),
        ("can I change the delivery address?", "address"),
        ("send order SW1 to my office instead", "address"),
        ("I'd like to remove an item from my order", "change"),
        ("it says delivered but nothing is here", "missing"),
        ("my order has not arrived", "missing"),
        ("where is my refund", "refund"),
        ("I still haven't got my money back", "refund"),
        ("my refund hasn't arrived", "refund"),
        ("the refund was less than I paid", "dispute"),
        ("I was charged twice", "dispute"),
        ("I want my money back", "return"),
        ("I'd like to send the tent back", "return"),
        ("the kettle arrived broken", "return"),
        ("swap it for a bigger size", "exchange"),
        ("these are too small", "exchange"),
        ("I need a replacement", "exchange"),
    ],
)
def test_what_is_wanted(text: str, wish: str) -> None:
    assert words.wish(text, "order_status") == wish


@pytest.mark.parametrize(
    "text", ["yes", "Yes, please.", "ok do it", "sure, cancel it", "yes it is unopened", "go ahead!", "y"]
)
def test_a_yes(text: str) -> None:
    assert answers.is_yes(text) and not answers.is_no(text) and not answers.stops(text)


@pytest.mark.parametrize(
    "text",
    [
        "yes but not the tent",
        "yes?no",
        "yesterday",
        "ok what does it cost",
        "I said yes to my wife",
        "not yes",
        "right away?",
    ]
    + ["sure as hell not", "no", "", "confirm my other order", "yes " * 40],
)
def test_no_yes(text: str) -> None:
    assert not answers.is_yes(text)


@pytest.mark.parametrize("text", ["no", "No thanks!", "don't cancel it", "nope, keep it", "I changed my mind"])
def test_a_no(text: str) -> None:
    assert answers.is_no(text) and not answers.is_yes(text)


@pytest.mark.parametrize("text", ["never mind", "forget it", "stop", "ok leave it then", "no need, thanks"])
def test_dropping_it(text: str) -> None:
    assert answers.stops(text)


TITLES = ("Trail Tent for Two", "Steel Mug (color red)", "Glass Mug (color blue)")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the tent and the steel mug", (1, 2)),
        ("all of it", (1, 2, 3)),
        ("everything but the tent", (2, 3)),
        ("the last one", (3,)),
        ("the blue one", (3,)),
        ("number 2", (2,)),
        ("size 9 please", ()),
        ("hello there", ()),
    ],
)
def test_lines_are_named(text: str, places: tuple[int, ...]) -> None:
    assert words.lines_named(text, TITLES) == places


@pytest.mark.parametrize(
    ("text", "beside"), [("one size up", "10"), ("too big", "8"), ("a smaller one", "8"), ("another color", "")]
)
def test_the_next_size(text: str, beside: str) -> None:
    assert words.neighbour(text, "size", ("8", "9", "10"), "9") == beside
    assert words.neighbour(text, "color", ("8", "9", "10"), "9") == ""


def test_there_is_no_size_beyond_the_last() -> None:
    assert words.neighbour("bigger", "size", ("8", "9"), "9") == ""


@pytest.mark.parametrize("text", ["cancel my order", "track my parcel", "where is my refund", "change my delivery address"])
def test_what_can_only_be_about_an_order(text: str) -> None:
    assert words.is_plainly_on_orders(text)


@pytest.mark.parametrize(
    "text", ["noise cancelling headphones", "a tent for my order of monks", "show me boots", "return to sender"]
)
def test_what_may_be_about_goods(text: str) -> None:
    assert not words.is_plainly_on_orders(text)
