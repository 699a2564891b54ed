from dataclasses import replace

import pytest

from assistant.acts.base import Turn
from assistant.acts.policy import policy_question
from assistant.policies import Passage, Policies
from assistant.types import Conversation, Frame, Message
from ranking.types import Shopper
from tests.fakes import small_shop

PAGES = Policies(
    (
        Passage("shipping", "How long it takes", "Parcels arrive within five working days.", "Shipping"),
        Passage("shipping", "Abroad", "We ship to Norway and Sweden for a flat fee.", "Shipping"),
        Passage("returns", "Sending it back", "You may send anything back within thirty days.", "Returns"),
        Passage("returns", "Postage", "You pay the postage of a return.", "Returns"),
    )
)


@pytest.fixture
def services(tmp_path):
    return replace(small_shop(tmp_path).services, policies=PAGES)


def turn(text: str, *before: Message, last_act: str | None = None) -> Turn:
    conversation = Conversation("c1", "guest-1", messages=before, last_act=last_act)
    return Turn(conversation, Frame("policy_question", topic="other"), text, Shopper("guest-1"))


def message(role: str, text: str) -> Message:
    return Message(role, text, "2026-01-01T00:00:00Z")


def test_page_heading_and_words_are_shown(services):
    said = policy_question(services, turn("do you ship to Sweden?"))
    assert said.opening.count("“We ship to Norway and Sweden for a flat fee.”") == 1
    assert "“Shipping”" in said.opening and "“Abroad”" in said.opening
    assert said.trouble is None


def test_a_question_in_two_parts_gets_two_passages(services):
    said = policy_question(services, turn("how do I send something back and what is the postage?"))
    assert "“You may send anything back within thirty days.”" in said.opening
    assert "“You pay the postage of a return.”" in said.opening


@pytest.mark.parametrize("text", ["do you price match?", "can I bring my llama?"])
def test_what_is_not_there_is_said_and_counted(services, text):
    said = policy_question(services, turn(text))
    assert "help@shop.example" in said.opening and "“" not in said.opening
    assert said.trouble == "policy_unknown" and not said.needs_person
    assert said.suggestions == ("Talk to a person",)


def test_a_short_question_goes_on_with_the_one_before(services):
    before = message("shopper", "do you ship abroad?"), message("assistant", "We do.")
    assert policy_question(services, turn("and to Finland?", *before)).trouble == "policy_unknown"
    said = policy_question(services, turn("and to Finland?", *before, last_act="policy_question"))
    assert "“We ship to Norway and Sweden for a flat fee.”" in said.opening
