from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.converse import BadScript, Script, play, read_scripts
from assistant.turn import Assistant
from retrieval.feeds.jsonl import read_jsonl
from tests.fakes import ScriptedChatModel, small_shop

ROW = [
    "conversation_id",
    "turn",
    "user",
    "frame",
    "state",
    "products",
    "text",
    "cart",
    "status",
    "ms",
    "fallback",
    "sentences",
]


def scripts(path: Path, *lines: str) -> list[Script]:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return list(read_scripts(read_jsonl(path)))


def test_a_transcript_row_has_the_fields_of_the_format(shop: Assistant) -> None:
    script = Script("c1", ("waterproof hiking boots under $120, nothing leather", "add the first one to my cart in size 9"))
    first, second = play(shop, script)
    assert list(first) == list(second) == ROW
    assert (first["conversation_id"], first["turn"], second["turn"]) == ("c1", 0, 1)
    assert first["user"] == script.turns[0]
    wanted = {"query": "hiking boots", "include": ["waterproof"], "exclude": ["leather"], "price_max": 120}
    assert first["frame"] == {"act": "search", **wanted}
    assert first["state"] == second["state"] == wanted
    assert [list(card) for card in first["products"]] == [["id", "price", "reasons", "violates"]] * len(first["products"])
    prices = {card["id"]: card["price"] for card in first["products"]}
    assert prices["boot-1"] == 99.0
    assert first["cart"] == [] and second["products"] == []
    assert second["cart"][0].keys() <= {"product_id", "variant_id", "quantity"}
    assert second["cart"][0]["product_id"] == first["products"][0]["id"]
    assert first["status"] == "bot" and first["fallback"] is None
    assert first["sentences"] == {"by_model": 0, "thrown_out": 0}
    assert list(first["ms"]) == ["first_card", "first_text", "total"]
    assert json.loads(json.dumps([first, second])) == [first, second]


def test_a_variant_is_named_in_the_cart(shop: Assistant) -> None:
    rows = list(play(shop, Script("c", ("fell quick boots", "add the first one to my cart in size 9"))))
    assert rows[1]["cart"] == [{"product_id": "boot-3", "quantity": 1, "variant_id": "boot-3-9"}]


def test_no_turn_is_empty(shop: Assistant) -> None:
    texts = ("", "  ", "?!", "x" * 5_000, "hello", "asdfgh qwrtz", "🎧", "Je cherche une lampe", "cheaper", "checkout")
    rows = list(play(shop, Script("c", texts)))
    assert len(rows) == len(texts)
    assert all(row["text"].strip() for row in rows)


def test_the_shopper_of_the_script_is_the_one_who_speaks(shop: Assistant) -> None:
    (row,) = play(shop, Script("c", ("where is my order?",), "mia"))
    assert "SW100" in row["text"]
    (row,) = play(shop, Script("c", ("I want a person",)))
    assert row["status"] == "pending"


def test_the_transcript_says_what_was_replaced(tmp_path: Path) -> None:
    shop = small_shop(tmp_path, model=ScriptedChatModel([]))
    (row,) = play(shop, Script("c", ("wireless headphones",)))
    assert row["fallback"] == "prose: the script is at its end"
    assert row["products"][0]["price"] == 149.0


def test_scripts_are_read(tmp_path: Path) -> None:
    read = scripts(
        tmp_path / "s.jsonl",
        '{"conversation_id": "a", "turns": ["hi", ""], "shopper_id": "mia"}',
        "",
        '{"conversation_id": "b", "turns": []}',
    )
    assert read == [Script("a", ("hi", ""), "mia"), Script("b", ())]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"turns": ["hi"]}', "line 2: conversation_id is None, expected a text"),
        ('{"conversation_id": "", "turns": []}', "line 2: conversation_id is ''"),
        ('{"conversation_id": "a", "turns": "hi"}', "line 2: turns is 'hi', expected a list of texts"),
        ('{"conversation_id": "a", "turns": [1]}', "line 2: turns is"),
        ('{"conversation_id": "a", "turns": [], "shopper_id": 7}', "line 2: shopper_id is 7, expected a text"),
        ("not json", "line 2: line: 'not json' is not JSON"),
        ("[]", "line 2: line: '[]' is not a JSON object"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(BadScript) as raised:
        scripts(tmp_path / "s.jsonl", '{"conversation_id": "a", "turns": []}', line)
    assert told in str(raised.value)
