"""Hides what a shopper typed to prove or to pay with, before their words leave the shop's own thread.

Postcodes open orders, and card numbers should never have been typed: neither is passed on. E-mail addresses and phone
numbers stay, since whoever takes over may need them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.identity import normal_postcode
from assistant.order_words import mentioned
from assistant.orders import Order, order_digits, order_key
from assistant.types import Act, Conversation, Message

POSTCODE = "[postcode]"
CARD = "[card number ending in {}]"
CODE = "[security code]"
_CARD_LIKE = re.compile(r"(?<![\w+])[2-6](?:[ .\-–]{0,3}\d){13,18}(?!\w)")
_FOURS = re.compile(r"\d{4}([ .\-–]{1,3})\d{4}\1\d{4}\1\d{4}")
_SECURITY = re.compile(
    r"(\b(?:cvv2?|cvc2?|csc|security code|card code)\b[^\w\n]*(?:(?:is|was|it'?s)\W+)?)\d{3,4}(?!\w)", re.I
)
_ASKS_POSTCODE = re.compile(r"\bpost(?:al)? ?code|\bzip\b", re.I)
_WITH_DIGIT = re.compile(r"(?<![\w$£€¥#.-])(?=[\w-]*\d)[\w-]{3,12}(?![\w-])")
_REPEATED = re.compile(re.escape(POSTCODE) + rf"(?:\s+{re.escape(POSTCODE)})+")
_NUMBER = re.compile(r"\d{3,12}")
_ABOUT_ORDERS: frozenset[Act] = frozenset({"order_status", "return_request"})
# How many of a shopper's messages after the question may still be answers to it.
_ANSWERS = 3
_HALF_A_CODE = 3


class Masking:
    """The shopper's words of one conversation as they may be passed on."""

    def __init__(self, conversation: Conversation, orders: Iterable[Order] = ()) -> None:
        """`orders` are those that the shopper may hear of: their postcodes are hidden wherever they stand."""
        self._codes = tuple(normal_postcode(order.postcode) for order in orders if order.postcode)
        self._numbers = frozenset(order_key(number) for number in _numbers(conversation))
        self._told: dict[str, str] = {}
        about_orders = {attempt.asked for attempt in conversation.attempts if attempt.act in _ABOUT_ORDERS}
        answers_left = 0
        for message in conversation.messages:
            if message.role != "shopper":
                answers_left = _ANSWERS if _ASKS_POSTCODE.search(message.text) else answers_left
                continue
            told = self._masked(message.text, answers_left > 0, message.text in about_orders)
            answers_left -= 1
            # Of the same words said twice, those that hide something are kept for both.
            if self._told.get(message.text, message.text) == message.text:
                self._told[message.text] = told

    def words(self, text: str) -> str:
        """Words of the shopper's, wherever they are kept."""
        return self._told[text] if text in self._told else self._masked(text, False, False)

    def message(self, message: Message) -> str:
        """The text of a message; only the shopper's own are changed."""
        return self.words(message.text) if message.role == "shopper" else message.text

    def _masked(self, text: str, is_answer: bool, about_orders: bool) -> str:
        text = mask_numbers(text)
        for code in self._codes:
            text = re.sub(rf"(?<!\w){_spaced(code)}(?:-?\d{{4}})?(?!\w)", POSTCODE, text, flags=re.I)
        first = _NUMBER.search(text) if about_orders else None
        text = _without_codes(text, first[0] if first else "", is_answer)
        if is_answer:
            text = _WITH_DIGIT.sub(self._unless_number, text)
        return _REPEATED.sub(POSTCODE, text)

    def _unless_number(self, match: re.Match[str]) -> str:
        """What looks like an order number stays, unless it is so short that it may be the half of a postcode."""
        is_number = mentioned(match[0]).order_id == match[0] and len(order_digits(match[0])) > _HALF_A_CODE
        return match[0] if is_number or order_key(match[0]) in self._numbers else POSTCODE


def mask_numbers(text: str) -> str:
    """`text` without card numbers and their security codes; of a card number the last four digits stay."""
    return _SECURITY.sub(rf"\g<1>{CODE}", _CARD_LIKE.sub(_card, text))


def _card(match: re.Match[str]) -> str:
    digits = "".join(c for c in match[0] if c.isdigit())
    # Sixteen digits in fours are one with a slip of the finger, even if they don't add up.
    return CARD.format(digits[-4:]) if _adds_up(digits) or _FOURS.fullmatch(match[0]) else match[0]


def _adds_up(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _without_codes(text: str, read_id: str, is_answer: bool) -> str:
    """Without whatever the assistant itself would have tried as a postcode, so that no try can be read off."""
    while code := mentioned(text, read_id, "postcode" if is_answer else None).postcode:
        without = re.sub(rf"(?<!\w){re.escape(code)}(?!\w)", POSTCODE, text, flags=re.I)
        if without == text:
            break
        text = without
    return text


def _spaced(code: str) -> str:
    """A pattern for a postcode, with or without blanks and hyphens in it."""
    return r"[ -]?".join(map(re.escape, code))


def _numbers(conversation: Conversation) -> tuple[str, ...]:
    """The order numbers that the conversation knows of: they stay readable where a postcode may stand."""
    return (*conversation.verified, conversation.errand.order_id if conversation.errand else "")
