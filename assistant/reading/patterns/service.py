"""What has nothing to do with the goods on the screen: attacks, people, orders, returns.

Patterns over `Text.plain`, one alternative a line.
"""

from __future__ import annotations

from assistant.reading.text import listed

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
    what (?:are|were) your (?:instructions|rules|prompts?|guidelines|orders)
    (?:print|repeat|say|return|write)(?: \w+){1,3} (?:word for word|verbatim)
    (?:set aside|put aside|drop) what you (?:were|have been) told(?: \w+)*
    from your (?:instructions|prompt|training)
    (?:hidden|internal|secret) (?:settings|rules|notes)
    (?:tool|function)[ _](?:call|result)s?(?: \S+)*
    " act " :(?: \S+)*
    legally binding(?: \w+)*
    (?:cart|basket|orders?|address|data|history) of (?:the |an )?(?:other|another|last|previous|next) \w+
    (?:shopper|customer|user|person)s? before me(?: \w+)*
    (?:continue|open|load|repeat) (?:the|a) conversation with id(?: \S+)*
    (?:log|sign) me in as(?: \w+)*
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

# Matters of the shop that no goods are meant by: accounts, invoices, addresses, what is paid and how, opinions of the shop.
SHOP_MATTER = listed(r"""
    (?:invoices?|receipts?)
    (?:get|see|find|download|check|checking|look at|look for|locate|lost|send me|mail me|print|view|need|show me|receive|
        request)(?: \w+){0,6} bills?(?: \S+)*
    ^bills?(?: \S+)*
    (?:create|creating|open|opening|make|set up|sign up|register|delete|deleting|close|closing|cancel|remove|
        switch|switching|change|changing|edit|editing|update|updating|modify|use|another|different|upgrade|new|
        my|an|user|premium|free|gold|pro|platinum|freemium|standard)(?: \w+){0,3} (?:accounts?|user profile|
        profile)(?! book)(?: \S+)*
    (?:sign ?up|signup|sign up|registration|register|registering)(?: \S+){0,4}(?: (?:error|issue|problem|trouble)s?)?
    (?:password|passcode|pin code|access key|user key|user pin|login|log in|sign in|account pin|profile pin)
    newsletters?
    sign ?-? ?(?:up|in)s?(?: \S+)*
    (?:cancel(?:l?ation)?|terminat(?:ion|ing)|withdrawal|exit|early)(?: \w+){0,3} (?:fees?|penalt(?:y|ies)|
        charges?|costs?|policy)
    (?:fees?|penalt(?:y|ies)|charges?)(?: \w+){0,4} (?:cancel\w*|terminat\w*|withdraw\w*)
    (?:payment|paying|pay) (?:methods?|options?|modalit(?:y|ies)|types?|ways)
    (?:methods?|options?|modalit(?:y|ies)|forms?|ways|types) (?:of|for|to) (?:pay|payments?|paying)
    (?:problems?|issues?|errors?|troubles?|difficult\w*)(?: \w+){0,4} (?:payments?|paying|transfers?|checkout)
    (?:payments?|transfers?|my card|checkout)(?: \w+){0,3} (?:problems?|issues?|errors?|troubles?|fail\w*|
        declined|rejected|refused)
    (?:change|changing|update|updating|edit|editing|correct|correcting|modify|modifying|add|adding|enter|
        entering|set up|setting up|new|another|different|secondary|wrong|put|submit)(?: \w+){0,4} address
        (?:es)?(?: \S+)*
    address(?:es)? (?:change|update|correction|modification)
    (?:leave|leaving|write|writing|submit|submitting|post|posting|send|sending|give|giving|share)(?: \w+){0,4} (?:reviews?|
        feedback|comments?|opinions?|testimonials?)(?: \S+)*
""")

# Money that is to come back: a return or the rules of one, and never goods.
MONEY_BACK = listed(r"""
    (?:reimburs\w*|refund\w*|restitutions?|compensations?|rebat\w+)
""")

# A question about the rules that goes on with the one before it.
RULE_GOES_ON = listed(r"""
    ^(?:and|but|or|so|what|how|then)(?: about)? (?:to|from|into|within|for|if|when|after|by) (?!me|my|the (?:first|second|
        third))\S+(?: \S+){0,3}$
""")

# How long delivery takes, of nothing that was ordered.
DELIVERY_RULE = listed(
    r"""
    how (?:long|many days|soon|fast|quickly)(?: (?:does|do|will|would|is|are|should))?(?: (?:the|standard|
        express|normal|usual|your|home))* (?:delivery|deliveries|shipping|shipments?|postage)(?: (?:take|takes|
        usually|normally|be|to arrive|time))*(?: \?)?$
    ^(?:deliver(?:y|ies)|shipping|shipments?) to(?: \S+)+
    (?:delivery|shipping|shipment) (?:times?|periods?|speeds?|options?|methods?)(?: \S+)*
    (?:when|how (?:soon|fast|quickly|long)) would (?:it|they|this|that|these|those|the \w+(?: \w+)?)
        (?: \w+){0,3} (?:arrive|come|get here|be here|be delivered|take|get to me|reach me)(?: \S+)*
"""
)

# The same, of goods on the screen that are not bought yet.
DELIVERY_OF_IT = listed(
    r"""
    ^(?:(?:and|ok|so|if i (?:order|buy|get)(?: \w+){1,4}) )*(?:, )?(?:when|how (?:soon|fast|quickly)) (?:will|
        can|could|does|do) (?:it|they|this|that|these|those|i get (?:it|them|this|that|these)|i have (?:it|
        them)|you (?:deliver|send|ship) (?:it|them))(?: \w+){0,3}(?: (?:arrive|come|get here|be here|
        be delivered|get to me|reach me))?(?: \?)?$
"""
)
