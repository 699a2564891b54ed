"""Which messages ask about the catalogue as a whole, and what they ask: rules on the text alone.

A question names a thing ("how many kettles under $30"), the need at hand ("what colours do they come in?") or the whole
shop ("what do you sell?"). Naming a thing is left to the reader of messages: `reading` is what it is to be given instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.types import Conversation
from retrieval.types import Sort

About = Literal["count", "stock", "brands", "values", "prices", "departments", "sale", "screen", "order"]

# A question about one product, which its own record answers.
_OF_ONE = re.compile(r"(?:is|was) (?:it|this|that|this one|that one|the (?:first|second|third|last)(?: one)?)\b", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks of the catalogue. An empty `reading` is about the need at hand, or about all that is sold.

    `name` is the attribute asked for, `sort` what the one wanted of the screen is the first by.
    """

    about: About
    reading: str = ""
    whole_shop: bool = False
    name: str = ""
    sort: Sort | None = None


_HAVE = (
    r"(?:(?:do|did) (?:you|u|ya|y'all)(?: guys| all)?(?: currently| even| actually)? (?:have|sell|stock|carry"
    r"|offer|keep|got)"
    r"|have (?:you|u)(?: guys)?(?: got)?|(?:you|u) (?:have|sell|stock|carry|offer|got)|are there|is there"
    r"|there are|they have)"
)
_PLACE = (
    r"(?: (?:in|at) (?:the|your|this) (?:shop|store|catalog(?:ue)?|range)| here| in stock| available"
    r"| at the moment| (?:right )?now)*"
)
_POLITE = re.compile(
    r"^(?:hi|hello|hey|ok|okay|so|and|um|well|please|also|just (?:wondering|curious)|(?:can|could) you tell me|tell me"
    r"|i(?:'d| would) like to know|i wonder|do you know)\b[ ,]*",
    re.I,
)
_GENERIC = r"(?:products?|items?|things?|articles?|goods|stuff)"
_THESE = r"(?:of )?(?:these|those|them|they|ones?|such|options?|results?|choices?|models?|matches)"
_COUNT = re.compile(r"^how many (?P<thing>.+)$", re.I)
_HAVE_IT = re.compile(rf"\b(?:{_HAVE})\b{_PLACE}", re.I)
_STOCK = re.compile(
    rf"^(?:{_HAVE}|got|is it possible to buy|can i (?:buy|get|find)) (?:any |some |a |an |also )?(?P<thing>.+?){_PLACE}$",
    re.I,
)
_NOT_A_KIND = re.compile(
    r"^(?:it|its|this|that|these|those|them|they|one|ones|something|anything|more|other|others|another|cheaper|any|what"
    r"|similar|a different|different|free|a discount|discounts?|the|your|my|time|to)\b|\b(?:like (?:it|this"
    r"|that|these)|in (?:it|this))\b",
    re.I,
)
_BRANDS = re.compile(
    rf"^(?:what|which) (?:brands?|makes?|makers?|manufacturers?|labels?)(?: (?:of|for|in) (?P<thing>.+?))?"
    rf"(?: (?:{_HAVE}|are (?:they|these|those)|make (?P<made>.+?)|do (?:they|these|those) come from))?(?: (?:of"
    rf"|for|in) (?P<after>.+))?{_PLACE}$",
    re.I,
)
_VALUES = re.compile(
    rf"^(?:what|which) (?P<name>[a-z]+(?: [a-z]+)?) (?:do|does|are|is|can) (?P<thing>.+?)?"
    rf" ?(?:come in|comes in|available(?: in)?|made (?:of|in|from)|there|have|get|has){_PLACE}(?: (?:for"
    rf"|of) (?P<after>.+))?$",
    re.I,
)
_PRICES = re.compile(
    r"^(?:(?:what(?:'?s| is| are)? )?(?:the |your )?price (?:range|span)s?(?: (?:of|for|on) (?P<range>.+?))?"
    r"|how much (?:do|are|does|would) (?P<much>.+?)(?: (?:cost|go for|run|sell for|come to|usually))*"
    r"|what (?:do|would) (?P<what>.+?) (?:cost|go for|run))$",
    re.I,
)
_DEPARTMENTS = re.compile(
    r"^(?:what (?:do|can) (?:you|u|i)(?: guys| all)? (?:actually )?(?:sell|stock|carry|buy|offer|find)"
    r"|what (?:kinds?|sorts?|types?) of (?:things|products|stuff|goods|items) (?:do|can) (?:you"
    r"|i)(?: guys)? (?:sell|have|stock|carry|buy)"
    rf"|(?:what|which) (?:categories|departments|sections|product (?:categories|types|lines)) (?:{_HAVE})"
    r"|what (?:is|'s) (?:in )?(?:your|this) (?:shop|store|range|assortment|catalog(?:ue)?)(?: about)?)(?: here"
    r"| in (?:this|your) (?:shop|store))?$",
    re.I,
)
_SALE = re.compile(
    r"\b(?:(?:currently )?(?:on (?:sale|offer|special|clearance|discount)|reduced|discounted|marked down"
    r"|in the sale|on promotion)"
    r"|in (?:the )?clearance|clearance(?: items| section)?|special offers?|(?:good |best )?(?:deals|bargains)"
    r"|sale items?)\b",
    re.I,
)
_NOT_SALE = re.compile(
    r"\b(?:can i|could i|give me|student|code|coupon|voucher|match|next|when|will|black friday|salt|fat|sugar)\b", re.I
)
_SALE_LEAD = re.compile(
    rf"^(?:(?:{_HAVE})|(?:what|which|whats|what's)(?: is| are| of)?|show me|see|find me|i want|looking for|any(?:thing)?|got"
    r"|is|are|the|your|all|some|good|best|any|that|have|you|do|ones?|something|products|items|things|stuff"
    r"|current(?:ly)?|me|there|on|of|for|in)\b ?",
    re.I,
)
_SCREEN = re.compile(
    r"^(?:(?:which|what)(?:'?s| is| are)?(?: one)?(?: of (?:these|those|them|the (?:\w+)))?(?: (?:here"
    r"|ones?))?(?:'s| is| are| has)?(?: the)?|the) "
    r"(?P<extreme>.+?)(?: (?:of (?:these|those|them|all|the lot)|here|ones?|option|rating|reviews"
    r"|out of (?:these|those|them)))*$",
    re.I,
)
_POINTS = re.compile(
    r"\b(?:these|those|them|here|which one|one|which is|which are|which's|which has|of the (?:two|three|four|lot))\b", re.I
)
_EXTREMES: tuple[tuple[Sort, re.Pattern[str]], ...] = (
    ("price_asc", re.compile(r"(?:cheapest|least expensive|lowest[- ]?priced?|most affordable|lowest in price)", re.I)),
    ("price_desc", re.compile(r"(?:most expensive|dearest|priciest|highest[- ]?priced?)", re.I)),
    (
        "rating",
        re.compile(
            r"(?:best|highest|top)[- ](?:rated|rating|ratings|reviewed|reviews)|(?:highest|best)(?: customer)? rating", re.I
        ),
    ),
    ("newest", re.compile(r"(?:newest|latest|most recent)", re.I)),
)
_ORDER = (
    r"^(?:(?:what|which)(?: is|'s| are)?|show me|give me|find me|i want|i need)? ?(?:the|your|ur) (?:single "
    r"|absolute |very )?"
    rf"(?:{{}}) (?P<thing>(?!(?:first|of|option|rated)\b).+?)(?: (?:{_HAVE})|(?: that)? (?:you|u) (?:have|sell"
    rf"|stock|got|carry))?"
    rf"{_PLACE}$"
)


def asked(text: str, conversation: Conversation) -> Asked | None:
    """What `text` asks of the catalogue, or None where it asks nothing of it."""
    plain = " ".join(text.replace("\u2019", "'").split()).rstrip("?!. ")
    while (rest := _POLITE.sub("", plain, count=1)) != plain:
        plain = rest
    plain = re.sub(r"\bwhat's\b", "what is", re.sub(r"\bwhats\b", "what is", plain, flags=re.I), flags=re.I)
    rules = (_of_screen, _departments, _sale, _count, _brands, _values, _prices, _in_order, _stock)
    return next((found for rule in rules if (found := rule(plain, conversation)) is not None), None)


def _of_screen(plain: str, conversation: Conversation) -> Asked | None:
    match = _SCREEN.match(plain)
    if match is None or len(conversation.shown) < 2 or not _POINTS.search(plain) or _HAVE_IT.search(plain):
        return None
    sort = next((name for name, pattern in _EXTREMES if pattern.fullmatch(match["extreme"].strip())), None)
    return None if sort is None else Asked("screen", sort=sort)


def _departments(plain: str, conversation: Conversation) -> Asked | None:
    return Asked("departments", whole_shop=True) if _DEPARTMENTS.match(plain) else None


def _sale(plain: str, conversation: Conversation) -> Asked | None:
    if not _SALE.search(plain) or _NOT_SALE.search(plain) or _OF_ONE.match(plain):
        return None
    thing = " ".join(_SALE.sub(" ", plain).split())
    whole = re.match(r"(?:what is|what do|what are)\b", plain, re.I) is not None
    while (rest := _SALE_LEAD.sub("", thing, count=1).strip()) != thing:
        thing = rest
    if re.fullmatch(rf"(?:{_GENERIC}|{_THESE}|now|right now|today|at the moment|please|do you have|here|,)?", thing, re.I):
        return Asked("sale", whole_shop=whole or not conversation.shown)
    return Asked("sale", _to_read(thing)) if len(thing.split()) <= 6 else None


def _count(plain: str, conversation: Conversation) -> Asked | None:
    match = _COUNT.match(plain)
    if match is None:
        return None
    thing = match["thing"]
    bare = _HAVE_IT.sub(" ", thing)
    if bare == thing:
        of_these = re.fullmatch(rf"{_THESE} (?:are|have|cost|come) (?P<rest>.+)", thing, re.I)
        return Asked("count", of_these["rest"]) if of_these and conversation.shown else None
    thing = " ".join(bare.split()).strip(" ,")
    if not thing or re.fullmatch(rf"(?:different )?{_GENERIC}", thing, re.I):
        return Asked("count", whole_shop=True)
    if re.fullmatch(_THESE, thing, re.I):
        return Asked("count", whole_shop=conversation.need.is_empty)
    return Asked("count", _to_read(re.sub(rf"^{_THESE} ", "", thing, flags=re.I)))


def _brands(plain: str, conversation: Conversation) -> Asked | None:
    match = _BRANDS.match(plain)
    if match is None:
        return None
    thing = match["thing"] or match["made"] or match["after"] or ""
    return _of_thing("brands", thing, conversation, whole_shop=not thing and conversation.need.is_empty)


def _values(plain: str, conversation: Conversation) -> Asked | None:
    match = _VALUES.match(plain)
    if match is None:
        return None
    thing = match["thing"] or match["after"] or ""
    if re.fullmatch(r"(?:it|this|that|this one|that one)", thing, re.I) or (conversation.focus and _is_these(thing)):
        return None  # a question about one product
    found = _of_thing("values", "" if re.fullmatch(r"you|u", thing, re.I) else thing, conversation)
    return None if found is None else Asked("values", found.reading, name=match["name"].lower())


def _prices(plain: str, conversation: Conversation) -> Asked | None:
    match = _PRICES.match(plain)
    if match is None:
        return None
    thing = match["range"] or match["much"] or match["what"] or ""
    if conversation.focus and _is_these(thing) and not match["range"]:
        return None
    single = re.match(r"(?:it|this|that|the|your|shipping|delivery|returns?|postage)\b", thing, re.I)
    return None if single else _of_thing("prices", thing, conversation)


def _in_order(plain: str, conversation: Conversation) -> Asked | None:
    for sort, pattern in _EXTREMES:
        match = re.match(_ORDER.format(pattern.pattern), plain, re.I)
        if match is not None and not _NOT_A_KIND.search(match["thing"]) and len(match["thing"].split()) <= 6:
            return Asked("order", _to_read(match["thing"]), sort=sort)
    return None


def _stock(plain: str, conversation: Conversation) -> Asked | None:
    match = _STOCK.match(plain)
    if match is None or _NOT_A_KIND.search(match["thing"]) or len(match["thing"].split()) > 8:
        return None
    return Asked("stock", _to_read(match["thing"]))


def _of_thing(about: About, thing: str, conversation: Conversation, whole_shop: bool = False) -> Asked | None:
    if thing and not _is_these(thing):
        return Asked(about, _to_read(thing))
    return None if conversation.need.is_empty and not whole_shop else Asked(about, whole_shop=whole_shop)


def _is_these(thing: str) -> bool:
    return not thing or re.fullmatch(rf"(?:the )?(?:{_THESE})|the {_GENERIC}", thing, re.I) is not None


def _to_read(thing: str) -> str:
    """A message that asks for the thing: a bare noun is a search, what begins with a preposition refines the need."""
    begins = re.match(
        r"(?:under|over|below|above|less|more|between|from|with|without|in|by|for|up to|at|that|which|are)\b", thing, re.I
    )
    return re.sub(r"^(?:are|that are|which are) ", "", thing, flags=re.I) if begins else f"I'm looking for {thing}"
