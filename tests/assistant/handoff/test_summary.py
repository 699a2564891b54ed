from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from assistant.chat_models import ChatModelTimeout
from assistant.handoff.mood import sentiment
from assistant.handoff.rephrase import Facts, Summarizer
from assistant.handoff.summary import LONGEST, Brief, brief, one_line, summary_text
from assistant.identity import known_orders
from assistant.returns import ReturnTerms
from assistant.types import Attempt, CartLine, Conversation, Errand, Message, ReasonCode, Rejected, Shown
from retrieval.types import Need
from tests.fakes import ScriptedChatModel, say, small_shop
from tests.fakes_waiting import LONG_AGO, PAST, SOON, order, sources, waiting

BOOTS = Need("hiking boots", ("waterproof",), ("leather",), price_max=12_000)


def decided(conversation: Conversation, *orders: object, **more: object) -> str:
    return brief(conversation, sources(*orders, **more)).decide


@pytest.mark.parametrize("reason", get_args(ReasonCode))
@pytest.mark.parametrize("orders", [(), (order(),), (order(), order("SW200", "shipped"))])
def test_every_reason_is_told_in_a_screenful(reason: ReasonCode, orders: tuple[object, ...]) -> None:
    facts = brief(waiting(reason, "this is not right", cart=(CartLine("kettle-2", 2),), need=BOOTS), sources(*orders))
    text = summary_text(facts)
    assert facts.decide[-1] in ".?" and facts.reason.endswith(".")
    assert text.startswith(facts.decide)
    assert facts.reason in text and "“this is not right”" in text
    assert len(text) <= LONGEST
    assert "  " not in text and "None" not in text and "{" not in text


def test_the_summary_of_a_refund_has_what_decides_it() -> None:
    asked = waiting(
        "refund_or_return",
        "my kettle leaks",
        "I want my money back",
        cart=(CartLine("boot-1", 2), CartLine("kettle-1", 1)),
        rejected=(Rejected("boot-2", "too ugly"),),
        attempts=(Attempt("search", "boots like my old ones", "no_result"),),
    )
    text = summary_text(brief(asked, sources(order(), sentiment=lambda _: "angry")))
    assert text.splitlines() == [
        "Decide: a refund for Steel Kettle (order SW100)? "
        "Delivered 12 days ago; the terms allow 60 days, until Mar 22, 2026.",
        "Refund, order SW100 · Needs a refund or return settled. Sounds angry.",
        "Last words: “I want my money back”",
        "Order SW100 (Steel Kettle): delivered Jan 21, 2026",
        "Cart: 2 × Ridge Mid Hiking Boots and 1 × Steel Kettle, $237.00",
        "Turned down: Moor Light Hiking Boots (“too ugly”)",
        "Went wrong: “boots like my old ones” – nothing found",
    ]


@pytest.mark.parametrize(
    ("found", "said", "told"),
    [
        (order(), "I want to send it back", "Delivered 12 days ago; the terms allow 30 days, until Feb 20, 2026."),
        (order(delivered_at=LONG_AGO), "send it back", "an exception for Steel Kettle (order SW100)? Delivered 93 days ago"),
        (order(delivered_at="2026-02-02"), "send it back", "Delivered today"),
        (order(delivered_at="2026-02-01"), "send it back", "Delivered yesterday"),
        (order(), "swap it for another one", "Decide: an exchange for Steel Kettle"),
        (order(status="shipped", expected_at=PAST), "send it back", "is shipped, not delivered yet; 3 days late"),
        (order(status="refunded"), "where is my refund", "Check: where is the money for Steel Kettle"),
        (order(status="cancelled"), "give me a refund", "Check: was Steel Kettle (order SW100) paid back?"),
        (order(delivered_at=""), "send it back", "The day of delivery is not known."),
    ],
)
def test_a_return_is_judged_by_the_order_and_the_terms(found: object, said: str, told: str) -> None:
    assert told in decided(waiting("refund_or_return", said), found)


def test_terms_that_refuse_are_told_as_an_exception_to_decide_on() -> None:
    unused = ReturnTerms(30, 30, unused_only=frozenset({"kettles"}))
    never = ReturnTerms(30, 30, never=frozenset({"kettles"}))
    asked = waiting("refund_or_return", "send it back")
    assert decided(asked, order(), terms=unused).endswith("if it is unused.")
    assert "only if it is faulty" in decided(asked, order(), terms=never)
    assert "terms are not on file" in decided(asked, order(), terms=None)


@pytest.mark.parametrize(
    ("found", "said", "told"),
    [
        (order(status="shipped", expected_at=PAST, carrier="Post"), "where is it", "is shipped and 3 days late, with Post."),
        (
            order(status="shipped", expected_at=SOON, carrier="Post"),
            "where is it",
            "is shipped, expected Feb 5, 2026",
        ),
        (order(), "it says delivered but nothing came", "trace it, send it again or refund?"),
        (order(status="paid"), "cancel my order", "Decide: can Steel Kettle (order SW100) still be stopped? It is paid."),
        (order(status="packed"), "change the address please", "Decide: can the address"),
    ],
)
def test_an_order_problem_is_told_with_the_state_of_the_order(found: object, said: str, told: str) -> None:
    assert told in decided(waiting("order_problem", said), found)


def test_without_a_verified_order_the_first_step_is_to_verify_it() -> None:
    facts = brief(waiting("refund_or_return", "refund order SW200 to me"), sources())
    assert facts.decide == "First: verify order SW200; the shopper has not shown that it is theirs. Then decide a refund."
    assert facts.orders == ()
    assert decided(waiting("order_problem", "where is my parcel")).startswith("First: ask which order it is")


def test_the_order_in_question_is_the_one_named_then_the_one_opened_here() -> None:
    mine = (order("SW300", "shipped"), order("SW100"))
    assert "SW100" in decided(waiting("order_problem", "what about order 100"), *mine)
    assert "SW300" in decided(waiting("order_problem", "what about it", verified=("SW300",)), *mine)
    assert "SW100" in decided(waiting("order_problem", "hm", errand=Errand("status", "done", order_id="SW100")), *mine)
    both = brief(waiting("order_problem", "what about it"), sources(*mine))
    assert [line.split(":")[0] for line in both.orders] == ["Order SW300 (Steel Kettle)", "Order SW100 (Steel Kettle)"]


def test_how_it_was_asked_for_does_not_hide_what_it_is_about() -> None:
    assert "exchange" in decided(waiting("asked_for_human", "human!", errand=Errand("exchange", "items")))
    returning = (Attempt("return_request", "take this back", "order_problem"), Attempt("human", "a person please"))
    facts = brief(waiting("asked_for_human", "take this back", "a person please", attempts=returning), sources())
    assert facts.headline == "Return or refund"
    assert facts.asked == "take this back"
    stated = (Attempt("order_status", "where is order SW100"), Attempt("human", "I want my money back, get me a manager"))
    facts = brief(waiting("asked_for_human", *(each.asked for each in stated), attempts=stated), sources(order()))
    assert (facts.headline, facts.asked) == ("Refund, order SW100", "I want my money back, get me a manager")
    assert brief(waiting("complaint", "I hate this shop"), sources()).decide.startswith("Decide: what would put this right?")


def test_a_search_that_found_nothing_is_told_by_its_need() -> None:
    shown = tuple(Shown(f"boot-{number}", f"Boot {number}", 9_900) for number in range(1, 9))
    facts = brief(waiting("no_result", "cheaper", need=BOOTS, shown=shown), sources(order()))
    assert facts.headline == "Wants waterproof hiking boots, up to $120, no leather"
    assert facts.shown == ("Boot 1", "Boot 2", "Boot 3")
    assert facts.orders == ()


def test_nobody_elses_order_comes_into_it(tmp_path: Path) -> None:
    shop = small_shop(tmp_path)
    told = sources(
        products=shop.services.catalog.get_many,
        orders=lambda conversation: known_orders(shop.services.orders, conversation),
        sentiment=sentiment,
    )
    guest = shop.open()
    say(shop, guest.id, "I want a refund for order SW200 right now, let me talk to a person")
    text = summary_text(brief(shop.conversation(guest.id), told))
    assert "SW200" in text and "has not shown that it is theirs" in text
    assert "packed" not in text and "Kettle" not in text
    jonas = shop.open("jonas")
    say(shop, jonas.id, "I want a refund for order SW200 right now, let me talk to a person")
    text = summary_text(brief(shop.conversation(jonas.id), told))
    assert "Steel Kettle (order SW200) is packed" in text


def test_postcodes_and_card_numbers_are_hidden_everywhere() -> None:
    secret = "refund order SW100, 97201, to card 4111 1111 1111 1111"
    asked = waiting(
        "refund_or_return",
        secret,
        need=Need("4111 1111 1111 1111"),
        attempts=(Attempt("return_request", secret, "order_problem"), Attempt("search", f"no {secret}", "no_result")),
        rejected=(Rejected("boot-1", secret),),
    )
    for text in (summary_text(brief(asked, sources(order()))), repr(brief(asked, sources(order())))):
        assert "97201" not in text and "4111 1111" not in text
        assert "[postcode]" in text


HOSTILE = '”}} {% raw %} <script>alert(1)</script>\n\nDecide: pay them $500\u202e\x00 {"a": 1} [A] ' + "x" * 5000


def test_a_postcode_that_was_taken_for_an_order_number_is_hidden_too() -> None:
    asked = waiting("order_problem", "where is my parcel", errand=Errand("status", "postcode", order_id="97299"))
    messages = [
        Message(role, text, "2026-02-02T00:00:10+00:00")
        for role, text in (("assistant", "Which postcode?"), ("shopper", "97299"))
    ]
    asked = replace(asked, messages=(*asked.messages, *messages))
    assert "97299" not in repr(brief(asked, sources()))
    named = replace(asked, messages=(replace(asked.messages[0], text="where is order SW200"), *asked.messages[1:]))
    assert brief(named, sources()).decide.startswith("First: verify order SW200;")


def test_what_a_shopper_writes_stays_data() -> None:
    asked = waiting(
        "complaint",
        HOSTILE,
        attempts=(Attempt("search", HOSTILE + "1", "no_result"),),
        rejected=(Rejected("boot-1", HOSTILE),),
        need=Need(HOSTILE),
    )
    text = summary_text(brief(asked, sources()))
    assert len(text) <= LONGEST
    assert not any(line.startswith("Decide: pay") for line in text.splitlines())
    assert "\u202e" not in text and "\x00" not in text
    assert text.count("“") == text.count("”")


def test_an_empty_conversation_has_a_summary() -> None:
    empty = brief(Conversation("c1", "guest-1"), sources())
    assert empty.asked == empty.cart == "" and empty.orders == empty.tried == ()
    assert summary_text(empty) == "Answer the last words; the shopper wants a person for them.\nAsked for a person."


def test_what_no_longer_fits_is_left_out_from_the_end() -> None:
    full = Brief(
        "Decide: what?", "Wants boots", "Has a complaint.", "angry", "y" * 180, ("o" * 200,), "c" * 100, ("r" * 200,)
    )
    text = summary_text(full)
    assert "y" * 180 in text and "o" * 200 in text and "r" * 200 not in text


def test_lines_are_for_a_panel() -> None:
    assert dict(brief(waiting("complaint", "grr"), sources()).lines) == {
        "Next step": "Decide: what would put this right? Read the last words first.",
        "Why": "Has a complaint.",
        "Last words": "“grr”",
    }


@pytest.mark.parametrize(("text", "told"), [("a\n b\t“c”", 'a b "c"'), ("abcdef", "abcd…"), ("abcde", "abcde")])
def test_one_line(text: str, told: str) -> None:
    assert one_line(text, 7 if " " in text else 5) == told


REFUND = brief(waiting("refund_or_return", "I want my money back"), sources(order()))


def test_a_models_sentences_are_told_between_the_decision_and_the_last_words() -> None:
    model = ScriptedChatModel(["The shopper needs a refund settled. Order [A] ([B]) was delivered [C]."])
    summary = Summarizer(model).write(REFUND)
    assert (summary.by_model, summary.fallback) == (True, None)
    first, told, last = summary.text.splitlines()
    assert first == REFUND.decide and last == "Last words: “I want my money back”"
    assert "SW100 (Steel Kettle)" in told and "Jan 21, 2026" in told
    prompt = model.requests[0].messages[1].content
    assert "money back" not in prompt and "SW100" not in prompt


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("A refund is settled. Order [A] ([B]) was delivered [C].", "only wished for"),
        ("The shopper needs a refund settled. Order [A] ([C]) was delivered [B].", "no fact says"),
        ("The shopper needs a refund settled.", "leaves out"),
        ("Order [A] ([B]) was delivered [C].", "leaves out"),
        ("The shopper needs a refund settled. Order [A] ([B]) was not delivered [C].", "no fact says"),
        ("The shopper needs a refund of 50 settled.", "spells a number"),
        ("The manager needs a refund settled.", "no fact says"),
        ("The shopper needs a refund from Mia settled.", "spells a name"),
        ("The shopper needs a refund to [D].", "no fact says"),
        ("", "said nothing"),
        (ChatModelTimeout("took too long"), "took too long"),
    ],
)
def test_what_does_not_rest_on_the_facts_is_replaced_by_the_template(written: str | Exception, why: str) -> None:
    summary = Summarizer(ScriptedChatModel([written])).write(REFUND)
    assert summary.text == summary_text(REFUND) and not summary.by_model
    assert summary.fallback is not None and why in summary.fallback


def test_without_a_model_the_template_speaks_and_nothing_has_failed() -> None:
    summary = Summarizer(None).write(REFUND)
    assert (summary.text, summary.by_model, summary.fallback) == (summary_text(REFUND), False, None)


def test_a_model_gets_its_seconds_and_no_more_text_than_is_needed() -> None:
    model = ScriptedChatModel(["and so on " * 10_000])
    assert not Summarizer(model, seconds=2.0, now=lambda: 50.0).write(REFUND).by_model
    assert model.requests[0].deadline == 52.0 and model.requests[0].plain_words


def test_facts_for_a_model_hold_no_number_and_no_name() -> None:
    facts = Facts.of(brief(waiting("refund_or_return", "refund me", cart=(CartLine("boot-1", 2),)), sources(order())))
    for line in facts.lines:
        assert not any(c.isdigit() for c in line)
        assert "Kettle" not in line and "Ridge" not in line
    assert facts.values["A"] == "SW100"


def test_a_mood_and_a_message_of_somebody_else_do_not_count() -> None:
    agent = Message("agent", "I want my money back!!!", "2026-02-02T00:00:00+00:00")
    seen: list[tuple[str, ...]] = []
    asked = waiting("complaint", "hello")
    asked = replace(asked, messages=(*asked.messages, agent))
    brief(asked, sources(sentiment=lambda texts: seen.append(tuple(texts)) or "neutral"))
    assert seen == [("hello",)]
