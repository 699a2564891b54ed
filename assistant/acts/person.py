"""Asking for a person: because the shopper wants one, or because the assistant had better not go on alone."""

from __future__ import annotations

import re
from dataclasses import replace

import prompts
from assistant.acts import limits
from assistant.acts.base import Outcome, Services, Turn
from assistant.handoff.decide import Decision, HandoverPolicy, Situation
from assistant.handoff.mood import sentiment
from assistant.types import ReasonCode

ASK = "Talk to a person"
STOP = "I no longer need a person"
_URGENT = frozenset({"safety", "asked_for_human"})
_ANSWERED_FIRST: frozenset[ReasonCode] = frozenset({"order_problem", "refund_or_return", "failure"})
_NO_MORE = re.compile(
    r"\b(?:(?:don'?t|no longer|do not) (?:need|want)(?: to (?:talk|speak|wait))?(?: \w+){0,3}"
    r" (?:person|human|agent|colleague|somebody|someone)|stop waiting|cancel (?:the|my) (?:request|person))\b",
    re.I,
)


def human(services: Services, turn: Turn) -> Outcome:
    """A person is asked for; `judged` says the rest."""
    return _needs(turn, "asked_for_human")


def called_urgently(services: Services, turn: Turn) -> Outcome | None:
    """Where somebody may be hurt or asks for a person in so many words: that comes before whatever was under way."""
    outcome = called(services, turn)
    return outcome if outcome is not None and outcome.trouble in _URGENT else None


def called(services: Services, turn: Turn) -> Outcome | None:
    """Where the message calls for a person at once, whatever act it was read as."""
    if services.reception is None or _NO_MORE.search(turn.text):
        return None
    decision = services.reception.policy.heard(_situation(services, turn))
    return _needs(turn, decision.reason) if decision is not None and decision.when == "now" else None


def waits_no_more(services: Services, turn: Turn) -> Outcome | None:
    """Where a shopper who waits says that they need no person any more."""
    if turn.conversation.status != "pending" or not _NO_MORE.search(turn.text):
        return None
    return Outcome(turn.conversation, prompts.render("notice_withdrawn"), stops_waiting=True)


def judged(services: Services, turn: Turn, outcome: Outcome) -> Outcome:
    """The outcome with a person asked for or offered, where the shop's rules say so; never asked for twice."""
    reception = services.reception
    # Who is in despair has been told where help is; a shop's people are not it.
    if limits.limit_of(turn.text) == "self_harm":
        return outcome
    decision = None if reception is None else _decision(reception.policy, services, turn, outcome)
    if reception is None or decision is None:
        return _without_person(services, turn, outcome) if outcome.needs_person else outcome
    if decision.when == "offer":
        offers = outcome.suggestions if ASK in outcome.suggestions else (*outcome.suggestions, ASK)
        return replace(outcome, suggestions=offers)
    if _is_beside_the_point(outcome, decision):
        outcome = replace(outcome, opening="", closing="")
    told = reception.told(turn.conversation, decision.reason, turn.pick, regret=not outcome.opening)
    said = f"{outcome.closing} {told}".strip() if outcome.brief or outcome.closing else ""
    opening = outcome.opening if said else f"{outcome.opening} {told}".strip()
    offers = (*(text for text in outcome.suggestions if text != ASK), STOP)
    return replace(outcome, opening=opening, closing=said, trouble=decision.reason, needs_person=True, suggestions=offers)


def _is_beside_the_point(outcome: Outcome, decision: Decision) -> bool:
    """Whether an act's own words would only annoy: it asks on, while the message itself calls for a person."""
    return (
        outcome.trouble != decision.reason and not outcome.wrote and outcome.cards is None and outcome.opening.endswith("?")
    )


def _without_person(services: Services, turn: Turn, outcome: Outcome) -> Outcome:
    """Where a person is needed whom this shop does not send into the chat: never silence."""
    said = outcome.opening or prompts.render("person_elsewhere", turn.pick, contact=services.contact)
    return replace(outcome, opening=said, needs_person=False)


def _decision(policy: HandoverPolicy, services: Services, turn: Turn, outcome: Outcome) -> Decision | None:
    if outcome.needs_person and outcome.trouble is not None:
        return None if outcome.trouble in policy.rules.off else Decision(outcome.trouble, "now")
    if turn.conversation.handover is not None:
        return None
    situation = _situation(services, turn)
    decision = policy.after(situation, outcome.trouble) or policy.heard(situation)
    if decision is not None and decision.reason in _ANSWERED_FIRST and _may_be_enough(policy, situation, outcome):
        return Decision(decision.reason, "offer")
    return decision


def _may_be_enough(policy: HandoverPolicy, situation: Situation, outcome: Outcome) -> bool:
    """Whether what was looked up may be all that was wanted: who is angry, or asks again, wants more."""
    is_answered = outcome.conversation.errand is not None and outcome.trouble is None
    return is_answered and not policy.is_asked_again(situation) and sentiment([situation.text]) != "angry"


def _situation(services: Services, turn: Turn) -> Situation:
    conversation = turn.conversation
    cart = services.catalog.get_many([line.product_id for line in conversation.cart]) if conversation.cart else {}
    value = sum((cart[line.product_id].price or 0) * line.quantity for line in conversation.cart if line.product_id in cart)
    return Situation(turn.text, turn.frame, turn.confidence, conversation.attempts, value)


def _needs(turn: Turn, reason: ReasonCode) -> Outcome:
    return Outcome(turn.conversation, "", trouble=reason, needs_person=True)
