"""What the shoppers of a load say: no two conversations are alike, and all are the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator

KINDS = (
    "hiking boots", "running shoes", "rain jacket", "fleece jacket", "wool socks", "jeans", "hoodie", "headphones",
    "earbuds", "bluetooth speaker", "laptop backpack", "suitcase", "tote bag", "moisturizer", "sunscreen", "keyboard",
    "power bank", "fitness tracker", "monitor", "desk lamp", "throw blanket", "rug", "candle", "bedding set",
    "electric kettle", "coffee maker", "blender", "frying pan", "chef's knife", "mugs", "office chair", "standing desk",
    "notebook", "tent", "sleeping bag", "water bottle", "camping stove", "headlamp", "dog bed", "cat tree", "yoga mat",
    "bike helmet", "dumbbells", "jigsaw puzzle", "board game", "stroller", "plant pots", "solar lights",
)  # fmt: skip
WISHES = (
    "waterproof", "lightweight", "black", "blue", "green", "gray", "small", "large", "quiet", "sturdy", "organic",
    "wireless", "compact", "soft", "warm", "foldable",
)  # fmt: skip
PEOPLE = ("my sister", "my dad", "a friend who cooks", "my partner", "our new flat", "a colleague", "my niece", "myself")
OPENINGS = (
    "{wish} {kind} under ${price}",
    "I'm looking for a {wish} {kind}",
    "do you have a {kind} for {person}?",
    "show me {kind}, nothing over {price} dollars",
    "something {wish} for {person}, maybe a {kind}",
    "{kind}",
    "I need a {kind} that is {wish} and costs between ${price} and ${more}",
    "what would you recommend for {person}? around ${price}",
    "{kind} but not {wish}",
    "hi! any good {kind} with 4 stars or more?",
)
REPLIES = (
    "cheaper",
    "anything under ${price}?",
    "compare the first two",
    "show me more like the second one",
    "is the first one {wish}?",
    "what do people say about the second?",
    "in {wish} please",
    "add the first one to my cart",
    "what is the difference between the first and the third?",
    "not {wish}",
    "and {wish}, for {person}",
    "the best rated ones",
    "how long does delivery take?",
    "actually a {kind}",
    "what's in my cart?",
)
FEWEST, MOST = 3, 7


def talks(seed: str) -> Iterator[tuple[str, ...]]:
    """The conversations of one shopper, without end: each its messages in order. The same for the same `seed`."""
    chance = random.Random(seed)
    while True:
        replies = chance.sample(REPLIES, chance.randint(FEWEST, MOST) - 1)
        yield tuple(_filled(phrase, chance) for phrase in (chance.choice(OPENINGS), *replies))


def _filled(phrase: str, chance: random.Random) -> str:
    price = chance.randrange(15, 200, 5)
    wish, kind, person = chance.choice(WISHES), chance.choice(KINDS), chance.choice(PEOPLE)
    return phrase.format(wish=wish, kind=kind, person=person, price=price, more=price + chance.randrange(20, 100, 5))
