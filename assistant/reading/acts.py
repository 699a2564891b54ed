"""What the shopper wants done: ordered rules over the words of the turn; the first that holds decides."""

from __future__ import annotations

from assistant.reading.context import Context
from assistant.reading.patterns import page, person, rules, screen, service, wishes
from assistant.reading.text import Text, phrases
from assistant.reading.words import DISLIKE_SIGNS, FILLERS, LIKE_SIGNS
from assistant.types import Act, Topic

_LOOKS = phrases("whats in", "remind", "list", "show", "view", "see", "check")
_SHORT_QUESTION = 6
"""Words of a question, its mark included, that has no room for more than a property: "good gift for dad?"."""
_CHATS = {"order_status": 7, "return_request": 7, "human": 6}


def is_attack(text: Text) -> bool:
    """Whether the turn tries to change the assistant's rules or to get at what is not the shopper's."""
    return bool(service.ATTACK.search(text.plain))


def is_foreign(text: Text) -> bool:
    """Whether the turn asks for what is not a shop's business."""
    return bool(service.FOREIGN.search(text.plain))


def calls_person(text: Text) -> bool | None:
    """Whether the turn calls for a person; None where its words leave that open."""
    if person.NOT_CALLED.search(text.plain) or service.ASKS_WHO.match(text.plain):
        return False
    return True if person.CALLED.search(text.plain) else None


def names_people(text: Text) -> bool:
    """Whether the turn has a word in it that calls for a person have, which may be nothing of the kind."""
    return bool(person.PEOPLE.search(text.plain))


def asks_delivery(text: Text, context: Context) -> bool:
    """Whether the turn asks how long delivery takes, and not where something is that was ordered."""
    if service.DELIVERY_RULE.search(text.plain):
        return True
    before_buying = bool(context.shown) and context.last_act not in _CHATS
    return before_buying and bool(service.DELIVERY_OF_IT.search(text.plain))


def topic_of_it(text: Text) -> page.TopicOfIt | None:
    """What of the one product there is the turn can but ask for; None where its words leave that open."""
    return next((topic for topic, pattern in page.ASKED_OF_IT if pattern.search(text.plain)), None)


def may_ask_of_it(text: Text) -> bool:
    """Whether the turn has the form of a question about the one product there is, and none of a wish for another."""
    if page.OTHERS.search(text.plain):
        return False
    if page.QUESTION_OF_IT.search(text.plain):
        return True
    is_short = text.plain.endswith("?") and len(text.words) <= _SHORT_QUESTION
    return is_short and not (requests(text) or wants_ideas(text) or only_talks(text))


def asks_rules(text: Text, context: Context) -> bool:
    """Whether the turn asks for the shop's rules: of delivery, of returns, and of the like."""
    plain = text.plain
    if not rules.ASKS_SHOP.search(plain):
        return False
    if rules.POLICY_TOPICS[0][1].search(plain):
        return True
    return names_rules(text) and (not context.shown or not rules.PRODUCT_QUESTION.search(plain))


def names_rules(text: Text) -> bool:
    """Whether the turn has a word of the shop's rules in it, whatever it says of it."""
    return any(pattern.search(text.plain) for _, pattern in rules.POLICY_TOPICS)


def buys_it(text: Text) -> bool:
    """Whether the turn takes the one product there is into the cart."""
    return bool(page.BUY_IT.search(text.plain))


def act_on_focus(text: Text, context: Context) -> Act | None:
    """The act of words that need no more than a product that is talked about; None where they leave it open.

    To be told more is a question, even where nothing is talked about: then it is to be asked which one is meant. A property
    ("any color") is one of the need where there are others on the screen.
    """
    if calls_person(text):
        return None
    topic, is_known = topic_of_it(text), context.focus_position is not None
    if topic == "overview" or topic is not None and (context.is_of_one or is_known and topic != "property"):
        return "ask_product"
    return "cart_add" if is_known and buys_it(text) else None


def goes_on_about_rules(text: Text, context: Context) -> bool:
    """Whether the turn only adds to a question about the rules: "and to Canada?"."""
    return context.last_act == "policy_question" and not context.shown and bool(service.RULE_GOES_ON.search(text.plain))


def wants_money_back(text: Text) -> bool:
    """Whether the turn has words of a refund in it."""
    return bool(service.MONEY_BACK.search(text.plain))


def is_shop_matter(text: Text) -> bool:
    """Whether the turn is about an account, an invoice, an address or another matter of the shop, and not about goods."""
    return bool(service.SHOP_MATTER.search(text.plain))


def is_service(text: Text, context: Context) -> bool:
    """Whether the turn's words leave no doubt that it is about the shop's service, however few they are."""
    asks_rules = asks_delivery(text, context) or goes_on_about_rules(text, context)
    return bool(calls_person(text)) or asks_rules or is_shop_matter(text) or wants_money_back(text)


def topic(text: Text) -> Topic:
    """The topic of a question about the shop's rules."""
    for name, pattern in rules.POLICY_TOPICS:
        if pattern.search(text.plain):
            return name
    return "other"


def service_act(text: Text, context: Context, has_order_id: bool) -> Act | None:
    """Acts that are no search and no opinion: a person, orders, returns, rules, the cart, and what is out of scope."""
    plain = text.plain
    if is_attack(text) or is_foreign(text):
        return "out_of_scope"
    called = calls_person(text)
    if called or (called is None and service.HUMAN.search(plain)):
        return "human"
    if asks_delivery(text, context):
        return "policy_question"
    if screen.CHECKOUT.search(plain):
        return "checkout"
    return _after_sale(text, context, has_order_id) or cart_act(text, context)


def cart_act(text: Text, context: Context) -> Act | None:
    """The acts on the cart that need no shown item to be recognised."""
    plain = text.plain
    if screen.CART_REMOVE.search(plain) and (context.shown or "cart" in plain or "basket" in plain):
        return "cart_remove"
    if puts_in_cart(text) and not _LOOKS.search(plain):
        return "cart_add"
    return "cart_show" if screen.CART_SHOW.search(plain) else None


def puts_in_cart(text: Text) -> bool:
    """Whether the turn names the cart as the place to put something."""
    polite = screen.POLITE.match(text.plain)
    return bool(screen.STRONG_ADD.search(text.plain)) and bool(polite or not screen.QUESTION.match(text.plain))


def adds(text: Text) -> bool:
    """Whether the turn takes a shown item into the cart, in words that mean it only next to a reference."""
    return bool(screen.CART_ADD.search(text.plain))


def orders_comparison(text: Text) -> bool:
    """Whether the turn starts by telling the shop to compare."""
    return bool(screen.COMPARE_THEM.search(text.plain))


def compares(text: Text) -> bool:
    """Whether items are to be set side by side."""
    return bool(screen.COMPARE.search(text.plain))


def asks(text: Text) -> bool:
    """Whether the turn is a question about something, not a request for goods."""
    opener = screen.QUESTION.match(text.plain) or any(screen.QUESTION.match(part) for part in _sentences(text))
    return bool(opener or text.plain.endswith("?")) and not wishes.ASKS_FOR_GOODS.search(text.plain)


def dislikes(text: Text) -> bool:
    """Whether the turn speaks ill of something."""
    return bool(screen.DISLIKE.search(text.plain)) or any(sign in text.source for sign in DISLIKE_SIGNS)


def likes(text: Text) -> bool:
    """Whether the turn speaks well of something."""
    return bool(screen.LIKE.search(text.plain)) or any(sign in text.source for sign in LIKE_SIGNS)


def only_talks(text: Text) -> bool:
    """Whether greetings, thanks and fillers are all there is."""
    spans = text.find(wishes.TALK)
    covered = {at for span in spans for at in span}
    rest = [token for at, token in enumerate(text.tokens) if at not in covered and not token.is_mark]
    asks_more = wants_ideas(text) or requests(text)
    return bool(spans) and not asks_more and all(token.word in FILLERS for token in rest)


def idea_words(text: Text) -> frozenset[int]:
    """The tokens of a wish for ideas and of the words that open a new need: they name no goods."""
    return frozenset(at for pattern in (wishes.RECOMMEND, wishes.OPENERS) for span in text.find(pattern) for at in span)


def talks(text: Text) -> bool:
    """Whether the turn has greetings, thanks or small talk in it."""
    return bool(wishes.TALK.search(text.plain))


def wants_ideas(text: Text) -> bool:
    """Whether the turn asks for ideas."""
    return bool(wishes.RECOMMEND.search(text.plain))


def starts_afresh(text: Text) -> bool:
    """Whether the turn says that another need begins."""
    return bool(wishes.FRESH.search(text.plain))


def narrows(text: Text) -> bool:
    """Whether the turn speaks of the need at hand."""
    return bool(wishes.NARROWS.search(text.plain))


def requests(text: Text) -> bool:
    """Whether the turn asks to be shown goods, whatever else it says."""
    return bool(wishes.ASKS_FOR_GOODS.search(text.plain) or wishes.ALIKE.search(text.plain))


def requests_thing(text: Text) -> bool:
    """Whether the turn asks for a thing by its kind: "I need a tent"."""
    return bool(wishes.THING.search(text.plain))


def _sentences(text: Text) -> list[str]:
    return [part.strip() for part in text.plain.replace("!", ".").replace("?", ".").replace(",", ".").split(" . ")]


def _after_sale(text: Text, context: Context, has_order_id: bool) -> Act | None:
    plain = text.plain
    goes_back = bool(service.RETURN.search(plain))
    hypothetical = bool(service.HYPOTHETICAL.search(plain))
    if has_order_id and context.last_act in _CHATS and _length(text) <= 3:
        return context.last_act
    if service.TRACKING.search(plain):
        return "order_status"
    if goes_back and (has_order_id or not hypothetical or _is_complaint(plain)):
        return "return_request"
    if service.ORDER.search(plain) and not _is_rule_question(plain) and not screen.STRONG_ADD.search(plain):
        return None if screen.CHECKOUT.search(plain) else "order_status"
    if asks_rules(text, context):
        return "policy_question"
    return _goes_on(text, context, has_order_id)


def _is_complaint(plain: str) -> bool:
    return bool(service.COMPLAINT.search(plain))


def _is_rule_question(plain: str) -> bool:
    return bool(rules.RULE.search(plain)) and "my order" not in plain and "my parcel" not in plain


def _length(text: Text) -> int:
    return sum(not token.is_mark for token in text.tokens)


def _goes_on(text: Text, context: Context, has_order_id: bool) -> Act | None:
    """A short turn that only adds to an order, a return or a call for a person keeps that act."""
    longest = _CHATS.get(context.last_act or "", 0)
    if has_order_id and context.last_act in _CHATS and len(text.words) <= 12:
        return context.last_act
    if longest and not context.shown and _length(text) <= longest and not talks(text) and not requests(text):
        return context.last_act
    return "order_status" if has_order_id and len(text.words) <= 4 and not context.shown else None
