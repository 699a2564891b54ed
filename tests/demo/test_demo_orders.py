from datetime import UTC, datetime

from demo.orders import brought_up_to

END = datetime(2026, 6, 1, tzinfo=UTC)
ROW = {"order_id": "SW1", "created_at": "2026-05-20T07:00:00+00:00", "expected_at": "2026-05-26", "total": 3.0}


def test_orders_are_moved_by_whole_days() -> None:
    (moved,) = brought_up_to(datetime(2026, 6, 11, 15, tzinfo=UTC), [ROW], END)
    assert moved == ROW | {"created_at": "2026-05-30T07:00:00+00:00", "expected_at": "2026-06-05"}


def test_at_the_end_nothing_moves() -> None:
    assert list(brought_up_to(END, [ROW], END)) == [ROW]
