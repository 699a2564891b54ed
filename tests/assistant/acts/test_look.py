from __future__ import annotations

from dataclasses import replace

from assistant.acts.look import who_for
from assistant.grounding import render
from assistant.turn import Assistant
from assistant.types import Card
from retrieval.reviews import ReviewStore
from retrieval.sql import open_engine
from tests.fakes import boot, say


def reviewed(shop: Assistant, product_id: str, *texts: tuple[float, str]) -> Assistant:
    """The shop with reviews of one product."""
    store = ReviewStore(open_engine("sqlite://"))
    rows = [
        {"review_id": f"r{n}", "product_id": product_id, "rating": stars, "text": t} for n, (stars, t) in enumerate(texts)
    ]
    assert store.ingest(list(enumerate(rows, 1))).rejected == ()
    return replace(shop, services=replace(shop.services, reviews=store))


def test_two_products_side_by_side(shop: Assistant) -> None:
    conversation = shop.open()
    seen = say(shop, conversation.id, "kettles, cheapest first").ids
    heard = say(shop, conversation.id, "compare the first two")
    assert heard.ids == seen[:2]
    assert "• Price: (1) $19.00, (2) $29.00" in heard.text and "• Material: (1) plastic, (2) glass" in heard.text
    assert "Brand" not in heard.text  # the same for both
    assert "Take Travel Kettle for the lower price, $19.00" in heard.text or "pay less, $19.00" in heard.text
    say(shop, conversation.id, "add the second one to my cart")
    assert shop.conversation(conversation.id).cart[0].product_id == seen[1]


def test_which_is_cheaper_is_answered_first(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "kettles, cheapest first")
    heard = say(shop, conversation.id, "which of the first two is cheaper?")
    assert heard.text.startswith("Travel Kettle is cheaper: $19.00 against $29.00.")


def test_one_product_alone_cannot_be_compared(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "trail tent")
    heard = say(shop, conversation.id, "compare them")
    assert heard.kinds[0] == "Text"
    assert "compare" in heard.text


def test_each_verdict_points_at_its_card() -> None:
    left, right = boot(1, "Ridge Boots", 9_900, rating=4.1), boot(3, "Fell Boots", 7_900, rating=4.6)
    cards = (Card(1, left), Card(2, replace(right, attributes={"feature": ("warm", "wide")})))
    said = [render(sentence, cards, "en_US") for sentence in who_for([card.product for card in cards])]
    assert any("Fell Boots" in s and "$79.00" in s and "4.6" in s and "“warm” and “wide”" in s for s in said)
    assert not any("Fell Boots" in s and "$99.00" in s for s in said)


def test_a_question_is_answered_from_the_record_or_not_at_all(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "wireless headphones")
    heard = say(shop, conversation.id, "how long does the battery of the first one last?")
    assert "thirty hours" in heard.text
    assert shop.conversation(conversation.id).focus == "ear-1"
    unknown = say(shop, conversation.id, "is it dishwasher safe?")
    assert "does not say" in unknown.text and "No" not in unknown.text


def test_an_option_that_is_sold_out_is_told(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "ridge mid hiking boots")
    assert "can be bought in size 9" in say(shop, conversation.id, "does the first one come in size 9?").text
    assert "sold out" in say(shop, conversation.id, "does it come in size 10?").text


def test_buyers_are_quoted_as_buyers(shop: Assistant) -> None:
    shop = reviewed(shop, "tent-1", (5.0, "I love the big porch of it."), (2.0, "A pole broke and came off in a storm."))
    conversation = shop.open()
    say(shop, conversation.id, "trail tent")
    heard = say(shop, conversation.id, "what do people say about the first one?")
    assert "“I love the big porch of it.”" in heard.text and "“A pole broke and came off in a storm.”" in heard.text
    assert "opinions" in heard.text
    heard = say(shop, conversation.id, "does it have a porch?")
    assert "“I love the big porch of it.”" in heard.text and "A buyer of" in heard.text.replace("a buyer of", "A buyer of")
    assert "Yes" not in heard.text


def test_a_liked_one_is_not_taken_for_a_disliked_one(shop: Assistant) -> None:
    conversation = shop.open()
    first, second, *_ = say(shop, conversation.id, "waterproof hiking boots").ids
    say(shop, conversation.id, "I like the first one, not the second")
    after = shop.conversation(conversation.id)
    assert after.disliked == (second,)
    history = shop.services.events.history(conversation.shopper_id)
    opinions = {event.product_id: event.type for event in history if event.type in ("like", "dislike")}
    assert opinions == {first: "like", second: "dislike"}
