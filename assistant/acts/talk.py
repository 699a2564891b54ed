"""Acts that need no product: greetings, thanks, and what is not the shop's business. All of it by rules and templates."""

from __future__ import annotations

import re

import prompts
from assistant.acts.base import Outcome, Services, Turn, referred
from assistant.acts.basket import open_question
from assistant.profile import is_guest

_TAIL = (
    r"(?:,? (?:there|again|everyone|everybody|all|bot|assistant|mate|friend|please|today|now|then|thanks|thank you"
    r"|man|dude|lol|haha|you))*"
)
_HI = r"(?:hi+|hello+|hey+|hiya|howdy|yo|greetings|hallo|hola|good (?:morning|afternoon|evening|day)|morning|evening)"
_LEAD = rf"(?:(?:{_HI}|ok|okay|so|well|and|oh|haha|lol|wow|omg)(?: there)?,? )*"
_VERY = r"(?:(?:so|very|really|such|just|quite|pretty|the|a|an|absolutely|totally|completely|too|super|my|fucking) )*"
_PRAISE = (
    r"(?:helpful|great|awesome|amazing|best|brilliant|smart|clever|funny|cute|nice|kind|lovely|sweet|good|fantastic"
    r"|wonderful"
    r"|excellent|perfect|cool|fast|quick|star|legend|lifesaver|angel|gem)"
)
_ABUSE = (
    r"(?:stupid|dumb|useless|rubbish|garbage|trash|crap|shit|bullshit|terrible|awful|horrible|annoying|bad|worst"
    r"|pathetic|moron|idiot"
    r"|idiotic|joke|slow|hopeless|incompetent|clueless|worthless|dense|ridiculous|wrong)"
)
_YOU_ARE = r"(?:you(?:'re| are)|ur|u r|u are|this (?:bot|assistant|thing|chat) is|this is)"
# Whole messages. They are answered as what they are, however a reader takes them.
_KINDS = tuple(
    (name, re.compile(_LEAD + rf"(?:{pattern})" + _TAIL))
    for name, pattern in (
        ("greeting", _HI),
        ("how_are_you", r"how (?:are|r) (?:you|u|things)(?: (?:doing|going|feeling))?|how(?:'s| is) (?:it going|life"
         r"|your day)(?: going)?"
         r"|how do you do|what'?s up|sup|(?:are )?you (?:ok|okay|good|well)"),
        ("bot_question", r"(?:who|what) (?:are|r) you(?: really| exactly)?|(?:are|r) you (?:an? )?(?:real |actual |live"
         r" )?(?:bot|robot|human(?: being)?"
         r"|person|people|real|ai|machine|computer|chatgpt|chat ?bot|program|llm|gpt)(?: or (?:an? )?(?:real )?\w+)?|do"
         r" you have a name"
         r"|what(?:'s| is) your name|who (?:made|built|created) you|am i (?:talking|speaking|chatting) (?:to|with)"
         r" .{1,40}|is this an? \w+"),
        ("abilities", r"what (?:can|do|could) you do(?: for me| here)?|what can (?:i|you) (?:ask|help)(?: you)?(?:"
         r" me)?(?: (?:about|with))?"
         r"|how (?:can|do|could) (?:you|i) (?:help|work|use you|use this)(?: me)?|(?:i need |can you )?help(?: me)?|how"
         r" does (?:this|it) work"
         r"|what are you (?:good )?for|what is this"),
        ("compliment", rf"{_YOU_ARE} {_VERY}{_PRAISE}(?: \w+)?|(?:good|great|nice|amazing|excellent) (?:bot|job|work"
         rf"|one|answer)|well done"
         r"|i (?:really )?(?:love|like) (?:you|this shop|this assistant)|you rock|love you|you made my day"),
        ("joke", r"(?:(?:can|could|will|would) you |please )*(?:tell|give|say|do)(?: me| us)? (?:a|an|another|some|any)"
         r" (?:\w+ )?jokes?|make me (?:laugh|smile)"
         r"|(?:say|tell me) something funny|(?:do you )?know (?:a|any) (?:good )?jokes?|joke|another joke"),
        ("insult", rf"{_YOU_ARE} {_VERY}{_ABUSE}(?: \w+)?|you {_ABUSE}(?: \w+)?|{_ABUSE} (?:bot|assistant|robot|machine"
         rf"|program|thing)"
         r"|(?:fuck|screw) (?:you|off|this|u)|shut up|i hate you|you (?:suck|stink)|go to hell|wtf|idiot|moron|stupid"
         r"|dumbass|piss off"),
        ("acknowledged", r"ok(?:ay|ey|i)?|k+|h+m+|m+|hm+|right|alright|all right|i see|sure|fine|got it|cool|understood"
         r"|interesting"
         r"|oh|aha|ah|uh ?huh|mhm|good to know|fair enough|i understand|makes sense|noted|yep|yeah|yup|good|let me"
         r" think|not sure(?: yet)?"),
    )
)  # fmt: skip
# "What is this?" and "is this a tent?" ask about the assistant, unless there is a product to be about.
_OF_GOODS_TOO = frozenset({"abilities", "bot_question"})
# Which canned reply another smalltalk turn gets: the first whose words it has.
_REPLIES = (
    ("bot_question", re.compile(r"\b(bot|robot|human|real|person|ai|machine|who are you|your name)\b", re.I)),
    (
        "insult",
        re.compile(r"\b(useless|stupid|idiots?|rubbish|garbage|pathetic|hopeless|(never|don'?t) understand)\b", re.I),
    ),
    (
        "goodbye",
        re.compile(
            r"\b(bye|goodbye|good night|see (you|ya)|that'?s all|that'?s it|cya|later|no,? thanks|nothing else)\b", re.I
        ),
    ),
    ("thanks", re.compile(r"\b(thank\w*|thx|ty|cheers|ta|appreciate\w*|great|perfect|awesome|lovely)\b", re.I)),
    ("greeting", re.compile(rf"^\W*{_HI}\b", re.I)),
)
_ADVISERS = (
    ("a doctor or a pharmacist", re.compile(
        r"\b(?:medicines?|medications?|drugs?|dose|dosage|symptoms?|ibuprofen|paracetamol|aspirin|antibiotics?"
        r"|diagnos\w+|doctor|disease"
        r"|illness|fever|infection|vaccin\w+|pregnan\w+|blood pressure|cancer|depress\w+|headaches?|chest"
        r" pain)\b", re.I)),
    ("a lawyer or an advice centre", re.compile(
        r"\b(?:legal(?:ly)?|illegal|lawyer|lawsuit|sue|suing|court|custody|divorce|visa|contract|rights)\b", re.I)),
    ("somebody who advises on money", re.compile(
        r"\b(?:invest\w*|stocks?|shares|crypto\w*|bitcoin|mortgage|loan|taxes|pension)\b", re.I)),
)  # fmt: skip
_POLITICS = re.compile(
    r"\b(?:politic\w*|elections?|vot(?:e|ing)|president|prime minister|government|party|democrats?|republicans?|war"
    r"|abortion|religion"
    r"|immigra\w+|palestin\w*|israel\w*|ukrain\w*|russia\w*|trump|biden)\b",
    re.I,
)
_IDEAS = ("What would you recommend?",)


def small(services: Services, turn: Turn) -> Outcome | None:
    """The answer to a message that is nothing but small talk of a known kind; None for any other."""
    plain = re.sub(r"\s+", " ", turn.text.lower().replace("\u2019", "'")).strip(" .!?,;:)(-")
    name = next((name for name, pattern in _KINDS if pattern.fullmatch(plain)), None)
    if name in _OF_GOODS_TOO and turn.frame.act == "ask_product" and referred(turn):
        return None
    return None if name is None else _reply(services, turn, name)


def smalltalk(services: Services, turn: Turn) -> Outcome:
    """A short, friendly answer; a known shopper is greeted by name."""
    name = next((reply for reply, words in _REPLIES if words.search(turn.text)), None)
    is_begun = turn.conversation.messages or turn.conversation.shown
    return _reply(services, turn, name or ("acknowledged" if is_begun else "greeting"))


def out_of_scope(services: Services, turn: Turn) -> Outcome:
    """A friendly no, who may know better, and what the assistant can do instead."""
    if turn.is_unsure:
        said = prompts.render("unclear", turn.pick)
        return Outcome(turn.conversation, said, suggestions=_IDEAS, trouble="not_understood")
    adviser = next((who for who, words in _ADVISERS if words.search(turn.text)), "")
    politics = not adviser and _POLITICS.search(turn.text) is not None
    said = prompts.render("out_of_scope", turn.pick, adviser=adviser, politics=politics)
    return Outcome(turn.conversation, said, suggestions=_IDEAS)


def _reply(services: Services, turn: Turn, name: str) -> Outcome:
    if name == "acknowledged":
        return _next_step(services, turn)
    shopper = None if is_guest(turn.conversation.shopper_id) else services.shoppers.get(turn.conversation.shopper_id)
    said = prompts.render(name, turn.pick, first_name=shopper.name.split()[0] if shopper else "")
    offers = _IDEAS if name in ("greeting", "how_are_you", "abilities") else ()
    return Outcome(turn.conversation, said, suggestions=offers)


def _next_step(services: Services, turn: Turn) -> Outcome:
    """After an "ok" or a "hmm": what may come next, from where the conversation stands. Never a yes-or-no question."""
    conversation = turn.conversation
    question, offers = open_question(services, conversation)
    if question:
        return Outcome(conversation, question, suggestions=offers)
    count = sum(line.quantity for line in conversation.cart)
    said = prompts.render("next_step", turn.pick, shown=len(conversation.shown), count=count)
    offers = (
        ("Compare the first two", "Anything cheaper?", "Add the first one to my cart") if len(conversation.shown) > 1 else ()
    )
    if not offers:
        offers = ("Show my cart", "Checkout") if count else _IDEAS
    return Outcome(conversation, said, suggestions=offers)
