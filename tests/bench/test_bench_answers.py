from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.acts.base import Brief
from assistant.answer import Voice
from assistant.types import Card
from assistant.voice.examples import FOLDER, read_examples
from bench.answers import Answered, BadContext, Context, Spoken, answered, open_voice, read_contexts, say
from bench.answers_page import figures, order_of, page
from retrieval.types import Need, Product
from tests.fakes_chat import ScriptedChatModel

HELD_KINDS = (
    "kettle",
    "electric kettle",
    "throw blanket",
    "desk lamp",
    "dog bed",
    "tent",
    "rain jacket",
    "headphone",
    "running shoe",
)
GOOD = {"shop": "demo", "says": "a quiet kettle", "query": "kettle", "include": ["quiet"], "exclude": ["plastic"]}


def a_brief() -> Brief:
    products = (
        Product("1", "Ember Kettle", category=("Kettles",), description="It boils water without a sound.", price=4000),
        Product("2", "Tide Kettle", category=("Kettles",), description="It folds flat for a suitcase.", price=3000),
    )
    return Brief(tuple(Card(place, one) for place, one in enumerate(products, 1)), ("[A] comes first.",))


def an_answer(number: int, **spoken: Spoken) -> Answered:
    return Answered(Context("demo", "find", f"kettle number {number}", Need("kettle")), a_brief(), spoken)


def test_the_contexts_are_many_and_of_kinds_that_nothing_was_learned_of() -> None:
    contexts = read_contexts()
    assert len(contexts) >= 60
    assert {context.task for context in contexts} == {"find", "compare"}
    examples = [example for example in read_examples(sorted(FOLDER.glob("*.jsonl"))) if example.wish != "ideas"]
    learned = {told.kind for example in examples for told in example.told}
    assert not [kind for kind in learned if kind.rstrip("s") in HELD_KINDS]
    assert not {context.says for context in contexts} & {example.wish for example in examples}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"query": ""}, "line 1: query is ''"),
        ({"task": "sell"}, "line 1: task is 'sell'"),
        ({"says": 3}, "line 1: says is 3"),
    ],
)
def test_a_bad_context_is_named_with_line_and_field(tmp_path: Path, change: dict[str, object], says: str) -> None:
    path = tmp_path / "contexts.jsonl"
    path.write_text(json.dumps(GOOD | change) + "\n", encoding="utf-8")
    with pytest.raises(BadContext, match=says):
        read_contexts(path)


def test_a_context_is_read_as_a_need(tmp_path: Path) -> None:
    path = tmp_path / "contexts.jsonl"
    path.write_text(json.dumps(GOOD) + "\n", encoding="utf-8")
    assert read_contexts(path) == [Context("demo", "find", "a quiet kettle", Need("kettle", ("quiet",), ("plastic",)))]


def test_an_answer_is_rendered_and_what_the_audit_throws_out_is_counted() -> None:
    voice = Voice(ScriptedChatModel(["[A] boils water without a sound. [B] is made of gold."]))
    said = say(a_brief(), Need("kettle"), voice)
    assert said.text == "Ember Kettle boils water without a sound."
    assert (said.released, said.thrown_out, said.is_template) == (1, 1, False)


def test_the_template_stands_in_where_nothing_is_left() -> None:
    said = say(a_brief(), Need("kettle"), Voice(ScriptedChatModel(["[A] is made of gold."])))
    assert said.text == "Ember Kettle comes first."
    assert said.is_template


def test_an_answer_does_not_show_whose_it_is() -> None:
    spoken = {
        name: Spoken(f"Something is said by the {word}.", 1, 0, 0.1) for name, word in [("zebra", "hat"), ("yak", "cap")]
    }
    text = page([an_answer(number, **spoken) for number in range(1, 9)])
    entries, key = text.split("## Figures")
    assert "zebra" not in entries.split("## 1.")[1] and "yak" not in entries.split("## 1.")[1]
    for number in range(1, 9):
        first = order_of(number, ["zebra", "yak"])[0]
        entry = entries.split(f"## {number}. ")[1]
        assert f"**X:** {spoken[first].text}" in entry
        assert f"| {number} | X {first} |" in key
    assert len({tuple(order_of(number, ["zebra", "yak"])) for number in range(1, 9)}) == 2


def test_the_figures_count_sentences_words_and_seconds() -> None:
    one = an_answer(1, tuned=Spoken("four words are here", 1, 1, 0.5), templates=Spoken("two words", 0, 0, 0.0))
    two = an_answer(2, tuned=Spoken("two words", 0, 2, 1.5), templates=Spoken("two words", 0, 0, 0.0))
    table = figures([one, two])
    assert "| tuned | 3 of 4 (75%) | 1 of 2 | 3 | 1.00 |" in table
    assert "| templates | – | – | 2 | 0.00 |" in table


def test_a_shop_that_is_not_there_is_left_out() -> None:
    assert list(answered([Context("elsewhere", "find", "a kettle", Need("kettle"))], {}, {})) == []


def test_a_voice_without_a_file_must_be_a_known_one(tmp_path: Path) -> None:
    assert open_voice("templates", tmp_path)[1].model is None
    with pytest.raises(ValueError, match="voice is 'loud', expected templates, untuned or NAME=FILE"):
        open_voice("loud", tmp_path)
