"""Questions about the shop's rules, and their topics.

Patterns over `Text.plain`, one alternative a line.
"""

from __future__ import annotations

import re

from assistant.reading.text import listed
from assistant.types import Topic

# The topics of the shop's rules; the first that matches is meant.
POLICY_TOPICS: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    (
        "warranty",
        listed(r"""
    warrant(?:y|ies)
    warrenty
    guarantees?
    guaranteed
    garantee
    am i covered
    (?:are they|is it|is that) covered
    cover(?:ed)? (?:if|for|against)(?: \w+)*
    if (?:it|they)(?: \w+){0,2} (?:breaks?|packs? up|dies|fails?|stops? working)(?: \w+)*
"""),
    ),
    (
        "returns",
        listed(r"""
    returns?
    refunds?
    send(?:ing)? (?:it|them|things|stuff|something) back
    exchanges?
    money back
    return(?:ing|ed|able)?
    bring (?:it|them) back
    change my mind
    swap
    restocking(?: fee)?
    (?:doesnt|dont) fit
    take (?:it|things|them) back
    days do i have
    swap(?: \w+)* for another
"""),
    ),
    (
        "shipping",
        listed(r"""
    lost in the post
    (?:get|send|bring) (?:it|them|this|these) to(?: \w+)*
    when (?:will|does|would) (?:it|they) (?:arrive|come|get here)
    ship(?:s|ping|ped|ment)?
    deliver(?:y|ies|s|ed|ing)?
    postage
    send(?: \w+){0,3} (?:to|abroad|overseas|internationally)
    sending to
    dispatch\w*
    courier\w*
    click and collect
    collect(?:ion)?(?: in store)?
    pick ?up (?:in store|point|points|from)
    how long(?: \w+){0,4} (?:arrive|take|get here|to get)
    next day
    international(?:ly)?
    customs(?: fees| duty| charges)?
    import (?:tax|duty|fees)
    same day
    express
"""),
    ),
    (
        "payment",
        listed(r"""
    (?:what|which) cards?(?: \w+)*
    (?:include|including|inc) vat
    pay(?:ing|ment|ments|pal)?(?: \w+)*
    paypal
    klarna
    afterpay
    credit cards?
    debit cards?
    visa
    mastercard
    amex
    apple pay
    google pay
    instal(?:l)?ments?
    gift ?cards?
    vouchers?
    invoice
    monthly
    cash on delivery
    bank transfer
    financing
    finance
    bitcoin
    crypto
    vat
    split the cost
    cash
"""),
    ),
    (
        "privacy",
        listed(r"""
    privacy
    (?:my|our|personal|the) (?:data|details|info|information|email|address|card details|chats?|browsing|
        history)
    data
    gdpr
    cookies?
    (?:delete|store|keep|share|sell|save|record|track)(?: \w+){0,3} (?:account|data|details|information|
        info|chats?|conversations?|messages?|email|me)
    on file
    spam
    newsletter
    marketing emails?
"""),
    ),
    (
        "other",
        listed(r"""
    cancel(?: \w+){0,3} orders?
    (?:shop|store) (?:in|near)(?: \w+)*
    gift ?wrap\w*
    wrap(?:ping|ped)?
    price match\w*
    match(?: \w+){0,3} price
    student discount
    discounts?
    promo(?: code)?s?
    coupons?
    loyalty(?: \w+)?
    points
    subscribe(?: \w+)*
    subscription (?:service|box)
    opening (?:hours|times)
    what time do you (?:open|close|shut)
    store near
    shop near
    physical (?:store|shop)
    (?:stores?|branch|branches|showroom) (?:in|near)(?: \w+)?
    where are you (?:based|located)
    repairs?
    recycl\w+
    assembl\w+
    install(?:ation)?
    fitting service
    engrav\w+
    resize
    personali[sz]\w+
    nhs discount
    trade account
    bulk (?:orders?|discount|pricing)
    wholesale
    back in stock
    sale (?:start|end)s?
    black friday
    hire
    rent(?:al)?
    trade ?-? ?in
"""),
    ),
)

# Questions that may be about the shop's rules.
ASKS_SHOP = listed(r"""
    (?:you|u) (?:guys )?(?:do|take|accept|offer)(?: \S+)*
    (?:got|any)(?: \S+)*
    who(?: \S+)*
    if (?:i|it|its|something)(?: \S+)*
    (?:do|does|did|can|could|will|would|are|is|have) (?:you|u|ya|i|we|it|there|they|the shop|this shop|
        the store|your|returns|delivery|shipping|orders)(?: \w+)*
    (?:how|what|whats|when|where|which|who)(?: \S+)*
    (?:free|your|the) (?:delivery|shipping|returns?|refund|return) (?:policy|policies|cost|costs|
        fees?|charges?|times?)?
    \w+ (?:policy|policies|terms)
    any (?:discounts?|student discounts?|promo|coupons?|vouchers?)(?: \w+)*
    and (?:if|is|can|do|what|how)(?: \w+)*
    if it(?: \w+)*
    tell me about your(?: \w+)*
    possible to(?: \w+)*
    (?:delivery|shipping|returns|warranty|payment|postage)(?: \w+){0,3}
""")

# Questions that are about the rules though they name an order's things.
RULE = listed(r"""
    how long (?:does|do|is|would|will)(?: \S+)*
    do (?:you|u)(?: \S+)*
    how much (?:is|does|for)(?: \S+)*
    (?:is|whats) (?:the )?(?:shipping|delivery)(?: \S+)*
    (?:delivery|shipping) (?:to|cost|costs|time|times|fee|fees|options|charge|charges)(?: \S+)*
    possible to(?: \S+)*
    (?:can|will|could) (?:you|u)(?: \S+)* (?:deliver|ship|send)(?: \S+)*
    free (?:delivery|shipping)
    if i(?: \S+)*
""")

# Questions about a shown item, though they use words of the rules.
PRODUCT_QUESTION = listed(r"""
    (?:it|that|this|the (?:first|second|third|last|\w+ one)) (?:come|comes|have|has|include|includes|
        run|fit|work|need)(?: \S+)*
    (?:does|is|are|has|can|will) (?:the|that|it|this|they|these|those)(?! (?:delivery|shipping|return|
        returns|refund|warranty|postage))
        (?: (?!(?:warranty|guarantee|returnable|returns?|refund|delivery|shipping|postage|covered)(?!\S))\S+)+$
    (?:show|find|need|looking for)(?: \S+)+
""")
