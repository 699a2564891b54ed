from dataclasses import replace
from pathlib import Path

import pytest

from assistant.acts.person import ASK, STOP
from assistant.handoff.decide import HandoverPolicy, HandoverRules
from assistant.turn import Assistant
from tests.fakes import say, small_shop
from tests.fakes_orders import order_shop


@pytest.fixture
def shop(tmp_path: Path) -> Assistant:
    return small_shop(tmp_path)


def ruled(shop: Assistant, rules: HandoverRules, **more) -> Assistant:
    assert shop.services.reception is not None
    reception = replace(shop.services.reception, policy=HandoverPolicy(rules), **more)
    return replace(shop, services=replace(shop.services, reception=reception))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("can I please talk to somebody real", "asked_for_human"),
        ("this is useless, you never understand me!!", "not_understood"),
        ("my card was charged twice", "payment"),
        ("the kettle gave me an electric shock", "safety"),
    ],
)
def test_a_message_that_calls_for_a_person_hands_over_and_is_not_sold_to(shop: Assistant, text: str, reason: str) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, text)
    waiting = shop.conversation(conversation.id)
    assert waiting.status == "pending" and waiting.handover is not None and waiting.handover.reason == reason
    assert waiting.handover.requested_by == ("shopper" if reason == "asked_for_human" else "bot")
    assert "Products" not in heard.kinds and STOP in heard.suggestions


def test_somebody_in_danger_is_told_what_comes_first(shop: Assistant) -> None:
    heard = say(shop, shop.open().id, "the kettle gave me an electric shock")
    assert heard.text.startswith("Please stop using it")


def test_a_shopper_may_be_angry_at_prices_without_being_handed_over(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "hiking boots")
    say(shop, conversation.id, "way too expensive, these are ugly")
    assert shop.conversation(conversation.id).status == "bot"


def test_a_reason_that_is_off_hands_nobody_over(shop: Assistant) -> None:
    shop = ruled(shop, HandoverRules(off=frozenset({"payment", "refund_or_return"})))
    conversation = shop.open()
    say(shop, conversation.id, "my card was charged twice")
    assert shop.conversation(conversation.id).status == "bot"


@pytest.mark.parametrize("text", [ASK, "can I please talk to somebody real"])
def test_where_no_person_joins_the_chat_who_asks_for_one_hears_how_else_to_reach_the_shop(
    shop: Assistant, text: str
) -> None:
    never = ruled(shop, HandoverRules(off=frozenset({"asked_for_human"})))
    without = replace(shop, services=replace(shop.services, reception=None))
    for each in (never, without):
        conversation = each.open()
        assert "help@shop.example" in say(each, conversation.id, text).text
        after = each.conversation(conversation.id)
        assert (after.status, after.handover) == ("bot", None)


@pytest.mark.parametrize(("text", "trouble"), [("can I pay in bitcoin?", "policy_unknown"), ("unicycles", "no_result")])
def test_what_the_assistant_can_not_do_offers_a_person_once(shop: Assistant, text: str, trouble: str) -> None:
    conversation = shop.open()
    heard = say(shop, conversation.id, text)
    after = shop.conversation(conversation.id)
    assert (after.status, after.attempts[-1].trouble) == ("bot", trouble)
    assert heard.suggestions.count(ASK) == 1


def test_where_the_assistant_waits_too_nothing_is_answered_until_a_person_comes(shop: Assistant) -> None:
    shop = ruled(shop, HandoverRules(), answers_meanwhile=False)
    conversation = shop.open()
    asked = say(shop, conversation.id, ASK)
    assert "go on helping" not in asked.text
    heard = say(shop, conversation.id, "hiking boots")
    assert heard.kinds == ["StatusChanged", "Done"]
    assert shop.conversation(conversation.id).messages[-1].text == "hiking boots"


def test_after_a_hand_over_thanks_and_searches_do_not_hand_over_again(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "my card was charged twice")
    say(shop, conversation.id, STOP)
    for text in ("thanks", "show me hiking boots", "cheaper"):
        say(shop, conversation.id, text)
        assert shop.conversation(conversation.id).status == "bot", text


def test_who_is_in_despair_hears_where_help_is_and_is_not_put_into_a_queue(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "I want to kill myself, nobody ever helps me, this is the third time I ask")
    assert shop.conversation(conversation.id).status == "bot"


def test_who_is_angry_in_the_middle_of_a_return_is_not_asked_the_same_again(tmp_path: Path) -> None:
    shop = order_shop(tmp_path)
    conversation = shop.open("mia")
    assert "Shall I start the return?" in shop.say(conversation, "I want to return the steel kettle from SW1001").text
    heard = shop.say(conversation, "no! I have written about this twice already and nobody answers. Refund me NOW")
    assert "Shall I" not in heard.text and "asked a person" in heard.text
    assert shop.now(conversation).status == "pending"


def test_what_can_be_looked_up_is_told_and_a_person_offered(tmp_path: Path) -> None:
    shop = order_shop(tmp_path)
    conversation = shop.open("jonas")
    heard = shop.say(conversation, "where is my refund for SW2001, it has been weeks")
    assert "SW2001" in heard.text and ASK in heard.suggestions
    assert shop.now(conversation).status == "bot"


def test_a_shopper_is_told_once_that_one_is_sorry(tmp_path: Path) -> None:
    heard = order_shop(tmp_path).talk("jonas", "my order SW2001 never came")
    assert heard.text.count("sorry") == 1 and "asked a person" in heard.text
