"""Acts on what is remembered: lasting preferences are kept, told and forgotten, and the last turn's change is taken back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import prompts
from assistant.acts import basket, find
from assistant.acts.base import Outcome, Services, Turn, happened
from assistant.need import CHANGES_NEED, take_out
from assistant.preferences import Preference, Preferences, named_in, searched
from assistant.profile import is_guest
from assistant.stated import Statement, stated_in
from assistant.types import Conversation, Frame, Reading, Step
from assistant.wording import describe, join
from ranking.types import Event
from retrieval.types import Need, Query

_PLEASE = (
    r"(?:(?:please|ok|okay|now|well|so|can you|could you|would you|will you|you can|i want you to|i'd like you to),? )*"
)
_END = r"(?: (?:please|now|again|then|thanks|thank you|completely|for good|at once))*"
_ERASE = r"(?:forget|erase|delete|wipe|clear|remove|discard)"
_EVERYTHING = re.compile(
    _PLEASE
    + r"(?:"
    + rf"{_ERASE} (?:everything|all|anything|whatever|what|all of what|all the things|the things)(?: that)? (?:you"
    rf"|i)(?:'ve| have)?"
    r" (?:just |ever |already )?(?:know|have|remembered|remember|stored|saved|learned|learnt|kept|told|said|shared)"
    r"(?: (?:you|about me|on me|of me|so far|before|earlier|to you|about myself))*"
    rf"|{_ERASE} (?:all )?(?:of )?my (?:personal )?(?:data|profile|preferences|information|info|details|tastes|memory)"
    r"|(?:forget|erase|delete) (?:everything about me|about me|me|everything)"
    r")" + _END
)
_LAST = re.compile(
    _PLEASE
    + r"(?:(?:forget|scratch|undo|drop|scrap|ignore|cancel|reverse|revert|never ?mind)(?: about)? (?:that|it|this|what"
    r" i (?:just )?said"
    r"|(?:the|my) (?:last|previous) (?:one|bit|thing|change|part|message|wish|request|step))(?: (?:bit|one|part|last"
    r" bit))?"
    r"|undo|undo everything you just did|take (?:that|it|this) back|put (?:it|that|them) back|go back(?: (?:one|a)"
    r" step)?)" + _END
)
_ONE = re.compile(
    _PLEASE + r"(?:forget|erase|stop remembering|no longer remember)(?: about)?(?: that| the fact that)?(?: my| the)?"
    r" (?P<what>.+)"
)
_DENIED = re.compile(
    r"(?:actually,? |btw,? |by the way,? |well,? )*(?:i'?m|i am) (?:not|no longer)(?: actually| really)? (?:an?"
    r" )?(?:allergic to )?"
    r"(?P<what>.+?)(?: any ?more| any longer| after all| now)?"
)
_ASKED = re.compile(
    r"(?:so |and |hey |please |ok )*(?:what (?:do|did|have) (?:you|i) (?:know|remember|learned?|store|stored|save|saved"
    r"|kept|keep|told|"
    r"tell|got|have)(?: you)?(?: (?:about|on|of) (?:me|myself|my \w+))?(?: so far)?"
    r"|(?:do|will) you remember (?:me|what i (?:told|said).*|anything about me)"
    r"|(?:show|tell|list)(?: me)? (?:my (?:preferences|profile|data)|what you (?:know|remember|have)(?: (?:about|on)"
    r" me)?)"
    r"|what are my preferences|what's in my profile|what is in my profile)"
)
_WHO = re.compile(r"\b(?:me|myself|my|i told|i tell|remember|know)\b")


def stated(services: Services, text: str) -> Statement | None:
    """The lasting preferences that a message states, where the shop keeps such things."""
    found = None if services.preferences is None else stated_in(text)
    if found is None:
        return None
    # "I hate Mondays" is no preference among what a shop sells.
    return found if all(_is_sold(services, value) for value in found.detested) else None


def _is_sold(services: Services, value: str) -> bool:
    result = services.searcher.search(Query(Need(query=value), limit=1))
    return result.named and bool(result.candidates)


def keep(services: Services, shopper_id: str, statement: Statement) -> None:
    """Keeps what was stated, for this conversation and all later ones of the shopper."""
    if services.preferences is not None:
        services.preferences.add(shopper_id, statement.told)


def with_stated(reading: Reading, statement: Statement, before: Conversation) -> Reading:
    """The reading of a message less its statement: what is never wanted is part of the need at once.

    A statement alone makes the shelf anew, where there is one.
    """
    unwanted = tuple(preference.value for preference in statement.told if not preference.wanted)
    if not statement.rest:
        return Reading(Frame("refine", exclude=unwanted) if before.shown else Frame("smalltalk"))
    if reading.frame.act not in CHANGES_NEED:
        return reading
    exclude = tuple(dict.fromkeys((*reading.frame.exclude, *unwanted)))
    return replace(reading, frame=replace(reading.frame, exclude=exclude))


def shelf(services: Services, turn: Turn) -> Outcome:
    """After a statement alone: the shelf follows it where there is one; else what is looked for is asked."""
    if turn.conversation.shown:
        return find.find(services, turn)
    return Outcome(turn.conversation, prompts.render("remember_next", turn.pick), suggestions=("What would you recommend?",))


def confirmed(services: Services, turn: Turn, outcome: Outcome, statement: Statement) -> Outcome:
    """The outcome, opened with what is kept in mind, and with the wishes that the shelf can't tell anything of."""
    said = prompts.render("remember_noted", turn.pick, said=statement.said)
    idle = _idle(services, turn, statement) if outcome.cards else ()
    if idle:
        said += " " + prompts.render("remember_idle", turn.pick, phrases=join([f"“{phrase}”" for phrase in idle], "or"))
    learned = tuple(preference.value for preference in statement.told)
    return replace(outcome, opening=f"{said} {outcome.opening}".strip(), learned=learned)


def _idle(services: Services, turn: Turn, statement: Statement) -> tuple[str, ...]:
    """Wishes just stated that no product's record speaks of."""
    need = turn.conversation.need
    wanted = tuple(preference.value for preference in statement.told if preference.wanted)
    if not wanted:
        return ()
    query = Query(need, services.candidates, frozenset(turn.conversation.disliked))
    heeded = searched(services.searcher.search, query, turn.preferences).need
    said = " ".join([heeded.query, *heeded.include])
    return tuple(phrase for phrase in wanted if not named_in(phrase, said))


def asked(services: Services, turn: Turn) -> Outcome | None:
    """Answers a message about what is remembered, or one that takes back the last; None where it is about neither.

    `turn.frame` is what the reader made of it: where it took a wish back ("forget the brand"), that is what was meant.
    """
    text = _plain(turn.text)
    if _LAST.fullmatch(text):
        return None if turn.frame.drop else _take_back(services, turn)
    if services.preferences is None:
        return None
    if _EVERYTHING.fullmatch(text):
        return _forget_all(services, turn)
    if _ASKED.fullmatch(text) and _WHO.search(text):
        return _tell(services, turn)
    one = _ONE.fullmatch(text) or _DENIED.fullmatch(text)
    return _forget(services, turn, one["what"], denied=one.re is _DENIED) if one else None


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.lower().replace("\u2019", "'")).strip(" .!?,;:")


def _forget(services: Services, turn: Turn, what: str, *, denied: bool) -> Outcome | None:
    store, shopper_id = services.preferences, turn.conversation.shopper_id
    if store is None:
        return None
    statement = stated_in(what)
    named = " ".join([what, *(preference.value for preference in statement.told)] if statement else [what])
    values = [p.value for p in store.known(shopper_id) if named_in(p.value, named) or named_in(p.value.split()[0], named)]
    gone = store.forget(shopper_id, values) if values else ()
    if not gone:
        if statement is None or denied:
            return None
        return Outcome(turn.conversation, prompts.render("remember_unknown", turn.pick), suggestions=_more())
    again = _without(services, turn, gone)
    return replace(again, opening=f"{_forgotten(gone, turn.pick)} {again.opening}".strip())


def _without(services: Services, turn: Turn, gone: Sequence[Preference]) -> Outcome:
    """The shelf without preferences that are no longer kept, where there is one."""
    need = take_out(turn.conversation.need, [preference.value for preference in gone])
    conversation = replace(turn.conversation, need=need)
    if not conversation.shown:
        return Outcome(conversation, "")
    left = services.preferences.get(conversation.shopper_id) if services.preferences is not None else Preferences()
    return find.find(
        services, replace(turn, conversation=conversation, frame=Frame("refine"), preferences=left, confidence=1.0)
    )


def _forgotten(gone: Sequence[Preference], pick: int) -> str:
    return prompts.render("remember_forgot", pick, said=_listed(gone))


def _listed(told: Sequence[Preference]) -> str:
    return join([f"that {preference.said}" for preference in told])


def _forget_all(services: Services, turn: Turn) -> Outcome:
    conversation = turn.conversation
    gone = services.preferences.forget_all(conversation.shopper_id) if services.preferences is not None else ()
    had_more = not conversation.need.is_empty or bool(conversation.disliked)
    conversation = replace(conversation, need=Need(), shown=(), disliked=(), talked=(), focus=None, last_step=Step())
    said = prompts.render(
        "remember_forgot_all",
        turn.pick,
        said=_listed(gone),
        more=had_more,
        contact=services.contact,
        cart=bool(conversation.cart),
    )
    return Outcome(conversation, said, cards=() if turn.conversation.shown else None)


def _tell(services: Services, turn: Turn) -> Outcome:
    conversation, store = turn.conversation, services.preferences
    told = () if store is None else store.known(conversation.shopper_id)
    known = None if is_guest(conversation.shopper_id) else services.shoppers.get(conversation.shopper_id)
    need = describe(conversation.need, services.catalog.currency, services.locale)
    said = prompts.render(
        "remember_known",
        turn.pick,
        said=_listed(told),
        need=need,
        first_name=known.name.split()[0] if known else "",
        history=bool(turn.shopper.history),
    )
    return Outcome(conversation, said, suggestions=_more() if told else ())


def _more() -> tuple[str, ...]:
    return ("What do you know about me?", "Forget everything you know about me")


def _take_back(services: Services, turn: Turn) -> Outcome:
    """The last change undone: of what is kept of the shopper, of the cart, or of the need."""
    step, conversation = turn.conversation.last_step, replace(turn.conversation, last_step=Step())
    turn = replace(turn, conversation=conversation)
    if step.learned and services.preferences is not None:
        gone = services.preferences.forget(conversation.shopper_id, step.learned)
        restored = turn if step.need is None else replace(turn, conversation=replace(conversation, need=step.need))
        again = _without(services, restored, gone)
        return replace(again, opening=f"{_forgotten(gone, turn.pick)} {again.opening}".strip())
    if step.cart is not None:
        seen = basket.view(services, step.cart)
        said = prompts.render("taken_back_cart", turn.pick, empty=not step.cart)
        events = _cart_events(services, conversation, replace(conversation, cart=step.cart))
        return Outcome(replace(conversation, cart=step.cart), said, cart=seen, events=events, suggestions=("Show my cart",))
    if step.need is not None:
        return _need_again(services, turn, step.need)
    return Outcome(conversation, prompts.render("taken_back_nothing", turn.pick), suggestions=_more()[:1])


def _need_again(services: Services, turn: Turn, need: Need) -> Outcome:
    said, conversation = prompts.render("taken_back", turn.pick), replace(turn.conversation, need=need)
    if need.is_empty:
        conversation = replace(conversation, shown=(), focus=None)
        return Outcome(conversation, f"{said} {prompts.render('remember_next', turn.pick)}", cards=())
    again = find.find(services, replace(turn, conversation=conversation, frame=Frame("refine"), confidence=1.0))
    return replace(again, opening=f"{said} {again.opening}")


def _cart_events(services: Services, before: Conversation, after: Conversation) -> tuple[Event, ...]:
    """What changes between two carts, as events."""
    was, now = (Counter[str](), Counter[str]())
    for count, conversation in ((was, before), (now, after)):
        for line in conversation.cart:
            count[line.product_id] += line.quantity
    products = services.catalog.get_many([*was, *now])
    added = [(products[name], more) for name, more in (now - was).items() if name in products]
    removed = [products[name] for name in was - now if name in products]
    return (
        *(happened(services, after, "add_to_cart", product, quantity=more) for product, more in added),
        *(happened(services, after, "remove_from_cart", product) for product in removed),
    )
