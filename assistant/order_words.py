"""What a message on an order says: its number, its postcode, what is wanted of it, yes and no. By rules alone.

Nothing is written on the strength of a guess: a yes is one only where the message is nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.orders import Reason, order_digits, order_key
from assistant.reading import references
from assistant.reading.text import read
from assistant.types import Act, Question, Shown

Wish = Literal["status", "cancel", "return", "exchange", "refund", "dispute", "address", "missing", "change"]

_LETTERED = re.compile(r"(?<![\w-])#? ?([a-z]{1,5}[- ]?\d{3,12})(?![\w-])", re.I)
_CUED = re.compile(
    r"\border(?:s|ed)?(?:'s)?(?: (?:number|no\.?|id|nr\.?|is|was))*[ :#.]*(\d[\d-]{2,11})(?![\w-])|(?:#"
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
_SHAPE = (
    r"\d{5}(?:-\d{4})?|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]\d[a-z][ -]?\d[a-z]\d|\d{4} ?[a-z]{2}|\d{3} \d{2}"
    r"|\d{2}-\d{3}|\d{4,6}"
)
_POSTCODE_CUED = re.compile(rf"{_CUE}(?:\W|\b(?:is|was|it'?s|of|for|my|the|should|be)\b)*({_SHAPE})(?![\w-])", re.I)
_POSTCODE = re.compile(rf"(?<![\w-])({_SHAPE})(?![\w-])", re.I)
_BEFORE_POSTCODE = re.compile(rf"(?:^|\b)(?:{_CUE}|it'?s|it is|my|the|is|was|sure|yes|ok|okay|here|try|and)\b[ ,:]*", re.I)

_CANCEL = re.compile(
    r"\bcancel\w*\b|\bcall(?:ing)? off\b|\bstop (?:my|the|this|that) (?:order|purchase|shipment)\b"
    r"|\b(?:don'?t|do not|no longer) (?:want|need) (?:my|the|this|that) (?:order|purchase)\b"
    r"|\b(?:take back|undo|withdraw|revoke|annul|scrap|kill) (?:my|the|this|that) (?:\w+ )?(?:order|purchase)\b",
    re.I,
)
_EXCHANGE = re.compile(
    r"\bexchang\w*|\bswap\w*|\breplac\w+|\bswitch (?:it|them|the|this)\b"
    r"|\b(?:different|bigger|smaller|larger|another|other|wrong) (?:size|colou?r|one)\b|\b(?:size|colou?r) (?:up|down)\b"
    r"|\bchange (?:\w+ ){1,4}for (?:a|an|the|another)\b|\btoo (?:small|big|large|tight|loose|long|short)\b",
    re.I,
)
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
    r"\b(?:where|when|status|track\w*|check\w*|how long|still|haven'?t|have not|not|hasn'?t|has|did|any news|wait\w*"
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
    r"\b(?:chang(?:e|ing)|edit\w*|modify\w*|amend\w*|correct|add+|adding|remov\w+|delet\w+|swap\w*|switch\w*)\b.{0,40}"
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
_BIGGER = re.compile(r"\b(?:bigger|larger|(?:one )?size up|next size up|too (?:small|tight|short))\b", re.I)
_SMALLER = re.compile(r"\b(?:smaller|(?:one )?size down|next size down|too (?:big|large|loose|long))\b", re.I)
_SAME_AGAIN = re.compile(r"\breplac\w+|\bnew one\b|\b(?:the )?same (?:one|again|thing|item)\b", re.I)
_USED = re.compile(
    r"(?<!not )(?<!n't )(?<!never )(?<!un)\b(?:opened|used (?:it|them|once|twice|already|the)|(?:have|'ve|been|was"
    r"|already) (?:\w+ )?"
    r"(?:used|opened|worn)|i (?:\w+ )?(?:used|opened))\b",
    re.I,
)
_POLITE = (
    r"(?:please|thanks?|thank you|that'?s (?:right|correct|it|fine)|all good|then|now|for me|start it|both|you can|,|\.|!)"
)
_YES = re.compile(
    r"\W*(?:(?:oh|ok|okay|well|ah|um)\W+)?(?:yes|yeah|yep|yup|ya|sure|ok|okay|of course|absolutely|definitely"
    r"|certainly|correct|right"
    r"|confirm(?:ed)?|i confirm|i do|go ahead|do it|do that|please do|yes sir|go for it|that'?s right|sounds good"
    r"|agreed|y"
    r"|(?:yes\W+)?(?:please )?(?:cancel|return|exchange|start|send|swap) (?:it|them|that|the order|my order"
    r"|the return|the exchange))"
    r"(?:\W+(?:yes|sure|please|do it|do that|do|go ahead|cancel (?:it|that|the order|my order)|return (?:it|them"
    r"|that)|exchange"
    r" (?:it|them|that)|start (?:it|the return|the exchange|that)|swap (?:it|them)|i confirm|confirm(?:ed)?"
    r"|i'?m sure|it is"
    r"|(?:they|it) (?:is|are|'s|'re) (?:still )?(?:unused|unopened|new|sealed)|unused|unopened|that'?s (?:right"
    r"|correct|fine|good)|correct"
    rf"|{_POLITE}))*\W*",
    re.I,
)
_NO = re.compile(
    r"\W*(?:(?:oh|ok|okay|well|ah|um|actually|wait|hm+)\W+)*(?:no+|nope|nah|not (?:now|yet|really)|don'?t|do not|n"
    r"|no way|i don'?t|rather not"
    r"|(?:please )?(?:don'?t|do not) (?:do|cancel|return|exchange|start|send) (?:it|that|them|the order|my order"
    r"|this)?|keep it|keep the order|i'?ll keep"
    r" (?:it|them|the order)|i changed my mind|changed my mind)(?:\W+(?:no|thanks?|thank you|please|don'?t|do not"
    r"|do it|do that|cancel|it|them|that"
    r"|keep (?:it|them|the order)|i'?ll keep (?:it|them)|leave it|i changed my mind|changed my mind|sorry|leave"
    r"|wait|stop|actually|not now|yet|my order|the order"
    r"|return|exchange))*\W*",
    re.I,
)
_STOP = re.compile(
    r"\W*(?:(?:oh|ok|okay|well|ah|no|actually|sorry|wait|please)\W+)*(?:never ?mind|nvm|forget (?:it|about it|that"
    r"|this)|stop|drop it|leave it"
    r"|let'?s (?:stop|leave it|drop it)|scratch that|no need|it'?s (?:fine|ok|okay|nothing)|doesn'?t matter"
    r"|not important|skip it)"
    r"(?:\W+(?:then|thanks?|thank you|please|now|sorry|i'?ll keep (?:it|them)|keep it|it'?s (?:fine|ok)|for now))*\W*",
    re.I,
)
_UNDO = re.compile(
    r"\b(?:undo|take (?:that|it) back|revert|reverse|un-?cancel|reinstate|restore)\b|\b(?:cancel|stop) (?:the|that"
    r"|my) (?:return|exchange|cancellation)\b"
    r"|\bdid(?:n'?t| not) mean (?:to|that)\b|\bchanged my mind\b|\bi want (?:it|my order) (?:back|after all)\b",
    re.I,
)
_ALL = re.compile(
    r"\b(?:all|everything|both|every ?thing|the (?:whole|entire|complete) (?:order|lot|thing|parcel|package)"
    r"|the lot|each(?: of them)?"
    r"|whole order|entire order|complete order)\b",
    re.I,
)
_BUT = re.compile(r"\b(?:but|except|apart from|besides|other than|without|minus|not)\b(?: for| not)?", re.I)
_ORDERED = re.compile(
    r"\b(?:my|the|this|that|an|our|last|latest|recent|of|for|with|on|in)\b.{0,25}\b(?:orders?|purchases?|parcel|package|shipment"
    r"|delivery|shipping)\b|\b(?:order|purchase) (?:number |no\.? ?)?#?[a-z]{0,4}-?\d"
    r"|\bcancel\w*\b.{0,12}\b(?:orders?|purchases?)\b",
    re.I,
)
_ASKS = re.compile(r"\W*(?:how|what|when|where|can|could|do|does|is|are|may|if|will|would|which|who)\b", re.I)
_AT_A_LOSS = re.compile(
    r"\b(?:no (?:idea|clue)|(?:don'?t|do not) (?:know|remember|understand)|dunno|not sure|can'?t (?:say|tell|find|remember)"
    r"|what do you mean|huh|forgot)\b",
    re.I,
)
_GOODS = re.compile(
    r"\b(?:show me|find me|looking for|search(?:ing)? for|recommend|suggest|do you (?:sell|stock|carry)"
    r"|(?:want|like) to (?:buy|order)|i need (?:a|an|some|new)|anything (?:else|cheaper)|cheaper|under [$€£]?\d"
    r"|do you have (?:any|a|some))\b",
    re.I,
)
_MY_REFUND = re.compile(
    r"\b(?:where|when|status|track|check|still|haven'?t|hasn'?t|didn'?t|waiting)\b.{0,40}"
    r"\b(?:my|the|a) (?:refund|reimbursement|money)\b",
    re.I,
)
_TRACK = re.compile(r"\b(?:where(?:'s| is)|track\w*|status|e\.?t\.?a\.?|arriv\w+|help|problems?|issues?)\b", re.I)
# Words of orders and options, which may stand in a title and name nothing.
_NO_NAMES = re.compile(
    r"\b(?:size|colou?r|width|length|fits?|age|order(?:ed|s)?|ship(?:ped|ping)?|deliver\w*|parcel|package|week|month|yesterday|today"
    r"|stuff|back|send|sent|return\w*|exchang\w*|cancel\w*|please|wish|received?|last|latest|first|recent\w*|where|what)\b",
    re.I,
)
_ANOTHER = re.compile(r"\b(?:other|another|different|else|orders|all)\b", re.I)
_LATEST = re.compile(
    r"\b(?:last|latest|newest|most recent)\b(?! (?:week|month|year|night|time|day|summer|winter|spring|fall))", re.I
)
_WANTS_REFUND = re.compile(
    r"\b(?:i (?:want|need|would like)|i'?d like|can i|could i|give me|how (?:do|can) i|get)\b.{0,30}\b(?:refund\w*"
    r"|money back|reimburs\w*)",
    re.I,
)
_WAITS = re.compile(
    r"\b(?:where|when|status|yet|still|waiting|haven'?t|hasn'?t|track\w*|check\w*|how long|current|expect\w*|news)\b", re.I
)
_LOST_NUMBER = re.compile(
    r"\b(?:don'?t|do not|can'?t|cannot|no idea|not sure|forgot|lost|without|haven'?t|which|where)\b.{0,40}"
    r"\b(?:number|id|know|have|find|remember|it|one)\b",
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
    if _REFUND.search(text) and not _wants_refund(text):
        return "refund"
    if _EXCHANGE.search(text):
        return "exchange"
    is_wrong = act == "return_request" or _RETURN.search(text) or _wants_refund(text) or reason(text)
    return "return" if is_wrong else "status"


def is_plainly_on_orders(text: str) -> bool:
    """Whether the message can be about nothing but something that was ordered, as in "cancel my order"."""
    if not _ORDERED.search(text):
        return any(pattern.search(text) for pattern in (_MY_REFUND, _DISPUTE, _ADDRESS))
    return any(pattern.search(text) for pattern in (_CANCEL, _ADDRESS, _CHANGE, _MISSING, _REFUND, _DISPUTE, _TRACK))


def tells_to_change(text: str) -> bool:
    """Whether the shopper tells the shop to change something, rather than asks about its rules."""
    is_question = _ASKS.match(text) or text.rstrip().endswith("?")
    return not is_question and any(pattern.search(text) for pattern in (_ADDRESS, _CANCEL, _CHANGE))


def is_at_a_loss(text: str) -> bool:
    """Whether the shopper does not know what to answer."""
    return bool(_AT_A_LOSS.search(text))


def asks_for_goods(text: str) -> bool:
    """Whether the message asks the shop for something to buy."""
    return bool(_GOODS.search(text))


def names_wish(text: str) -> bool:
    """Whether the message itself says what is wanted of an order."""
    patterns = (_DISPUTE, _ADDRESS, _CANCEL, _CHANGE, _MISSING, _REFUND, _EXCHANGE, _RETURN)
    return any(pattern.search(text) for pattern in patterns)


def reason(text: str) -> Reason:
    """Why something goes back, as far as terms make a difference."""
    return "wrong_item" if _WRONG_ITEM.search(text) else "faulty" if _FAULTY.search(text) else ""


def says_used(text: str) -> bool:
    """Whether something has been opened or used."""
    return bool(_USED.search(text))


def same_again(text: str) -> bool:
    """Whether the same thing is wanted once more, in the place of one that is not right."""
    return bool(_SAME_AGAIN.search(text))


def neighbour(text: str, name: str, values: Sequence[str], now: str) -> str:
    """The size next to `now` where a bigger or smaller one is asked for; empty where that says nothing."""
    step = 1 if _BIGGER.search(text) else -1 if _SMALLER.search(text) else 0
    if not step or "size" not in name.lower() or now not in values:
        return ""
    place = list(values).index(now) + step
    return values[place] if 0 <= place < len(values) else ""


def is_yes(text: str) -> bool:
    """Whether the message is a yes and nothing else."""
    return bool(_YES.fullmatch(text)) and len(text) <= 80


def is_no(text: str) -> bool:
    """Whether the message is a no and nothing else."""
    return bool(_NO.fullmatch(text)) and len(text) <= 80


def stops(text: str) -> bool:
    """Whether the whole matter is to be dropped."""
    return bool(_STOP.fullmatch(text)) and len(text) <= 80


def undoes(text: str) -> bool:
    """Whether what was just done is to be taken back."""
    return bool(_UNDO.search(text))


def means_latest(text: str) -> bool:
    """Whether the newest order is meant."""
    return bool(_LATEST.search(text))


def means_another(text: str) -> bool:
    """Whether another order than the one last spoken of is meant, or all of them."""
    return bool(_ANOTHER.search(text))


def lacks_number(text: str) -> bool:
    """Whether the shopper does not have the number that was asked for."""
    return bool(_LOST_NUMBER.search(text))


def lines_named(text: str, titles: Sequence[str], *, by_place: bool = True) -> tuple[int, ...]:
    """The places, from 1, of the lines that a message names: by title, by place, all of them, or all but some."""
    listed = [Shown(str(place), title, None) for place, title in enumerate(titles, 1)]
    if _ALL.search(text):
        but = _BUT.search(text)
        spared = lines_named(text[but.end() :], titles, by_place=by_place) if but else ()
        left = tuple(place for place in range(1, len(titles) + 1) if place not in spared)
        return left if spared or not but else ()
    but = _BUT.search(text)
    said = read(text[: but.start()] if but and but.start() else text)
    placed = references.find(said, listed, None) if by_place else references.References()
    nameless = frozenset(at for at, word in enumerate(said.words) if _NO_NAMES.fullmatch(word))
    named = references.by_title(said, listed, placed.used | nameless)
    strong = placed.positions if placed.strong else ()
    return tuple(sorted({*strong, *named.positions}))


def _order_number(text: str, read_id: str, asked: Question | None) -> str:
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


def _wants_refund(text: str) -> bool:
    """ "I want my money back" asks for a return, unless it is about one that is under way."""
    return bool(_WANTS_REFUND.search(text)) and not _WAITS.search(text)
