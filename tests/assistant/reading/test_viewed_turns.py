"""What is read of messages about the one product that a shopper looks at, on the shop's own page of it."""

from __future__ import annotations

from random import Random

import pytest

from assistant import looking
from assistant.reading.context import Context
from assistant.types import Act, Shown
from assistant.understand import LexicalReader, Reader, open_encoder_reader
from assistant.vocabulary import Vocabulary
from demo.generate import END
from demo.kinds import read_kinds
from demo.products import make_products, product_row
from retrieval.embed import default_model_path
from retrieval.products import parse_product
from retrieval.types import Need

DRESS = Shown("a", "Evenpace Zinnia Wrap Dress", 9_900)
ON_PAGE = looking.told(Context(shown=(DRESS,), focus="a"), "dresses")
AFTER_A_LOOK = Context(Need("dress"), (Shown("b", "Fell Maxi Dress", 7_900), DRESS), "search", focus="a")
AFTER_A_SEARCH = Context(Need("dress"), (Shown("b", "Fell Maxi Dress", 7_900), DRESS), "search")

MORE = (
    "Tell me more about this",
    "Tell me more about this one",
    "more about this",
    "tel me more abuot it",
    "can u tell me more abt these",
    "hi! tell me about this",
    "Could you give me some more information about this item, please?",
    "details please",
    "more info?",
    "info on this please",
    "whats this",
)
PROPERTIES = (
    "how much",
    "whats the price on this",
    "any good?",
    "what do people say about this",
    "would u recommend this one",
    "is this worth the money",
    "in stock?",
    "is it avalable",
    "how many left",
    "what sizes",
    "material?",
    "dimensions",
    "other colours?",
    "do u have it in 34",
    "what brand is it",
    "who makes this",
    "where is it made",
)
QUESTIONS = (
    "machine washable?",
    "good gift for my dad?",
    "does it work with a mac",
    "would this be good for a 3 year old",
    "is this dishwasher safe?",
    "does it come in black?",
)
OTHER_ACTS: tuple[tuple[str, Act], ...] = (
    ("add to cart", "cart_add"),
    ("add this to my cart", "cart_add"),
    ("buy this", "cart_add"),
    ("ill take it", "cart_add"),
    ("anything cheaper?", "refine"),
    ("show me similar", "refine"),
    ("i love this", "like"),
    ("does it have a warranty", "policy_question"),
    ("how long does shipping take", "policy_question"),
    ("whats the return policy on this", "policy_question"),
    ("can i talk to someone about this", "human"),
    ("are you a bot?", "smalltalk"),
    ("show me desk lamps", "search"),
)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    made = make_products(read_kinds(), 600, END, Random("7/products"))
    return Vocabulary.from_products(parse_product(product_row(product)) for product in made)


@pytest.fixture(scope="module")
def reader(vocabulary: Vocabulary) -> Reader:
    return open_encoder_reader(vocabulary, default_model_path(), fallback=LexicalReader(vocabulary))


@pytest.mark.parametrize("text", [*MORE, *PROPERTIES, *QUESTIONS])
def test_a_question_on_a_products_page_is_about_that_product(text: str, reader: Reader) -> None:
    frame = reader.read(text, ON_PAGE).frame
    assert (frame.act, frame.refs) == ("ask_product", (1,))


@pytest.mark.parametrize(("text", "act"), OTHER_ACTS)
def test_what_asks_nothing_of_the_product_is_no_question_about_it(text: str, act: Act, reader: Reader) -> None:
    assert reader.read(text, ON_PAGE).frame.act == act


@pytest.mark.parametrize("text", [*MORE, "how much", "in stock?", "any good?"])
def test_among_others_the_one_last_talked_about_is_meant(text: str, reader: Reader) -> None:
    reading = reader.read(text, AFTER_A_LOOK)
    assert reading.frame.act == "ask_product" and 2 in reading.frame.refs
    assert reading.confidence >= 0.9


@pytest.mark.parametrize("text", MORE)
@pytest.mark.parametrize("context", [Context(), AFTER_A_SEARCH])
def test_nobody_is_called_by_who_wants_to_be_told_more(text: str, context: Context, reader: Reader) -> None:
    assert reader.read(text, context).frame.act == "ask_product"


@pytest.mark.parametrize("text", [*MORE, *PROPERTIES])
def test_the_rules_alone_read_it_too(text: str, vocabulary: Vocabulary) -> None:
    frame = LexicalReader(vocabulary).read(text, ON_PAGE).frame
    assert (frame.act, frame.refs) == ("ask_product", (1,))


@pytest.mark.parametrize(
    "text", ["tell me more about the shop", "tell me about your returns", "show me more", "get help", "is this shop real"]
)
def test_what_is_said_of_the_shop_is_not_said_of_the_product(text: str, reader: Reader) -> None:
    assert reader.read(text, AFTER_A_LOOK).frame.act != "ask_product"
