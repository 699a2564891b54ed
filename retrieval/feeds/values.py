"""How feeds spell values: prices, availability, counts, dates, category paths and marked-up text.

Every function raises `ValueError` with what was expected, worded to follow the value: "is not a price such as 19.99 USD".
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from html.parser import HTMLParser

from retrieval import money
from retrieval.types import Availability

_PRICE = re.compile(r"(?P<before>[^\d.,+\-]*?)\s*(?P<number>[+-]?[.,]?\d[\d.,'’\s\u00a0\u202f]*)(?P<after>[^\d]*)")
_CODE = re.compile(r"[A-Za-z]{3}")
# Signs that stand for one currency only; "$" and "kr" stand for several, so the shop's own currency decides there.
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₺": "TRY", "₽": "RUB", "₪": "ILS", "zł": "PLN", "US$": "USD"}
_SIGNS |= {sign: "" for sign in ("", "$", "¥", "kr", "kr.", "Kč")}
_NOT_A_PRICE = "is not a price such as 19.99 USD"

_AVAILABILITY: dict[str, Availability] = {
    "instock": "in_stock",
    "available": "in_stock",
    "availablefororder": "in_stock",
    "instoreonly": "in_stock",
    "onlineonly": "in_stock",
    "limitedstock": "limited_stock",
    "limitedavailability": "limited_stock",
    "lowstock": "limited_stock",
    "backorder": "backorder",
    "onbackorder": "backorder",
    "madetoorder": "backorder",
    "preorder": "preorder",
    "presale": "preorder",
    "outofstock": "out_of_stock",
    "soldout": "out_of_stock",
    "reserved": "out_of_stock",
    "unavailable": "out_of_stock",
    "discontinued": "discontinued",
}
_TRUE = frozenset({"true", "1", "yes", "y"})
_FALSE = frozenset({"false", "0", "no", "n", "-1"})
_TAG = re.compile(r"</?[A-Za-z][^>]*>|<!--")
_BLOCKS = frozenset("address article br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul".split())
_UNSEEN = frozenset({"script", "style", "template"})


def price(value: object, decimal: str = ".") -> tuple[float, str]:
    """Returns an amount and its ISO 4217 code, "" where the value names none: "19,99 €" is (19.99, "EUR").

    `decimal` is the mark before the fraction. Where a price has just one mark, the number of digits behind it tells which
    kind it is ("12,50", "1,299"); "1.299" alone may be either and is refused.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value < math.inf:
            raise ValueError("is not a number >= 0")
        return value, ""
    found = _PRICE.fullmatch(str(value).strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(_NOT_A_PRICE)
    signs = [found["before"].strip(), found["after"].strip()]
    if all(signs):
        raise ValueError(_NOT_A_PRICE)
    currency = _currency(signs[0] or signs[1])
    return _amount(found["number"], currency, decimal), currency


def _currency(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if not _CODE.fullmatch(sign):
        raise ValueError(_NOT_A_PRICE)
    return sign.upper()


def _amount(written: str, currency: str, decimal: str) -> float:
    digits = re.sub(r"['’\s]", "", written).lstrip("+")
    if digits.startswith("-"):
        raise ValueError("is below zero")
    mark = _decimal_mark(digits, currency, decimal)
    whole, _, fraction = digits.rpartition(mark) if mark else (digits, "", "")
    plain = re.sub(r"[.,]", "", whole) or "0"
    if not (plain + (fraction or "0")).isdecimal() or not _grouped(whole):
        raise ValueError(_NOT_A_PRICE)
    return float(f"{plain}.{fraction or 0}")


def _grouped(whole: str) -> bool:
    """Whether the thousands are marked as thousands are, if at all: "1,299" and not "1,2,99"."""
    return len(set(re.findall(r"[.,]", whole))) <= 1 and all(len(part) == 3 for part in re.split(r"[.,]", whole)[1:])


def _decimal_mark(digits: str, currency: str, decimal: str) -> str:
    """Which of "." and "," stands before the fraction; "" if there is none."""
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return ""
    if len(set(marks)) == 2:
        return str(marks[-1])
    if len(marks) > 1:
        return ""
    mark = str(marks[0])
    whole, _, fraction = digits.partition(mark)
    could_be_thousands = len(fraction) == 3 and 1 <= len(whole) <= 3 and whole != "0"
    if not could_be_thousands or (currency and money.digits(currency) == 3):
        return mark
    if mark != decimal:
        return ""
    raise ValueError(f"may mean {whole}{fraction} or {whole}.{fraction}; expected a price such as {whole}.{fraction[:2]}")


def availability(value: object) -> Availability:
    """Returns the availability that a feed's word means: "in stock", "https://schema.org/InStock", "PreOrder"."""
    word = str(value).strip().rstrip("/").rsplit("/", 1)[-1]
    known = _AVAILABILITY.get(re.sub(r"[^a-z]", "", word.casefold()))
    if known is None:
        raise ValueError("is no availability; expected one such as in_stock, out_of_stock, preorder, backorder")
    return known


def stock(value: object) -> int:
    """Returns units in stock. A shop that sells on while it has none counts below zero: that is 0."""
    amount = number(value)
    if amount != int(amount):
        raise ValueError("is not a whole number")
    return max(0, int(amount))


def count(value: object) -> int:
    """Returns a whole number, such as how many ratings there are: 1,024 is 1024."""
    amount = number(re.sub(r"(?<=\d),(?=\d{3})", "", value) if isinstance(value, str) else value)
    if amount != int(amount):
        raise ValueError("is not a whole number")
    return int(amount)


def number(value: object) -> float:
    """Returns a number, "4.5" or "4,5"."""
    try:
        parsed = float(value.strip().replace(",", ".")) if isinstance(value, str) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError("is not a number") from None
    if isinstance(value, bool) or not math.isfinite(parsed):
        raise ValueError("is not a number")
    return parsed


def flag(value: object) -> bool:
    """Returns whether a feed's word says yes: "TRUE", 1, "yes"."""
    word = str(value).strip().casefold()
    if word not in _TRUE | _FALSE:
        raise ValueError("is neither true nor false")
    return word in _TRUE


def moment(value: object) -> datetime:
    """Returns a time, in UTC where it names no zone; a date alone is its first moment.

    Takes ISO 8601 and the dates of mail and RSS ("Tue, 05 Mar 2024 09:00:00 GMT").
    """
    text = str(value).strip()
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise ValueError("is not a time such as 2024-05-31T12:00:00Z")


def timestamp(value: object) -> str:
    """Returns a time as format 1 has it: 2024-05-31T12:00:00Z."""
    return moment(value).isoformat(timespec="seconds").replace("+00:00", "Z")


def in_force(start: object, end: object, now: datetime) -> bool:
    """Whether `now` lies between two times, either of which may be empty. An end without an hour is that day's last."""
    if start and moment(start) > now:
        return False
    if not end:
        return True
    text = str(end).strip()
    return now <= (moment(f"{text}T23:59:59") if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else moment(text))


def path(value: str, mark: str = ">") -> list[str]:
    """Returns the steps of a category path, root first: "Shoes > Boots" is ["Shoes", "Boots"]."""
    return [step.strip() for step in plain_text(value).split(mark) if step.strip()]


def parts(value: str, mark: str = ",") -> list[str]:
    """Returns the values of a list in one cell; a mark behind a backslash belongs to its value."""
    pieces = re.split(rf"(?<!\\){re.escape(mark)}", value)
    return [piece.replace(f"\\{mark}", mark).strip() for piece in pieces if piece.strip()]


@lru_cache(maxsize=10_000)
def label(name: str) -> str:
    """Returns the name of an attribute as people write it: age_group and ageGroup are both "age group"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " "))
    return " ".join(spaced.split()).lower()


def distinct(values: Sequence[str]) -> list[str]:
    """Returns the values without empty ones and repeats, in their order."""
    return list(dict.fromkeys(text for text in (value.strip() for value in values) if text))


def plain_text(text: str) -> str:
    """Returns text without its HTML: tags become spaces and line breaks, entities the letters they stand for."""
    if not _TAG.search(text):
        return html.unescape(text).strip()
    reader = _TextOfHtml()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


class _TextOfHtml(HTMLParser):
    """Collects what a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            # A line break in the source is a space on the page.
            self.pieces.append(data.replace("\n", " "))
