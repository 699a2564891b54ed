"""Questions about the rules of three shops, labelled by hand: the headings of the passages that answer, or none.

Of those about the demo shop, the tuning part was tuned on; the kept part was written after that and only measures. Nothing
was fitted to the bookshop, and to the bike shop only what a passage must say on a subject.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.policies import Passage, Policies
from assistant.policy_match import Embed
from demo.kinds import DATA
from retrieval.embed import open_embedder
from retrieval.remembered import RememberedVectors

HERE = Path(__file__).parent / "data"
SETS = [
    pytest.param("policy_questions", DATA / "policies", "tuning", 0.92, 0.04, id="demo-tuning"),
    pytest.param("policy_questions", DATA / "policies", "kept", 0.93, 0.20, id="demo-kept"),
    pytest.param("policy_questions_bike_shop", HERE / "bike_shop_policies", None, 0.80, 0.18, id="bike-shop"),
    pytest.param("policy_questions_bookshop", HERE / "bookshop_policies", None, 0.84, 0.05, id="bookshop"),
]


@pytest.fixture(scope="module")
def embed() -> Embed:
    return RememberedVectors(open_embedder(device="cpu")).of


@pytest.mark.parametrize(("questions", "pages", "half", "right", "wrongly_told"), SETS)
def test_the_right_passages_are_told_or_none(
    questions: str, pages: Path, half: str | None, right: float, wrongly_told: float, embed: Embed
) -> None:
    policies = Policies.read(pages, embed)
    lines = (HERE / f"{questions}.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [row for row in map(json.loads, lines) if row.get("half") == half]
    counts: Counter[tuple[bool, bool]] = Counter()
    for row in asked:
        found = [passage.heading for passage in policies.answers(row["question"])]
        wanted = row["headings"]
        is_right = len(found) == len(wanted) and all(
            heading in any_of for heading, any_of in zip(found, wanted, strict=True)
        )
        counts[bool(wanted), is_right] += 1
    assert counts[True, True] >= right * (counts[True, True] + counts[True, False]), counts
    assert counts[False, False] <= wrongly_told * (counts[False, True] + counts[False, False]), counts


def test_every_label_is_a_heading_of_its_pages() -> None:
    for parameters in SETS:
        questions, pages = parameters.values[:2]
        headings = {passage.heading for passage in Policies.read(pages).passages}
        for line in (HERE / f"{questions}.jsonl").read_text(encoding="utf-8").splitlines():
            assert {heading for any_of in json.loads(line)["headings"] for heading in any_of} <= headings, line


def test_what_the_shop_sells_is_no_rule(embed: Embed) -> None:
    policies = Policies.read(DATA / "policies", embed)
    for question in ("is it waterproof?", "how heavy is the tent", "do you have red boots", "what is the battery life"):
        assert policies.answers(question) == (), question


def test_the_topic_leans_to_a_page_but_makes_no_answer_of_it() -> None:
    returns, fit = Passage("returns", "Returns", "Boots may come back."), Passage("fit", "Fit", "Boots may run small.")
    assert Policies([returns]).find("do boots come with unicorns?", "returns") is None
    assert [Policies([returns, fit]).find("boots?", topic) for topic in ("returns", "fit")] == [returns, fit]
