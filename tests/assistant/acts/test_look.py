from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.acts.look import best_fact, differing_facts
from assistant.turn import Assistant
from tests.fakes import boot, say


def test_two_products_side_by_side(shop: Assistant) -> None:
    conversation = shop.open()
    seen = say(shop, conversation.id, "kettles, cheapest first").ids
    heard = say(shop, conversation.id, "compare the first two")
    assert heard.ids == seen[:2]
    assert "Price: $19.00 / $29.00" in heard.text and "Material: plastic / glass" in heard.text
    assert "Brand" not in heard.text  # the same for both
    assert "the first is easier on the purse" in heard.text
    say(shop, conversation.id, "add the second one to my cart")
    assert shop.conversation(conversation.id).cart[0].product_id == seen[1]


def test_merits_of_the_same_product_are_one_sentence(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "beck hiking boots or moor light hiking boots")
    seen = say(shop, conversation.id, "hiking boots, cheapest first").ids
    assert seen[:1] == ["boot-8"]
    heard = say(shop, conversation.id, "compare the first and the last one")
    assert heard.text.count("the first is") <= 1


def test_one_product_alone_cannot_be_compared(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "trail tent")
    heard = say(shop, conversation.id, "compare them")
    assert heard.kinds[0] == "Text"
    assert "compare" in heard.text


def test_differing_facts_leave_out_what_is_the_same() -> None:
    left, right = boot(1, "A", 9_900), boot(3, "B", 9_900, rating=None, attributes={"material": "leather"})
    assert differing_facts([left, right], "en_US") == [
        ("Rating", ["4.05 of 5 by 10", "not rated"]),
        ("Material", ["nylon", "leather"]),
        ("Feature", ["waterproof", "not told"]),
        ("Color", ["green", "not told"]),
    ]
    assert differing_facts([left, replace(left, id="twin")], "en_US") == []


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("how much is it?", ""),
        ("what does it cost?", "it costs $99.00."),
        ("is it in stock?", "it is in stock."),
        ("what material is it?", "material: nylon."),
        ("does it keep grip on rock?", "“The Ridge keeps its grip on wet rock.”"),
        ("what do the reviews say?", "it is rated 4.05 of 5 by 10."),
        ("is it machine washable?", ""),
    ],
)
def test_the_fact_that_answers(question: str, fact: str) -> None:
    assert best_fact(boot(1, "Ridge Mid Boots", 9_900), question, "en_US") == fact


def test_a_question_is_answered_from_the_record_or_not_at_all(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "wireless headphones")
    heard = say(shop, conversation.id, "how long does the battery of the first one last?")
    assert "thirty hours" in heard.text
    assert shop.conversation(conversation.id).focus == "ear-1"
    unknown = say(shop, conversation.id, "is it dishwasher safe?")
    assert "says nothing" in unknown.text or "does not say" in unknown.text
