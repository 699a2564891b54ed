"""What no shop assistant should go along with, decided by rules before any act: harm, haggling, orders in a stranger's name.

Few false alarms count most: a kitchen knife, a bath bomb and something that kills weeds are goods. Haggling and orders are
declined only where the message is nothing but that; what else it asks for is served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import prompts
from assistant.acts.base import Outcome, Services, Turn
from assistant.types import Act
from retrieval.types import Need, Query

_SELF_HARM = re.compile(
    r"\b(?:kill|hang|drown|shoot|poison|end)(?:ing)? (?:myself|it all)\b|\b(?:hurt|harm|cut|burn)(?:ing)? myself (?:on"
    r" purpose|again|badly)\b"
    r"|\b(?:want|going|need|like|plan|planning|feel like|thinking of|urge) (?:to )?(?:hurt|harm|cut|burn)(?:ing)?"
    r" myself\b"
    r"|\bsuicid(?:e|al)\b|\bself[- ]harm\b|\b(?:end|take|taking|ending) my (?:own )?life\b|\bwant to die\b|\bwanna die\b"
    r"|\b(?:don'?t|do not) want to (?:live|be alive|be here any ?more)\b|\bbetter off dead\b|\bno reason to live\b"
    r"|\b(?:pills?|tablets?|medication)\b.{0,40}\b(?:to die|overdose|lethal|kill me)\b|\boverdose on\b"
)
_CHEMICAL = (
    r"(?:bleach|ammonia|vinegar|hydrogen peroxide|peroxide|drain (?:cleaner|opener)|rubbing alcohol|acid|chlorine|acetone"
    r"|oven cleaner|toilet cleaner|fertili[sz]er|petrol|gasoline|lye)"
)
_VICTIM = (
    r"(?:someone|somebody|people|a (?:person|man|woman|child|kid)|children|my (?:wife|husband|boss|neighbou?r|ex"
    r"|girlfriend"
    r"|boyfriend|partner|mother|mum|mom|father|dad|brother|sister|son|daughter|kids?|child|dog|cat|roommate|flatmate"
    r"|teacher"
    r"|co-?worker|colleague))(?!'s|s'|'|\w)"
)
_WEAPON = (
    r"(?:(?<!bath )(?<!seed )(?<!chocolate )(?<!cocoa )bombs?(?! (?:mold|mould|kit|bath))|explosives?|molotov\w*|napalm"
    r"|grenades?"
    r"|poison(?!ous)|(?:chlorine|mustard|nerve|poison) gas|meth|ghost guns?|silencers?)"
)
_UNSAFE = re.compile(
    rf"\b(?:make|making|build|building|construct|cook up|assemble)\b(?: [\w'-]+){{0,4}}? {_WEAPON}\b"
    rf"|\b(?:mix|mixing|combine|combining)\b.{{0,30}}\b{_CHEMICAL}\b.{{1,30}}\b{_CHEMICAL}\b"
    rf"|\b{_CHEMICAL}\b (?:and|with|plus) (?:\w+ )?\b{_CHEMICAL}\b (?:together|mixed)"
    rf"|\b(?:drink|drinking|swallow|swallowed|inject|injecting|inhale|huff|sniff)\b (?:\w+ )?\b(?:{_CHEMICAL}"
    rf"|antifreeze|glue|thinner|detergent)\b"
    rf"|\b(?:poison|stab|strangle|kill|murder|hurt|drug|beat up|blow up)(?:ing)? {_VICTIM}"
    r"|\b(?:break(?:ing)? into|hot-?wire|hotwiring)\b (?:a|the|my neighbou?r'?s|someone'?s|somebody'?s) (?:\w+"
    r" )?(?:house|home|car|shop|flat)\b"
    r"|\b(?:past|bypass|smuggle)\b.{0,30}\b(?:airport security|metal detectors?)\b"
)
_BRAND = re.compile(
    r"\b(?:say|admit|repeat|confirm|agree|write|post|declare|tell (?:me|us|everyone|people|them)(?! (?:if|whether|which"
    r"|what|how|when))"
    r")\b.{0,60}(?:\b(?:is|are|sells?|makes?|uses?)\b (?:\w+ ){0,3}(?:garbage|trash|rubbish|crap|shit|junk|scams?"
    r"|scammers?|fraud\w*|thieves"
    r"|criminals?|liars?|terrible|awful|horrible|the worst|worthless|dangerous|poison\w*|toxic|fakes?|illegal|evil"
    r"|child labou?r)\b|\bsucks?\b)"
    r"|\bbad-?mouth\b|\b(?:write|make up|leave|post) (?:me )?(?:a|an|some) (?:fake|bad|negative|terrible|nasty"
    r"|scathing) reviews?\b"
)
_OTHERS = re.compile(
    r"\b(?:other|another|all(?: (?:the|your))?|every|previous|someone else'?s?|somebody else'?s?) (?:customer|shopper"
    r"|user|client|buyer|people|person)"
    r"(?:s'|'s|s)? (?:\w+ )?(?:orders?|carts?|baskets?|data|details|e-?mails?|address(?:es)?|names?|phone|numbers?"
    r"|conversations?|chats?|cards?|passwords?|bought|purchases?)\b"
    r"|\b(?:orders?|carts?|data|details|e-?mails?|address(?:es)?|names|phone numbers?|passwords?|conversations?|chats?)"
    r" (?:of|from|for) (?:your |the |all )*"
    r"(?:other|another|every|all|previous) (?:customer|shopper|user|client|buyer|people|person)"
)
_ORDERS = re.compile(
    r"^\W*(?:system|admin|administrator|developer|root|assistant|instruction|override)\W*[:\]>]|\bsystem (?:note"
    r"|message|override|prompt|update)\b"
    r"|\b(?:admin|manager|staff|developer|debug|god|maintenance) (?:override|mode|access|code|command)\b|\bsudo\b"
    r"|\bjailbreak\b"
    r"|\b(?:i'?m|i am|this is|speaking as|as) (?:the|your|an?) (?:\w+ )?(?:admin|administrator|owner|manager|ceo"
    r"|developer|boss|supervisor|store manager)\b"
    r"|\b(?:ignore|disregard|forget|bypass|override) (?:all |any |every )?(?:of )?(?:the |your |my )?(?:previous|prior"
    r"|above|earlier|former|system)? ?(?:instructions|rules|guidelines|prompts?|restrictions|programming)\b(?! of\b)"
    r"|\b(?:reveal|print|show|repeat|output|tell|give|leak|display)(?: me| us)? (?:your (?:\w+ )?instructions|(?:your"
    r"|the) (?:\w+ )?(?:system prompt|prompt|hidden rules|source code|api key|database|password))\b"
    r"|\b(?:you are|you're|act|behave) (?:now|as) (?:dan|an? (?:unrestricted|different|evil)|if you (?:had|have) no)\b"
    r"|\b(?:set|change|update|edit|overwrite|modify)\b (?:the |its |all |your |every )?(?:prices?|stock|ratings?|cost)\b"
)
_PERCENT_OR_PRICE = (
    r"(?:(?:\$|£|€|usd ?)?\d+(?:[.,]\d+)?(?: ?(?:%|percent|per cent|dollars?|bucks|euros?|pounds?|usd"
    r"|eur|gbp))?|half(?: (?:price|off))?)"
)
_THING = r"(?:it|this|that|them|these|those|one|everything|(?:the|this|that) (?:\w+ ){1,2}?(?:one|ones|pair|item)|both)"
_HAGGLING = re.compile(
    rf"\b(?:give|get|take|knock|cut|grant|offer|do|have|want|need|deserve|make it|demand)\b(?: me| us| you)?(?:"
    rf" \w+){{0,3}}? {_PERCENT_OR_PRICE} (?:off|discount|less|cheaper)\b"
    r"|\b(?:give|grant|offer|get|want|need|deserve|apply|make|cut|(?<!do you )have)\b(?: me| us)?(?: \w+){0,3}"
    r" (?:discounts?|better price|better deal|good deal|special price|lower price|coupon|promo(?: code)?|voucher)\b"
    r"|\b(?!give (?:me )?\d{1,2}(?: of\b|\W*$))"  # "give me 3" are pieces
    rf"(?:sell|give|let me have|hand|can you do|could you do|would you take|will you take|would you accept|i'?ll"
    rf" (?:pay|give you)|i offer|my offer is)\b(?: {_THING})?(?: to me| me)?(?: {_THING})?(?: for)? (?:only |just"
    rf" )?(?:{_PERCENT_OR_PRICE}|free|nothing)\b"
    rf"|\b(?:give|get|have|want|need|take|make)\b(?: me)? {_THING} (?:for )?free\b|\bfor free\b(?! \w+ing)"
    rf"|\bhow about {_PERCENT_OR_PRICE} for {_THING}|\b(?:lower|drop|reduce|cut|slash|halve)\b (?:the |your |its |my"
    rf" )?(?:price|prices|total|cost)\b"
    r"|\bprice[- ]match\b|\bmatch (?:the|their|that|\w+'s) price\b|\bhaggle\b|\bnegotiat\w+\b"
)
_TIES = re.compile(r"^(?:[\s,.;!?]|\b(?:i|you|can|could|would|and|on|of|for|please|the|your|some|all|off)\b)+", re.I)
_FILLERS = re.compile(
    r"\b(?:please|the|one|first|second|third|last|this|that|them|these|those|now|just|then|thanks|if|buy|two|three"
    r"|more)\b"
)
_SPOKEN_OF = re.compile(r"\d|%|\b(?:off|discounts?|price|prices|free|deal|coupon|promo|code|admin|system|cost)\b")
_BUYS = re.compile(r"\b(?:add|cart|basket|bag|checkout|check out)\b")

_SEARCHES: frozenset[Act] = frozenset({"search", "refine", "recommend"})
# The first that matches: what it is called, and whether something else in the message is served instead.
_LIMITS = (
    ("self_harm", _SELF_HARM, False),
    ("unsafe", _UNSAFE, False),
    ("others", _OTHERS, False),
    ("brand", _BRAND, False),
    ("orders", _ORDERS, True),
    ("price", _HAGGLING, True),
)
_OFFERS = {
    "orders": ("What would you recommend?",),
    "price": ("Anything cheaper?",),
    "brand": ("What would you recommend?",),
}


def declined(services: Services, turn: Turn) -> Outcome | None:
    """A calm no to what a shop does not do; None where the message is to be served. `turn.frame` is the reader's."""
    name = limit_of(turn.text)
    if name is None or (_may_be_served(name) and _asks_for_more(services, turn)):
        return None
    offers = _OFFERS.get(name, ()) if turn.conversation.shown or name != "price" else ()
    said = prompts.render(f"limit_{name}", turn.pick, contact=services.contact)
    return Outcome(turn.conversation, said, suggestions=offers)


def limit_of(text: str) -> str | None:
    """What a message asks for that no shop does: `self_harm`, `unsafe`, `others`, `brand`, `orders`, `price`, or None."""
    plain = re.sub(r"\s+", " ", text.lower().replace("\u2019", "'"))
    return next((name for name, pattern, _ in _LIMITS if pattern.search(plain)), None)


def to_be_served(text: str) -> str:
    """The message less what haggles or gives orders, where anything is left: "20% off on kettles" asks for kettles."""
    plain, pattern = text.lower(), {"price": _HAGGLING, "orders": _ORDERS}.get(limit_of(text) or "")
    if pattern is None or len(plain) != len(text):
        return text
    kept, at = "", 0
    for match in pattern.finditer(plain.replace("\u2019", "'")):
        kept, at = kept + text[at : match.start()], match.end()
    rest = _TIES.sub("", kept + text[at:]).strip()
    return rest if re.search(r"[^\W\d_]{3}", _FILLERS.sub("", rest.lower())) else text


def _may_be_served(name: str) -> bool:
    return any(limit == name and served for limit, _, served in _LIMITS)


def _asks_for_more(services: Services, turn: Turn) -> bool:
    """Whether the reader found something in the message that is to be served: goods, or a word on the cart."""
    if turn.frame.act in ("cart_add", "cart_remove", "cart_show", "checkout"):
        return _BUYS.search(turn.text.lower()) is not None
    if turn.frame.act not in _SEARCHES:
        return False
    return any(_is_sold(services, phrase) for phrase in _goods(turn))


def _goods(turn: Turn) -> Iterator[str]:
    frame = turn.frame
    for phrase in (frame.query, *frame.include, *frame.brand):
        if phrase and not _SPOKEN_OF.search(phrase.lower()):
            yield phrase


def _is_sold(services: Services, phrase: str) -> bool:
    result = services.searcher.search(Query(Need(query=phrase), limit=1))
    return result.named and bool(result.candidates)
