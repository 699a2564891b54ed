"""Sort orders and relative prices: "top rated", "newest first", "cheaper", "something fancier"."""

from __future__ import annotations

import re

from assistant.reading.text import Text, listed
from assistant.types import PriceRelation
from retrieval.types import Sort

_SORTS: tuple[tuple[Sort, re.Pattern[str]], ...] = (
    (
        "price_desc",
        listed(r"""
    (?:dear(?:est)?|priciest|pricey|(?:most )?expensive|high(?:est)?) (?:down |through |first )?to
         (?:the )?(?:cheap(?:est)?|low(?:est)?)
"""),
    ),
    (
        "price_asc",
        listed(r"""
    (?:the )?(?:cheapest|least expensive|lowest priced?)(?: (?:first|one|ones|at the top|to dearest|
        possible|you have|option|options))*
    (?:price )?low(?:est)? (?:to|up to|first to) high(?:est)?
    cheap(?:est)? (?:to|through to) (?:dear(?:est)?|priciest|pricey|expensive|most expensive|high(?:est)?)
    (?:sort(?:ed)? by|order(?:ed)? by|by) (?:lowest )?price
    price ascending
    lowest price(?:s)?(?: first)?
    cheap(?:er)? (?:ones )?first
"""),
    ),
    (
        "price_desc",
        listed(r"""
    (?:the )?(?:priciest|most expensive|dearest)(?: (?:first|ones?|at the top))*
    (?:price )?high(?:est)? (?:to|down to) low(?:est)?
    highest price(?:s)?(?: first)?
    price descending
    expensive (?:ones )?first
"""),
    ),
    (
        "newest",
        listed(r"""
    (?:the )?(?:newest|latest|most recent|new in|new arrivals|just in|newly added)(?: (?:releases?|
        first|ones?|models?|stuff|arrivals|at the top|things|products))*
    whats new(?: in)?
    what is new(?: in)?
    by date
"""),
    ),
    (
        "rating",
        listed(r"""
    (?:the )?(?:best|top|highest|better|high(?:ly)?)[ -](?:rated|reviewed|rating|ratings|reviews)(?: (?:first|
        ones?|at the top))*
    (?:sort(?:ed)? by|order(?:ed)? by|by) (?:customer )?(?:rating|ratings|reviews|review|stars)
    best reviews(?: first)?
    (?:put )?the best reviewed(?: \w+)*
    top-rated
    best-rated
    highest-rated
"""),
    ),
    (
        "popularity",
        listed(r"""
    (?:the )?(?:most|more) popular(?: (?:first|ones?))?
    best[ -]?sell(?:ing|ers?)(?: (?:first|ones?))?
    (?:sort(?:ed)? by|by) popularity
    top[ -]sell(?:ing|ers?)
    whats popular
    popular(?:ity)? first
    most bought
    everyone(?: is|s)? buying
    trending
    (?:by )?sales
"""),
    ),
)
_SORT_CARRIER = listed(r"""
    (?:sort|order|rank|arrange|show|put|list)(?:ed)?(?: (?:them|it|these|those|by|me|the))*
    at the top
    first
""")
_LOWER = listed(r"""
    cheaper(?: \S+ than)?
    less (?:expensive|money|pricey|dear|costly)
    more (?:affordable|budget(?: friendly)?|reasonable|economical)
    lower(?:[ -]priced?| in price| cost| prices?)
    (?:too|bit|so|way too|very|rather|quite|pretty) (?:expensive|dear|pricey|steep|costly)(?: for me)?
    (?:too|way too) much(?: money)?
    (?:cost|costs|costing) less
    inexpensive
    not (?:so|that|as|too) (?:expensive|pricey|dear)
    cheapper
    (?:bit|little) cheaper
    (?:lower|smaller) budget
    out of my (?:budget|price range)
    over (?:my )?budget
    cant afford (?:that|it|this|those|these)
    easier on the wallet
    more budget
    for less
    cheeper
""")
_HIGHER = listed(r"""
    (?:fancier|nicer|posher|pricier|dearer|classier|swankier|flashier|ritzier|plusher)(?: ones?)?
    more (?:expensive|upmarket|premium|luxurious|luxury|high[ -]end|upscale|exclusive|pricey)
    up ?-?market
    high(?:er)?[ -](?:end|quality|class|spec)
    better quality
    (?:more|bit|little) (?:premium|luxury|upscale|posh|fancy)
    step up
    upgrade
    top[ -]of[ -]the[ -]range
    splash out
    more money
""")


def sort(text: Text, skip: frozenset[int]) -> tuple[Sort | None, frozenset[int]]:
    """The order asked for, with the tokens that ask for it."""
    for name, pattern in _SORTS:
        spans = [span for span in text.find(pattern) if not set(span) & skip]
        if spans:
            carriers = text.find(_SORT_CARRIER)
            return name, frozenset(at for span in (*spans, *carriers) for at in span)
    return None, frozenset()


def price_relation(text: Text, skip: frozenset[int]) -> tuple[PriceRelation | None, frozenset[int]]:
    """Whether the turn asks for cheaper or dearer goods, with the tokens that say so."""
    for relation, pattern in _RELATIONS:
        spans = [span for span in text.find(pattern) if not set(span) & skip]
        if spans:
            return relation, frozenset(at for span in spans for at in span)
    return None, frozenset()


_RELATIONS: tuple[tuple[PriceRelation, re.Pattern[str]], ...] = (("lower", _LOWER), ("higher", _HIGHER))
