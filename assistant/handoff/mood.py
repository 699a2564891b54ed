"""How a shopper feels, from their last messages: for the person who takes over, and to tell what is one failure too many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from assistant.handoff.patterns import COMPLAINT
from assistant.reading.text import Text, listed, read

Sentiment = Literal["angry", "unhappy", "neutral", "pleased"]

_LAST = 6
_FRESH_ANGER = 3
"""Anger in so many of the last messages counts, whatever milder has been said since."""
_SHOUTED_WORDS = 3
_ANGRY = listed(r"""
    (?:ridiculous|outrageous|disgrace\w*|disgusting|disgusted|appalling|infuriat\w+|unacceptable|unbelievable|pathetic)
    (?:angry|furious|livid|fuming|mad at|pissed(?: off)?|outraged|enraged|raging)
    (?:wtf|ffs|stfu|for fucks? sake|for (?:gods|christs|petes) sake)
    fuck(?:ing)? (?:you|off|this|bot|shop|useless|hell|joke|human|agent|person|refund|order|parcel)
    (?:useless|stupid|dumb|idiotic|moronic|worthless|hopeless) (?:\w+ )?(?:bot|robot|chatbot|assistant|machine|shop|company|
        service|people|lot)
    (?:you|u|youre)(?: are| r)?(?: all| so| such| a| an| bunch| of| absolute| absolutely){0,4} (?:useless|idiots?|morons?|
        stupid|liars?|thieves|crooks|scammers|pathetic|clowns?)
    (?:are you (?:kidding|joking|serious|stupid|deaf)|you must be (?:kidding|joking)|what a joke|a joke of a)
    (?:sick|tired|sick and tired) of (?:you|this|your|waiting|asking|being)(?: \w+)*
    (?:fed up|had enough|last straw|how dare you|shame on you|last warning)
    (?:shut up|go to hell|screw you|bullshit|bs|bollocks|taking the (?:piss|mickey))
    (?:how many (?:more )?times|for the (?:third|fourth|fifth|last|hundredth) time)
    (?:lawyers?|sue you|small claims|trading standards|ombudsman|charge ?back)
    (?:worst|terrible|horrible|awful) (?:\w+ )?(?:shop|service|company|experience|store|bot|support)
""")
_UNHAPPY = listed(r"""
    (?:disappoint\w*|dissatisfied|unsatisfied|unhappy|upset|frustrat\w+|annoy\w*|concern(?:ed|ing)|worried|inconvenien\w+)
    (?:not|isnt|arent|am not|im not|wasnt)(?: \w+)? (?:happy|satisfied|impressed|good enough|acceptable|amused|pleased)
    (?:sadly|unfortunately|regret(?:s|tably|ting)?|let ?down|shame|pity|ugh|sigh|argh|meh|sucks?)
    (?:still|been) (?:waiting|not|no|hasnt|havent)(?: \w+)*
    (?:never|not|hasnt|havent|didnt) (?:arrived?|come|came|received|got|worked|work|shipped|turned up|helped)
    (?:doesnt|dont|wont|cant|stopped|not) (?:work|working|turn on|function|charge|hold|fit)
    (?:broken|broke|faulty|defective|damaged|wrong item|torn|cracked|ripped|missing|leaking|snapped|failed|failing)
    (?:nobody|no one|noone) (?:answers?|replies|replied|helps?|cares?)
    (?:again and again|yet again|same (?:problem|issue|answer)|not what i (?:asked|meant|ordered|wanted))
    (?:problem|trouble|issue|difficult(?:y|ies)|struggling)(?: \w+)*
    (?:terrible|awful|horrible|poor|bad|rubbish|crap|shoddy|flimsy|hate|worse|worst|dreadful|misleading)
    (?:useless|pointless|waste)
    (?:charged|billed) (?:me )?(?:twice|double)
""")
_PLEASED = listed(r"""
    (?:thanks|thank you|thankyou|thx|cheers|ta|much appreciated|appreciate (?:it|that|your help))
    (?:great|perfect|lovely|brilliant|awesome|amazing|excellent|fantastic|wonderful|superb|fab|ace|nice one|delighted)
    spot on
    (?:i )?(?:love|loved|adore|like|liked) (?:it|them|this|that|these|those|the|your|my)(?: \w+)*
    (?:very |so |really )?(?:happy|pleased|impressed|thrilled|excited|glad)
    (?:all (?:good|sorted)|that works|exactly what i (?:wanted|needed)|well done|good job|you rock|legend|youre the best)
""")
_NOT_PLEASED = listed(r"""
    (?:not|never|isnt|wasnt|dont|didnt|no|hardly)(?: \w+){0,2} (?:great|perfect|happy|pleased|impressed|like|liked|love|
        excellent|amazing)
    (?:thanks|thank you) for (?:nothing|wasting(?: \w+)*|ruining(?: \w+)*)
    (?:great|brilliant|wonderful|lovely|fantastic|perfect|awesome|excellent)(?: \w+)? (?:job|another|so now|now|
        just what i needed)(?: \w+)*
""")
_MARKS = re.compile(r"(?:! ){2,}!|(?:\? ){2,}\?|(?:! \?|\? !)")


def sentiment(messages: Sequence[str]) -> Sentiment:
    """How the shopper feels, from their own messages, oldest first; what was said last counts most."""
    moods = [_mood(message) for message in reversed(messages[-_LAST:])]
    felt = [mood for mood in moods if mood != "neutral"]
    if not felt:
        return "neutral"
    if felt[0] == "unhappy" and "angry" in moods[:_FRESH_ANGER]:
        return "angry"
    return felt[0]


def _mood(message: str) -> Sentiment:
    """The mood of one message. A word of thanks does not outweigh a grievance."""
    text = read(message)
    plain = text.plain
    is_loud = _shouts(text) or bool(_MARKS.search(plain))
    is_unhappy = bool(_UNHAPPY.search(plain) or _NOT_PLEASED.search(plain))
    if _ANGRY.search(plain) or COMPLAINT.search(plain) or (is_loud and is_unhappy):
        return "angry"
    if is_unhappy:
        return "unhappy"
    return "pleased" if _PLEASED.search(plain) else "neutral"


def _shouts(text: Text) -> bool:
    words = [token.raw for token in text.tokens if len(token.raw) > 1 and token.raw.isalpha()]
    return len(words) >= _SHOUTED_WORDS and sum(word.isupper() for word in words) > len(words) / 2
