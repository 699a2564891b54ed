"""What is stated of oneself and lasts, told from wishes of a search, questions and words about the screen."""

import pytest

from assistant.stated import stated_in

ALONE = [
    ("I'm vegan", ("vegan",), (), "you are vegan"),
    ("I\u2019m a strict vegan!", ("vegan",), (), "you are a strict vegan"),
    ("hi, I am vegetarian", ("vegetarian",), (), "you are vegetarian"),
    ("I'm allergic to wool", (), ("wool",), "you are allergic to wool"),
    ("I'm allergic to nuts, dust and wool.", (), ("nuts", "dust", "wool"), "you are allergic to nuts, dust and wool"),
    ("I have a nut allergy", (), ("nut",), "you have a nut allergy"),
    ("I'm lactose intolerant", (), ("lactose",), "you are lactose intolerant"),
    ("wool makes me itch", (), ("wool",), "wool makes you itch"),
    ("I wear size 9", ("size 9",), (), "you wear size 9"),
    ("I'm a size 9.5, thanks", ("size 9.5",), (), "you are a size 9.5"),
    ("my shoe size is 42", ("size 42",), (), "your shoe size is 42"),
    ("I always buy organic", ("organic",), (), "you always buy organic"),
    ("I never wear leather or suede", (), ("leather", "suede"), "you never wear leather or suede"),
    ("I can't stand lavender", (), ("lavender",), "you can't stand lavender"),
    ("I can't stand the smell of lavender", (), ("lavender",), "you can't stand the smell of lavender"),
    ("my feet are wide", ("wide fit",), (), "your feet are wide"),
    ("I have really sensitive skin", ("sensitive skin",), (), "you have really sensitive skin"),
    ("I follow a keto diet", ("keto",), (), "you follow a keto diet"),
    ("remember that I like cotton", ("cotton",), (), "you like cotton"),
]
WITH_MORE = [
    ("I'm vegan, show me boots", "show me boots"),
    ("I'm vegan. Looking for a jacket under $100", "Looking for a jacket under $100"),
    ("find me a coat. I never wear wool.", "find me a coat."),
    ("I never wear leather, hiking boots", "hiking boots"),
    ("I'm allergic to wool and need socks", "need socks"),
    ("I'm vegan so what boots do you have?", "what boots do you have?"),
    ("I have a nut allergy, is the first one safe?", "is the first one safe?"),
]
NONE = [
    "I need size 9 boots", "size 9 please", "I'm looking for vegan boots", "I'm after something vegan",
    "am I vegan?",
    "I'm vegan, right?", "I only want blue ones", "I can't stand the first one", "I can't stand this", "I hate you",
    "I hate shopping", "my feet are cold", "I don't like the second one", "I never buy boots under $50",
    "my husband is vegan",
    "I'm not vegan", "what would you buy if I'm vegan?", "do you think I can't wear wool?", "I have a question", "I'm cold",
    "that makes me sick", "I take a medium", "I wear 2 pairs", "", "???",
]  # fmt: skip


@pytest.mark.parametrize(("text", "include", "exclude", "said"), ALONE)
def test_what_lasts_is_read_and_said_back(text: str, include: tuple[str, ...], exclude: tuple[str, ...], said: str) -> None:
    statement = stated_in(text)
    assert statement is not None
    assert tuple(p.value for p in statement.told if p.wanted) == include
    assert tuple(p.value for p in statement.told if not p.wanted) == exclude
    assert (statement.said, statement.rest) == (said, "")


@pytest.mark.parametrize(("text", "rest"), WITH_MORE)
def test_what_else_is_said_is_left_to_be_read(text: str, rest: str) -> None:
    statement = stated_in(text)
    assert statement is not None and statement.rest == rest


@pytest.mark.parametrize("text", NONE)
def test_wishes_questions_and_words_about_the_screen_are_no_preference(text: str) -> None:
    assert stated_in(text) is None


def test_of_two_statements_each_thing_is_told_by_itself() -> None:
    statement = stated_in("I'm vegan and I never wear wool or fur")
    assert statement is not None
    said = [preference.said for preference in statement.told]
    assert said == ["you are vegan", "you never wear wool", "you never wear fur"]


def test_what_is_only_detested_is_marked_for_it_may_be_anything() -> None:
    hated, avoided = stated_in("I hate mondays"), stated_in("I never wear wool")
    assert hated is not None and hated.detested == ("mondays",)
    assert avoided is not None and avoided.detested == ()
