"""Whether the reasons on the cards are so: each named cause is taken away, and the score of the product has to fall."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bench.ranking_measures import SEED
from bench.shop import BenchShop, Result
from ranking.blend import Ranker
from ranking.explain import Sample, deletion_rate
from ranking.types import Event, Shopper
from retrieval.types import Candidate, Need, Product, Query

ASKED = 60
"""Shoppers with a history that pages are made for; two pages each."""
CANDIDATES = 200


def on_reasons(shop: BenchShop) -> Iterator[Result]:
    """A line for searches, and one for pages for which nothing was asked, with the share that passes by kind of reason."""
    services = shop.open_assistant(False).services
    catalogue = {product.id: product for product in services.catalog.all()}
    shoppers = with_history(list(services.events.interactions()), ASKED)
    now = max(event.time for shopper in shoppers for event in shopper.history) if shoppers else 0.0

    def found(query: Query) -> Sequence[Candidate]:
        return services.searcher.search(query).candidates

    searches = [Sample(found(Query(need_of(s, catalogue), CANDIDATES)), s, now) for s in shoppers]
    yield from judged(services.ranker, [sample for sample in searches if sample.candidates], "search", shop.say)
    yield from judged(services.ranker, [unasked(services.ranker, s, catalogue, now) for s in shoppers], "unasked", shop.say)


def judged(ranker: Ranker, samples: Sequence[Sample], page: str, say: Callable[[str], None]) -> Iterator[Result]:
    """A line with the share (0-1) of all reasons that pass, and passed and tried ones by kind."""
    say(f"    reasons, {page}")
    shares = deletion_rate(ranker, samples)
    tried = sum(share.tried for share in shares.values())
    if not tried:
        yield {"skipped": f"no card of {len(samples)} pages has a reason of the ranker's"}
        return
    yield {
        "ratio": round(sum(share.passed for share in shares.values()) / tried, 4),
        "ratio_is": "reasons whose cause lowers the score when it is taken away / all",
        "task": "reasons",
        "page": page,
        "pages": len(samples),
        "reasons": tried,
        "by_kind": {kind: [share.passed, share.tried] for kind, share in shares.items()},
    }


def with_history(events: Sequence[Event], count: int) -> list[Shopper]:
    """`count` shoppers who did something, drawn by a fixed seed. `events` are in the order of time."""
    histories: dict[str, list[Event]] = {}
    for event in events:
        histories.setdefault(event.shopper_id, []).append(event)
    drawn = np.random.default_rng(SEED).permutation(sorted(histories))[:count]
    return [Shopper(str(shopper_id), tuple(histories[str(shopper_id)])) for shopper_id in drawn]


def need_of(shopper: Shopper, catalogue: dict[str, Product]) -> Need:
    """What the shopper may ask for: the kind of thing that they turned to last, of which the shop still tells."""
    known = (catalogue[e.product_id] for e in reversed(shopper.history) if e.product_id in catalogue)
    return Need(query=next((product.category[-1] for product in known if product.category), ""))


def unasked(ranker: Ranker, shopper: Shopper, catalogue: dict[str, Product], now: float) -> Sample:
    """A page for which nothing was asked."""
    ids = ranker.candidates(shopper, CANDIDATES)
    return Sample([Candidate(catalogue[i], 1.0, 0.0) for i in ids if i in catalogue], shopper, now)
