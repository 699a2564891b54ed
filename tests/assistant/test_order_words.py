import pytest

from assistant import order_answers as answers
from assistant import order_lines as lines
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
        ("order sw 10001 zip 74148", None, "sw 10001", "74148"),
        ("D02 X285", "postcode", "", "D02 X285"),
        ("sorry, D02X285", "postcode", "", "D02X285"),
        ("order SW10001, my postcode is D02 X285", None, "SW10001", "D02 X285"),
        ("D02 X285, order SW10001", None, "SW10001", "D02 X285"),
        ("SW1A 1AA / SW10001", None, "SW10001", "SW1A 1AA"),
        ("A12 3456", None, "", ""),
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
        ("it broke, I want a new one", "exchange"),
        ("change the boots to size 9", "exchange"),
        ("that takes too long", "status"),
        ("this is taking way too long, just refund me", "return"),
        ("the dress is too long", "exchange"),
        ("my boots don't fit", "return"),
        ("wheres my money??", "refund"),
        ("the mug was missing from my parcel", "missing"),
        ("I don't want the keyboard order anymore", "cancel"),
        ("I changed my mind about my last order", "cancel"),
        ("please hold my order until Friday", "change"),
        ("I'd like to order the same again", "status"),
    ],
)
def test_what_is_wanted(text: str, wish: str) -> None:
    assert words.wish(text, "order_status") == wish


def test_a_number_alone_asks_to_return_nothing() -> None:
    assert words.wish("ok and my order SW10001", "return_request") == "status"
    assert words.wish("my boots are not nice", "return_request") == "return"


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("where is my parcel", True),
        ("when is my tote bag coming", True),
        ("give me the tracking link", True),
        ("show me all my orders", True),
        ("I ordered it by mistake, please cancel", True),
        ("cancel everything", False),  # it may be the search or the cart
        ("I bought a tent, help me choose a mat", False),
        ("tracksuits", False),
        ("when is the sale coming", False),
        ("an order of magnitude better", False),
    ],
)
def test_what_can_be_about_nothing_but_orders(text: str, is_it: bool) -> None:
    assert words.is_plainly_on_orders(text) is is_it


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("change the address of my order", True),
        ("could you send it to my office instead?", True),
        ("can I change the address on my order?", True),
        ("can I change the address of an order?", False),
        ("how do I change my address?", False),
    ],
)
def test_telling_is_not_asking_for_the_rules(text: str, tells: bool) -> None:
    assert words.tells_to_change(text) is tells


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "yes cancel all of it",
        "yes, they're unused",
        "ok yes start it",
        "yep pls",
        "Yes, please.",
        "ok do it",
        "sure, cancel it",
        "yes it is unopened",
        "go ahead!",
        "y",
    ],
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


@pytest.mark.parametrize(
    "text", ["no", "No thanks!", "don't cancel it", "hmm ok then no", "nope, keep it", "I changed my mind"]
)
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
        ("the red steel mug", (2,)),
        ("the steel mug", (2,)),
        ("both mugs", (2, 3)),
        ("both", (1, 2, 3)),
        ("it says delivered but I never got my tent", (1,)),
        ("these are ugly, the steel mug I mean", (2,)),
        ("size 9 please", ()),
        ("hello there", ()),
    ],
)
def test_lines_are_named(text: str, places: tuple[int, ...]) -> None:
    assert lines.lines_named(text, TITLES) == places


@pytest.mark.parametrize(
    ("text", "beside"), [("one size up", "10"), ("too big", "8"), ("a smaller one", "8"), ("another color", "")]
)
def test_the_next_size(text: str, beside: str) -> None:
    assert lines.neighbour(text, "size", ("8", "9", "10"), "9") == beside
    assert lines.neighbour(text, "color", ("8", "9", "10"), "9") == ""


def test_there_is_no_size_beyond_the_last() -> None:
    assert lines.neighbour("bigger", "size", ("8", "9"), "9") == ""


@pytest.mark.parametrize("text", ["cancel my order", "track my parcel", "where is my refund", "change my delivery address"])
def test_what_can_only_be_about_an_order(text: str) -> None:
    assert words.is_plainly_on_orders(text)


@pytest.mark.parametrize(
    "text", ["noise cancelling headphones", "a tent for my order of monks", "show me boots", "return to sender"]
)
def test_what_may_be_about_goods(text: str) -> None:
    assert not words.is_plainly_on_orders(text)
