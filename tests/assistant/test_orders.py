import pytest

from assistant.orders import BadOrder, OrderStore
from retrieval.sql import open_engine

ROW = {
    "order_id": "SW10001",
    "shopper_id": "s1",
    "status": "shipped",
    "created_at": "2026-01-02T00:00:00Z",
    "lines": [{"product_id": "p1", "quantity": 1, "price": 5.0}],
    "total": 5.0,
}


def store() -> OrderStore:
    return OrderStore(open_engine("sqlite://"))


def test_orders_are_only_ever_their_own_shoppers() -> None:
    orders = store()
    orders.replace_all([ROW, {**ROW, "order_id": "SW10002", "shopper_id": "s2"}])
    assert [order.order_id for order in orders.of("s1")] == ["SW10001"]
    assert orders.get("s1", "SW10002") is None
    assert orders.get("s2", "10002") is not None


@pytest.mark.parametrize("said", ["SW10001", "sw10001", "#SW10001", "10001"])
def test_an_order_is_found_as_people_write_it(said: str) -> None:
    orders = store()
    orders.replace_all([ROW])
    assert orders.get("s1", said) is not None


def test_the_newest_comes_first() -> None:
    orders = store()
    orders.replace_all([ROW, {**ROW, "order_id": "SW2", "created_at": "2026-02-02T00:00:00Z"}])
    assert [order.order_id for order in orders.of("s1")] == ["SW2", "SW10001"]


def test_a_bad_order_is_named_and_changes_nothing() -> None:
    orders = store()
    orders.replace_all([ROW])
    with pytest.raises(BadOrder, match="order 'SW3': total is -1"):
        orders.replace_all([{**ROW, "order_id": "SW3", "total": -1}])
    assert orders.get("s1", "SW10001") is not None
