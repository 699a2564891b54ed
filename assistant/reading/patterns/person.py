"""Whether a person is called for, where the words leave no doubt of it: a call, or goods and talk that only name people.

Patterns over `Text.plain`, one alternative a line.
"""

from __future__ import annotations

from assistant.reading.text import listed

_WHO = (
    r"(?:persons?|humans?(?: being)?|agents?|representatives?|(?:sales )?reps?|supervisors?|managers?|advis[oe]rs?|"
    r"operators?|staff(?: members?)?|employees?|colleagues?|people|members? of (?:the )?(?:staff|(?:your|the) team)|"
    r"customer (?:service|support|care)|specialists?|experts?|boss|superior|agnet|agnt|huamn|humna|humann|preson|persn|"
    r"reprsentative|represenative|represntative)"
)
_KIND = r"(?:real|live|actual|human|proper|physical|living|other|your|sales|support|service)"
_TEAM = r"(?:team|staff|manager|boss|supervisor|superior|colleagues?|department|people|support)"
_LEAD = (
    r"(?:(?:hi|hello|hey|please|just|no|ok|okay|sorry|now|and|so|but|stop it|not helpful|useless|enough|nope|pls|plz|"
    r"give me|get me|want|i want|i need|need|can i have|could i have|id like|show me)(?: [.,!])* )*"
)
_END = (
    r"(?:(?: [.!?,]+)*(?: (?:please|now|pls|plz|asap|thanks|instead|today|here|if you dont mind|right now|immediately)))*"
    r"(?: [.!?,]+)*$"
)
# Words that a call for a person has; without any of them there is hardly one.
PEOPLE = listed(
    r"""
    @who
    @team
    (?:someone|somebody|anyone|anybody|whoever|sum1|some1|human|live|real)
    (?:talk|speak|chat|call|phone|ring|contact|reach|transfer|escalate|complain|complaint)(?:ing|ed|red|s)?
""",
    who=_WHO,
    team=_TEAM,
)

# A person is called for.
CALLED = listed(
    r"""
    ^@lead(?:an? |the |your |some |any )?(?:@kind )*(?!people|experts?|managers?)@who(?: ,)?@end
    (?:not helpful|useless|stop it|enough|no|sigh|argh) [.!,] (?:@kind )*@who@end
    ^(?:hello|hi|hey)? ?[?!,.]* ?(?:is|are) (?:there )?(?:anyone|anybody|someone|somebody)(?: (?:real|actually|even|still))*
         (?:there|around|here|home|available|alive|who can (?:actually )?help|that can (?:actually )?help|reading this|
        listening)(?: \S+){0,3}$
    ^is there (?:anyone|anybody|someone|somebody)(?: else)? (?:who|that|i can|to|here|there|real|
        available)(?! (?:wears?|sells?|uses?|makes?))(?: \S+)*
    ^(?:any|are there any) ?(?:one|body)?(?: @kind)*(?: (?:humans?|people|persons?|staff))?(?: (?:real|home|there|around|
        available|i can (?:talk|speak) to)(?! for))+(?: [.!?]+)*$
    ^(?:any|are there any)(?: @kind)* (?:humans?|staff)(?: (?:there|around|here|available))?(?: [.!?]+)*$
    (?:no(?: more)?|not(?: an?)?|stop with the|enough of (?:the|this)|hate) (?:bots?|robots?|chat ?bots?)@end
    (?:not|dont want to be|refuse to|wont|tired of|sick of|done|rather not|dont want to)(?: be)? (?:talk|
        talking|speak|speaking|chat|chatting|deal|dealing) (?:to|with) (?:an? |the |this )?(?:bots?|robots?|
        machines?|computers?|ai|software|program)
    (?:^|(?:please|you|to|and|just|,|.) )(?:transfer|escalate|forward|redirect|patch) (?:me|this|it|us)(?!
         (?:an? )?\d)(?: \S+){0,6}
    (?:put|patch|get) me through(?: \S+)*
    (?:hand|pass|send|take|switch|connect|forward|bring) (?:me|this|it|us|my case)(?: (?:on|over|along))? (?:to|
        with) (?:an? |the |your |some)?(?:@kind )*(?:@team|@who|somebody|someone|human|person|billing|
        sales)(?! (?:wall|tv|speaker|phone))(?: \S+)*
    switch to (?:an? )?(?:live|human|real)(?: \S+)*
    transferred to(?: \S+)+
    ^(?:get|need|want|i need|i want|get me)(?: \w+)? support@end
    (?:talk|speak|chat|word|contact|call|reach|connect)(?: (?:to|with|2))? (?:an? |the |your |some )?
        (?:@kind )*@who(?! novel)(?: \S+)*
    (?:talk|speak|spk|tlk|chat)(?: (?:to|with|2)) (?:someone|somebody|sum1|some1|anyone|a colleague|whoever)(?: \S+)*
    (?:whos|who is|whoever is|whoevers) (?:in charge|responsible)(?: \S+)*
    (?:i want|get me|give me|let me (?:talk|speak) to|where is|wheres|call|fetch) (?:your|the) (?:store )?
        (?:boss|superior|manager|supervisor|owner)(?: \S+)*
    (?:file|make|lodge|submit|register|raise|put in|leave|place|send|present|log|filing|making|lodging|
        submitting|registering|raising)(?: \S+){0,4} (?:complaints?|reclamations?|(?:customer|
        consumer) claims?)(?! (?:that|of|about (?:it|them|these))$)
    (?:claims?|complaints?) (?:against|about|with) (?:you|ur|your|yur|this (?:shop|company|store|order|service))(?: \S+)*
    (?:where|how|who)(?: \w+){0,5} complain(?: \S+)*
    (?:want|wish|like|need|have|going|got) to (?:make |file )?(?:an? |formally )?complain(?:t|ts)?(?: \S+)*
    (?:need|want|needs|let|ask|have|get)(?: (?:an?|some))? (?:human|person|agent|someone|somebody)(?: eye| help|
         to (?:look|check|take|help|answer|sort|explain|fix|deal)| take(?:s)? over| (?:check|look|call|contact|
        ring|phone|email|answer|help))(?: \S+)*
    (?:call|ring|phone) me(?: back| up)?(?: (?:please|now|later|today|tomorrow|on|at)(?: \S+)*)?(?: [.!?]+)*$
""",
    lead=_LEAD,
    end=_END,
    kind=_KIND,
    team=_TEAM,
    who=_WHO,
)

# People are named, and nobody is called for.
NOT_CALLED = listed(
    r"""
    ^(?:the )?(?:customer (?:service|support|care)|@who|someone|somebody|the lady|the guy) (?:says?|said|told|
        tells|recommended|recommends|suggested|mentioned)(?: \S+)*
    (?:gifts?|presents?|something|card|mug|shirt|anything|ideas?|top|outfit|chair|desk|shoes|toys?|
        books?) for (?:my|an?|the|our|some|his|her)(?: \w+)? (?:@who|someone|somebody|workers?)(?: \S+)*
    (?:managers?|persons?|agents?|operators?|advis[oe]rs?|supervisors?|boss) (?:desks?|chairs?|office chairs?|
        headsets?|vests?|posters?|costumes?|games?|mugs?|outfits?|perfumes?|watch(?:es)?|audio|novels?|sets?|figures?|
        figurines?)(?: \S+)*
    agents? \d+(?: \S+)*
    call up(?! (?:my |the |an? |your )?(?:@who|support))(?: \S+)*
    talk about an?(?! (?:@who|problem|issue|complaint))(?: \S+)*
    (?:i|we) (?:work|worked|am working) (?:in|as|for|at)(?: \S+)+
    my (?:job|work|boss|manager|colleagues?|husband|wife|friend|mum|mom|dad) (?:is|wants?|needs?|likes?|loves?)(?: \S+)+
    im an?(?: \w+){1,3} (?:and|with|so|,)(?: \S+)+
    (?:figures?|models?|dolls?|statues?|posters?|costumes?|books?|novels?|films?|dvds?|wigs?|hair|anatomy|
        skull)(?: (?:of|about|that|for|like|with|looks|being))*(?: an?)?(?: real)? (?:@who)(?: \S+)*
    (?:an? )?(?:hiking|walking|wooden|wizard|bo|music) staff
    staff for (?:hiking|walking|an?)(?: \S+)*
    (?:cleaning|releasing|bleaching|drying|wetting|secret|special|travel|estate|sports) agents?
    advis[oe]r to(?: \S+)+
    (?:someone|somebody|anyone|anybody) else (?:in|has|likes?|selling|sells|told|wants?|bought|collect|return|
        use|pick)(?: \S+)*
    for (?:someone|somebody) else
    (?:someone|somebody|anyone|anybody)(?: else)? (?:who|that) (?:makes?|sells?|wears?|uses?|loves?|likes?)(?: \S+)*
    ^(?:someone|somebody|a friend|my \w+)(?: \w+){0,3} (?:has|owns|bought|got|uses|told|said)(?! to)(?: \S+)*
    call (?:bell|buttons?|cent(?:er|re)|recorder|of duty)(?: \S+)*
    operators? manual(?: \S+)*
    (?:can|could|will|would|does|do|must|should) (?:someone|somebody|anyone|anybody|a person|one person)
        (?: \S+)? (?:install|assemble|carry|deliver|collect|pick|return|fit|set|build|wear|use|sign|receive|
        order|lift|mount|have|take)(?: \S+)*
    talk me through(?: \S+)*
    (?:pair|connect|sync|link) (?:it|this|that|them|the \w+|with|to)(?: \S+){0,3} (?:phone|wifi|laptop|tv|
        computer|speaker|device)
    (?:for|of|by|fits?|sleeps?) (?:an?|one|two|three|four|five|six|\d+) (?:\w+ )?(?:person|people)(?: \S+)*
    complaints? so far
    cant complain(?: \S+)*
""",
    who=_WHO,
)
