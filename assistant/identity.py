"""Who may hear of an order: the shopper whom the shop vouches for, or whoever knows the order's postcode as well.

Nothing here says whether an order exists: to who may not know, a wrong number and a wrong postcode are the same.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Column, Engine, Float, Index, Integer, MetaData, String, Table, delete, func, insert, select, update

from assistant.orders import Order, Orders, order_digits, order_key
from assistant.profile import is_guest
from assistant.types import Conversation

_metadata = MetaData()
_attempts = Table(
    "secret_attempts",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", String(64), nullable=False),
    Column("order_key", String(64), nullable=False),
    Column("time", Float, nullable=False),
    Column("failed", Integer, nullable=False),
    Index("attempts_by_conversation", "conversation_id"),
    Index("attempts_by_order", "order_key", "time"),
)
_LONGEST_KEY = 64
_EXTENDED_ZIP = re.compile(r"\d{5}-?\d{4}")


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """How many wrong tries there may be: in one conversation ever, and for one order within `seconds`, by whomever."""

    per_conversation: int = 5
    per_order: int = 10
    seconds: float = 3600.0


def signed(secret: str, shopper_id: str) -> str:
    """The hash with which the shop's server vouches for a shopper: HMAC-SHA256 in hexadecimal."""
    return hmac.new(secret.encode(), shopper_id.encode(), hashlib.sha256).hexdigest()


def is_signed(secret: str, shopper_id: str, hash_: str) -> bool:
    """Whether `hash_` is the shop's word for the shopper. Without a secret nobody is vouched for."""
    return bool(secret) and hmac.compare_digest(signed(secret, shopper_id).encode(), hash_.lower().encode())


def normal_postcode(written: str) -> str:
    """A postcode without case, blanks and hyphens; of a US one its first five digits."""
    plain = re.sub(r"\s+", "", written)
    if _EXTENDED_ZIP.fullmatch(plain):
        return plain[:5]
    return re.sub(r"[\W_]+", "", plain.upper())


class Identity:
    """Tells whose order is whose, and counts wrong tries. Safe from several threads and processes."""

    def __init__(
        self, engine: Engine, orders: Orders, limits: AttemptLimits | None = None, now: Callable[[], float] = time.time
    ) -> None:
        """Creates the table of tries in `engine` where it is missing; `now` tells seconds since 1970."""
        self._engine = engine
        self._orders = orders
        self._limits = limits or AttemptLimits()
        self._now = now
        _metadata.create_all(engine)

    def check(self, conversation_id: str, order_id: str, postcode: str) -> Order | Literal["wrong", "locked"]:
        """The order, where the postcode is its own. Any other pair counts as a wrong try, an order that isn't there too.

        The try is counted before it is compared, so that tries at the same moment can't get past the limit together.
        """
        order = self._orders.find(order_id)
        attempt = self._count(conversation_id, _key(order_id))
        if attempt is None:
            return "locked"
        # An order that is not there is compared as well: no answer comes sooner than another.
        known = normal_postcode(order.postcode) if order is not None else ""
        is_right = hmac.compare_digest(known.encode(), normal_postcode(postcode).encode())
        if order is None or not known or not is_right:
            return "wrong"
        with self._engine.begin() as connection:
            connection.execute(update(_attempts).where(_attempts.c.id == attempt).values(failed=0))
        return order

    def _count(self, conversation_id: str, key: str) -> int | None:
        """Writes down a try; its id, or None where there have been too many, which is then no try and not kept."""
        now = self._now()
        row = {"conversation_id": conversation_id, "order_key": key, "time": now, "failed": 1}
        with self._engine.begin() as connection:
            (attempt,) = connection.execute(insert(_attempts).values(row)).inserted_primary_key or (0,)
        failed = select(func.count()).select_from(_attempts).where(_attempts.c.failed == 1)
        recent = failed.where(_attempts.c.order_key == key, _attempts.c.time > now - self._limits.seconds)
        # Counted once the row is there for everybody to see: of several at once, the last to be written sees them all.
        with self._engine.begin() as connection:
            of_conversation = connection.scalar(failed.where(_attempts.c.conversation_id == conversation_id)) or 0
            of_order = connection.scalar(recent) or 0
            if of_conversation <= self._limits.per_conversation and of_order <= self._limits.per_order:
                return int(attempt)
            connection.execute(delete(_attempts).where(_attempts.c.id == attempt))
            return None


def known_orders(orders: Orders, conversation: Conversation) -> tuple[Order, ...]:
    """The orders that may be told of in this conversation, newest first: a vouched-for shopper's own, and verified ones."""
    own = () if is_guest(conversation.shopper_id) else orders.of(conversation.shopper_id)
    held = {order.order_id for order in own}
    opened = (orders.find(order_id) for order_id in conversation.verified if order_id not in held)
    also = [order for order in opened if order is not None and order.order_id in conversation.verified]
    return tuple(sorted([*own, *also], key=lambda order: order.created_at, reverse=True))


def known_order(orders: Orders, conversation: Conversation, written: str) -> Order | None:
    """The order of that number among those that may be told of here; its letters may be left out."""
    key, known = order_key(written), known_orders(orders, conversation)
    exact = [order for order in known if order_key(order.order_id) == key]
    return next(iter(exact or [order for order in known if order_digits(order.order_id) == key]), None)


def _key(written: str) -> str:
    """What tries are counted by: the same for all spellings of a number, whether or not there is such an order."""
    return (order_digits(written) or order_key(written))[:_LONGEST_KEY]
