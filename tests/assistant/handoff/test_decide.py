"""When a person is called for: the policy's rules, and the whole decision measured on turns that are held back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from assistant.handoff.decide import Decision, HandoverPolicy, HandoverRules, Situation
from assistant.handoff.judge import TrainedJudge
from assistant.handoff.labelled import TURNS, decide, read_turns, score
from assistant.types import Act, Attempt, Frame, ReasonCode
from retrieval.embed import open_embedder

DATA = Path(__file__).parent.parent / "data"
HELD_BACK = DATA / "handover_turns.jsonl"
BLIND = DATA / "handover_blind.jsonl"
"""Written by somebody who knew the rules and nothing of the judge; their acts are what the reader made of them."""


class FixedJudge:
    """A judge that always says the same."""

    def __init__(self, chances: Mapping[ReasonCode, float]) -> None:
        self._chances = chances

    def chances(self, text: str) -> Mapping[ReasonCode, float]:
        return self._chances


def situation(text: str, *attempts: Attempt, act: Act = "search", confidence: float = 0.6, cart: int = 0) -> Situation:
    return Situation(text, Frame(act), confidence, attempts, cart)


@pytest.fixture(scope="module")
def policy() -> HandoverPolicy:
    return HandoverPolicy(judge=TrainedJudge(open_embedder(device="cpu")))


@pytest.mark.parametrize("path", [HELD_BACK, BLIND], ids=lambda path: path.stem)
def test_turns_that_it_has_not_seen_are_decided_as_a_good_shop_would(policy: HandoverPolicy, path: Path) -> None:
    turns = read_turns(path)
    told = [decide(policy, turn) for turn in turns]
    found = score(
        [turn.reason_now for turn in turns],
        [None if one is None or one.when == "offer" else one.reason for one in told],
    )
    assert found.turns >= 300
    assert found.f1 >= 0.9
    assert found.by_reason["asked_for_human"] >= 0.97


def test_no_held_back_turn_is_trained_on() -> None:
    unseen = {turn.situation.text for path in (HELD_BACK, BLIND) for turn in read_turns(path) if not turn.situation.attempts}
    assert not unseen & {turn.situation.text for turn in read_turns(TURNS) if not turn.situation.attempts}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("May I speak with somebody from your staff?", "asked_for_human"),
        ("you've taken the money twice for one order", "payment"),
        ("the fan heater went up in flames", "safety"),
        ("five weeks and I still haven't seen my refund", "refund_or_return"),
        ("I reported my lost parcel twice and nobody has answered", "order_problem"),
        ("what a dreadful company, my solicitor will be in touch", "complaint"),
        ("you useless robot, you never understand a word", "not_understood"),
    ],
)
def test_what_calls_for_a_person(policy: HandoverPolicy, text: str, reason: ReasonCode) -> None:
    assert policy.heard(situation(text)) == Decision(reason, "now")


@pytest.mark.parametrize(
    "text",
    [
        "do you take paypal",
        "these boots don't fit, how can I send them back",
        "where is my order",
        "too expensive",
        "those are ugly",
        "thanks, that's all",
        "a fire pit for the patio",
        "a four person tent",
        "my payment went through now, all good",
        "no need for a human, just show me tents",
    ],
)
def test_what_the_assistant_does_itself(policy: HandoverPolicy, text: str) -> None:
    found = policy.heard(situation(text))
    assert found is None or found.when == "offer"


def test_a_likely_call_hands_over_and_a_doubtful_one_is_offered() -> None:
    for chance, expected in ((0.7, Decision("payment", "now")), (0.4, Decision("payment", "offer")), (0.2, None)):
        assert HandoverPolicy(judge=FixedJudge({"payment": chance})).heard(situation("hm")) == expected


class SilentJudge:
    """A judge that must not be asked."""

    def chances(self, text: str) -> Mapping[ReasonCode, float]:
        raise AssertionError(text)


def test_plain_shopping_is_not_put_to_the_judge() -> None:
    unasked, asked = HandoverPolicy(judge=SilentJudge()), HandoverPolicy(judge=FixedJudge({"safety": 1.0}))
    for text in ("a warm coat for my son", "cheaper", "add the first one to my cart"):
        assert unasked.heard(situation(text, confidence=0.8)) is None
    at_once = Decision("safety", "now")
    assert asked.heard(situation("a warm coat for my son", confidence=0.79)) == at_once
    assert asked.heard(situation("a warm coat for my son", act="smalltalk", confidence=0.99)) == at_once
    assert asked.heard(situation("the heater caught fire", confidence=0.99)) == at_once


def test_a_lower_threshold_hands_over_more() -> None:
    doubtful = FixedJudge({"complaint": 0.3})
    assert HandoverPolicy(HandoverRules(threshold=0.3), doubtful).heard(situation("hm")) == Decision("complaint", "now")
    assert HandoverPolicy(HandoverRules(threshold=0.9), doubtful).heard(situation("hm")) is None


def test_reasons_may_be_offered_or_switched_off() -> None:
    angry = FixedJudge({"complaint": 0.9})
    assert HandoverPolicy(HandoverRules(offer=frozenset({"complaint"})), angry).heard(situation("hm")) == Decision(
        "complaint", "offer"
    )
    assert HandoverPolicy(HandoverRules(off=frozenset({"complaint"})), angry).heard(situation("hm")) is None


def test_a_person_asked_for_in_so_many_words_is_the_reason_unless_somebody_may_be_hurt() -> None:
    text = "I want to talk to a person about this"
    for chances, reason in (({"payment": 0.9}, "asked_for_human"), ({"safety": 0.9}, "safety")):
        found = HandoverPolicy(judge=FixedJudge(chances)).heard(situation(text))  # type: ignore[arg-type]
        assert found is not None and found.reason == reason


def test_where_asking_counts_for_nothing_what_else_is_said_still_does() -> None:
    rules = HandoverRules(off=frozenset({"asked_for_human"}))
    charged = HandoverPolicy(rules, FixedJudge({"asked_for_human": 0.6, "payment": 0.4}))
    assert charged.heard(situation("I want to talk to a person, you charged me twice", act="human")) == Decision(
        "payment", "offer"
    )
    surely = HandoverPolicy(rules, FixedJudge({"payment": 0.9}))
    assert surely.heard(situation("I want to talk to a person, you charged me twice")) == Decision("payment", "now")


def test_two_readers_that_agree_need_to_be_half_as_sure() -> None:
    policy = HandoverPolicy(judge=FixedJudge({"asked_for_human": 0.3}))
    assert policy.heard(situation("hm", act="human")) == Decision("asked_for_human", "now")
    assert policy.heard(situation("hm")) == Decision("asked_for_human", "offer")


def test_a_question_asked_a_third_time_was_not_answered() -> None:
    asked = Attempt("order_status", "where is my order")
    rules_alone = HandoverPolicy()
    again = situation("where is my order?", asked, act="order_status")
    assert rules_alone.heard(again) is None
    third = situation("where is my order?", asked, asked, act="order_status")
    assert rules_alone.heard(third) == Decision("order_problem", "now")
    assert HandoverPolicy(HandoverRules(off=frozenset({"order_problem"}))).heard(third) is None


def test_the_first_failure_is_offered_and_the_second_in_a_row_hands_over() -> None:
    policy, failed = HandoverPolicy(), Attempt("search", "the gizmo", "not_understood")
    assert policy.after(situation("the gizmo"), "low_confidence") == Decision("low_confidence", "offer")
    assert policy.after(situation("the gizmo", failed), "low_confidence") == Decision("low_confidence", "now")
    mended = Attempt("search", "lamps")
    assert policy.after(situation("the gizmo", failed, mended), "low_confidence") == Decision("low_confidence", "offer")
    assert policy.after(situation("lamps", failed), None) is None


def test_what_the_shop_has_not_got_neither_counts_nor_is_counted() -> None:
    nothing, failed = Attempt("search", "unicycles", "no_result"), Attempt("search", "the gizmo", "failure")
    policy = HandoverPolicy()
    assert policy.after(situation("pogo sticks", failed, failed), "no_result") == Decision("no_result", "offer")
    assert policy.after(situation("the gizmo", nothing, nothing), "failure") == Decision("failure", "offer")
    assert policy.after(situation("the gizmo", failed, nothing), "failure") == Decision("failure", "now")


def test_what_the_shop_has_not_got_is_no_failure() -> None:
    nothing = Attempt("search", "unicycles", "no_result")
    policy = HandoverPolicy()
    assert policy.after(situation("pogo sticks", nothing, nothing), "no_result") == Decision("no_result", "offer")
    assert policy.after(situation("this is ridiculous!!", nothing), "no_result") == Decision("no_result", "now")


def test_a_message_hardly_understood_counts_as_not_understood() -> None:
    assert HandoverPolicy().after(situation("blorp", confidence=0.2), None) == Decision("low_confidence", "offer")


def test_a_dear_cart_gets_a_person_offered_at_the_checkout_alone() -> None:
    policy = HandoverPolicy(HandoverRules(high_value=100_000))
    assert policy.after(situation("pay", act="checkout", cart=100_000), None) == Decision("high_value", "offer")
    assert policy.after(situation("pay", act="checkout", cart=99_999), None) is None
    assert policy.after(situation("lamps", cart=100_000), None) is None
    assert HandoverPolicy().after(situation("pay", act="checkout", cart=10**9), None) is None


def test_the_turn_after_a_hand_over_does_not_lead_to_another(policy: HandoverPolicy) -> None:
    for text in ("thanks", "ok great", "and now some running socks", "blue ones under $20"):
        assert policy.heard(situation(text)) is None and policy.after(situation(text), None) is None


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"offer": frozenset({"anger"})}, "offer has anger; expected some of asked_for_human"),
        ({"off": frozenset({"x"})}, "off has x"),
        ({"failures": 0}, "failures is 0; expected 1 or more"),
        ({"high_value": 0}, "high_value is 0"),
        ({"threshold": 1.5}, "threshold is 1.5; expected a number from 0 to 1"),
    ],
)
def test_rules_that_make_no_sense_are_told(rules: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        HandoverRules(**rules)  # type: ignore[arg-type]
