"""The reader that asks a language model for the frame, and lets the lexical reader take over where it fails.

What the model writes is checked: it must be a legal frame, made of words and numbers of the turn, and must not have lost
a price or a negation that the rules can see. A shopper's budget is too dear to trust to a small model.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

import prompts
from assistant.chat_models import ChatMessage, ChatModel, ChatModelError, ChatModelTimeout, Request
from assistant.need import LIST_SLOTS, frame_from_json, need_to_json
from assistant.reading import acts, amounts
from assistant.reading.context import Context, Reader
from assistant.reading.text import Text, read
from assistant.types import Act, Frame, PriceRelation, Reading, Topic
from assistant.vocabulary import singular
from retrieval.types import Need, Sort

MAX_TOKENS = 120
LONGEST_MESSAGE = 600
"""Characters of the message that the model is given; a small model loses itself in more."""

_NEED: frozenset[str] = frozenset(
    {"query", *LIST_SLOTS, "price_min", "price_max", "rating_min", "sort", "price_rel", "refs", "quantity"}
)
CARRIES: Mapping[Act, frozenset[str]] = {
    "search": _NEED,
    "refine": _NEED | {"drop"},
    "recommend": _NEED | {"drop"},
    "compare": frozenset({"refs"}),
    "ask_product": frozenset({"refs"}),
    "cart_add": frozenset({"refs", "quantity", "include"}),
    "cart_remove": frozenset({"refs", "quantity", "include"}),
    "cart_show": frozenset(),
    "checkout": frozenset(),
    "order_status": frozenset({"order_id"}),
    "return_request": frozenset({"refs", "quantity", "include", "order_id"}),
    "policy_question": frozenset({"topic"}),
    "like": frozenset({"refs"}),
    "dislike": frozenset({"refs"}),
    "human": frozenset({"order_id"}),
    "smalltalk": frozenset(),
    "out_of_scope": frozenset(),
}
"""The slots that an act may carry."""

_HAS_EFFECT: frozenset[Act] = frozenset({"cart_add", "cart_remove", "human", "like", "dislike"})
"""Acts that change more than what is on the screen: a title or a message that fools the model must not start them."""

_TEXTS = {"type": "array", "items": {"type": "string"}}
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "act": {"enum": list(get_args(Act))},
        "query": {"type": "string"},
        "include": _TEXTS,
        "exclude": _TEXTS,
        "brand": _TEXTS,
        "brand_exclude": _TEXTS,
        "price_min": {"type": "number"},
        "price_max": {"type": "number"},
        "price_rel": {"enum": list(get_args(PriceRelation))},
        "rating_min": {"type": "number"},
        "sort": {"enum": list(get_args(Sort))},
        "refs": {"type": "array", "items": {"type": "integer"}},
        "drop": _TEXTS,
        "quantity": {"type": "integer"},
        "order_id": {"type": "string"},
        "topic": {"enum": list(get_args(Topic))},
    },
    "required": ["act"],
    "additionalProperties": False,
}
"""Every slot may be left out, so that a short frame takes few tokens."""

# One shot for each habit that matters: properties apart from the kind, a negation, a price, references, and silence.
_SHOTS: tuple[tuple[str, tuple[str, ...], str, dict[str, object]], ...] = (
    ("", (), "waterproof jacket for kids under $80, no wool",
     {"act": "search", "query": "jacket", "include": ["waterproof", "kids"], "exclude": ["wool"], "price_max": 80}),
    ("query: lamp", ("Oslo Lamp, black", "Reed Lamp, oak"), "something cheaper in white",
     {"act": "refine", "include": ["white"], "price_rel": "lower"}),
    ("query: lamp", ("Oslo Lamp, black", "Reed Lamp, oak"), "I'll take two of the second one",
     {"act": "cart_add", "refs": [2], "quantity": 2}),
    ("", (), "how long does delivery take?", {"act": "policy_question", "topic": "shipping"}),
)  # fmt: skip


class Doubt(ValueError):
    """What the model wrote cannot be right; the text says why."""


class LlmReader:
    """Asks a chat model for the frame as JSON and checks it; `fallback` reads the turn where the model fails."""

    def __init__(
        self, model: ChatModel, fallback: Reader, deadline: float = 4.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`deadline` is in seconds from the start of a reading."""
        self._model = model
        self._fallback = fallback
        self._deadline = deadline
        self._clock = clock

    def read(self, text: str, context: Context) -> Reading:
        """What `text` says in this context. Never raises: `Reading.fallback` says why the other reader stepped in."""
        known = self._fallback.read(text, context)
        message = read(text)
        if acts.is_attack(message):
            return replace(known, fallback="llm: not asked: the message gives orders to the assistant")
        if not any(character.isalnum() for character in message.source):
            return replace(known, fallback="llm: not asked: nothing to read")
        try:
            return Reading(self._ask(message, context, known.frame), 0.75)
        except ChatModelTimeout:
            return replace(known, fallback="llm: timeout")
        except ChatModelError as error:
            return replace(known, fallback=f"llm: {error}")
        except Doubt as doubt:
            return replace(known, fallback=f"llm: not valid: {doubt}")

    def _ask(self, message: Text, context: Context, known: Frame) -> Frame:
        deadline = self._clock() + self._deadline
        request = Request(_messages(message, context), MAX_TOKENS, deadline, json_schema=SCHEMA)
        frame = parse(_joined(self._model.stream(request)), context.currency)
        check_form(frame, message, context)
        check_facts(frame, known)
        if frame.act == "search" and known.act != "search" and not context.need.is_empty:
            raise Doubt(f"search would start afresh, and the rules read {known.act}")
        return frame


def parse(reply: str, currency: str) -> Frame:
    """The frame in a model's reply; empty values count as left out. Raises `Doubt` if it is no legal frame."""
    try:
        data: Any = json.loads(reply)
    except ValueError:
        raise Doubt("no JSON, or JSON cut short") from None
    if not isinstance(data, dict):
        raise Doubt(f"{type(data).__name__} instead of an object")
    try:
        return frame_from_json(
            {slot: _tidy(slot, value) for slot, value in data.items() if value not in ("", [], None)}, currency
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise Doubt(str(error)) from None


def check_form(frame: Frame, message: Text, context: Context) -> None:
    """Raises `Doubt` unless the frame's slots fit its act and its values are words, numbers and items of the turn."""
    for slot in _filled(frame):
        if slot not in CARRIES[frame.act]:
            raise Doubt(f"{frame.act} does not carry {slot}")
    for value in _texts(frame):
        if not _said(value, message):
            raise Doubt(f"{value!r} is not in the message")
    if any(not 1 <= ref <= len(context.shown) for ref in frame.refs):
        raise Doubt(f"refs {list(frame.refs)} with {len(context.shown)} shown")
    if frame.price_rel and not context.shown:
        raise Doubt("price_rel with nothing shown")
    held = {value.lower() for value in _held(context.need)}
    for name in frame.drop:
        if name.lower() not in held:
            raise Doubt(f"drop {name!r} is not in the need")
    if frame.quantity is not None and frame.quantity != amounts.quantity(message)[0]:
        raise Doubt(f"quantity {frame.quantity} is not in the message")


def check_facts(frame: Frame, known: Frame) -> None:
    """Raises `Doubt` if the model's frame contradicts what the rules read for certain: numbers, negations, attacks."""
    if known.act == "out_of_scope" and frame.act != "out_of_scope":
        raise Doubt("the message is not the shop's business")
    if frame.act in _HAS_EFFECT and (frame.act, frame.refs) != (known.act, known.refs):
        raise Doubt(f"{frame.act} of {list(frame.refs)} has effects, the rules read {known.act} of {list(known.refs)}")
    if not set(frame.drop) <= set(known.drop):
        raise Doubt(f"drop {sorted(set(frame.drop) - set(known.drop))} is not what the message takes back")
    for slot in ("price_min", "price_max", "rating_min", "order_id"):
        if getattr(frame, slot) != getattr(known, slot):
            raise Doubt(f"{slot} is {getattr(frame, slot)!r}, the message says {getattr(known, slot)!r}")
    lost = _words(known.exclude + known.brand_exclude) - _words(frame.exclude + frame.brand_exclude)
    if lost:
        raise Doubt(f"lost what is not wanted: {', '.join(sorted(lost))}")
    turned = _words(known.exclude + known.brand_exclude) & _words((frame.query, *frame.include, *frame.brand))
    if turned:
        raise Doubt(f"wants what is not wanted: {', '.join(sorted(turned))}")


def _messages(message: Text, context: Context) -> tuple[ChatMessage, ...]:
    shots: list[ChatMessage] = []
    for need, shown, said, frame in _SHOTS:
        shots.append(ChatMessage("user", _turn(need, shown, said)))
        shots.append(ChatMessage("assistant", json.dumps(frame, separators=(",", ":"))))
    titles = tuple(item.title for item in context.shown)
    turn = _turn(_need_text(context), titles, message.source[:LONGEST_MESSAGE])
    return (ChatMessage("system", prompts.render("understand_rules")), *shots, ChatMessage("user", turn))


def _turn(need: str, shown: tuple[str, ...], said: str) -> str:
    return prompts.render("understand_turn", need=need, shown=[_fenced(title) for title in shown], message=_fenced(said))


def _fenced(text: str) -> str:
    """Text that cannot end its fence or start one."""
    return text.replace("<", " ").replace(">", " ").replace("\n", " ")


def _need_text(context: Context) -> str:
    """The need in a line; what the shopper once wrote is fenced as well."""
    slots = need_to_json(context.need, context.currency)
    return _fenced("; ".join(f"{slot}: {', '.join(v) if isinstance(v, list) else v}" for slot, v in slots.items()))


def _joined(pieces: Iterator[str]) -> str:
    return "".join(pieces)


def _tidy(slot: str, value: Any) -> Any:
    """Lower case where the format wants it, and no repeats."""
    if slot == "query" and isinstance(value, str):
        return value.strip().lower()
    if slot in ("include", "exclude") and isinstance(value, list):
        return list(dict.fromkeys(entry.strip().lower() if isinstance(entry, str) else entry for entry in value))
    return value


def _filled(frame: Frame) -> list[str]:
    empty = Frame(frame.act)
    return [slot for slot in Frame.__slots__ if slot != "act" and getattr(frame, slot) != getattr(empty, slot)]


def _texts(frame: Frame) -> tuple[str, ...]:
    lists = frame.include + frame.exclude + frame.brand + frame.brand_exclude
    return tuple(value for value in (frame.query, *lists, frame.order_id) if value)


def _said(value: str, message: Text) -> bool:
    """Whether the value is whole words of the message, in a row."""
    wanted, words = read(value).words, message.words
    return bool(wanted) and any(words[at : at + len(wanted)] == wanted for at in range(len(words)))


def _held(need: Need) -> tuple[str, ...]:
    slots = tuple(slot for slot in Need.__slots__ if getattr(need, slot) != getattr(Need(), slot))
    return slots + need.include + need.exclude + need.brand + need.brand_exclude + (need.query,)


def _words(values: tuple[str, ...]) -> set[str]:
    return {singular(word) for value in values for word in value.lower().split()}
