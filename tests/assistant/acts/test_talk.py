"""Small talk and what is no business of a shop: each kind has its own answer, without a model, in several wordings."""

import pytest

import prompts
from assistant.acts.base import Turn
from assistant.acts.talk import smalltalk
from assistant.turn import Assistant
from assistant.types import Frame
from ranking.types import Shopper
from tests.fakes import say

KINDS = {
    "greeting": ["hello", "Hi there!", "good morning", "hey"],
    "how_are_you": ["how are you?", "hi, how are you doing today?", "what's up"],
    "bot_question": [
        "are you a bot?",
        "who are you?",
        "what's your name",
        "are you a real person?",
        "am I talking to a human?",
    ],
    "abilities": ["what can you do?", "help", "how does this work?", "how can you help me"],
    "compliment": ["you're so helpful", "good bot", "well done!", "you are the best"],
    "joke": ["tell me a joke", "make me laugh", "can you tell me a joke please"],
    "insult": [
        "you idiot",
        "this is garbage",
        "you suck",
    ],
    "thanks": ["thanks a lot", "thank you!"],
    "goodbye": ["bye", "see you later"],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in KINDS.items() for text in texts])
def test_each_kind_of_small_talk_has_its_answer(shop: Assistant, kind: str, text: str) -> None:
    heard = say(shop, shop.open().id, text)
    wordings = {prompts.render(kind, pick, first_name="").strip() for pick in range(prompts.wordings(kind))}
    assert heard.text in wordings
    assert heard.done.frame.act == "smalltalk"


def test_what_is_said_often_is_said_in_other_words(shop: Assistant) -> None:
    conversation = shop.open()
    said = [say(shop, conversation.id, "you are great").text for _ in range(2)]
    assert len(set(said)) == 2


def test_a_known_shopper_is_greeted_by_name_and_a_guest_is_not(shop: Assistant) -> None:
    assert "Mia" in say(shop, shop.open("mia").id, "hello").text
    assert "Mia" not in say(shop, shop.open().id, "hello").text


def test_an_ok_gets_a_next_step_that_fits_where_the_conversation_stands(shop: Assistant) -> None:
    conversation = shop.open()
    assert "what you need" in say(shop, conversation.id, "ok").text
    say(shop, conversation.id, "kettles, cheapest first")
    heard = say(shop, conversation.id, "hmm")
    assert "Compare the first two" in heard.suggestions and "Products" not in heard.kinds
    say(shop, conversation.id, "add the second one to my cart")
    fresh = shop.open()
    say(shop, fresh.id, "glass kettle")
    assert "?" not in say(shop, fresh.id, "ok").text  # a bare "yes" must have nothing to agree to


def test_an_ok_after_the_question_for_a_size_repeats_it(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "fell quick hiking boots")
    asked = say(shop, conversation.id, "add the first one to my cart")
    heard = say(shop, conversation.id, "ok")
    assert "Which size" in heard.text and heard.suggestions == asked.suggestions


@pytest.mark.parametrize(
    "text", ["this is great, add the first one to my cart", "help me find a kettle", "hello, kettles please"]
)
def test_a_wish_with_kind_words_is_no_small_talk(shop: Assistant, text: str) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "glass kettle")
    assert say(shop, conversation.id, text).done.frame.act != "smalltalk"


@pytest.mark.parametrize(
    ("adviser", "politics", "part"),
    [("a doctor or a pharmacist", False, "a doctor or a pharmacist"), ("", True, "politics"), ("", False, "shop")],
)
def test_who_else_to_ask_is_said_of_what_is_out_of_scope(adviser: str, politics: bool, part: str) -> None:
    for pick in range(prompts.wordings("out_of_scope")):
        assert part in prompts.render("out_of_scope", pick, adviser=adviser, politics=politics)


def test_the_reader_out_of_scope_is_declined_kindly_with_what_can_be_done(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "what's the capital of Peru?")
    assert "shop" in heard.text and heard.suggestions


def test_abuse_in_the_middle_of_small_talk_gets_no_cheerful_hello(shop: Assistant) -> None:
    text = "this is useless, you never understand me"
    outcome = smalltalk(shop.services, Turn(shop.open(), Frame("smalltalk"), text, Shopper("guest-1")))
    assert "sorry" in outcome.opening
