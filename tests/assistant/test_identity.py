from __future__ import annotations

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.identity import AttemptLimits, Identity, is_signed, known_order, known_orders, normal_postcode, signed
from assistant.order_store import OrderStore
from assistant.types import Conversation
from retrieval.sql import open_engine
from tests.fakes_orders import JONAS, MIAS, Clock

RIGHT = ("SW2001", "74148")


@dataclass
class Desk:
    identity: Identity
    orders: OrderStore
    clock: Clock


def desk(limits: AttemptLimits | None = None) -> Desk:
    engine, clock = open_engine("sqlite://"), Clock()
    orders = OrderStore(engine, clock)
    orders.replace_all([*MIAS, *JONAS])
    return Desk(Identity(engine, orders, limits, clock), orders, clock)


def verdict(identity: Identity, conversation: str, order_id: str, postcode: str) -> str:
    found = identity.check(conversation, order_id, postcode)
    return found if isinstance(found, str) else found.order_id


def test_the_shops_word_is_an_hmac() -> None:
    assert signed("key", "mia") == hmac.new(b"key", b"mia", hashlib.sha256).hexdigest()
    assert is_signed("key", "mia", signed("key", "mia"))
    assert is_signed("key", "mia", signed("key", "mia").upper())


@pytest.mark.parametrize(
    ("secret", "shopper", "hash_"),
    [
        ("key", "jonas", signed("key", "mia")),
        ("other", "mia", signed("key", "mia")),
        ("key", "mia", ""),
        ("key", "mia", "é"),
        ("", "mia", signed("", "mia")),
    ],
)
def test_nobody_else_is_vouched_for(secret: str, shopper: str, hash_: str) -> None:
    assert not is_signed(secret, shopper, hash_)


@pytest.mark.parametrize("written", ["1234 AB", "1234ab", " 1234-ab ", "1234  aB"])
def test_a_postcode_is_the_same_however_it_is_written(written: str) -> None:
    assert normal_postcode(written) == "1234AB"
    assert verdict(desk().identity, "c", "SW1001", written) == "SW1001"


def test_of_a_long_zip_the_first_five_digits_count() -> None:
    assert normal_postcode("74148-1234") == normal_postcode("74148") == "74148"


@pytest.mark.parametrize(
    ("order_id", "postcode"),
    [("SW2001", "74149"), ("SW2001", ""), ("SW9999", "74148"), ("SW1001", "74148"), ("", ""), ("SW2001", "７4l48")],
)
def test_anything_but_the_right_pair_is_wrong(order_id: str, postcode: str) -> None:
    assert verdict(desk().identity, "c", order_id, postcode) == "wrong"


def test_an_order_without_a_postcode_is_opened_by_none() -> None:
    at = desk()
    at.orders.replace_all([{**JONAS[0], "postcode": ""}])
    assert verdict(at.identity, "c", "SW2001", "") == "wrong"


def test_the_sixth_try_of_a_conversation_is_not_compared_any_more() -> None:
    at = desk()
    assert [verdict(at.identity, "c", f"SW200{n}", "00000") for n in range(5)] == ["wrong"] * 5
    at.clock.time += 86_400
    assert verdict(at.identity, "c", *RIGHT) == "locked"
    assert verdict(at.identity, "another", *RIGHT) == "SW2001"


def test_right_answers_do_not_count() -> None:
    at = desk()
    assert [verdict(at.identity, "c", *RIGHT) for _ in range(20)] == ["SW2001"] * 20


@pytest.mark.parametrize("order_id", ["SW2001", "SW7777"])
def test_an_order_is_locked_for_an_hour_after_ten_wrong_tries_by_whomever(order_id: str) -> None:
    at = desk()
    spelled = (order_id, order_id.lower(), f"#{order_id}", order_id[2:], f"{order_id[:2]}-{order_id[2:]}")
    tries = [verdict(at.identity, f"c{n}", spelled[n % 5], "00000") for n in range(12)]
    assert tries == ["wrong"] * 10 + ["locked"] * 2
    assert verdict(at.identity, "new", spelled[3], "74148") == "locked"
    at.clock.time += 3601
    assert verdict(at.identity, "newer", order_id, "74148") == ("SW2001" if order_id == "SW2001" else "wrong")


def test_tries_while_locked_do_not_lengthen_the_lock() -> None:
    at = desk()
    for number in range(10):
        verdict(at.identity, f"c{number}", "SW2001", "00000")
    at.clock.time += 3000
    assert {verdict(at.identity, f"d{number}", "SW2001", "00000") for number in range(20)} == {"locked"}
    at.clock.time += 601
    assert verdict(at.identity, "e", *RIGHT) == "SW2001"


def test_tries_at_the_same_moment_do_not_get_past_the_limit(tmp_path: Path) -> None:
    engines = [open_engine(f"sqlite:///{tmp_path / 'shop.db'}") for _ in range(4)]
    orders = OrderStore(engines[0], Clock())
    orders.replace_all(JONAS)
    identities = [Identity(engine, orders, None, Clock()) for engine in engines]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda n: verdict(identities[n % 4], "c", "SW2001", f"{n:05}"), range(40)))
    assert told.count("wrong") <= 5 and set(told) <= {"wrong", "locked"}
    assert verdict(identities[0], "c", *RIGHT) == "locked" or told.count("wrong") < 5
    for engine in engines:
        engine.dispose()


def test_what_may_be_told_here() -> None:
    orders = desk().orders
    guest = Conversation("c", "guest-1")
    assert known_orders(orders, guest) == ()
    opened = replace(guest, verified=("SW2001",))
    assert [order.order_id for order in known_orders(orders, opened)] == ["SW2001"]
    assert known_order(orders, opened, "2001") is not None
    assert known_order(orders, opened, "SW2002") is None
    mia = Conversation("c", "mia", verified=("SW2001",))
    assert [order.order_id for order in known_orders(orders, mia)] == ["SW1002", "SW1004", "SW2001", "SW1001", "SW1003"]
    assert known_order(orders, replace(mia, verified=()), "SW2001") is None


def test_a_guests_id_opens_nothing_even_if_an_order_bears_it() -> None:
    orders = desk().orders
    orders.replace_all([{**JONAS[0], "shopper_id": "guest-1"}])
    assert known_orders(orders, Conversation("c", "guest-1")) == ()
