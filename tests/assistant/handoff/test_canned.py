import re
from pathlib import Path

import pytest

from assistant.handoff.canned import BadCanned, Canned, read_canned


def test_the_program_comes_with_answers(tmp_path: Path) -> None:
    answers = read_canned()
    assert answers == read_canned(tmp_path / "canned.toml")
    assert {"greeting", "looking", "order-number", "photo", "label", "closing"} <= {answer.id for answer in answers}
    for answer in answers:
        assert answer.title and "{" not in answer.text_for("Mia") + answer.text_for("")
        assert not re.search(r"[ ,][,.?!]|  ", answer.text_for(""))


def test_the_first_name_is_filled_in_or_left_out() -> None:
    greeting = Canned("greeting", "Greeting", "Hi {name}, how are you, {name}?")
    assert greeting.text_for("Mia") == "Hi Mia, how are you, Mia?"
    assert greeting.text_for("") == "Hi, how are you?"
    assert greeting.text_for(r"\1{name}") == r"Hi \1{name}, how are you, \1{name}?"


def test_a_shop_has_its_own(tmp_path: Path) -> None:
    path = tmp_path / "canned.toml"
    path.write_text('[[answer]]\nid = "hi"\ntitle = "Hello"\ntext = """\nGood day {name}!\n"""\n', encoding="utf-8")
    assert read_canned(path) == (Canned("hi", "Hello", "Good day {name}!"),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("answer = 3", "answer is 3"),
        ('[[answer]]\nid = "hi"\ntitle = "Hello"', "answer.0.text is"),
        ('[[answer]]\nid = "Not an id"\ntitle = "Hello"\ntext = "Hi"', "answer.0.id is 'Not an id'"),
        (
            '[[answer]]\nid = "hi"\ntitle = "Hello"\ntext = "Hi {shopper}"',
            "expected no placeholder but {name}, found {shopper}",
        ),
        ('[[answer]]\nid = "hi"\ntitle = "Hello"\ntext = "Hi {name"', "expected no placeholder but {name}, found {"),
        ('[[answer]]\nid = "hi"\ntitle = "Hello"\ntext = "Hi"\ncolor = "red"', "answer.0.color is 'red'"),
        ('[[answer]]\nid = "a"\ntitle = "A"\ntext = "A"\n' * 2, "answer.id is 'a' more than once"),
        ("[[answer", "is no TOML"),
        ("\xff", "is no TOML in UTF-8"),
    ],
)
def test_a_bad_file_is_told_by_field_and_value(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "canned.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadCanned) as raised:
        read_canned(path)
    assert told in str(raised.value) and str(path) in str(raised.value)
