"""What is read of messages to the shop's service: calls for a person and near misses, labelled by hand, and other matters.

The kept part was written last and only measures.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from assistant.reading.context import Context
from assistant.types import Act, Shown
from assistant.understand import LexicalReader, Reader, open_encoder_reader
from assistant.vocabulary import Vocabulary
from demo.generate import END
from demo.kinds import read_kinds
from demo.products import make_products, product_row
from retrieval.embed import default_model_path
from retrieval.products import parse_product

TURNS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data" / "human_turns.jsonl").read_text(encoding="utf-8").splitlines()
]
DESKS = (Shown("a", "Oak Desk", 19_900), Shown("b", "Pine Desk", 14_900))


@pytest.fixture(scope="module")
def reader() -> Reader:
    made = make_products(read_kinds(), 600, END, Random("7/products"))
    vocabulary = Vocabulary.from_products(parse_product(product_row(product)) for product in made)
    return open_encoder_reader(vocabulary, default_model_path(), fallback=LexicalReader(vocabulary))


@pytest.mark.parametrize(("half", "recall", "precision"), [("tuning", 0.98, 0.98), ("kept", 0.95, 0.86)])
def test_who_calls_for_a_person_is_heard(half: str, recall: float, precision: float, reader: Reader) -> None:
    turns = [turn for turn in TURNS if turn["half"] == half]
    read = [reader.read(turn["text"], Context()).frame.act == "human" for turn in turns]
    heard = sum(is_human and turn["person"] for is_human, turn in zip(read, turns, strict=True))
    missed = [turn["text"] for is_human, turn in zip(read, turns, strict=True) if turn["person"] and not is_human]
    assert heard >= recall * sum(turn["person"] for turn in turns), missed
    assert heard >= precision * sum(read)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("when would it arrive?", "policy_question"),
        ("when will it arrive?", "policy_question"),
        ("how fast can you deliver it", "policy_question"),
        ("how long do returns take", "policy_question"),
        ("do you ship this desk to Canada?", "policy_question"),
        ("can someone install it for me", "policy_question"),
        ("where is my order?", "order_status"),
        ("can I return the second one?", "return_request"),
        ("who are you anyway, chatgpt?", "smalltalk"),
        ("i forgot my password", "policy_question"),
        ("there is a problem with my payment", "policy_question"),
        ("how can i get an invoice", "policy_question"),
        ("create a premium account", "policy_question"),
        ("i'd like to leave some feedback about your shop", "policy_question"),
        ("which payment methods are there", "policy_question"),
    ],
)
def test_matters_of_the_shop_are_read_as_such(text: str, act: Act, reader: Reader) -> None:
    assert reader.read(text, Context(shown=DESKS)).frame.act == act


def test_after_an_order_its_arrival_is_asked_for(reader: Reader) -> None:
    assert reader.read("when will it arrive?", Context(shown=DESKS, last_act="order_status")).frame.act == "order_status"


def test_a_question_about_the_rules_goes_on(reader: Reader) -> None:
    after = Context(last_act="policy_question")
    assert reader.read("and to Canada?", after).frame.act == "policy_question"
    assert reader.read("and to Canada?", Context()).frame.act != "policy_question"
    assert reader.read("and in blue", after).frame.act != "policy_question"


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("put me through to somebody", "human"),
        ("gift for my boss", "search"),
        ("how long does delivery take", "policy_question"),
    ],
)
def test_the_rules_alone_hear_it_too(text: str, act: Act) -> None:
    assert LexicalReader(Vocabulary()).read(text, Context()).frame.act == act
