import pytest

from assistant.orders import BadOrder, order_digits, order_key, read_order
from tests.fakes_orders import row

ROW = row("SW1", "s", "shipped", "2026-01-02T00:00:00+02:00", [("p1", 19.99), ("p2", 0.1, "p2-x", 3)])


def test_amounts_are_exact_minor_units() -> None:
    order = read_order(ROW | {"total": 20.29})
    assert [(line.product_id, line.price, line.quantity, line.variant_id) for line in order.lines] == [
        ("p1", 1999, 1, None),
        ("p2", 10, 3, "p2-x"),
    ]
    assert (order.total, order.currency) == (2029, "USD")
    assert read_order(ROW | {"currency": "JPY", "total": 2000}).total == 2000


def test_times_are_kept_in_utc_and_days_as_days() -> None:
    order = read_order(ROW | {"expected_at": "2026-01-05"})
    assert (order.created_at, order.expected_at, order.delivered_at) == ("2026-01-01T22:00:00+00:00", "2026-01-05", "")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("total", -1, "total is -1"),
        ("total", float("nan"), "total is nan"),
        ("status", "processing", "status is 'processing'"),
        ("created_at", "yesterday", "expected an RFC 3339 date"),
        ("created_at", "", "created_at is ''"),
        ("lines", [], "lines is"),
        ("lines", [{"product_id": "p", "quantity": 0}], "lines.0.quantity is 0"),
        ("lines", [{"product_id": "p", "quantity": 1.5}], "lines.0.quantity is 1.5"),
        ("currency", "dollars", "currency is 'dollars'"),
        ("shopper_id", "", "shopper_id is ''"),
        ("order_id", "none", "order_id is 'none'"),
    ],
)
def test_a_bad_row_is_named_with_its_field(field: str, value: object, told: str) -> None:
    with pytest.raises(BadOrder) as error:
        read_order(ROW | {field: value})
    assert told in str(error.value)
    assert str(error.value).startswith(f"order {(ROW | {field: value})['order_id']!r}: ")


@pytest.mark.parametrize("written", ["SW10001", "sw10001", "#sw-10001", " SW 10001"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert (order_key(written), order_digits(written)) == ("SW10001", "10001")
