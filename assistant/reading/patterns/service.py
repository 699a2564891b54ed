"""What has nothing to do with the goods on the screen: attacks, people, orders, returns, the shop's rules.

Patterns over `Text.plain`, one alternative a line.
"""

from __future__ import annotations

import re

from assistant.reading.text import listed
from assistant.types import Topic

_PERSON = (
    r"(?:person|human(?: being)?|agent|representative|rep|somebody|someone|supervisor|manager|"
    r"advisor|adviser|operator|staff(?: member)?|employee|real (?:person|human|one)|colleague|"
    r"member of (?:staff|your team)|customer (?:service|support|care|services)|"
    r"support(?: team)?|team member|specialist|human)"
)
_MINE = r"(?:my|the|this|that|our|an|a)"
_GOODS = (
    r"(?:order|orders|parcel|package|delivery|shipment|stuff|things|purchase|packages|parcels|item|"
    r"items)"
)

# Orders to the assistant, and reaches for what is not the shopper's.
ATTACK = listed(r"""
    (?:repeat|print|output|show|copy)(?: \w+){0,2} (?:everything |the text |all |words )?above
    act (?:like|as)(?: \w+)*
    what (?:model|llm) (?:are you|is this)(?: \w+)*
    youre now (?:my|a|an)(?: \w+)*
    (?:ignore|disregard|forget|override|bypass|skip)(?: \w+){0,3} (?:instructions?|rules?|prompts?|
        guidelines|programming|training|restrictions)
    (?:system|developer|hidden|initial|original|secret) (?:prompt|message|instructions?|mode)
    (?:your|the) (?:instructions|prompt|rules) (?:verbatim|word for word|above)
    (?:print|reveal|show|repeat|tell me|output|leak|dump|give me)(?: \w+){0,3} (?:your|system) (?:instructions?|
        prompts?|rules|configuration|code)
    you are now
    (?:pretend|imagine)(?: that)? (?:to be|you|youre|that you)
    act as(?: if| a| an| my)?
    role ?play
    jailbreak\w*
    dan mode
    (?:admin|root|sudo|debug|maintenance|god) (?:mode|access|override|rights|user)
    sudo
    (?:system|assistant|user|admin) :
    (?:sell|give)(?: \w+){1,4} for (?:free|nothing|[$£€] ?[01]|a dollar|one dollar|1 (?:dollar|cent|
        buck))
    100 ?% (?:off|discount)
    (?:base ?64|rot13|hex|decode) ?\S*
    (?:list|show|give|dump|email)(?: \w+){0,4} (?:customers?|users?|passwords?|emails?|accounts?|
        database)(?: \w+)*
    (?:drop|select|insert|delete) (?:table|\* from|from|into)(?: \w+)*
    set (?:the |all )?prices? to
    apply (?:a )?\d+ ?% discount
""")

# Not the shop's business.
FOREIGN = listed(r"""
    recipes? for(?: \w+)*
    (?:going to|gonna) win(?: \w+)*
    what time is it
    hows the (?:weather|market|stock)(?: \w+)*
    fix my (?:car|computer|phone|marriage|life)
    (?:is|does) god(?: \w+)*
    do you (?:like|love|hate|believe in)(?: \w+)*
    what (?:do|did) you think (?:of|about) (?!the|this|that|these|it)\w+(?: \w+)*
    (?:write|compose|make up|sing)(?: me| us)? (?:a|an|my|some|the) (?:\w+ )?(?:poem|song|story|
        essay|haiku|rap|limerick|joke|code|script|letter|email|program|function|homework|cv|tweet|python|
        sql)
    tell (?:me )?a (?:joke|story|riddle)
    (?:what|whats|who|whos|where|wheres|when|whens) (?:is |was |are |were |will |did )?(?:the )?(?:\w+ )?(?:capital|
        president|prime minister|weather|population|meaning of life|time in|square root|score|news|election|
        world cup|bitcoin|stock market|exchange rate|forecast|king|queen of|speed of light)
    who (?:won|invented|wrote|discovered|painted|directed|sang|is the (?:president|king|queen|pope|
        ceo))(?: \w+)*
    how (?:tall|far|old|deep|high|many people) (?:is|are|was|to|live)(?: \w+)*
    translate(?: \w+)*
    (?:solve|calculate|integrate|differentiate)(?: \w+)*
    (?:whats|what is|how much is) \d+ ?(?:[+*x/-]|plus|times|minus|divided by) ?\d+
    (?:should|can|do) i (?:sue|divorce|vote|invest|marry|quit)(?: \w+)*
    (?:book|order|call)(?: me)? (?:a|an) (?:flight|taxi|uber|hotel|table|cab|pizza|doctor|ambulance)
    do my (?:homework|taxes|essay)
    (?:explain|define|summari[sz]e) (?:quantum|relativity|the (?:war|french|theory|plot)|photosynthesis)(?: \w+)
        *
    (?:medical|legal|tax|financial|relationship|dating) advice
    (?:whats|what is) your (?:opinion|view) on(?: \w+)*
    who (?:should i|will) (?:vote|win)(?: \w+)*
    (?:how (?:do|can|to)(?: i| you)?) (?:hack|cook|boil|bake|make (?:a bomb|money|friends)|get rich|
        lose weight|file (?:my )?taxes)(?: \w+)*
    what day is it
    whats the time
""")

# A person is asked for.
HUMAN = listed(
    r"""
    is (?:anyone|anybody|someone) (?:there|around|real)
    can a (?:human|person)(?: \S+)*
    (?:phone|telephone|contact) number
    (?:talk|speak|chat|connect|transfer|put|get|give|pass|escalate|hand|need|want|call|find|have|
        is there|reach|contact|let)(?: \w+){0,6} (?:a |an |the |your |real |live |actual )*@person(?! (?:who|
        to wear|size|that|sized))(?! (?:\w+ )?(?:tent|present|gift|bed))
    (?:live|real|actual) (?:agent|person|human|chat|support|people|adviser|advisor)
    (?:agent|human|representative|operator|supervisor|manager)(?: now)? please
    (?:agent|human|representative|operator|supervisor|manager)$
    (?:can|could|will) (?:someone|somebody|anyone|you|a person) (?:please )?(?:call|ring|phone|contact)(?: me)
        ?
    (?:call|ring|phone) me(?: back)?
    customer (?:service|support|care)
    file a complaint
    make a complaint
    (?:want|like) to complain
    (?:not|dont want)(?: to)?(?: \w+){0,3} (?:a )?(?:bot|robot|machine)
    speak to (?:a|your) \w+
    someone real
    somebody real
    a real (?:person|human)
""",
    person=_PERSON,
)

# Whether the assistant is a person: talk, not a call for one.
ASKS_WHO = listed(r"""
    (?:\w+ )?(?:are|is|am) (?:you|this|i|it)(?: \w+){0,5} (?:bot|robot|human|person|real|machine|
        computer|ai|someone|somebody)
""")

# Where an order is.
ORDER = listed(
    r"""
    did (?:you|it|they) (?:ship|send|dispatch|post|go out)(?: \w+)*
    (?:status|eta|update|news) (?:of|on|for) \S*\d\S*
    ordered(?: \S+){1,4} ago
    (?:where|wheres|when|whens|whats happening|what happened|any (?:news|update|updates|word|sign)|
        status|update|check|track|tracking|find|locate|follow)(?: \w+){0,6} @mine (?:\w+ )?@goods
    (?:has|have|did|is|was|will)(?: \w+){0,2} @goods(?: \w+){0,3} (?:shipped|ship|arrive|arrived|
        come|coming|sent|go|gone|left|dispatched|delivered|thru|through|late|here|delayed|on its way|
        out)
    @goods(?: \S+){0,4} (?:hasnt|havent|not|never|still|says|is|was|got|didnt|late|shows?|stuck|
        lost|missing|delayed)(?: \w+){0,3}
    track(?:ing)?(?: \w+){0,4}
    order (?:status|number|no|#)
    order # ?\S*\d\S*
    order \S*\d\S*
    (?:still|been) waiting(?: \w+){0,4} (?:for|on|since|order|weeks?|days?)
    (?:hasnt|havent|not|never|didnt|isnt)(?: \w+){0,2} (?:arrived|turned up|showed up|been delivered|
        shipped|come|arrive|delivered)
    what i ordered
    stuff i (?:ordered|bought)
    when (?:will|does|is|do)(?: \w+){0,3} (?:arrive|get here|be delivered|be here|turn up|come)
    (?:courier|driver)(?: \w+)*
""",
    mine=_MINE,
    goods=_GOODS,
)

# Tracking, whatever else is wrong with it.
TRACKING = listed(r"""
    track(?:ing)? (?:number|link|code|info|page|my|the|order|id|it)(?: \S+)*
    track
""")

# Goods that are to go back, or are not right.
RETURN = listed(r"""
    (?:send|sending|sent|bring|ship|return|post|mail) (?:it|them|this|that|these|those|him|one|both|
        everything|my \w+|the \w+(?: \w+)?)(?: \w+){0,3} back
    send(?:ing)? back(?: \w+)*
    (?:return|returning|refund|refunded|refunds|exchange|exchanging|replacement|reimburse\w*)
    (?:money|cash|\d+ (?:quid|dollars|bucks|euros?|pounds)) back
    (?:want|get) my money
    swap(?: \w+){1,6} (?:for|size|from)
    swap (?:it|them|these|this|those)
    (?:arrived|came|turned up|showed up|is|are|was|got|its|theyre|it|they|all)(?: \w+){0,2} (?:broken|
        damaged|faulty|defective|cracked|torn|smashed|ripped|shattered|dead)
    (?:received|got|sent|bought|delivered|ordered)(?: \w+){0,3} (?:broken|damaged|faulty|defective|
        cracked|torn|dud)(?: \w+)*
    (?:wrong|incorrect) (?:size|color|item|one|thing|product|order)
    (?:sent|got|received|delivered)(?: \w+){0,2} (?:the )?wrong(?: \w+)?
    (?:doesnt|dont|didnt|does not|do not|wont|stopped|quit|not) (?:fit|work|working|turn on|charge|
        function)(?: me| properly| anymore)?
    (?:snapped|broke|fell apart|fallen apart|ripped|frayed|cracked|leaks|leaking|stopped working|
        packed up)
    change(?: \w+){1,4} for a (?:different|bigger|smaller|larger|size)(?: \w+)?
""")

# It has happened: no question about the rules.
COMPLAINT = listed(r"""
    (?:can|could|will) you (?:please )?(?:refund|replace|exchange) (?:me|it|this|them|my)(?: \S+)*
    (?:its|is|are|theyre|got|sent|arrived) (?:\w+ ){0,4}(?:wrong|broken|damaged|faulty)(?: \S+)*
    (?:i|we) (?:bought|ordered|got|received)(?: \S+)*
    (?:dont|doesnt|didnt) fit me
    (?:arrived|came)(?: \w+){0,3} (?:broken|damaged|faulty|cracked)
    my (?:refund|return|money)
    (?:want|need|like) (?:a|my) (?:refund|money|replacement)
    (?:return|exchange|swap|send|refund|replace) (?:this|these|it|them|my)(?: \S+)* (?:please|ordered|
        bought)
    (?:id like|i want|i need|i wanna|i would like|im) (?:to )?(?:be )?(?:return|exchange|
        swap)\w*
""")

# Marks of a question.
HYPOTHETICAL = listed(r"""
    who
    any
    if
    how (?:do|does|long|many|can|to|would|much)
    can (?:i|you|we|u)
    could i
    do (?:you|i|u)
    what (?:is|are|happens|if)
    whats
    is (?:there|it)
    are there
    policy
    policies
    am i
    may i
    would i
    will i
    does
""")

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
        returns|refund|warranty|postage))(?: (?!(?:warranty|guarantee|returnable|returns?|refund|delivery|shipping|postage|covered)(?!\S))\S+)+$
    (?:show|find|need|looking for)(?: \S+)+
""")
