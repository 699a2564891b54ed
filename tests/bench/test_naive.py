from __future__ import annotations

from pathlib import Path

import pytest

from bench.chroma_where import ChromaShelf, where_of
from bench.naive import ANSWER_TOKENS, NEED_TOKENS, NaivePipeline, lenient_need
from retrieval.types import Need, Product
from tests.fakes_chat import ScriptedChatModel
from tests.fakes_retrieval import FakeEmbedder, product

PRODUCTS = (
    product(id="boot", title="Hiking boots", price=9900, brand="Alpine", rating=4.5),
    product(id="dear", title="Hiking boots deluxe", price=19900, brand="Norrland", rating=4.9),
    product(id="gone", title="Hiking boots", price=5000, brand="Alpine", stock=0),
    product(id="lamp", title="Desk lamp", price=3000, brand="Oslo"),
)


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def shelf(tmp_path: Path, embedder: FakeEmbedder) -> ChromaShelf:
    return ChromaShelf(tmp_path / "chroma", PRODUCTS, embedder.encode([item.title for item in PRODUCTS]))


def ids(products: list[Product]) -> list[str]:
    return [item.id for item in products]


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (Need(), ["boot", "dear", "lamp"]),
        (Need(price_max=9900), ["boot", "lamp"]),
        (Need(price_min=9900), ["boot", "dear"]),
        (Need(brand=("Norrland", "Oslo")), ["dear", "lamp"]),
        (Need(rating_min=4.6), ["dear"]),
        (Need(price_max=100), []),
    ],
)
def test_where_holds(shelf: ChromaShelf, embedder: FakeEmbedder, need: Need, expected: list[str]) -> None:
    assert sorted(ids(shelf.query(embedder.encode(["hiking boots"])[0], need, 8))) == expected


def test_the_nearest_comes_first(shelf: ChromaShelf, embedder: FakeEmbedder) -> None:
    assert ids(shelf.query(embedder.encode(["desk lamp"])[0], Need(), 1)) == ["lamp"]


def test_where_of_an_empty_need_asks_for_stock_alone() -> None:
    assert where_of(Need(query="boots", exclude=("leather",))) == {"for_sale": True}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"query": "boots", "price_max": 120}', Need("boots", price_max=12000)),
        ('Sure! {"query": "boots", "brand": "Alpine"} Anything else?', Need("boots", brand=("Alpine",))),
        ('{"price_min": 19.99}', Need("the words", price_min=1999)),
        ('{"query": "", "price_max": "cheap", "brand": 3}', Need("the words")),
        ('{"query": "boots", "price_max": true}', Need("boots")),
        ('{"query": "boots", "price_max": -5}', Need("boots")),
        ('{"query": "boo', Need("the words")),
        ("I would love to help!", Need("the words")),
        ("", Need("the words")),
    ],
)
def test_json_is_read_leniently(reply: str, expected: Need) -> None:
    assert lenient_need(reply, "the words", "USD") == expected


def test_the_model_is_asked_twice_and_gets_the_products(shelf: ChromaShelf, embedder: FakeEmbedder) -> None:
    model = ScriptedChatModel(['{"query": "hiking boots", "price_max": 120', "Take the boots."])
    pipeline = NaivePipeline(model, embedder, shelf, "USD")
    assert pipeline.answer("hiking boots under $120") == "Take the boots."
    for_need, for_answer = model.requests
    assert (for_need.max_tokens, for_answer.max_tokens) == (NEED_TOKENS, ANSWER_TOKENS)
    assert for_need.json_schema is None and for_need.regex is None and for_need.temperature == 0
    pasted = for_answer.messages[-1].content
    assert "1. Hiking boots, Alpine, $99.00" in pasted
    assert "deluxe" not in pasted


def test_a_filter_that_nothing_passes_is_given_up(shelf: ChromaShelf, embedder: FakeEmbedder) -> None:
    model = ScriptedChatModel(['{"query": "desk lamp", "brand": "Made Up"', "Here."])
    NaivePipeline(model, embedder, shelf, "USD").answer("a lamp")
    assert "1. Desk lamp" in model.requests[1].messages[-1].content


def test_it_remembers_the_last_messages_of_its_conversation(shelf: ChromaShelf, embedder: FakeEmbedder) -> None:
    model = ScriptedChatModel(["{", "one", "{", "two", "{", "three", "{", "four", "{", "new"])
    pipeline = NaivePipeline(model, embedder, shelf, "USD")
    for text in ("first", "second", "third", "fourth"):
        pipeline.answer(text)
    assert model.requests[6].messages[-1].content == "second\nthird\nfourth"
    pipeline.start_over()
    pipeline.answer("fresh")
    assert model.requests[8].messages[-1].content == "fresh"
