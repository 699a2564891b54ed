from __future__ import annotations

import json
import re
from io import StringIO

import pytest
from rich.console import Console

from retrieval.quality.report import examine, to_json
from retrieval.quality.show import as_page, as_text, percent
from retrieval.quality.types import QualityReport
from retrieval.types import Product
from tests.fakes_retrieval import product

EVIL = '<script>alert("x")</script> [bold]Boots[/bold]'


def catalogue() -> list[Product]:
    whole = {
        "description": "A light boot for wet days in the hills, with a sole that grips on rock and dries by morning.",
        "image_url": "https://shop.example/a.jpg",
        "stock": 3,
    }
    fine = [product(id=f"fine-{n}", title=f"Boots number {n} of {n * 7}", price=5_000 + n, **whole) for n in range(6)]
    return [
        *fine,
        product(id="free", title="Gaiters", price=0, **whole),
        product(id="evil", title=EVIL, price=None, **whole),
    ]


def shown(report: QualityReport) -> str:
    console = Console(file=StringIO(), width=100)
    console.print(as_text(report))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_findings_come_gravest_first_with_their_share() -> None:
    report = examine(catalogue())
    assert [finding.check for finding in report.of_severity("serious")] == ["missing-price", "placeholder-price"]
    [missing] = (finding for finding in report.findings if finding.check == "missing-price")
    assert (missing.count, missing.share) == (1, 0.125)
    assert missing.examples[0].product_id == "evil"
    ranks = [("serious", "warning", "note").index(finding.severity) for finding in report.findings]
    assert ranks == sorted(ranks)


def test_sound_products_have_nothing_but_notes() -> None:
    # No product here has attributes, which is a note; evil and free have more than that.
    report = examine(catalogue())
    assert (report.products, report.sound) == (8, 6)
    assert "List price below the price" in report.passed


def test_examples_are_bounded_and_show_different_faults_first() -> None:
    products = [product(id=f"p{n}", title=f"Thing {n}", image_url=image) for n, image in enumerate(["a b", "a b", "x:y"])]
    [finding] = (f for f in examine(products, examples=2).findings if f.check == "broken-link")
    assert finding.count == 3
    assert [example.product_id for example in finding.examples] == ["p0", "p2"]


def test_what_all_products_lack_needs_no_example() -> None:
    [finding] = (f for f in examine([product(id="a"), product(id="b")]).findings if f.check == "missing-image")
    assert (finding.count, finding.examples) == (2, ())


def test_a_negative_number_of_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="examples is -1; expected 0 or more"):
        examine([], examples=-1)


def test_the_json_is_plain() -> None:
    report = json.loads(json.dumps(to_json(examine(catalogue()))))
    first = report["findings"][0]
    assert {"check", "title", "severity", "count", "share", "examples", "why", "advice"} == set(first)
    assert first["examples"][0] == {"product_id": "evil", "title": EVIL, "note": ""}


def test_the_text_shows_catalogue_texts_as_they_are() -> None:
    text = shown(examine(catalogue()))
    assert EVIL in text
    assert "Prices that look like placeholders: 1 (12%)" in text
    assert "8 products; 6 (75%)" in text


def test_the_page_escapes_and_loads_nothing() -> None:
    page = as_page(examine(catalogue()), "Shop & <Sons>")
    assert "&lt;script&gt;alert(" in page and "<script" not in page
    assert "Shop &amp; &lt;Sons&gt;" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "default-src 'none'" in page


def test_an_empty_catalogue_is_said_to_be_empty() -> None:
    report = examine([])
    assert report.findings == ()
    assert "empty" in shown(report)
    assert "empty" in as_page(report, "Shop")


@pytest.mark.parametrize(("share", "told"), [(0, "0%"), (0.0001, "under 1%"), (0.5, "50%"), (0.9999, "99%"), (1, "100%")])
def test_shares_are_never_rounded_to_none_or_all(share: float, told: str) -> None:
    assert percent(share) == told
