"""What the heads of the encoder choose between."""

from __future__ import annotations

from typing import get_args

from assistant.types import Act, PriceRelation, Topic
from retrieval.types import Sort

ACTS: tuple[Act, ...] = get_args(Act)
TOPICS: tuple[Topic, ...] = get_args(Topic)
SORTS: tuple[Sort | None, ...] = (None, *get_args(Sort))
RELATIONS: tuple[PriceRelation | None, ...] = (None, *get_args(PriceRelation))

WHOLE_HEADS = {"act": len(ACTS), "topic": len(TOPICS), "sort": len(SORTS), "price_rel": len(RELATIONS)}
"""Heads over the whole turn and how many classes each has."""

SPAN_KINDS = (
    "query", "include", "exclude", "brand", "brand_exclude",
    "price_min", "price_max", "price_about", "price_range", "rating_min", "quantity", "order_id",
)  # fmt: skip
"""What a run of words of the turn can be. `price_about` is "around 100", `price_range` a single word such as 50-100."""

TAGS = ("O", *(f"{place}-{kind}" for kind in SPAN_KINDS for place in "BI"))

NEED_MARKS = (
    "query", "include", "exclude", "brand", "brand_exclude",
    "price_min", "price_max", "rating_min", "sort", "any_brand", "any_include", "any_exclude",
)  # fmt: skip
"""What stands in the need: a value of a list slot, a whole slot, or (`any_…`) all values of a list slot."""


def begins(kind: str) -> int:
    """The tag that begins a span of this kind."""
    return 1 + 2 * SPAN_KINDS.index(kind)


def goes_on(kind: str) -> int:
    """The tag that continues a span of this kind."""
    return 2 + 2 * SPAN_KINDS.index(kind)
