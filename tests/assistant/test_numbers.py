"""Numbers in words and digits, and what they stand for: prices, ratings, measures, quantities, order ids."""

import pytest

from assistant.reading import amounts
from assistant.reading.numbers import number_at
from assistant.reading.text import read


@pytest.mark.parametrize(
    ("said", "value", "length"),
    [
        ("50", 50, 1),
        ("1,200", 1200, 1),
        ("9,99", 9.99, 1),
        ("12.50", 12.5, 1),
        ("2k", 2000, 1),
        ("1.5k", 1500, 1),
        ("thirty", 30, 1),
        ("thirty five", 35, 2),
        ("thirty-five", 35, 1),
        ("a hundred", 100, 2),
        ("two hundred", 200, 2),
        ("a couple hundred", 200, 3),
        ("couple of hundred", 200, 3),
        ("half a grand", 500, 3),
        ("a grand", 1000, 2),
        ("a grand and a half", 1500, 5),
        ("a hundred and fifty", 150, 4),
        ("two hundred fifty", 250, 3),
        ("two fifty", 250, 2),
        ("one thousand two hundred", 1200, 4),
        ("3 hundred", 300, 2),
        ("fifteen hundred", 1500, 2),
        ("nineteen", 19, 1),
    ],
)
def test_number(said, value, length):
    number = number_at(read(said).words, 0)
    assert (number.value, number.length) == (value, length)


@pytest.mark.parametrize("said", ["boots", "a", "the second", "2nd", "v3", "a couple", "65inch"])
def test_no_number(said):
    assert number_at(read(said).words, 0) is None


PRICES = {
    (None, 50): [
        "under $50",
        "below 50",
        "less than 50 bucks",
        "50 max",
        "max 50",
        "maximum of 50 euros",
        "up to £50",
        "no more than 50",
        "not over 50",
        "50 quid tops",
        "50 or less",
        "budget of 50",
        "my budget is 50",
        "<$50",
        "under fifty",
        "at most fifty dollars",
        "50 and under",
        "cheaper than 50",
        "nothing over 50",
        "nothing above $50",
        "can't go over 50",
        "don't want to spend more than 50",
        "I've got $50",
        "i only have 50 dollars",
        "within 50",
        "sub $50",
        "under 50 please",
        "for $50",
        "a $50 limit",
        "$50 budget",
        "not more than 50usd",
        "keep it under 50",
        "can spend up to 50",
        "up to around 50",
        "50 dollars is my limit",
        "shouldn't cost more than 50",
        "fifty bucks or under",
        "under a fifty pounds",
        "spend 50",
        "priced below 50",
        "no higher than 50",
        "50 at the most",
        "€50 ceiling",
        "must be under 50",
        "50$ max",
        "won't pay more than 50",
        "50 is the most i can do",
        "not exceeding 50",
        "less than US$50",
        "budget 50",
        "budget: 50",
    ],
    (50, None): [
        "over $50",
        "above 50",
        "more than 50 dollars",
        "at least 50",
        "from $50",
        "50 or more",
        "50 and up",
        "minimum 50",
        "nothing under 50",
        "not less than 50",
        "starting at 50",
        "upwards of 50",
        "north of fifty quid",
        "$50+",
        "nothing below $50",
        "no less than 50",
        "50 plus",
        "starting from 50",
        "nothing cheaper than 50",
    ],
    (40, 60): [
        "around 50",
        "about $50",
        "roughly 50",
        "50 or so",
        "approx 50",
        "50 ish",
        "~50",
        "close to 50",
        "somewhere around 50",
        "in the region of £50",
        "50 give or take",
        "budget around 50",
        "budget is about $50",
        "about fifty bucks",
        "circa 50",
        "around the 50 mark",
    ],
    (20, 50): [
        "between 20 and 50",
        "$20-$50",
        "$20-50",
        "20 to 50 dollars",
        "from 20 to 50",
        "between $20 and $50",
        "20-50 bucks",
        "between twenty and fifty",
        "over 20 but under 50",
        "more than 20, less than 50",
        "at least 20, at most 50",
        "budget 20-50",
        "20€ to 50€",
        "min 20 max 50",
        "$20 - $50",
        "20 bucks to 50 bucks",
    ],
    (None, 200): [
        "a couple hundred max",
        "under two hundred",
        "couple of hundred tops",
        "got a couple hundred to spend",
        "max 2 hundred",
    ],
    (None, 1500): ["under 1.5k", "max 1,500", "fifteen hundred max", "a grand and a half tops"],
    (None, None): [
        "65 inch",
        "size 9",
        "2 person tent",
        "256gb",
        "6 pack",
        "set of 4",
        "under 2.5kg",
        "at least 10 hours battery",
        "3/4",
        "the second one",
        "size 8 to 10",
        "24 colors",
        "160x230",
        "iphone 14",
        "at least 4 stars",
        "rated over 4.5",
        "less than 45 min",
        "5 year old",
        "for 2 people",
        "12v",
        "4k monitor",
        "up to 24kg",
        "around 30 inches",
        "more than 3 usb ports",
        "no more than 5 kilos",
        "7 seater",
        "1080p",
        "over 4 stars",
        "for ages 3 and up",
        "level 2",
    ],
}


@pytest.mark.parametrize(
    ("bounds", "said"), [pytest.param(bounds, said, id=said) for bounds, texts in PRICES.items() for said in texts]
)
def test_prices(bounds, said):
    for before, after in (("", ""), ("a lamp, ", ""), ("", ", in blue"), ("lamp ", "")):
        text = f"{before}{said}{after}"
        found = amounts.prices(read(text))
        assert (found.price_min, found.price_max) == bounds, text


@pytest.mark.parametrize("said", ["make it 80", "80", "say 80", "80 then", "go up to 80", "ok 80"])
def test_bare_number_resets_a_limit_that_is_there(said):
    assert amounts.prices(read(said), resets=True).price_max == 80
    assert amounts.prices(read("80"), resets=False).price_max is None


@pytest.mark.parametrize(
    ("said", "rating"),
    [
        ("at least 4 stars", 4),
        ("4 stars and up", 4),
        ("rated over 4.5", 4.5),
        ("4.5 stars minimum", 4.5),
        ("4+ stars", 4),
        ("rating above 4", 4),
        ("with a rating of at least 4.2", 4.2),
        ("four stars or more", 4),
        ("better rated ones? 4.5 and up", 4.5),
        ("minimum rating 4", 4),
        ("reviews of 4 and above", 4),
        ("only 5 star ones", 5),
        ("rated 4 or higher", 4),
        ("4 star or better", 4),
        ("nothing under 4 stars", 4),
        ("under $50", None),
        ("2 person tent", None),
        ("top rated", None),
    ],
)
def test_rating(said, rating):
    assert amounts.rating(read(said)).rating_min == rating


@pytest.mark.parametrize(
    ("said", "quantity"),
    [
        ("two of the first", 2),
        ("the black one x2", 2),
        ("add 3 to my cart", 3),
        ("4 bags of the salmon one", 4),
        ("I'll take two", 2),
        ("one of those please", 1),
        ("just one please", 1),
        ("2x the second", 2),
        ("a couple of those", 2),
        ("3 boxes of gloves", 3),
        ("put five of them in my basket", 5),
        ("I need 2 packs of pens", 2),
        ("give me three of these", 3),
        ("add two more", 2),
        ("twelve of the last one", 12),
        ("the second one", None),
        ("6 pack of socks", None),
        ("a pair of shoes", None),
        ("set of 4 chairs", None),
        ("2 person tent", None),
        ("number 3 please", None),
        ("the first two", None),
        ("under 50", None),
        ("add the second one", None),
    ],
)
def test_quantity(said, quantity):
    assert amounts.quantity(read(said))[0] == quantity


@pytest.mark.parametrize(
    ("said", "order_id"),
    [
        ("where's my order 10432?", "10432"),
        ("order #55012", "55012"),
        ("my parcel PK-77120 is stuck", "PK-77120"),
        ("10-88231", "10-88231"),
        ("order no. 78123 please", "78123"),
        ("ref AB1234", "AB1234"),
        ("order number: SW_20231", "SW_20231"),
        ("order 77", "77"),
        ("i want my 89 quid back", ""),
        ("where is my order", ""),
        ("i waited 3 weeks", ""),
        ("i paid $1200", ""),
    ],
)
def test_order_id(said, order_id):
    assert amounts.order_id(read(said)) == order_id


@pytest.mark.parametrize(
    ("said", "measure"),
    [
        ("a 65 inch tv", "65 inch"),
        ("size 9 boots", "size 9"),
        ("2 person tent", "2 person"),
        ("256gb phone", "256gb"),
        ("a 6 pack", "6 pack"),
        ("set of 4 chairs", "set of 4"),
        ("under 2.5kg", "under 2.5kg"),
        ("40mm or smaller", "40mm or smaller"),
        ("160x230 rug", "160x230"),
        ("for a 5 year old", "5 year old"),
        ("at least 10 hours", "at least 10 hours"),
        ("size L", "size L"),
    ],
)
def test_measure(said, measure):
    text = read(said)
    assert [text.slice(span.start, span.stop - 1) for span in amounts.measures(text)] == [measure]
