"""What is said of the one product that a shopper looks at: on the shop's own page of it, where few words are needed.

Patterns over `Text.plain`, one alternative a line.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.reading.text import listed

TopicOfIt = Literal["overview", "price", "stock", "rating", "brand", "property"]

_LEAD = (
    r"(?:(?:hi|hello|hey|hiya|ok|okay|and|so|but|please|sorry|thanks|hmm+|um+|well|also|oh|great|cool|nice)"
    r"(?: there)?(?: [,.!])* )*"
)
_END = r"(?:(?: [.!?,]+)*(?: (?:please|thanks|thank you|then|exactly|really|now|here|too)))*(?: [.!?,]+)*$"
_NO_GOODS = (
    r"(?:shop|store|company|site|website|chat|bot|service|order|delivery|shipping|polic(?:y|ies)|returns?|refund|warranty|"
    r"payment|voucher|coupon|discount|offer|deal|sale|account|search|need|price|sizes?|colors?|"
    r"material|brand|all|altogether|together|total|today|tomorrow|tonight|now|week|month|year|time|"
    r"in|to|by|for|from|with|at|on|as|is|are|and|or|the|delivered|shipped|sent)"
)
_IT = rf"(?:it|its|them|(?:this|that|these|those)(?: (?!(?:{_NO_GOODS})(?!\S))[^\s.,!?;]+)?(?: ones?| pair| set)?)"
_ABOUT = r"(?:about|abut|abuot|aobut|abot|on|of|for|regarding)"
_ASK = (
    r"(?:(?:can|could|would|will) (?:you|i|we) (?:please )?|please |(?:id|i would|i) (?:like|love|want|need) (?:to )?|"
    r"let me |where can i )?"
)
_TELL = r"(?:tell|tel|teel)"
_FACTS = (
    r"(?:info|infos|information|infomation|details?|detials|specs?|specifications?|description|features?|overview|summary|"
    r"facts)"
)
_PROPERTY = (
    r"(?:sizes?|sizing|size (?:guide|chart|range)|colors?|materials?|fabric|weight|dimensions?|measurements?|width|height|"
    r"length|depth|diameter|capacity|volume|thickness|fit|care(?: instructions)?|washing instructions|ingredients|"
    r"composition|battery(?: life)?|power|wattage|origin|age(?: range)?|flavou?rs?|scents?|patterns|designs|variants|"
    r"versions)"
)
_NAMED = (
    r"(?:(?:whats|what|which|what is|what are|hows|how are|how is|any|other|more|different|available|the|its|all|and|"
    r"show me|see|got|have|do you have|are there|is there|in) )*@noun(?: (?:@about|do you have in) @it| options?| choices?|"
    r" (?:does|do) (?:it|this|they|these) (?:come|have|fit)(?: in)?|"
    r" (?:is|are) (?:it|this|these|they|there|available|left)| like)?"
)


def _naming(noun: str) -> str:
    """The part of a pattern in which a property is asked for by its name alone."""
    return _NAMED.replace("@noun", noun).replace("@about", _ABOUT).replace("@it", _IT)


# What the words can but ask of it; the first that matches is asked for. A property of no name here has none.
ASKED_OF_IT: tuple[tuple[TopicOfIt, re.Pattern[str]], ...] = (
    (
        "overview",
        listed(
            r"""
    ^@lead@ask@tell (?:me |us )?(?:(?:a bit|a little|a little bit|some|something|anything) )?more(?: @about @it)?@end
    ^@lead@ask@tell (?:me |us )?(?:(?:everything|all|something|a bit|a little) )?@about @it@end
    ^@lead@ask(?:know|learn|hear|read|find out|see|have|get|say)? ?(?:(?:a bit|a little|some) )?more @about @it@end
    ^@lead@ask(?:know|learn|hear|find out) (?:(?:a bit|a little|some) )?more@end
    ^@lead@ask(?:@tell |give |get |send |show |see |have |find )?(?:me |us )?(?:(?:some|any|the|a|more|further|additional|
        full|product|item|technical|all|few|its|bit|of|what are) )*@facts(?: @about @it)?@end
    ^@lead(?:what|wat|wht)(?:s| is| are| exactly is)? @it@end
    ^@lead@ask(?:describe|explain)(?: (?:to )?(?:me|us))? (?:@it|what (?:it|this|that|these|they) (?:is|are|does|do))@end
    ^@lead@ask@tell (?:me|us) what (?:it|this|that|these|they) (?:is|are|does|do)@end
    ^@lead(?:what|anything)(?: else)? (?:can|could|should|do) (?:you|i) (?:@tell me|say|know)(?: more)? @about @it@end
    ^@lead(?:what|how) (?:does|do) (?:it|this|that|they|these)(?: (?:one|thing|product|item))? (?:do|work)@end
""",
            lead=_LEAD,
            end=_END,
            ask=_ASK,
            tell=_TELL,
            about=_ABOUT,
            facts=_FACTS,
            it=_IT,
        ),
    ),
    (
        "price",
        listed(
            r"""
    ^@lead@named@end
    ^@lead(?:how much|price)(?: (?:is|for|are|does|do|on)(?: @it| they)?(?: cost| go for| sell for)?)?@end
    ^@lead(?:what|wat) (?:does|do) (?:@it|they) cost@end
""",
            lead=_LEAD,
            end=_END,
            named=_naming("(?:price|prices|cost)"),
            it=_IT,
        ),
    ),
    (
        "stock",
        listed(
            r"""
    ^@lead@named@end
    ^@lead(?:(?:is|are|do you have|have you got|got|have|you have) (?:@it|they|any) )?(?:still |currently )?(?:in stock|
        av\w{2,5}able|sold out|left)@end
    ^@lead(?:how many|any)(?: of (?:these|them))?(?: are| do you have| have you got)?(?: still)? (?:left|in stock|
        remaining|available)@end
""",
            lead=_LEAD,
            end=_END,
            named=_naming("(?:stock|availability)"),
            it=_IT,
        ),
    ),
    (
        "rating",
        listed(
            r"""
    ^@lead@named@end
    ^@lead(?:(?:is|are) (?:@it|they) )?(?:any good|(?:good|decent|high) quality|worth (?:it|the (?:money|price|cost)|
        buying|getting))@end
    ^@lead(?:would|do|should) (?:you|people|i|others|buyers|customers) (?:really )?(?:recommend|reccomend|recomend|like|buy|
        get) @it@end
    ^@lead(?:what|how) (?:do|did) (?:people|others|customers|buyers|everyone|they|reviewers) (?:say|think|like|
        feel|find)(?: @about)? @it@end
    ^@lead(?:what do )?(?:the )?(?:reviews?|ratings?) (?:say|good)(?: @about @it)?@end
""",
            lead=_LEAD,
            end=_END,
            named=_naming("(?:ratings?|reviews?|quality|(?:buyers?|customer|shopper) (?:opinions?|reviews?|feedback))"),
            about=_ABOUT,
            it=_IT,
        ),
    ),
    (
        "brand",
        listed(
            r"""
    ^@lead(?!(?:any|other|more|different) )@named@end
    ^@lead(?:who|which (?:brand|company))(?: made| makes?| produces?| manufactures?)(?: @it| they)?@end
    ^@lead(?:who|which (?:brand|company))(?:s| is| are) @it (?:made )?(?:by|from)@end
""",
            lead=_LEAD,
            end=_END,
            named=_naming("(?:brand|maker|manufacturer)"),
            it=_IT,
        ),
    ),
    (
        "property",
        listed(
            r"""
    ^@lead@named@end
    ^@lead(?:can i get|do you (?:have|do|sell)|have you got|got|have|you have|comes?|available) (?:@it )?in (?:an? )?
        (?:size )?[^\s.,!?;]+(?: [^\s.,!?;]+)?@end
    ^@lead(?:where)(?:s| is| are| was| were)? (?:@it|they) made(?: in)?@end
""",
            lead=_LEAD,
            end=_END,
            named=_naming(_PROPERTY),
            it=_IT,
        ),
    ),
)

# A question that has "it" near its beginning.
QUESTION_OF_IT = listed(
    r"""
    ^@lead(?:is|are|does|do|did|has|have|can|could|will|would|should|may|was|isnt|arent|doesnt|dont|wont|cant|where|when|
        how|what|who|why|which)(?: [^\s.,!?;]+){0,4} (?:@it|they)(?!\S)(?: \S+)*$
""",
    lead=_LEAD,
    it=_IT,
)

# Another product is wanted, or more of them.
OTHERS = listed(r"""
    (?:others?|another|different|else|similar|alternatives?|cheaper|dearer|better|nicer|instead|ones?|like (?:it|this|that|
        these|those|them))
""")

# It is to be bought, as one says of what stands in front of one.
BUY_IT = listed(
    r"""
    ^@lead@ask(?:buy|purchase|order|get|take|grab|have) @it(?: now| today| right now)?@end
    ^@lead(?:ill|i will|i wanna|i want to|im going to|lets|let me) (?:buy|purchase|order|get|take|have|grab) @it@end
    ^@lead(?:buy|order|purchase)(?: now)?@end
    ^@lead(?:add|put|pop|stick)(?: @it)? (?:to|in|into|2)(?: (?:my|the))? (?:cart|basket|bag|trolley)@end
    ^@lead@ask(?:add|give me|get me)(?: me)? (?:\d{1,2}|an?|one|two|three|four|five|six)(?: of (?:it|them|these|those|
        this|that))?@end
""",
    lead=_LEAD,
    end=_END,
    ask=_ASK,
    it=_IT,
)
