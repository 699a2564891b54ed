from datetime import date
from pathlib import Path

import pytest

from assistant.orders import OrderLine, read_order
from assistant.returns import BadTerms, ReturnTerms, Season, may_return, read_terms
from tests.fakes import small_catalogue
from tests.fakes_orders import MIAS, TERMS, row

PRODUCTS = {product.id: product for product in small_catalogue()}


def verdict(product_id: str, today: str, *, delivered: str = "2026-03-01", created: str = "2026-02-25", **more: object):
    delivered_at = {"delivered_at": f"{delivered}T23:30:00Z"} if delivered else {}
    status = str(more.pop("status", "delivered"))
    order = read_order(row("SW1", "s", status, f"{created}T10:00:00Z", [(product_id, 9.0)]) | delivered_at)
    return may_return(order, order.lines[0], PRODUCTS.get(product_id), date.fromisoformat(today), TERMS, **more)


@pytest.mark.parametrize(("today", "refusal"), [("2026-03-01", ""), ("2026-03-31", ""), ("2026-04-01", "too_late")])
def test_the_last_day_still_counts(today: str, refusal: str) -> None:
    told = verdict("boot-2", today)
    assert (told.refusal, told.until, told.days) == (refusal, date(2026, 3, 31), 30)


def test_what_is_faulty_has_its_own_days_and_may_be_used() -> None:
    assert verdict("boot-2", "2026-04-20", reason="faulty").until == date(2026, 4, 30)
    assert verdict("tent-1", "2026-03-05").refusal == "never"
    assert verdict("tent-1", "2026-03-05", reason="faulty").is_allowed
    assert verdict("ear-1", "2026-03-05", reason="wrong_item", used=True).is_allowed


def test_some_things_come_back_only_unused() -> None:
    assert verdict("ear-1", "2026-03-05").if_unused
    assert verdict("ear-1", "2026-03-05", used=True).refusal == "used"
    assert verdict("boot-2", "2026-03-05", used=True).is_allowed


@pytest.mark.parametrize(
    ("created", "delivered", "until"),
    [
        ("2025-11-14", "2025-11-18", date(2025, 12, 18)),
        ("2025-11-15", "2025-11-18", date(2026, 1, 31)),
        ("2025-12-24", "2025-12-29", date(2026, 1, 31)),
        ("2025-12-24", "2026-01-10", date(2026, 2, 9)),
        ("2025-12-25", "2025-12-29", date(2026, 1, 28)),
    ],
)
def test_the_season_gives_more_days_and_never_fewer(created: str, delivered: str, until: date) -> None:
    assert verdict("boot-2", "2025-12-30", created=created, delivered=delivered).until == until


@pytest.mark.parametrize(
    ("created", "until"),
    [("2025-12-27", date(2026, 1, 31)), ("2026-01-05", date(2026, 1, 31)), ("2026-01-07", date(2026, 1, 20))],
)
def test_a_season_may_go_over_the_end_of_the_year(created: str, until: date) -> None:
    terms = ReturnTerms(10, 10, seasons=(Season((12, 20), (1, 6), (1, 31)),))
    order = read_order(row("SW1", "s", "delivered", created, [("boot-2", 9.0)]) | {"delivered_at": "2026-01-10"})
    assert may_return(order, order.lines[0], None, date(2026, 1, 12), terms).until == until


@pytest.mark.parametrize(
    ("status", "refusal"),
    [("placed", "not_delivered"), ("shipped", "not_delivered"), ("cancelled", "cancelled"), ("returned", "gone_back")]
    + [("refunded", "gone_back")],
)
def test_only_what_was_delivered_goes_back(status: str, refusal: str) -> None:
    assert verdict("boot-2", "2026-03-02", status=status, delivered="").refusal == refusal


def test_a_line_of_another_order_does_not_go_back() -> None:
    order = read_order(MIAS[0])
    assert may_return(order, OrderLine("tent-1"), None, date(2026, 2, 1), TERMS).refusal == "not_ordered"


def test_a_product_that_is_gone_from_the_shop_still_goes_back() -> None:
    assert verdict("gone", "2026-03-02").is_allowed


def test_the_demo_terms_agree_with_its_page() -> None:
    folder = Path("demo/data/policies")
    terms = read_terms(folder)
    assert terms is not None and terms.days == terms.faulty_days == 30
    page = (folder / "returns.md").read_text(encoding="utf-8")
    assert "within 30 days of delivery" in page and f"within {terms.drop_off_days} days of asking for the label" in page
    assert f"within {terms.refund_days} business days" in page
    assert "November 15 and December 24 can be returned until January 31" in page
    season = terms.seasons[0]
    assert (season.ordered_from, season.ordered_until, season.returned_until) == ((11, 15), (12, 24), (1, 31))
    assert terms.unused_only == {"beauty", "earbuds", "baby bottles", "pet bowls"}


def test_without_a_file_there_are_no_terms(tmp_path: Path) -> None:
    assert read_terms(tmp_path) is None
    assert read_terms(tmp_path / "nowhere") is None


def test_the_least_that_terms_need_is_the_days(tmp_path: Path) -> None:
    (tmp_path / "returns.toml").write_text("days = 14\nnever = ['Gift Cards']\n")
    assert read_terms(tmp_path) == ReturnTerms(14, 14, never=frozenset({"gift cards"}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("days = ", "is no TOML"),
        ("days = 30 # für alle", "is no TOML in UTF-8"),
        ("faulty_days = 3", "days is"),
        ("days = -1", "days is -1"),
        ("days = 30\ndayz = 3", "dayz is 3"),
        (
            "days = 30\n[[season]]\nordered_from='11-31'\nordered_until='12-24'\nreturned_until='01-31'",
            "season.0.ordered_from",
        ),
    ],
)
def test_bad_terms_are_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "returns.toml").write_text(text, encoding="latin-1")
    with pytest.raises(BadTerms, match="returns.toml") as error:
        read_terms(tmp_path)
    assert told in str(error.value)
