"""What a message on an order says: its number, its postcode, what is wanted of it. By rules alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.orders import Reason, order_digits, order_key
from assistant.types import Act, Question

Wish = Literal["status", "cancel", "return", "exchange", "refund", "dispute", "address", "missing", "change"]

_LETTERED = re.compile(r"(?<![\w-])#? ?([a-z]{1,5}[- ]?\d{3,12})(?![\w-])", re.I)
_CUED = re.compile(
    r"\border(?:s|ed)?(?:'s)?(?: (?:number|no\.?|id|nr\.?|is|was))*[ :#.]*"
    r"((?:(?!to|no|id|is|in|at|of|by|on|for|zip)[a-z]{2,3} )?\d[\d-]{2,11})(?![\w-])|(?:#"
    r"|\bnumber(?: is)? )"
    r" ?(\d[\d-]{2,11})(?![\w-])",
    re.I,
)
_ONLY_NUMBER = re.compile(
    r"\W*(?:(?:it'?s|it is|its|order|number|no|my|the|is|id|that'?s|hi|ok|sure|yes|here|you|go|please|i|think|maybe)\W+)*"
    r"(\d{3,12})(?:\W+(?:please|thanks?|thank you|i|think|is|my|the|order|number|it))*\W*",
    re.I,
)
_CUE = r"\b(?:zip(?: ?code)?|post(?:al)? ?code|plz|postcode)\b"
# Postcodes that end in letters, or have them among their last digits: no order's number does.
_MIXED_SHAPE = (
    r"[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]\d[a-z][ -]?\d[a-z]\d|\d{4} ?[a-z]{2}|[a-z]\d[\dw] ?(?=\d*[a-z])[a-z\d]{4}"
)
_SHAPE = rf"\d{{5}}(?:-\d{{4}})?|{_MIXED_SHAPE}|\d{{3}} \d{{2}}|\d{{2}}-\d{{3}}|\d{{4,6}}"
_MIXED = re.compile(rf"(?<![\w-])(?:{_MIXED_SHAPE})(?![\w-])", re.I)
_POSTCODE_CUED = re.compile(rf"{_CUE}(?:\W|\b(?:is|was|it'?s|of|for|my|the|should|be)\b)*({_SHAPE})(?![\w-])", re.I)
_POSTCODE = re.compile(rf"(?<![\w-])({_SHAPE})(?![\w-])", re.I)
_BEFORE_POSTCODE = re.compile(rf"(?:^|\b)(?:{_CUE}|it'?s|it is|my|the|is|was|sure|yes|ok|okay|here|try|and)\b[ ,:]*", re.I)

_CANCEL = re.compile(
    r"\bcancel\w*\b|\bcall(?:ing)? off\b|\bstop (?:my|the|this|that) (?:order|purchase|shipment)\b"
    r"|\b(?:don'?t|do not|no longer) (?:want|need) (?:my|the|this|that) (?:\w+ ){0,3}(?:order|purchase)\b"
    r"|\bchanged my mind (?:about|on) (?:my|the|this|that) (?:\w+ ){0,2}(?:order|purchase)\b"
    r"|\b(?:take back|undo|withdraw|revoke|annul|scrap|kill) (?:my|the|this|that) (?:\w+ )?(?:order|purchase)\b",
    re.I,
)
_EXCHANGE = re.compile(
    r"\bexchang\w*|\bswap\w*|\breplac\w+|\bswitch (?:it|them|the|this)\b"
    r"|\b(?:different|bigger|smaller|larger|another|other|wrong) (?:size|colou?r|one)\b|\b(?:size|colou?r) (?:up|down)\b"
    r"|\bchange (?:\w+ ){1,4}(?:for (?:a|an|the|another)|to (?:a |an |the )?(?:size|colou?r|\d+))\b|\btoo (?:small|big"
    r"|large|tight|loose|long|short)\b"
    r"|\b(?:want|need|like|have|get|send me|give me) (?:\w+ )?a new one\b",
    re.I,
)
# Time, not size.
_TAKES_LONG = re.compile(r"\b(?:tak(?:e|es|en|ing)|took|wait\w*|been)(?: \w+)? too long\b", re.I)
_RETURN = re.compile(
    r"\breturn\w*|\b(?:send|sending|sent|bring|give|take|ship|post) (?:[\w' -]+ )?back\b|\bsend back\b", re.I
)
_SENT_BACK = re.compile(
    r"\b(?:return\w*|exchang\w*|send\w* .*back|refund\w*|bigger|smaller|size|too \w+|arrived|received)\b", re.I
)
_DISPUTE = re.compile(
    r"\b(?:wrong|less|partial|incorrect|only (?:half|part|some)|too little|not (?:the )?full)\b.{0,30}\brefund"
    r"|\brefund\w*\b.{0,40}\b(?:wrong|incorrect|too (?:low|little)|less than|not (?:the )?(?:full|right)|denied|refused"
    r"|rejected|half|missing \$|short)\b|\b(?:denied|refused|rejected|declined)\b.{0,30}\brefund|\bchargeback\b"
    r"|\b(?:charged|billed|paid) (?:\w+ )?(?:twice|double|two times)\b|\bdouble[- ]charged\b",
    re.I,
)
_PAID_BACK = r"(?:refund\w*|reimburs\w*|rebat\w*|compensation|restitution|money back|(?:my|the) money)"
_REFUND = re.compile(
    r"\b(?:where'?s?|when'?s?|status|track\w*|check\w*|how long|still|haven'?t|have not|not|hasn'?t|has|did|any news|wait\w*"
    rf"|expect\w*|follow|get|received?)\b.{{0,50}}\b{_PAID_BACK}\b"
    rf"|\b(?:{_PAID_BACK}|money)\b.{{0,40}}\b(?:status|yet|arrived?|come|hasn'?t|not|where|still|missing|processed"
    r"|issued|take|long)\b",
    re.I,
)
_ADDRESS = re.compile(
    r"\b(?:change|update|correct|edit|modify|fix|switch|set|different|new|wrong|another|moved)\b.{0,40}\baddress\b"
    r"|\baddress\b.{0,30}\b(?:is wrong|was wrong|wrong|changed|incorrect|change|different)\b"
    r"|\b(?:deliver|send|ship) (?:[\w#-]+ ){1,3}(?:somewhere else|elsewhere|to (?:my (?!order)|another|a different))",
    re.I,
)
_CHANGE = re.compile(
    r"\b(?:hold|pause|delay|postpone|chang(?:e|ing)|edit\w*|modify\w*|amend\w*|correct|add+|adding|remov\w+|delet\w+"
    r"|swap\w*|switch\w*)\b.{0,40}"
    r"(?:\b|of)(?:orders?|purchases?)\b|\bupdate (?:my|the|an?|this|that) (?:order|purchase)\b",
    re.I,
)
_MISSING = re.compile(
    r"\b(?:says?|marked|shows?|shown|listed|claims?|supposedly)\b.{0,25}\bdelivered\b"
    r"|\bdelivered\b.{0,40}\b(?:but|nothing|never|not here|didn'?t)\b"
    r"|\b(?:never|not|hasn'?t|haven'?t|didn'?t) (?:\w+ )?(?:arrived?|come?|came|get|got|received?|showed|turned|here)\b"
    r"|\b(?:lost|stolen) (?:in|my|the|parcel|package)\b"
    r"|\b(?:parcel|package|order) (?:is |was |got |went )?(?:lost|stolen|missing)\b"
    r"|\b(?:items?|things?|something|parts?|one|piece) (?:is|are|was|were) missing\b"
    r"|\bmissing (?:from|in) (?:my|the|this|our)\b"
    r"|\bmissing (?:an? |some |one )?(?:items?|parts?)\b",
    re.I,
)
_FAULTY = re.compile(
    r"\b(?:faulty|defect\w*|damag\w+|broken?|broke|cracked|torn|ripped|smashed|shattered|leak\w*|stopped working|dead"
    r"|snapped|dented|scratched|(?:fell|came|falling) apart"
    r"|(?:doesn'?t|don'?t|won'?t|not|didn'?t) (?:work\w*|turn on|charge|switch on|function))\b",
    re.I,
)
_WRONG_ITEM = re.compile(
    r"\b(?:wrong|incorrect|different) (?:item|product|thing|order|article|one)\b|\bsent (?:me )?the wrong\b"
    r"|\bnot what i (?:ordered|bought)\b",
    re.I,
)
_SAME_AGAIN = re.compile(r"\breplac\w+|\bnew one\b|\b(?:the )?same (?:one|again|thing|item)\b", re.I)
_USED = re.compile(
    r"(?<!not )(?<!n't )(?<!never )(?<!un)\b(?:opened|used (?:it|them|once|twice|already|the)|(?:have|'ve|been|was"
    r"|already) (?:\w+ )?"
    r"(?:used|opened|worn)|i (?:\w+ )?(?:used|opened))\b",
    re.I,
)
_ORDERED = re.compile(
    r"\b(?:my|the|this|that|an|our|last|latest|recent|of|for|with|on|in)\b.{0,25}\b(?:orders?|purchases?|parcel|package"
    r"|shipment"
    r"|delivery|shipping)\b|\b(?:order|purchase) (?:number |no\.? ?)?#?[a-z]{0,4}-?\d"
    r"|\bcancel\w*\b.{0,12}\b(?:orders?|purchases?)\b",
    re.I,
)
_UNFIT = re.compile(
    r"\b(?:don'?t|doesn'?t|didn'?t|do not|does not|did not) fit(?: me)?(?: properly| anymore| at all)?\W*$", re.I
)
_AGAIN = re.compile(r"\bre-?order\b|\b(?:order|buy|get) (?:\w+ ){0,3}again\b", re.I)
_MINE = re.compile(r"\bmy (?:\w+ )?(?:order|purchase|parcel|package|shipment|delivery)\b", re.I)
_BOUGHT = re.compile(r"\bi(?:'ve| have)? (?:\w+ )?(?:ordered|bought)\b|\bordered (?:\w+ )?by (?:mistake|accident)\b", re.I)
# What is said of nothing but one's own orders.
_MY_ORDERS = re.compile(
    r"\bmy (?:past |previous |old |recent )?(?:orders|purchases)\b|\bmy (?:last|latest|newest|most recent) order\b"
    r"|\border(?:s|ing)? history\b|\bpast orders\b"
    r"|\bwhat (?:did|have) i (?:order|buy|ordered|bought)\b"
    r"|\btrack(?:ing)? (?:my |the |this |that |a )?(?:package|parcel|shipment|delivery|order|number|code|link|info\w*"
    r"|details)\b"
    r"|\bwhat'?s (?:happening|going on|up) with my (?:order|parcel|package|delivery)\b"
    r"|\b(?:when|what day|what time)(?:'s| is| are| will| does| do)? my (?:[\w'-]+ ){1,5}(?:com(?:e|ing)|arriv\w+|here"
    r"|ship\w*|delivered"
    r"|turn(?:ing)? up|get(?:ting)? here)\b"
    r"|\b(?:has|have|did|is|are) my (?:[\w'-]+ ){1,4}(?:shipped|ship|arrived?|delivered|dispatched|been sent|on (?:its"
    r"|the) way)\b",
    re.I,
)
_OUTRIGHT = re.compile(
    r"\W*(?:(?:ok|okay|then|so|well|please|pls|just|i want to|i'd like to|can you|can u|could you|no)\W+)*cancel"
    r"(?: (?:it|that|this|them|everything|all(?: of (?:it|them))?|both|the (?:lot|whole thing)))?"
    r"(?:\W+(?:please|pls|then|asap|now|thanks?|for me|again))*\W*",
    re.I,
)
_CART = re.compile(r"\b(?:cart|basket|trolley|check ?out|checkout|pay|total)\b", re.I)
_ASKS = re.compile(r"\W*(?:how|what|when|where|can|could|do|does|is|are|may|if|will|would|which|who)\b", re.I)
_GOODS = re.compile(
    r"\b(?:show me(?! (?:all )?(?:of )?my (?:\w+ )?(?:orders?|purchases?)\b)|find me|looking for|search(?:ing)? for"
    r"|recommend|suggest|do you (?:sell|stock|carry)"
    r"|(?:want|like) to (?:buy|order)|i need (?:a|an|some|new)|anything (?:else|cheaper)|cheaper|under [$€£]?\d"
    r"|do you have (?:any|a|some))\b",
    re.I,
)
_REQUESTS = re.compile(r"\b(?:can|could|will|would) (?:you|u|ya|i|we)\b", re.I)
_OWN = re.compile(
    r"\b(?:it|them|(?:my|this|that) (?:\w+ )?(?:orders?|purchase|parcel|package))\b|\border (?:number )?#?\w*\d", re.I
)
_ANY_ORDER = re.compile(r"\b(?:an|any|your|another) orders?\b", re.I)
_MY_REFUND = re.compile(
    r"\b(?:where'?s?|when'?s?|status|track|check|still|haven'?t|hasn'?t|didn'?t|waiting)\b.{0,40}"
    r"\b(?:my|the|a) (?:refund|reimbursement|money)\b",
    re.I,
)
_AWAITED = re.compile(
    r"\b(?:where'?s?|when'?s?|what day|which day|track\w*|e\.?t\.?a\.?|ship(?:ped|ping)?|arriv\w+|com(?:e|ing)"
    r"|deliver\w*|yet|still"
    r"|on (?:its|the) way|carrier|courier|turn\w* up|get(?:ting)? here|sent|dispatched|status)\b",
    re.I,
)
_WHERE = re.compile(
    r"\b(?:where(?:'?s| is| are) (?:it|they|that|my)|when (?:will|does|do|is|are) (?:it|they)|has it (?:been )?(?:ship"
    r"|sent|left)\w*"
    r"|track(?:ing)? (?:it|number|link|code|them))\b",
    re.I,
)
_TRACK = re.compile(r"\b(?:where(?:'?s| is)|track\w*|status|e\.?t\.?a\.?|arriv\w+|help|problems?|issues?)\b", re.I)
_ANOTHER = re.compile(r"\b(?:other|another|different|else|orders|all)\b", re.I)
_LATEST = re.compile(
    r"\b(?:last|latest|newest|most recent)\b(?! (?:week|month|year|night|time|day|summer|winter|spring|fall))", re.I
)
_BEFORE = re.compile(r"\b(?:one|order) before(?: (?:that|it|this))?\b(?! \w)|\bprevious (?:one|order)\b", re.I)
_WANTS_REFUND = re.compile(
    r"\b(?:i (?:want|need|would like)|i'?d like|can i|could i|give me|how (?:do|can) i|get)\b.{0,30}\b(?:refund\w*"
    r"|money back|reimburs\w*)|\b(?:just|please|pls|you|or|and|then) refund (?:me|it|this|them|my)\b",
    re.I,
)
_WAITS = re.compile(
    r"\b(?:where'?s?|when'?s?|status|yet|still|waiting|haven'?t|hasn'?t|track\w*|check\w*|how long|current|expect\w*"
    r"|news)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The order number and the postcode that a message names, as they were written; empty where it names none."""

    order_id: str = ""
    postcode: str = ""


def mentioned(text: str, read_id: str = "", asked: Question | None = None) -> Mentioned:
    """What of the two the message names. `read_id` is the number that the reader saw, `asked` what was asked for.

    Of several postcodes in one message none is taken: each is a try of its own.
    """
    cued = _POSTCODE_CUED.search(text)
    rest = text if cued is None else text[: cued.start()] + " " + text[cued.end() :]
    order_id = _order_number(rest, read_id, asked)
    if cued is not None:
        return Mentioned(order_id, cued[1])
    if asked != "postcode" and not order_id:
        return Mentioned()
    if order_id:
        rest = re.sub(rf"#? ?{re.escape(order_id)}(?!\w)", " ", rest, flags=re.I)
    found = {match[1] for match in _POSTCODE.finditer(rest)}
    if len(found) == 1:
        return Mentioned(order_id, found.pop())
    plain = _BEFORE_POSTCODE.sub("", rest).strip(" .!,")
    is_code = asked == "postcode" and not found and len(plain) <= 10 and any(c.isdigit() for c in plain)
    return Mentioned(order_id, plain if is_code else "")


def wish(text: str, act: Act) -> Wish:
    """What is wanted of an order, whichever of `order_status` and `return_request` the message was read as."""
    text = of_size(text)
    if _DISPUTE.search(text):
        return "dispute"
    if _ADDRESS.search(text):
        return "address"
    if _CANCEL.search(text) and not _RETURN.search(text):
        return "cancel"
    if _MISSING.search(text) and not _REFUND.search(text):
        return "missing"
    if _CHANGE.search(text) and not _SENT_BACK.search(text):
        return "change"
    if _REFUND.search(text) and not wants_refund(text):
        return "refund"
    if _EXCHANGE.search(text):
        return "exchange"
    if _AGAIN.search(text):
        return "status"
    # A number alone is no wish to send anything back, whatever it was read as.
    is_wrong = (
        (act == "return_request" and not mentioned(text).order_id)
        or _RETURN.search(text)
        or _UNFIT.search(text)
        or wants_refund(text)
        or reason(text)
    )
    return "return" if is_wrong else "status"


def of_size(text: str) -> str:
    """The message without what is said to take too long, so that "long" is a size."""
    return _TAKES_LONG.sub(" ", text)


def is_plainly_on_orders(text: str) -> bool:
    """Whether the message can be about nothing but something that was ordered, as in "cancel my order"."""
    if _MY_ORDERS.search(text):
        return True
    if _BOUGHT.search(text) and any(pattern.search(text) for pattern in (_CANCEL, _MISSING, _REFUND)):
        return True
    if not _ORDERED.search(text):
        return any(pattern.search(text) for pattern in (_MY_REFUND, _DISPUTE, _ADDRESS))
    return any(pattern.search(text) for pattern in (_CANCEL, _ADDRESS, _CHANGE, _MISSING, _REFUND, _DISPUTE, _TRACK))


def tells_to_change(text: str) -> bool:
    """Whether the shopper tells the shop to change something, rather than asks about its rules."""
    is_question = (_ASKS.match(text) or text.rstrip().endswith("?")) and not is_request(text)
    return not is_question and any(pattern.search(text) for pattern in (_ADDRESS, _CANCEL, _CHANGE))


def is_request(text: str) -> bool:
    """Whether a question asks for something to be done to what the shopper has ordered: "could you cancel it?"."""
    return bool(_REQUESTS.search(text) and _OWN.search(text)) and not _ANY_ORDER.search(text)


def cancels_outright(text: str) -> bool:
    """Whether the message says to cancel, and nothing else."""
    return bool(_OUTRIGHT.fullmatch(text)) and len(text) <= 80


def awaits(text: str) -> bool:
    """Whether the shopper asks about something that has not come yet."""
    return bool(_AWAITED.search(text))


def asks_where(text: str) -> bool:
    """Whether the shopper asks where the order just spoken of is."""
    return bool(_WHERE.search(text))


def speaks_of_cart(text: str) -> bool:
    """Whether the message has a word in it that means the cart, or paying for it."""
    return bool(_CART.search(text))


def means_own_order(text: str) -> bool:
    """Whether the message names the shopper's order, which a cart may be called too."""
    return bool(_MINE.search(text))


def concerns_bought(text: str) -> bool:
    """Whether the message says of a thing what is said of one that has been bought: cancel it, it does not fit."""
    return bool(_CANCEL.search(text) or _UNFIT.search(text))


def before_goods(text: str) -> str:
    """The message up to where it asks for something to buy; all of it where it starts with that."""
    goods = _GOODS.search(text)
    return text[: goods.start()].strip() or text if goods else text


def asks_for_goods(text: str) -> bool:
    """Whether the message asks the shop for something to buy."""
    return bool(_GOODS.search(text))


def names_wish(text: str) -> bool:
    """Whether the message itself says what is wanted of an order."""
    text = of_size(text)
    patterns = (_DISPUTE, _ADDRESS, _CANCEL, _CHANGE, _MISSING, _REFUND, _EXCHANGE, _RETURN)
    return any(pattern.search(text) for pattern in patterns)


def wants_refund(text: str) -> bool:
    """Whether money is asked for, which asks for a return, unless one is under way already."""
    return bool(_WANTS_REFUND.search(text)) and not _WAITS.search(text)


def reason(text: str) -> Reason:
    """Why something goes back, as far as terms make a difference."""
    return "wrong_item" if _WRONG_ITEM.search(text) else "faulty" if _FAULTY.search(text) else ""


def says_used(text: str) -> bool:
    """Whether something has been opened or used."""
    return bool(_USED.search(text))


def same_again(text: str) -> bool:
    """Whether the same thing is wanted once more, in the place of one that is not right."""
    return bool(_SAME_AGAIN.search(text))


def means_latest(text: str) -> bool:
    """Whether the newest order is meant."""
    return bool(_LATEST.search(text))


def means_before(text: str) -> bool:
    """Whether the order before the one last spoken of is meant."""
    return bool(_BEFORE.search(text))


def means_another(text: str) -> bool:
    """Whether another order than the one last spoken of is meant, or all of them."""
    return bool(_ANOTHER.search(text))


def _order_number(text: str, read_id: str, asked: Question | None) -> str:
    text = _MIXED.sub(" ", text)
    lettered = _LETTERED.search(text)
    if lettered is not None and (" " not in lettered[1] or order_key(lettered[1]) == order_key(read_id)):
        return lettered[1]
    cued = _CUED.search(text)
    if cued is not None:
        return cued[1] or cued[2]
    if asked == "order" and (only := _ONLY_NUMBER.fullmatch(text)):
        return only[1]
    # Where a postcode is awaited, a bare number is one, whatever the reader took it for.
    return read_id if asked != "postcode" and read_id and read_id in text and len(order_digits(read_id)) > 2 else ""
