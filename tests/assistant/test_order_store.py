from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.order_store import OrderStore
from assistant.orders import BadOrder, NotPossible, ReturnItem, TooLate
from retrieval.sql import open_engine
from tests.fakes_orders import JONAS, MIAS, Clock, row


def store(rows: object = (*MIAS, *JONAS)) -> OrderStore:
    orders = OrderStore(open_engine("sqlite://"), Clock())
    orders.replace_all(rows)
    return orders


def test_orders_of_a_shopper_are_theirs_newest_first() -> None:
    assert [order.order_id for order in store().of("mia")] == ["SW1002", "SW1004", "SW1001", "SW1003"]
    assert store().of("nobody") == ()


@pytest.mark.parametrize("said", ["SW1001", "sw1001", "#SW1001", "1001", "sw-1001"])
def test_an_order_is_found_as_people_write_it(said: str) -> None:
    found = store().find(said)
    assert found is not None and found.order_id == "SW1001"


@pytest.mark.parametrize("said", ["", "SW", "XX1001", "100", "10011", "SW10 or 1=1"])
def test_nothing_else_is_found(said: str) -> None:
    assert store().find(said) is None


def test_digits_that_two_orders_share_find_neither() -> None:
    orders = store([*MIAS, row("EU1001", "jonas", "paid", "2026-01-01T00:00:00Z", [("p", 1.0)])])
    assert orders.find("1001") is None
    found = orders.find("EU1001")
    assert found is not None and found.shopper_id == "jonas"


def test_a_bad_order_changes_nothing() -> None:
    orders = store()
    with pytest.raises(BadOrder, match="order 'SW3': total is -1"):
        orders.replace_all([*JONAS, {**MIAS[0], "order_id": "SW3", "total": -1}])
    with pytest.raises(BadOrder, match="'SW1001': order_id is there twice"):
        orders.replace_all([MIAS[0], {**MIAS[0], "order_id": "sw-1001"}])
    assert len(orders.of("mia")) == len(MIAS)


def test_cancelling_twice_is_cancelling_once() -> None:
    orders = store()
    assert orders.cancel("SW1002").status == "cancelled"
    assert orders.cancel("SW1002").status == "cancelled"
    assert [order.status for order in orders.of("mia")].count("cancelled") == 1


@pytest.mark.parametrize("order_id", ["SW1001", "SW1004"])
def test_what_has_left_is_not_cancelled(order_id: str) -> None:
    orders = store()
    before = orders.find(order_id)
    with pytest.raises(TooLate, match=order_id):
        orders.cancel(order_id)
    assert orders.find(order_id) == before


def test_an_order_that_is_not_there_is_neither_cancelled_nor_returned() -> None:
    with pytest.raises(NotPossible, match="SW9"):
        store().cancel("SW9")
    with pytest.raises(NotPossible, match="SW9"):
        store().start_return("SW9", (ReturnItem(1),), "return")


def test_the_same_return_asked_twice_is_one() -> None:
    orders = store()
    first = orders.start_return("SW1001", (ReturnItem(1), ReturnItem(2)), "return", "faulty")
    again = orders.start_return("SW1001", (ReturnItem(2), ReturnItem(1)), "return")
    assert first == again and orders.returns("SW1001") == (first,)
    assert (first.created_at, first.reason) == ("2026-02-02T02:40:00+00:00", "faulty")
    assert len(first.code) >= 8


def test_a_line_goes_back_once() -> None:
    orders = store()
    orders.start_return("SW1001", (ReturnItem(1),), "return")
    others = (
        ((ReturnItem(1), ReturnItem(2)), "return"),
        ((ReturnItem(1, "boot-3-9"),), "exchange"),
        ((ReturnItem(1),), "exchange"),
    )
    for items, kind in others:
        with pytest.raises(NotPossible, match="going back already"):
            orders.start_return("SW1001", items, kind)
    orders.start_return("SW1001", (ReturnItem(2),), "exchange")
    assert [back.kind for back in orders.returns("SW1001")] == ["return", "exchange"]


@pytest.mark.parametrize("items", [(), (ReturnItem(0),), (ReturnItem(3),), (ReturnItem(1), ReturnItem(1, "x"))])
def test_only_lines_of_the_order_go_back(items: tuple[ReturnItem, ...]) -> None:
    orders = store()
    with pytest.raises(NotPossible, match="has 2 lines"):
        orders.start_return("SW1001", items, "return")
    assert orders.returns("SW1001") == ()


def test_what_is_on_its_way_does_not_go_back() -> None:
    with pytest.raises(NotPossible, match="shipped"):
        store().start_return("SW1004", (ReturnItem(1),), "return")


def test_many_at_once_write_once(tmp_path: Path) -> None:
    engines = [open_engine(f"sqlite:///{tmp_path / 'orders.db'}") for _ in range(4)]
    stores = [OrderStore(engine, Clock()) for engine in engines]
    stores[0].replace_all(MIAS)

    def both(number: int) -> tuple[str, str]:
        orders = stores[number % 4]
        return orders.cancel("SW1002").status, orders.start_return("SW1001", (ReturnItem(1),), "return").code

    with ThreadPoolExecutor(8) as pool:
        done = set(pool.map(both, range(24)))
    assert len(done) == 1
    assert len(stores[0].returns("SW1001")) == 1
    for engine in engines:
        engine.dispose()
