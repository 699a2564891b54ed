"""What is done with the goods on the screen and in the cart: taking, comparing, asking, an opinion.

Patterns over `Text.plain`, one alternative a line.
"""

from __future__ import annotations

from assistant.reading.text import listed

_CART = r"(?:cart|basket|bag|trolley|carrt|baskit|bucket|order)"
_REMOVING = (
    r"(?:remove|delete|take|get rid of|ditch|drop|lose|kick|chuck|throw|bin|cancel|discard|pull|"
    r"empty|clear|wipe|scrap|put)"
)
_ADDING = r"(?:add|put|stick|chuck|pop|bung|throw|drop|toss|place|sling|whack|get|pack|shove|lob)"

# Paying now.
CHECKOUT = listed(r"""
    lets pay
    ^pay$
    buy now
    (?:finish|wrap up|done) and pay
    ^(?:\w+ )?(?:, )?take my money$
    checking out
    ^proceed$
    (?:done|finished) shopping
    check ?-?out
    (?:ready|want|like|let me|lemme|going|take me|proceed|go)(?: \w+){0,4} (?:to )?(?:pay|checkout|
        check out|the till|the checkout|payment)(?: now)?
    place (?:the|my|an|this) order
    buy (?:it|them|this|that|these|everything|all)(?: \w+)? now
    complete (?:my|the) (?:order|purchase)
    (?:pay|payment) (?:now|please)
    ill pay(?: \w+)*
    time to pay
    ring (?:me|it|them) up
    finali[sz]e(?: \w+)*
    to the till
    purchase (?:now|these|this|it|everything)
    ready to (?:order|buy|pay)
    let me pay
    pay up
    cash out
""")

# A look at the cart.
CART_SHOW = listed(
    r"""
    ^(?:(?:my|the|whats my|show|ok) )*(?:cart|basket|trolley|total|subtotal)(?: please)?(?: \?)?$
    what did i (?:put|add|pick)(?: \S+)*
    see what ive got
    how much (?:does|is|do|for) (?:everything|it all|all of it|all that|that come)(?: \S+)*
    whats in (?:there|it|my \w+)(?: \S+)*
    how many (?:items|things)(?: \S+)*
    (?:remind|list|tell)(?: \w+){0,2} whats in(?: \S+)*
    (?:show|see|view|open|check|display|review|look at|look in)(?: \w+){0,4} @cart
    whats?(?: \w+){0,4} (?:in|total|on)(?: \w+){0,2} (?:my |the )?@cart
    (?:whats|what is|what have i got|what do i have|how much is|how many|did|is|are)(?: \S+){0,9} (?:in )?(?:my |
        the )(?:cart|basket|bag|trolley)
    my (?:cart|basket|trolley)(?: please)?$
    ^(?:cart|basket|trolley)(?: please)?$
    (?:whats|what is|hows) (?:my|the) (?:sub ?)?total(?: so far)?
    (?:my|the) (?:sub ?)?total
    total so far
    what have i (?:got|added|put)(?: \w+)*
    how much (?:so far|altogether|in total|is everything|does it all come to)
    (?:cart|basket) contents
    (?:go|back) to (?:my |the )?(?:cart|basket|trolley)
""",
    cart=_CART,
)

# Out of the cart.
CART_REMOVE = listed(
    r"""
    make it (?:just|only) one
    no longer want(?: \S+)*
    wrong one(?: ,)? (?:take|remove|delete)(?: \S+)*
    @removing(?: \S+){0,8} (?:from|out of|out|off)(?: of)?(?: \w+)? @cart
    (?:remove|delete|cancel|clear|empty|get rid of|ditch|lose|bin|drop)(?: \S+){0,8} in (?:my |the )@cart
    (?:empty|clear|wipe|reset)(?: \w+){0,2} @cart
    (?:take|get|put|chuck|kick|pull)(?: \S+){1,7} (?:back out|out|back|off)
    take (?:out|off|away) \w+(?: \w+)*
    (?:remove|delete)(?: \S+)+
    (?:i )?(?:dont|do not|no longer) (?:want|need) (?:the|that|this|those|these|it|them|both|one)(?: \S+){0,4} (?:any ?more|
        after all|now)
    (?:remove|empty|clear) (?:it|them|everything|all)(?: \w+)*
    (?:actually )?(?:bin|ditch|lose) (?:the|that|those|it|them|both)(?: \S+){0,4}
""",
    cart=_CART,
    removing=_REMOVING,
)

# Taking, in words that mean it next to a reference.
CART_ADD = listed(
    r"""
    ^sold
    (?:put|stick|chuck|pop|sling|bung|throw|toss|drop) (?:\S+ ){1,4}in(?: there| too| as well| please|
         then)*$
    (?:chuck|put|pop|stick|throw) in (?:the|that|a|another|\d+)(?: \S+)*
    (?:ring|wrap) (?:it |them |that )?up(?: \S+)*
    take my money(?: \S+)*
    i want (?:it|that one|this one|those|them|the \S+ one)$
    one of each(?: \S+)*
    same again(?: \S+)*
    lets (?:do|get|take|have) (?:the|that|this|it)(?: \S+)*
    (?:and|also) (?:the|that)(?: \S+){1,3} (?:as well|too)
    ^(?:yes|yeah|yep|ok|go on|done|right|sure|and)(?: ,)? (?:please|(?:the|that|this|
        \S+) (?:\S+ )?one(?: please| then| too)?)$
    ^\S+ please$
    make (?:that|it) (?:two|three|four|five|\d{1,2})$
    @adding(?: \S+){0,10} (?:to|in|into|inside|on)(?: \w+)? @cart
    (?:in|into|to) (?:my |the )?@cart(?: please| it goes)?
    (?:^|(?:and|ok|okay|please|,|then|yes|yeah|no|can you|could you|\.|!|also|just|now|cool|great|
        so)(?: ,)? )add (?:it|them|that|this|those|these|the|one|two|three|four|a|both|all|\d+|me|# ?\d)(?: \S+)
        *
    (?:ill|i will|we will|well|id|i would|let me|lets|can i|could i|im going to|i want to|i wanna|
        want to|i) (?:just )?(?:take|buy|have|grab|order|go with|go for|get|like to (?:buy|order|take))(?! (?:a look|
        to|paid|back|it back|away|some|any|a few|ideas|something|anything))(?: \S+)*
    (?:buy|take|grab|order|get me|give me|gimme) (?:me )?(?:it|them|that|this|those|these|the|one of|
        two of|both|all|\d+ of|\w+ of the)(?: \S+)*
    (?:the |that )?\S+ it is
    go (?:for|with) (?:the|that|this|it|\w+ one)(?: \w+)*
    (?:one|two|three|four|five|six|couple|\d+) (?:\w+ )?of (?:the|those|these|that|them|each)(?: \S+)*
    \S+ please and thank you
    wrap (?:it|them) up
    add (?:to cart|to basket)
    x ?\d{1,2}
    \d{1,2} ?x
    one more of (?:those|them|the)(?: \w+)*
    (?:ill|i will) take(?: \S+)*
""",
    cart=_CART,
    adding=_ADDING,
)

# Into the cart, in so many words.
STRONG_ADD = listed(
    r"""
    @adding(?: \S+){0,10} (?:to|in|into|inside|on)(?: \w+)? @cart
    (?:in|into|to) (?:my |the )@cart(?: please)?
    add to @cart
    in @cart
""",
    cart=_CART,
    adding=_ADDING,
)

# Side by side.
COMPARE = listed(r"""
    (?:whats|what is|whos) (?:better|best|nicer|lighter|cheaper|stronger)(?: \S+)*
    compare\w*
    comparison
    (?:difference|differences|differ|diff)(?: \w+)*
    vs
    versus
    which (?:one |of |is |has |are |was |has|would|gets|stores|lasts|\w+s )(?: ?\S+)*
    side by side
    is there much in it
    (?:which|whichs)(?: \S+)+
    between (?:the|these|those|them)(?: \w+)*
    how (?:do|does) (?:the|they|these|those)(?: \S+)* (?:compare|differ|stack up)
""")

# Side by side, as an order.
COMPARE_THEM = listed(r"""
    ^(?:please |can you |could you |ok |now )?(?:compare|contrast)
""")

# How a question about an item opens.
QUESTION = listed(r"""
    (?:is|are|does|do|did|has|have|can|could|will|would|should|was|were|isnt|doesnt|dont|wont|hows|
        how|what|whats|when|where|wheres|why|who|which|whose|tell me (?:more )?about|more (?:info|information|
        details)|details on)
""")

# A question that is a request.
POLITE = listed(r"""
    (?:can|could|would|will) (?:you|u|i|we)
""")

# Speaking ill.
DISLIKE = listed(r"""
    not sold on(?: \S+)*
    (?:all )?look the same
    dont like any
    seen dead(?: \S+)*
    too (?:plain|boring|busy|flashy|girly|childish|ugly)
    (?:dont|do not|didnt|not|never) (?:really |that |much )?(?:like|love|liking|loving|keen|into|
        feeling|fancy|fond)(?: \S+){0,4}
    (?:not|isnt|arent|aint) (?:a fan|my (?:thing|style|taste|cup of tea|vibe)|for me|keen|what i|
        it|great|good|nice|that one|those|these|impressed|sold|the (?:one|first|second|third))(?: \S+)*
    (?:none|neither|not any) of (?:these|those|them|the two)(?: \w+)*
    (?:hate|detest|loathe|cant stand)(?: \S+){1,4}
    no good
    nah(?: \S+)*
    (?:looks?|is|are|its|theyre|was) (?:so |a bit |really |too |kinda |pretty |well |dead |proper |
        bit )*(?:ugly|vile|naff|horrible|awful|hideous|terrible|rubbish|tacky|gross|disgusting|nasty|
        boring|bland|crap|ghastly|dull|cheap looking|dreadful|trash|lame|grim|horrid|ropey|dodgy|frumpy|
        garish|weird|odd|cheap|bad|pants|mank|minging|rank)(?: \S+)*
    meh
    eww*
    yuck
    ugh
    yikes
    ugly
    vile
    naff
    hideous
    awful
    horrible
    horrid
    gross
    (?:definitely|absolutely|certainly) not(?: \S+)*
    hard pass
    pass on(?: \S+)*
    not (?:it|them|these|those|that)
    no thanks? to(?: \S+)*
    tastes like(?: \w+)*
    never (?:buying|again)(?: \S+)*
    bin (?:it|them)
    thumbs down
""")

# Speaking well.
LIKE = listed(r"""
    (?:love|loving|adore|like|liking|digging|dig|fancy|obsessed with|keen on|into|a fan of|fan of|
        sold on)(?: \w+)? (?:it|that|this|these|those|the|them|both|how|all|number|#|\S+ one)(?: \S+)*
    (?:looks?|look|is|are|its|theyre|thats|smells?|sounds?|seems?|feels?|s|would be) (?:so |a bit |
        really |very |pretty |quite |absolutely |just |well |dead |proper |super |rather |the )*(?:love|
        lovely|gorgeous|beautiful|cute|perfect|amazing|awesome|great|nice|brilliant|fab|fabulous|stunning|
        wicked|divine|sick|adorable|superb|excellent|fantastic|cool|sweet|pretty|dreamy|fancy|neat|wonderful|
        lush|ace|stylish|good|comfy|sleek|handsome|spot on|bang on|winner|best|beauty|my favou?rite|
        a winner|ideal|promising|interesting|class|mint|tidy|favou?rite)(?: \S+)*
    (?:lovely|gorgeous|beautiful|perfect|amazing|awesome|stunning|adorable|wow|ooh|oooh|cute|nice)(?: \w+)
        {0,3}
    my favou?rite
    thats the one
    thumbs up
    (?:love|like|loving) (?:it|them|both|#)
    good (?:one|shout|choice|pick)s?
    (?:1st|2nd|3rd|first|second|third|last) (?:one )?please
    nice one
    \S+ for the win
    big fan of(?: \S+)*
""")
