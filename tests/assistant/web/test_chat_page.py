import asyncio
import re
from collections.abc import Iterator

import gradio as gr
import pytest

from assistant.types import Done, Failed, Frame, Products, Text, Timings, TurnEvent
from assistant.web.cards import Renderer
from assistant.web.chat_page import HERE, BadCall, ChatHandlers, build_chat_page, button_of, page_setup
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
    assert value["shelf"]["count"] == 8
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


def test_a_forgotten_conversation_is_begun_anew(handlers: ChatHandlers) -> None:
    assert last(handlers.turn(event(kind="say", text="hello", conversation="gone")))["conversation"] == "conversation-1"
    assert handlers.restore(event(conversation="gone", turn="restore"))["phase"] == "unknown"


def test_buttons_reach_the_shop(handlers: ChatHandlers, shop: FakeShop) -> None:
    value = last(handlers.turn(event(kind="cart_add", product="p1", variant="p1-41")))
    assert value["cart"]["count"] == 1
    assert (shop.pressed[0].product_id, shop.pressed[0].variant_id) == ("p1", "p1-41")
    handlers.seen(event(conversation="conversation-1", product="p3"))
    assert (shop.pressed[1].kind, shop.pressed[1].product_id) == ("click", "p3")


def test_restore_gives_thread_shelf_and_cart(handlers: ChatHandlers) -> None:
    list(handlers.turn(event(kind="say", text="boots")))
    list(handlers.turn(event(kind="say", text="second in my cart", conversation="conversation-1")))
    value = handlers.restore(event(conversation="conversation-1", turn="restore"))
    assert [line["role"] for line in value["thread"]] == ["shopper", "assistant"] * 2
    assert value["shelf"]["count"] == 8
    assert value["cart"]["count"] == 1


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
