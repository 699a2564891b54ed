"""When a person is called for: from what the shopper says, and from what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from assistant.handoff.judge import Judge, RuleJudge
from assistant.handoff.mood import sentiment
from assistant.handoff.signs import asks_for_person, is_settled, reason_by_rules, wants_no_person
from assistant.reading.text import Text, read
from assistant.types import Act, Attempt, Frame, ReasonCode

When = Literal["now", "offer"]

# What the assistant meets by itself is only offered at first, even where the same words of a shopper call for a person.
_MET_MILDLY: frozenset[ReasonCode] = frozenset({"refund_or_return", "order_problem", "not_understood"})
# That the shop hasn't got it is an answer, and a full cart is no trouble: neither counts as a failure.
_NO_FAILURE: frozenset[ReasonCode] = frozenset({"no_result", "high_value"})
_ASKED_AGAIN: Mapping[Act, ReasonCode] = {
    "order_status": "order_problem",
    "return_request": "refund_or_return",
    "policy_question": "policy_unknown",
}
_SAME = 0.6
"""How much of the words of two questions must be shared for the second to count as the first asked again."""
_SHOPPING: frozenset[Act] = frozenset(
    {
        "search",
        "refine",
        "recommend",
        "compare",
        "ask_product",
        "cart_add",
        "cart_remove",
        "cart_show",
        "checkout",
        "like",
        "dislike",
    }
)
_SURE = 0.8
_AGAINST_THE_READER = 0.98
"""The threshold where the reader is sure of a shopping act: "no batteries, my sister would kill me" is about batteries."""
_OFFER_FROM = 0.6
"""From which part of the threshold on a person is offered."""


@dataclass(frozen=True, slots=True)
class HandoverRules:
    """When this shop wants its people called. The defaults are what suits most shops.

    `offer` are the reasons for which a person is only offered at first, `off` those that never count; all others hand over
    at once. `failures` in a row hand over, the last of them included. `high_value` is the cart, in minor units, from which a
    person is offered at the checkout; None for never. `threshold` is how likely a call for a person must be (0-1): less
    hands over more. `unsure` is the confidence of the reader below which a message counts as not understood.
    """

    offer: frozenset[ReasonCode] = frozenset({"no_result", "policy_unknown", "low_confidence", "failure", "high_value"})
    off: frozenset[ReasonCode] = frozenset()
    failures: int = 2
    high_value: int | None = None
    threshold: float = 0.5
    unsure: float = 0.35

    def __post_init__(self) -> None:
        """Raises `ValueError` naming the field, its value and what was expected."""
        for name, reasons in (("offer", self.offer), ("off", self.off)):
            if unknown := sorted(set(reasons) - set(get_args(ReasonCode))):
                raise ValueError(f"{name} has {', '.join(unknown)}; expected some of {', '.join(get_args(ReasonCode))}")
        if self.failures < 1:
            raise ValueError(f"failures is {self.failures}; expected 1 or more")
        if self.high_value is not None and self.high_value < 1:
            raise ValueError(f"high_value is {self.high_value}; expected minor units of money, 1 or more, or None")
        for name, share in (("threshold", self.threshold), ("unsure", self.unsure)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is {share}; expected a number from 0 to 1")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a message has been read. `cart_value` is minor units; `attempts` are the oldest first."""

    text: str
    frame: Frame
    confidence: float
    attempts: tuple[Attempt, ...] = ()
    cart_value: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a person is called for, and whether at once or only if the shopper wants one."""

    reason: ReasonCode
    when: When


class HandoverPolicy:
    """Decides from messages and from what went wrong, by the shop's rules and a judge of messages."""

    def __init__(self, rules: HandoverRules | None = None, judge: Judge | None = None) -> None:
        """Without a judge, the plain signs in a message decide; without rules, the defaults."""
        self.rules = HandoverRules() if rules is None else rules
        self._judge = RuleJudge() if judge is None else judge

    def heard(self, situation: Situation) -> Decision | None:
        """Before the act, from the message: the shopper asks for a person, or says what calls for one."""
        text = read(situation.text)
        found = None if is_settled(text) or _is_plain_shopping(situation, text) else self._judged(situation, text)
        if found is not None and found.when == "now":
            return found
        return self._asked_again(situation) or found

    def after(self, situation: Situation, trouble: ReasonCode | None) -> Decision | None:
        """After the act, from what went wrong; the assistant's own failures add up, and anger makes them urgent."""
        rules = self.rules
        if trouble is None and situation.confidence < rules.unsure:
            trouble = "low_confidence"
        if trouble is None:
            return self._first("high_value") if self._is_high_value(situation) else None
        first = self._first(trouble)
        if first is None:
            return None
        if self._failed_in_a_row(situation, trouble) >= rules.failures or sentiment([situation.text]) == "angry":
            return Decision(trouble, "now")
        return Decision(trouble, "offer") if trouble in _MET_MILDLY else first

    def is_asked_again(self, situation: Situation) -> bool:
        """Whether the shopper asks for the same thing as often as calls for a person."""
        return self._asked_again(situation) is not None

    def _first(self, reason: ReasonCode) -> Decision | None:
        if reason in self.rules.off:
            return None
        return Decision(reason, "offer" if reason in self.rules.offer else "now")

    def _judged(self, situation: Situation, text: Text) -> Decision | None:
        off = self.rules.off
        chances = {reason: chance for reason, chance in self._judge.chances(situation.text).items() if reason not in off}
        if wants_no_person(text):
            chances.pop("asked_for_human", None)
        total, threshold = sum(chances.values()), self.rules.threshold
        if _is_sure_of_shopping(situation):
            threshold = max(threshold, _AGAINST_THE_READER)
        likeliest = max(chances, key=lambda reason: chances[reason], default=None)
        is_read_so = situation.frame.act == "human"
        asks = "asked_for_human" not in off and likeliest != "safety" and asks_for_person(text)
        if asks and (is_read_so or total >= threshold / 2):
            # Asked for in so many words: two readers that agree are enough, and nothing else is the reason.
            return self._first("asked_for_human")
        if is_read_so and likeliest == "asked_for_human":
            threshold /= 2
        if likeliest is None or total < threshold * _OFFER_FROM:
            return None
        return self._first(likeliest) if total >= threshold else Decision(likeliest, "offer")

    def _asked_again(self, situation: Situation) -> Decision | None:
        """A question on an order, a return or the shop's rules that comes a third time was not answered."""
        reason = _ASKED_AGAIN.get(situation.frame.act)
        if reason is None or reason in self.rules.off:
            return None
        asked = _words(situation.text)
        before = sum(_is_same(asked, _words(attempt.asked)) for attempt in situation.attempts)
        return Decision(reason, "now") if before >= self.rules.failures else None

    def _is_high_value(self, situation: Situation) -> bool:
        limit = self.rules.high_value
        return limit is not None and situation.frame.act == "checkout" and situation.cart_value >= limit

    def _failed_in_a_row(self, situation: Situation, trouble: ReasonCode) -> int:
        """How many of the last turns failed, this one included; 0 where this one did not."""
        count = 0
        for trouble_then in (trouble, *(attempt.trouble for attempt in reversed(situation.attempts))):
            if trouble_then is None:
                break
            count += trouble_then not in _NO_FAILURE
        return 0 if trouble in _NO_FAILURE else count


def _is_sure_of_shopping(situation: Situation) -> bool:
    return situation.frame.act in _SHOPPING and situation.confidence >= _SURE


def _is_plain_shopping(situation: Situation, text: Text) -> bool:
    """Whether there is nothing to judge: most messages, so that they are spared the sentence vector that a judge needs.

    Of such messages a judge that thought otherwise has been wrong nearly every time.
    """
    return _is_sure_of_shopping(situation) and reason_by_rules(text) is None


def _words(text: str) -> frozenset[str]:
    return frozenset(token.word for token in read(text).tokens if not token.is_mark)


def _is_same(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and len(one & other) >= _SAME * len(one | other)
