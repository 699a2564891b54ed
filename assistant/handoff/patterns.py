"""What shoppers say when a person is called for, by the reason: patterns over `Text.plain`, one alternative a line."""

from __future__ import annotations

from assistant.reading.text import listed

PERSON_WORD = (
    r"(?:person|people|humans?|agents?|representative|rep|executive|supervisor|manager|boss|owner|advis[eo]r|operator|"
    r"staff|employee|colleagues?|specialist|expert|someone|somebody|anyone|anybody|team|lady|consultant|stylist|"
    r"department|whoever|"
    r"customer (?:service|support|care|relations|services|assistance)|assistant|support(?: team| agent)?)"
)
_REACH = (
    r"(?:talk|speak|chat|chatting|holla|connect|connected|reconnect|transfer|transferred|put|pass|hand|escalate|forward|switch|"
    r"speaking|talking|contact|reach|call|ring|phone|get hold|get in touch|getting in touch|get in contact|word|complain|"
    r"discuss|deal|dealing|go back)"
)
_BOT = r"(?:robot|bot|chatbot|machine|computer|ai|automated|automatic)"

PERSON = listed(
    r"""
    @reach(?: (?!the door)\w+){0,5} @person(?! at)
    (?:get|give|gimme|find|want|need|demand|require|prefer|rather|send|have|ask|let|is there)(?: \w+){0,3} (?:person|
        human|humans|agent|representative|supervisor|manager|advis[eo]r|operator|someone|somebody|people)(?! (?:who|
        likes|hair|sized))
    ^(?:an? |real |live |ok |yes |just |the |support |personal |customer |i said |
        not you )*(?:\. )?(?:an? )*(?:person|human|agent|representative|rep|operator|manager|supervisor|advis[eo]r|
        service|support|care)s?(?: agent| human)*(?: please| now|asap| thanks| [.!])*$
    (?:stop|ok|fine|please|no|bot)(?: \w+){0,3} [.,] (?:a |an )?(?:human|person|agent)(?: .*)?
    (?:talk|speak|chat|put me back) (?:to|with) (?:him|her|them)(?: \w+)*
    (?:please|give|give me|bring in|bring) (?:an? )?(?:human|person)(?! (?:who|hair|size))(?: \w+)*
    (?:anyone|anybody) (?:real|human)
    (?:someone|somebody) (?:real|human|competent|with a (?:brain|pulse))
    (?:call|phone|ring|email|write) me back
    (?:you|please|someone|somebody) (?:call|phone|ring) me(?! (?:when|before|if))(?: \w+)*
    call ?back
    (?:real|live|actual|human|personal) (?:person|human|agent|representative|advis[eo]r|one)
    (?:any )?humans (?:working|there|around|here)(?: .*)?
    @person(?: \w+){0,4} (?:look|take|check|advise|help|reply|write|call)(?: \w+){0,3} (?:at|over|into|this|me|back|
        it)
    (?:who|whom) (?:can|could|do|should) (?:i|we) (?:talk|speak|complain|write|turn)(?: to)?
    (?:dont|not|rather not|refuse to)(?: \w+){0,2} (?:talk|chat|talking|chatting|speak|discuss)(?: \w+)* @bot
    (?:skip|bypass|stop|enough of|no more|had it with)(?: \w+){0,2} @bot(?: \w+)*
    (?:isnt|not)(?: \w+){0,3} (?:a )?@bot can(?: \w+)*
    (?:your|a|the) (?:phone|telephone|contact) number
    number (?:i|to|we) can (?:call|ring)
    (?:human|person|humans) (?:please|eyes|help|assistance|take over|now|on|take it|available)
    escalate(?: \w+)*
    (?:connect|transfer|put|hand|pass|switch) me(?: \w+)?(?: (?:through|thru|over|on|please|to))+(?: .*)?
    ^(?:\w+ ){0,2}(?:connect|transfer) me$
    (?:make|explain|tell|say|take|raise)(?: \w+){0,3} (?:to|with) (?:an? |the |some )?(?:real )?@person(?: .*)?
    hablar con(?: \w+){0,2} (?:persona?|humano?|agente?|alguien)
    (?:mit|zu) (?:einem|einer|jemandem)(?: \w+)? ?(?:menschen|mitarbeiter\w*|person|kollegen)?
    parler (?:à|a|avec)(?: \w+){0,2} (?:conseill\w+|personne|humain|quelquun|agent)
    parlare con(?: \w+){0,2} (?:persona?|operatore|qualcuno)
    (?:one|member|someone|somebody) (?:of|from) (?:the |your )?(?:team|staff|colleagues)(?: \w+){0,3} (?:reply|help|
        call|get|write|contact|look)
    (?:question|something) for(?: \w+){0,3} (?:team|staff|colleagues|customer service)
""",
    person=PERSON_WORD,
    reach=_REACH,
    bot=_BOT,
)
NO_PERSON = listed(r"""
    (?:what|which|the|your) (?:hours|times?)(?: \w+)*
    (?:no|dont|not|without)(?: need| want| needed)?(?: for| to)?(?: an?| any| the)? (?:human|agent|people)(?: needed)?
    no person
    (?:no need|dont need)(?: \w+){0,3} (?:human|person|agent|anyone|somebody|someone)
    (?<!if )(?:i|we|have|ive)(?: just| already)? (?:spoke|talked|chatted|spoken) (?:to|with)(?: \w+)*
    (?:are|is|am) (?:you|this|it|i)(?: \w+){0,4} (?:person|human|bot|robot|ai|machine|real)(?: \w+)*
    who (?:am i|are you|is this|made|built|designed)(?: \w+)*
""")
SAFETY = listed(r"""
    (?:caught|catch|on|into|in) (?:fire|flames)
    (?:caught|bursts?|burst into|went up in)(?: \w+)? flames
    explode[ds]
    blew (?:up|off)
    (?:got|gave|gives|me|an)(?: \w+){0,2} electr(?:ic|ical) shock
    electrocut\w+
    got zapped
    spark(?:s|ed|ing)
    (?:started|starts|was|is|its|began) smoking
    (?:black )?smoke (?:came|coming|is|was|from)(?: \w+)*
    melt(?:ed|ing)
    overheat(?:ed|ing|s)
    smells? (?:of|like) (?:burning|burnt|gas|smoke)
    leak(?:s|ed|ing)? (?:gas|acid|battery)
    (?:burned|burnt|scalded|injured|hurt|cut|poisoned|electrocuted|choked|scratched) (?:my|his|her|me|our|the (?:baby|
        child))(?: \w+)*
    (?:got|was|were|been|gets) (?:\w+ )?(?:burned|burnt|scalded|injured|hurt|poisoned|stung)
    (?:allergic|severe|bad) reaction
    anaphyla\w+
    (?:came out|broke out|come out)(?: \w+)? (?:in|with) (?:hives|a rash|rash|spots)
    (?:hives|blisters|stitches|food poisoning|chemical burn|swollen|swelled)
    in hospital
    hospital
    a&e
    (?:ended up|go|went|taken) (?:in|to) (?:the )?(?:er|emergency|a and|doctor)(?: \w+)*
    swallowed
    chok(?:ed|ing on)
    (?:is|was|been|being|get|got) recalled
    (?:product|safety) recall
    dangerous product
    (?:not|isnt|un) ?safe
    collapsed
    nearly (?:killed|died|choked)(?: \w+)*
    could have (?:died|killed|been killed)
    (?:glass|metal|plastic|mou?ld|worm|insect) in (?:my|the|our)(?: \w+)*
    brakes? failed
    carbon monoxide(?! (?:detector|alarm))
    carbon monoxide alarm (?:didnt|failed|never)(?: \w+)*
    broke (?:his|her|my) (?:wrist|arm|leg|ankle|hip|neck|nose|finger)
""")
PAYMENT = listed(r"""
    (?:charged|billed|debited|deducted|paid|pay|took|taken|invoiced|chargd)(?: \S+){0,5} (?:twice|double|again|
        two times|2x|threetimes|3 times|\d+ times|instead)
    (?:double|over) ?-?(?:charged|billed)
    overcharged
    (?:payment|card|transaction|paypal|checkout|it)(?: \w+){0,2} (?:keeps?|kept)(?: \w+){0,2} (?:failing|declined|
        declining|rejected|error)
    payments? (?:failed|failing|error|pending|stuck|problem|issue|issues)
    (?:card|payment)(?: \w+){0,3} (?:declined|rejected|refused|not going)
    (?:problem|issue|error|trouble)s?(?: \w+){0,3} (?:payment|payments|paying)
    (?:used|stolen|stole|hacked)(?: \w+){0,2} (?:my|our) (?:credit |debit )?(?:card|account|details|paypal)
    account (?:was|got|is|has been) hacked
    unauthori[sz]ed(?: \w+)*
    (?:this is|its|report|reporting) fraud
    (?:money|amount|payment)(?: \w+){0,3} (?:deducted|debited|gone|taken|left|vanished|disappeared)
    (?:took|taken|take|taking)(?: \w+)? (?:my |the |our )?money
    (?:charge|payment|transaction|purchase)(?: \S+){0,7} (?:never|didnt|did not|dont|not) (?:made?|authori[sz]ed?|
        recogni[sz]e)
    (?:did not|didnt|never) (?:make|order|authori[sz]e|sign up)(?: \w+)*
    wrong amount
    (?:why|charged|billed|bill)(?: \w+){0,4} (?:charged|billed|dollars|old card)
    already (?:paid|payed)
    (?:paid|payed)(?: \w+){0,3} but(?: \w+)*
    (?:cant|cannot|not able to|unable to) (?:pay|complete payment|complete the payment)(?: \w+)*
    (?:stop|keep)(?: \w+)? (?:charging|taking|billing)(?: \w+)*
    collection (?:letter|agency)
""")
REFUND = listed(r"""
    (?:never|not|havent|hasnt|didnt|no|still|any)(?: \w+){0,4} (?:refund|refunded|money back|
        reimburs\w+)(?: (?:\w+ )?(?:received|yet|came|arrived|credited))?
    (?:refund|money|reimbursement)(?: \S+){0,4} (?:never|not|hasnt|hasn|nothing|still|pending|short|missing|refused|
        denied|declined|rejected)(?: \w+)*
    (?:refus\w+|den(?:y|ied)|reject\w+|declin\w+|wont|dispute|appeal)(?: \w+){0,4} (?:refund\w*|return\w*|claim|money|
        take it back)
    (?:refund|return|claim|exchange)(?: \w+){0,3} (?:refused|denied|rejected|declined)
    (?:wheres|where is|give me|want|owe me|waiting (?:for|on))(?: \w+)? (?:my|our)? ?(?:money|refund)(?: \w+)*
    refund me(?: \w+)*
    charge ?back
    (?:second|third|fourth|2nd|3rd) (?:time|email|replacement|request)(?: \w+){0,5} (?:refund|money|fault|broken)?
    (?:partial|half|wrong) (?:the )?(?:refund|amount)
    only refunded(?: \w+)*
    promised(?: \w+){0,3} refund
    (?:replacement|exchange\w*)(?: \S+){0,4} (?:too|again|still|same)(?: \w+)*
    owe me
    warranty claim
    you (?:still )?owe
    consumer (?:law|rights)
""")
ORDER = listed(r"""
    (?:parcel|package|order|delivery|item|courier|driver|box)(?: \S+){0,8} (?:again|already|reported|lost|stole|
        stolen|weeks|third|second|yesterday|twice|no ?(?:one|body)|nobody)(?: \w+)*
    (?:already|reported|told|asked|contacted|emailed|wrote|written|called|again|still|third|second|
        keep)(?: \S+){0,9} (?:parcel|package|order|delivery|delivered|item|part|arrived|courier)(?: \w+)*
    (?:again|second time|third time)(?: \S+){0,4} wrong(?: \w+)*
    wrong(?: \w+){0,3} (?:again|too)
    (?:lost|stole)(?: \w+){0,2} (?:package|parcel|order)
    order(?: \w+){0,2} cancelled(?: \w+)*
    (?:waiting|stuck)(?: \S+){0,6} (?:weeks?|months?|since)
    (?:no reply|no answer|noone|nobody)(?: \S+){0,6} (?:order|parcel|package|delivery)
    marked as delivered(?: \S+)*
    box (?:arrived )?(?:came )?empty
""")
COMPLAINT = listed(r"""
    (?:make|file|lodge|raise|submit|register)(?: \w+){0,2} (?:complaint|claim|reclamation)
    (?:want|like|need|going) to complain(?: \w+)*
    (?:worst|terrible|awful|appalling|disgusting|pathetic|horrible|poor|shit|crap|rubbish)(?: \w+){0,2} (?:shop|
        service|company|store|experience|customer service)
    (?:my|our|a|an|to|with) (?:lawyers?|solicitors?|attorney)(?! (?:friend|bag|briefcase|friends))
    (?:sue|suing) you(?: \w+)*
    (?:to|in|small claims|consumer) court
    (?:call|calling|to|tell|inform) the (?:police|press|papers)
    (?:trading standards|ombudsman|consumer (?:rights|protection))
    (?:one|1|zero|0)[ -]stars? (?:review|rating|from me)
    (?:bad|negative|terrible) review from me
    trust ?pilot
    report(?:ing)? (?:you|it|this)
    never (?:buy|order|shop)(?:ing)?(?: \w+)? (?:here|from you|again)(?: \w+)*
    scam(?:mers?)?
    (?:crooks|thieves|liars?|bastards|robbers|criminals|fraudsters)
    (?:you|u)(?: \w+)? (?:are|lot|people|guys)(?: \w+){0,3} (?:idiots?|crooks|scammers|thieves|liars|a joke|useless|
        pathetic)
    fuck (?:you|off|this shop|all)(?: \w+)*
    (?:furious|livid|fuming|outraged|disgusted|so angry)
    (?:totally |completely |absolutely )?unacceptable
    (?:shame on you|ashamed)
    (?:sick and tired|fed up|had enough)(?: \w+)*
    (?:ruined|ruining)(?: \w+)*
    (?:false advertising|counterfeit|privacy breach|data protection|gdpr breach|harassment)
    (?:deeply|extremely|very) (?:unhappy|disappointed|dissatisfied)(?: \w+)*
    lost a customer
    (?:rude|insulted)(?: \w+)*
    taking the piss
    hate you(?: \w+)*
    nobody (?:ever )?(?:answers|replies|cares|does anything)(?: \w+)*
""")
NOT_UNDERSTOOD = listed(r"""
    (?:you|it|bot|u)(?: \w+)? (?:never|dont|doesnt|cant|cannot|not|still dont|still not)(?: \w+)? (?:understand|
        understanding|get it|get me|listen|listening|read|help|helping)(?: \w+)*
    (?:useless|stupid|dumb|idiot|terrible|worst|broken|pointless|hopeless)(?: \w+)? (?:bot|robot|chatbot|assistant|
        machine)
    (?:bot|robot|chatbot|assistant|you)(?: \w+){0,2} (?:are|is|re|youre|so)?(?: \w+)? (?:useless|stupid|an idiot|
        broken|no help|hopeless|a waste|misunderstood me)(?: \w+)*
    youre(?: \w+)? (?:useless|stupid|an idiot|no help|hopeless)
    (?:going|running) (?:round )?in circles
    (?:same|that) (?:answer|thing|one)(?: \w+){0,2} (?:again|three|over|twice|\d+)(?: \w+)*
    (?:keep|stop|kept) (?:repeating|giving|showing|answering|sending|talking)(?: \w+)*
    (?:already|now) (?:told|explained|said)(?: \w+)*
    (?:explained|told|said)(?: \w+){0,3} (?:times|twice)
    (?:third|fourth|fifth|tenth) time(?: \w+)*
    brick wall
    waste of (?:my )?time
    still not what i(?: \w+)*
    (?:wrong|no) (?:wrong|again)
    (?:are you|can you) (?:even )?(?:stupid|listening|reading|read)(?: \w+)*
    what part of(?: \w+)*
""")
