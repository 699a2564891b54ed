"""Whether a history product that a reason would name is a cause: the same past without it must give a lower score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ranking.parts import PARTS, NextItem, in_columns, share_of, taste_parts, twin_parts
from ranking.scoring import Scored
from ranking.shelf import Shelf
from ranking.taste import Past, Taste

_OF_SHOP = [PARTS.index(name) for name in ("popular", "new", "rating")]
_HISTORY = PARTS.index("history")
_NOTICEABLE = 1e-6


def led(scored: Scored, past: Past, named: Mapping[int, str], shelf: Shelf, next_item: NextItem) -> frozenset[int]:
    """Those rows that would score less, had the shopper never touched the product that is `named` for them by its id.

    Everything is read again from what is left of the past: what went before moves up in its place, and the taste changes.
    """
    if not named:
        return frozenset()
    rows = list(named)
    pasts = {cause: past.without(cause) for cause in dict.fromkeys(named.values())}
    places = {cause: [place for place, row in enumerate(rows) if named[row] == cause] for cause in pasts}
    levels = np.zeros((len(rows), len(PARTS)))
    for cause, rest in pasts.items():
        taste = Taste.of(rest.known, shelf, rest.disliked)
        facts = [scored.facts[rows[place]] for place in places[cause]]
        levels[places[cause]] = in_columns(taste_parts(facts, taste) + twin_parts(facts, taste), len(facts))
    levels[:, _OF_SHOP] = scored.levels[np.ix_(rows, _OF_SHOP)]
    # Products of the history itself name none, so that no score here has a part that comes from the product itself.
    sums = next_item.score([rest.shopper for rest in pasts.values()], [scored.facts[row].product.id for row in rows])
    order = {cause: place for place, cause in enumerate(pasts)}
    chosen = sums[[order[cause] for cause in named.values()], np.arange(len(rows))]
    levels[:, _HISTORY] = share_of(chosen, next_item)
    before, after = scored.scores[rows], scored.of(rows, levels)
    return frozenset(row for row, less in zip(rows, after < before * (1 - _NOTICEABLE), strict=True) if less)
