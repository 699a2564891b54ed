import asyncio
import re
from collections.abc import Iterator
from functools import partial

import gradio as gr
import pytest
from fastapi import HTTPException

from assistant.identity import is_signed, signed
from assistant.types import Done, Failed, Frame, Products, Text, Timings, TurnEvent
from assistant.web.cards import Renderer
from assistant.web.chat_page import HERE, ChatHandlers, asked_for_news, build_chat_page, button_of, page_setup
from assistant.web.fields import BadCall
from assistant.web.views import View, views_of_turn
from retrieval.types import Need
from tests.fakes_shop import FakeShop

DONE = Done(Frame("smalltalk"), (), Timings(None, None, 1.0))
RENDER = Renderer("USD")
START = View("t1", "busy", "c1")


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop()


@pytest.fixture
def handlers(shop: FakeShop) -> ChatHandlers:
    return ChatHandlers(shop, shop.cards_of, RENDER)


def event(**data: object) -> gr.EventData:
    return gr.EventData(None, data)


def last(values: Iterator[dict]) -> dict:
    return list(values)[-1]


def test_turn_opens_a_conversation_and_ends_done(handlers: ChatHandlers, shop: FakeShop) -> None:
    value = last(handlers.turn(event(kind="say", text="boots", turn="7")))
    assert (value["turn"], value["phase"], value["conversation"]) == ("7", "done", "conversation-1")
    assert len(value["shelf"]["ids"]) == 8
    assert value["answer"].startswith("These keep the water out")
    assert value["suggestions"] == ("Cheaper", "Compare the first two", "Only the best rated")
    again = last(handlers.turn(event(kind="say", text="hello", turn="8", conversation="conversation-1")))
    assert again["conversation"] == "conversation-1"
    assert again["shelf"] is None  # as it was
    assert shop.opened == [None]


def test_the_browser_may_pose_only_as_offered_shoppers(handlers: ChatHandlers, shop: FakeShop) -> None:
    list(handlers.turn(event(kind="say", text="hello", shopper="u2")))
    list(handlers.turn(event(kind="say", text="hello", shopper="somebody-else")))
    assert shop.opened == ["u2", None]


def test_the_shops_word_opens_a_shoppers_own_account(shop: FakeShop) -> None:
    handlers = ChatHandlers(shop, shop.cards_of, RENDER, partial(is_signed, "secret"))
    for who, word in (("7", signed("secret", "7")), ("8", signed("secret", "7")), ("7", signed("other", "7")), ("", "")):
        list(handlers.turn(event(kind="say", text="hello", shopper=who, hash=word)))
    assert shop.opened == ["7", None, None, None]


def test_a_forgotten_conversation_is_begun_anew(handlers: ChatHandlers) -> None:
    assert last(handlers.turn(event(kind="say", text="hello", conversation="gone")))["conversation"] == "conversation-1"
    assert handlers.news({"conversation": "gone"}) == {"is_known": False, "news": None}


def test_buttons_reach_the_shop(handlers: ChatHandlers, shop: FakeShop) -> None:
    value = last(handlers.turn(event(kind="cart_add", product="p1", variant="p1-41")))
    assert value["cart"]["count"] == 1
    assert (shop.pressed[0].product_id, shop.pressed[0].variant_id) == ("p1", "p1-41")
    handlers.seen(event(conversation="conversation-1", product="p3"))
    assert (shop.pressed[1].kind, shop.pressed[1].product_id) == ("click", "p3")


def test_news_have_what_the_page_does_not(handlers: ChatHandlers) -> None:
    list(handlers.turn(event(kind="say", text="boots", message="a1")))
    list(handlers.turn(event(kind="say", text="second in my cart", message="a2", conversation="conversation-1")))
    whole = handlers.news({"conversation": "conversation-1", "version": -1, "known": 0, "shelf": None})["news"]
    assert [line["role"] for line in whole["lines"]] == ["shopper", "assistant"] * 2
    assert [line["id"] for line in whole["lines"]] == ["a1", "a1.answer", "a2", "a2.answer"]
    assert (len(whole["shelf"]["ids"]), whole["cart"]["count"], whole["status"], whole["agent"]) == (8, 1, "bot", "")
    assert handlers.news({"conversation": "conversation-1", "version": whole["version"]})["news"] is None
    on_page = list(whole["shelf"]["ids"])
    asked = {"conversation": "conversation-1", "version": 1, "known": 3, "shelf": on_page}
    rest = handlers.news(asked)["news"]
    assert [line["id"] for line in rest["lines"]] == ["a2.answer"]
    assert (rest["first"], rest["shelf"]) == (3, None)  # the page shows these cards, and why each is there


def test_news_of_a_person(handlers: ChatHandlers, shop: FakeShop) -> None:
    conversation_id = last(handlers.turn(event(kind="say", text="hello")))["conversation"]
    shop.join(conversation_id, "Mia")
    shop.agent_says(conversation_id, "Mia", "This one", ("p5", "p6"))
    news = handlers.news({"conversation": conversation_id, "version": 0, "known": 2, "shelf": None})["news"]
    assert [(line["role"], line["author"]) for line in news["lines"]] == [("notice", "Mia"), ("agent", "Mia")]
    assert (news["status"], news["agent"]) == ("human", "Mia")
    assert news["lines"][1]["cards"].count('class="sent-card"') == 2
    assert "Fellbrook Summit" in news["lines"][1]["cards"]
    assert news["shelf"]["ids"] == ("p5", "p6")
    del shop.catalogue["p6"]
    shop.agent_says(conversation_id, "Mia", "And this", ("p5",))
    news = handlers.news({"conversation": conversation_id, "version": 0, "known": 3, "shelf": ["p5"]})["news"]
    assert [line["cards"].count('class="sent-card"') for line in news["lines"]] == [1, 1]  # what is gone is left out
    assert news["shelf"] is None


def test_a_shelf_that_was_never_saved_is_taken_away(handlers: ChatHandlers, shop: FakeShop) -> None:
    conversation_id = last(handlers.turn(event(kind="say", text="hello")))["conversation"]
    asked = {"conversation": conversation_id, "version": 0, "known": 2}
    assert handlers.news(asked | {"shelf": ["p1", "p2"]})["news"]["shelf"] == {"html": "", "need": "", "ids": ()}
    assert handlers.news(asked)["news"]["shelf"] is None


def test_messages_and_presses_keep_the_pages_own_ids(handlers: ChatHandlers, shop: FakeShop) -> None:
    list(handlers.turn(event(kind="say", text="hello", message="ab-12")))
    list(handlers.turn(event(kind="cart_add", product="p1", message="ab-13", conversation="conversation-1")))
    assert shop.message_ids == ["ab-12", "ab-13"]
    for message in ("x" * 65, "a.answer", "desk:7", "a b", 7):
        with pytest.raises(BadCall, match=r"message is .*, expected"):
            list(handlers.turn(event(kind="say", text="hello", message=message)))


@pytest.mark.parametrize(
    "data", [{"known": "2"}, {"version": None}, {"shelf": "p1"}, {"shelf": [1]}, {"conversation": 1}, [], None]
)
def test_bad_calls_for_news_are_refused(handlers: ChatHandlers, data: object) -> None:
    list(handlers.turn(event(kind="say", text="hello")))
    sent = {"conversation": "conversation-1"} | data if isinstance(data, dict) else data
    with pytest.raises(HTTPException, match="expected") as refused:
        asked_for_news(handlers)(sent)
    assert refused.value.status_code == 400


@pytest.mark.parametrize("data", [{"kind": "steal"}, {"kind": "cart_add", "product": 7}, {"kind": None}])
def test_bad_calls_are_refused(data: dict) -> None:
    with pytest.raises(BadCall, match=r"(kind|product) is .*, expected"):
        button_of(data)


def test_long_messages_are_cut(handlers: ChatHandlers, shop: FakeShop) -> None:
    list(handlers.turn(event(kind="say", text="x" * 6000)))
    assert len(shop.said[0]) == 5000


def test_stopping_closes_the_shops_turn(handlers: ChatHandlers, shop: FakeShop) -> None:
    turn = handlers.turn(event(kind="say", text="boots"))
    while not next(turn)["answer"]:
        pass
    turn.close()
    saved = shop.conversation("conversation-1").messages[-1]
    assert saved.role == "assistant"
    assert saved.text == "These"  # what had been said when it was stopped


def test_text_is_throttled_and_nothing_is_lost() -> None:
    events: list[TurnEvent] = [Products((), Need("boots")), *[Text("a")] * 1000, DONE]
    views = list(views_of_turn(START, events, RENDER))
    assert views[-1].answer == "a" * 1000
    assert views[-1].phase == "done"
    assert len(views) < 50
    assert views[1].shelf is not None
    assert views[1].answer == ""  # the cards went out before any prose


def test_failure_outlives_done_and_a_broken_off_turn_ends() -> None:
    failed = list(views_of_turn(START, [Failed("x", "No luck.", False), DONE], RENDER))[-1]
    assert failed.phase == "failed"
    assert failed.problem is not None
    assert (failed.problem.message, failed.problem.retryable) == ("No luck.", False)
    assert list(views_of_turn(START, [Text("half")], RENDER))[-1].phase == "done"


def test_gradio_evaluates_nothing_of_the_template() -> None:
    template = (HERE / "templates" / "page.html").read_text("utf-8")
    assert not re.search(r"\$\{|\{\{|`|\\|@children", template)


def test_the_shops_words_are_values_not_template(shop: FakeShop) -> None:
    shop.name = "${alert(1)}{{value}}"

    async def build() -> gr.Blocks:
        return build_chat_page(shop, cards_of=shop.cards_of, examples=("a",))

    blocks = asyncio.run(build())
    page = next(block for block in blocks.blocks.values() if isinstance(block, gr.HTML))
    assert "alert" not in page.html_template
    assert page.props["setup"]["shop"] == shop.name
    assert page_setup(shop, RENDER, ("a", "b"), "de_DE")["language"] == "de-DE"
