"""How a need is opened, narrowed or left open, and talk that is no need.

Patterns over `Text.plain`, one alternative a line.
"""

from __future__ import annotations

from assistant.reading.text import listed

# Questions that ask for goods.
ASKS_FOR_GOODS = listed(r"""
    do (?:they|you) (?:do|make|have) (?:it|that|this|them|these|those)(?: \S+)*
    (?:do|did) (?:you|u|they|ye)(?: \w+)? (?:have|sell|stock|carry|do|got|make)
    have (?:you|u|ye)(?: got)?
    (?:is|are) there (?:any|a|an|one|some|something|anything|other|more|cheaper)
    (?:can|could|would|will) (?:you|u|i|we) (?:please )?(?:show|find|see|get|have|recommend|suggest|
        help|look|give|sort|filter|narrow|make|just|only|try|do|exclude)
    what (?:\w+ )?(?:do|have|would|did) (?:you|u)(?: \w+)*
    (?:how|what) about
    got any(?:thing)?
    anything
    any other
    any(?! good)
    what else
    whats? (?:new|hot|popular|trending|good)
    where (?:can|do) i (?:find|get)
    have ye
    you (?:have|got)
    what (?:other|others)
    which (?:do|would) you (?:recommend|suggest|pick)
""")

# Goods like one that is shown, but different.
ALIKE = listed(r"""
    ^(?:nothing|no|without|only|ones|minus|sans|except)(?: \S+)+
    (?:like|similar to|same as|as) (?:the|that|this|it|those|#)(?: \S+)* (?:but|in|with|without|
        only|for)(?: \S+)+
    (?:but|except) (?:in|with|cheaper|not)(?: \S+)*
    more like(?: \S+)*
    (?:the|that)(?: \S+)* but (?!too)(?: ?\S+)*
    show me(?: \S+)*
    cheaper
""")

# A thing is asked for by its kind.
THING = listed(r"""
    (?:do )?you (?:guys )?(?:sell|stock)(?: \S+)+
    (?:can i see|lets (?:see|look at)|show me) (?:your )?(?!only|just|more|other|the|some|nicer|cheaper|any|
        me)\S+s$
    (?:need|want|looking for|after|search for|find(?: me)?|show me|get(?: me)?|buy|shopping for|
        hunting for|have you got|do you (?:have|sell|stock))(?: some)? (?:a|an|some|any|new)(?! (?:bit|
        cheaper|one|ones|different|other|smaller|bigger))(?: \S+)+
    ^(?:a|an|some)(?! (?:bit|little|lot|few|cheaper))(?: \S+)+
""")

# Greetings, thanks, goodbyes, and talk about the assistant.
TALK = listed(r"""
    youre (?:funny|great|sweet|helpful|the best)
    gotcha
    night
    sorry(?: ,)? ignore that
    (?:hi|hello|hey|hiya|howdy|yo|sup|greetings|good (?:morning|afternoon|evening|day|night)|morning|
        evening|hola|gday|heya|alright|ello)(?: (?:there|all|mate|everyone|bot|shelfwise|folks|again|
        friend))*
    (?:thanks|thank you|thank|cheers|ta|thx|tysm|much appreciated|appreciated|appreciate it|merci|
        nice one|great help|legend|youre a star|youve been (?:great|helpful|brilliant)|very helpful|
        helpful|lifesaver|brilliant|good job|well done)(?: \S+)*
    (?:bye|goodbye|see (?:you|ya)|later|laters|cya|take care|ciao|good ?night|have a (?:good|nice|
        great) (?:one|day|evening|weekend))(?: \S+)*
    (?:ok|okay|k|cool|great|got it|right|fine|sure|lol|haha+|hmm+|alright|nvm|never ?mind|no worries|
        awesome|nice|understood|yes|yeah|yep|no|nope|nah|good|perfect)(?: (?:then|thanks|ok|cool))*
    (?:are|is) (?:you|this|it) (?:a |an )?(?:real )?(?:bot|robot|human|person|real|ai|machine|chatgpt|
        computer|alive)(?: \w+)*
    who are you(?: \w+)*
    whats? (?:is )?your name
    what are you
    how are (?:you|things)(?: \w+)*
    hows it going
    (?:chat)?gpt
    thats (?:all|everything|it)(?: \w+)*
    (?:all|im) (?:good|done|set|sorted)(?: \w+)*
    (?:nothing|not) else(?: \w+)*
    not (?:today|now|right now)
    what can you do
    nice (?:talking|chatting|to meet)(?: \w+)*
    do you have feelings
    just (?:looking|browsing)
    no that s (?:all|it)
""")

# A wish for ideas.
RECOMMEND = listed(r"""
    what do people (?:buy|get|give|like)(?: \S+)?
    dunno what(?: \w+)*
    (?:show|see)(?: me)? your (?:best|favou?rite|top|coolest)(?: \w+)*
    (?:what|which)(?: \w+){0,2} (?:would|do|should|did|can|could|wud) (?:you|u|i|ya) (?:\w+ )?(?:pick|
        recommend|suggest|choose|go for|go with|reccomend|recomend)(?: (?!for)\w+){0,2}
    surprise me
    (?:any|some|got any|other|more|few|gift|different|need|give me|want) (?:\w+ )?(?:ideas?|suggestions?|
        recommendations?|recs|inspo|inspiration|tips)(?: \w+)*
    (?:recommend|suggest|reccomend|recomend)(?: (?:me|us))? (?:something|anything|one|some|a few|
        things?|stuff)(?: \S+)*
    (?:can|could) you (?:recommend|suggest)(?: \w+)?$
    whats? (?:new|hot|popular|trending|good|selling|in fashion|on offer|everyone buying)(?: \w+){0,3}
    (?:show|find|get|give)(?: me| us)? (?:something|anything|whatever|stuff)(?: \w+){0,2}
    inspire me
    help me (?:choose|decide|pick)
    you (?:choose|pick|decide)
    your (?:pick|favou?rite|favou?rites|top pick|top picks|bestsellers|best sellers|recommendation)
    no idea what (?:to|i)(?: \w+)*
    something (?:nice|cool|fun|special|different|unusual|good|for|new|else)
    best ?sellers?
    what (?:do|have) (?:you|u)(?: got| have| sell)?$
    what s new
    treat myself
    (?:im|just) (?:bored|browsing)(?: \w+)*
    what (?:should|shall|can|could|do) i (?:get|buy|give)(?: \S+)*
    whatever you (?:think|recommend)(?: \w+)*
    show me (?:new|popular|trending) (?:stuff|things|arrivals)
""")

# Another need begins.
FRESH = listed(r"""
    ^different thing(?: \S+)*
    (?:also|next|now|another thing|separately|different question|new search|start over|lets start over|
        moving on|on to)(?: ,)?(?: \w+){0,3} (?:need|looking|want|show|find|a|an|some|do you|have|after|
        search)(?: \S+)*
    (?:scrap|forget|scratch|never mind|nevermind|leave|ditch) (?:that|it|all that|this|the lot|those|
        everything|all of (?:that|it))(?: \S+)*
    ^(?:also|next|and also|now)(?: \S+)+
    start (?:again|over|afresh)
    ^and (?:a|an|some|maybe some|also|another)(?! (?:bit|cheaper|little))(?: \S+)+
    new search
    something (?:completely|totally|entirely) different
    ^(?:plus|another thing)(?: \S+)+
    changed? (?:my mind|of plan)(?: ,)? (?:i )?(?:need|want|looking)(?: \S+)*
    (?:i|we) also (?:need|want)(?: \S+)*
    as well as (?:that|this)(?: \S+)*
""")

# Words around a new start that name no goods.
OPENERS = listed(r"""
    (?:scrap|forget|scratch|never mind|nevermind|leave|ditch) (?:that|it|all that|this|the lot|those|
        everything)(?: all)?
    start (?:again|over|afresh)
    new search
    worth a (?:go|try|shot)
    moving on
    (?:on )?second thoughts?
    chang(?:ed|e) my mind
    (?:getting|going|get|go|returning|back) (?:back )?to (?:the|what|that|those)(?: \\w+)? (?:thing|
        things|one|ones|search|question|we|i)(?: \\w+){0,4}
""")

# Speaks of the need at hand.
NARROWS = listed(r"""
    (?:a |an |something |anything |bit )?(?:smaller|bigger|larger|longer|shorter|lighter|darker|brighter|
        softer|warmer|wider)(?: \S+)*
    next page
    what else(?: \S+)*
    (?:do|does) (?:they|it|you) (?:do|make|have|come) (?:it|that|this|them|in)(?: \S+)*
    instead
    same (?:but|thing|one|style|again)(?: \S+)*
    ^(?:ive got|i have|im|my|its for|shes|hes|theyre|only|just|but|in|with|without|no|not|nothing|
        for|from|by|anything|any|ones?|something|make (?:it|that|them)|got|preferably|ideally|must|should|
        has to|have to|it|they|cheaper|less|more|actually|sans|minus|under|over|below|above|around|about|
        exclude|drop|forget|filter|sort|order|rated|similar|like|and (?:in|no|not|with|without|for|only|
        under))(?: \S+)*
    (?:the|those|these|that|other|any|more|like) (?:\S+ )?ones?
    ones? (?:with|that|in|for|without)(?: \S+)*
    (?:what|how) about
    something (?:\w+er|less|more)(?: \S+)*
    only
    rather
    (?:go|going|get|back) (?:back )?(?:to|with) (?:the|what)(?: \S+)*
    if (?:there is|you have|possible|there s)(?: \S+)*
    (?:narrow|filter|limit)(?: \S+)*
    make (?:it|that|them)(?: \S+)*
    (?:any|got|have you|do you have)(?: \w+){0,3} (?:in|under|with|without|over|from|by|for)(?: \S+)+
    (?:it|they)(?: also)? (?:has|have|must|should|needs?)(?: \S+)*
    would be nice
    too (?:pricey|expensive|dear|big|small|much|long|short|heavy|dark|bright|plain|\w+)
    (?:changed my mind|on second thoughts?)(?: \S+)*
    (?:show|see|find)(?: me| us)? (?:only|just|more|other|others|the rest)(?: \S+)*
    it is$
    ones
""")
