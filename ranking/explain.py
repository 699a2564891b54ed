"""The deletion test of reasons: with the cause that a reason names taken away, the product must score less.

Nothing of how a score is made is used but the ranker's inputs: the history loses the product, the brand is taken off
everything that the shopper touched, the popularity is set to nothing; then everything is scored again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ranking.blend import Ranker
from ranking.traits import values
from ranking.types import Event, Shopper
from retrieval.types import AttributeValue, Candidate, Product, Reason, ReasonKind

_PAGE = 10
_OFTEN = "You often choose "


@dataclass(frozen=True, slots=True)
class Sample:
    """What a ranker is asked once: as the arguments of `Ranker.ranked`."""

    candidates: Sequence[Candidate]
    shopper: Shopper
    now: float
    disliked: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """`passed` of `tried` reasons."""

    passed: int
    tried: int

    @property
    def rate(self) -> float:
        """0-1."""
        return self.passed / self.tried


def deletion_rate(ranker: Ranker, samples: Iterable[Sample], page: int = _PAGE) -> dict[ReasonKind, Share]:
    """Kind of reason to the share that pass the deletion test, over the first `page` products of each sample.

    Reasons that candidates come with are the search's, and not tried: they tell of a constraint, not of a score.
    """
    found: dict[ReasonKind, list[bool]] = defaultdict(list)
    for sample in samples:
        own = {candidate.product.id: candidate for candidate in sample.candidates}
        for shown in ranker.rank(sample.candidates, sample.shopper, sample.now, page, sample.disliked):
            candidate = own[shown.product.id]
            for reason in shown.reasons[len(candidate.reasons) :]:
                found[reason.kind].append(falls(ranker, sample, candidate, reason))
    return {kind: Share(sum(passed), len(passed)) for kind, passed in sorted(found.items())}


def falls(ranker: Ranker, sample: Sample, candidate: Candidate, reason: Reason) -> bool:
    """Whether `candidate`, of the sample, scores less once the cause that `reason` names is taken away.

    Raises `ValueError` for a reason that is not of the ranker's kinds.
    """
    if reason.kind not in _TAKEN_AWAY:
        raise ValueError(f"reason has kind {reason.kind!r}; expected one of {', '.join(_TAKEN_AWAY)}.")
    # Another candidate, as far off in relevance as it was, so that a search stays a search.
    others = (c for c in sample.candidates if c.relevance != candidate.relevance and c.product.id != candidate.product.id)
    alone = replace(sample, candidates=[candidate, *[c for c, _ in zip(others, range(1), strict=False)]])
    before, after = _score(ranker, alone), _score(*_TAKEN_AWAY[reason.kind](ranker, alone, reason))
    return after < before


def _score(ranker: Ranker, sample: Sample) -> float:
    return float(ranker.scores(sample.candidates, sample.shopper, sample.now, sample.disliked)[0])


_TakeAway = Callable[[Ranker, Sample, Reason], tuple[Ranker, Sample]]
"""Makes what the ranker would have been asked, and by what ranker, without the cause of the first candidate's reason."""


def _without_product(ranker: Ranker, sample: Sample, reason: Reason) -> tuple[Ranker, Sample]:
    named = _named(ranker, sample.shopper, reason)
    return ranker, _with_history(sample, lambda event: event.product_id not in named)


def _without_like(ranker: Ranker, sample: Sample, reason: Reason) -> tuple[Ranker, Sample]:
    named = _named(ranker, sample.shopper, reason)
    return ranker, _with_history(sample, lambda event: event.type != "like" or event.product_id not in named)


def _named(ranker: Ranker, shopper: Shopper, reason: Reason) -> set[str]:
    """The history products that the reason's text names."""
    products = ranker.lookup([event.product_id for event in shopper.history if event.product_id])
    return {product_id for product_id, product in products.items() if f" the {product.title} you " in f"{reason.text} "}


def _with_history(sample: Sample, keep: Callable[[Event], bool]) -> Sample:
    history = tuple(event for event in sample.shopper.history if keep(event))
    return replace(sample, shopper=replace(sample.shopper, history=history))


def _without_brand(ranker: Ranker, sample: Sample, reason: Reason) -> tuple[Ranker, Sample]:
    named = reason.text.removeprefix(_OFTEN)
    return _seeing(ranker, lambda p: replace(p, brand="") if p.brand.lower() == named.lower() else p), sample


def _without_attribute(ranker: Ranker, sample: Sample, reason: Reason) -> tuple[Ranker, Sample]:
    named = reason.text.removeprefix(_OFTEN)

    def stripped(product: Product) -> Product:
        rest: dict[str, AttributeValue] = {
            name: tuple(value for value in values(several) if value.lower() != named)
            for name, several in product.attributes.items()
        }
        return replace(product, attributes=rest)

    return _seeing(ranker, stripped), sample


def _without_price(ranker: Ranker, sample: Sample, reason: Reason) -> tuple[Ranker, Sample]:
    return _seeing(ranker, lambda product: replace(product, price=None)), sample


def _seeing(ranker: Ranker, change: Callable[[Product], Product]) -> Ranker:
    """The ranker, were the products that shoppers touched others."""
    lookup = ranker.lookup
    return replace(ranker, lookup=lambda ids: {i: change(product) for i, product in lookup(ids).items()})


def _without_popularity(ranker: Ranker, sample: Sample, reason: Reason) -> tuple[Ranker, Sample]:
    levels = ranker.popularity.levels | {sample.candidates[0].product.id: 0.0}
    return replace(ranker, popularity=replace(ranker.popularity, levels=levels)), sample


def _without_rating(ranker: Ranker, sample: Sample, reason: Reason) -> tuple[Ranker, Sample]:
    return ranker, _with_first(sample, replace(sample.candidates[0].product, rating=None, rating_count=None))


def _without_date(ranker: Ranker, sample: Sample, reason: Reason) -> tuple[Ranker, Sample]:
    return ranker, _with_first(sample, replace(sample.candidates[0].product, created_at=""))


def _with_first(sample: Sample, product: Product) -> Sample:
    first, *rest = sample.candidates
    return replace(sample, candidates=[replace(first, product=product), *rest])


_TAKEN_AWAY: Mapping[ReasonKind, _TakeAway] = MappingProxyType(
    {
        "history": _without_product,
        "like": _without_like,
        "brand": _without_brand,
        "attribute": _without_attribute,
        "price": _without_price,
        "popular": _without_popularity,
        "rating": _without_rating,
        "new": _without_date,
    }
)
