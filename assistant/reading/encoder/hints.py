"""Where the rules are seldom wrong they lean on the network's scores; it can still outvote them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.reading import acts, signals
from assistant.reading.context import Context
from assistant.reading.encoder.decode import Scores
from assistant.reading.encoder.inputs import FEATURE, Encoded
from assistant.reading.encoder.labels import ACTS, RELATIONS, SORTS, begins, goes_on
from assistant.reading.text import Text
from assistant.types import Act

_ATTACK = 4.0
_PERSON, _RULES, _NEVER_MEANT = 30.0, 10.0, 20.0
_OF_IT, _FORM = 20.0, 3.0
_OF_GOODS: tuple[Act, ...] = (
    "search", "refine", "recommend", "cart_show", "cart_remove", "checkout", "smalltalk", "out_of_scope"
)  # fmt: skip
_OF_NO_PRODUCT: tuple[Act, ...] = ("search", "refine", "recommend", "cart_show", "checkout", "smalltalk", "out_of_scope")
_SIGNAL = 2.5
_DROP, _RIVAL, _ITEM = 3.0, 1.5, 1.0
_BOUND = 1.5
_LIMITS = {"rule_max": "price_max", "rule_min": "price_min", "rule_around": "price_about"}
_TAKEN_BACK = 1.5
_NONE_USED: frozenset[int] = frozenset()


def leaned(scores: Scores, text: Text, encoded: Encoded, context: Context) -> Scores:
    """The scores with what the rules see: service, an attack, sorting, cheaper or dearer, what is taken back or meant."""
    found = dict(scores)
    found["act"] = _served(scores["act"], text, context)
    if acts.is_attack(text):
        found["act"] = _raised(found["act"], ACTS.index("out_of_scope"), _ATTACK)
    taken_back = {
        name for name, place in zip(encoded.names, encoded.values, strict=True) if _has(encoded, place, "rule_drop")
    }
    if taken_back:
        found["act"] = _raised(found["act"], ACTS.index("refine"), _TAKEN_BACK)
    sort, _ = signals.sort(text, _NONE_USED)
    if sort is not None and "sort" not in taken_back:
        found["sort"] = _raised(scores["sort"], SORTS.index(sort), _SIGNAL)
    relation, _ = signals.price_relation(text, _NONE_USED)
    if relation is not None:
        found["price_rel"] = _raised(scores["price_rel"], RELATIONS.index(relation), _SIGNAL)
    found["tags"] = _bounded(scores["tags"], encoded)
    found["value"] = _marked(scores["value"], encoded, encoded.values, {"rule_drop": _DROP, "rule_rival": _RIVAL})
    found["item"] = _marked(scores["item"], encoded, encoded.items, {"rule_strong": _ITEM})
    return found


def _served(scores: NDArray[np.float32], text: Text, context: Context) -> NDArray[np.float32]:
    """The scores of the acts, those of service raised or lowered where the words leave no doubt."""
    called = acts.calls_person(text)
    if called is not None:
        scores = _raised(scores, ACTS.index("human"), _PERSON if called else -_PERSON)
    if called:
        return scores
    if acts.asks_delivery(text, context) or acts.goes_on_about_rules(text, context):
        return _raised(scores, ACTS.index("policy_question"), _RULES)
    sure = acts.act_on_focus(text, context)
    if sure is not None:
        return _raised(scores, ACTS.index(sure), _OF_IT)
    if acts.asks(text) and not (acts.adds(text) or acts.puts_in_cart(text)) and context.is_of_one:
        scores = _raised(scores, ACTS.index("cart_add"), -_NEVER_MEANT)
    if context.is_of_one and acts.may_ask_of_it(text):
        scores = _asked_of_one(scores, text, context)
    for act in _never_meant(text):
        scores = _raised(scores, ACTS.index(act), -_NEVER_MEANT)
    return scores


def _asked_of_one(scores: NDArray[np.float32], text: Text, context: Context) -> NDArray[np.float32]:
    """The scores where a question seems to be about the one product there is: what it is taken for at times, and is not."""
    asked, weight = ("policy_question", _RULES) if acts.asks_rules(text, context) else ("ask_product", _FORM)
    scores = _raised(scores, ACTS.index(asked), weight)
    call: tuple[Act, ...] = () if acts.names_people(text) else ("human",)
    ruled: tuple[Act, ...] = () if acts.names_rules(text) or acts.is_shop_matter(text) else ("policy_question",)
    for act in (*_OF_NO_PRODUCT, *call, *ruled):
        scores = _raised(scores, ACTS.index(act), -_NEVER_MEANT)
    return scores


def _never_meant(text: Text) -> tuple[Act, ...]:
    """The acts that a matter of the shop is taken for at times, and is not."""
    if not acts.is_shop_matter(text):
        return _OF_GOODS if acts.wants_money_back(text) else ()
    call: tuple[Act, ...] = () if acts.names_people(text) else ("human",)
    back: tuple[Act, ...] = () if acts.wants_money_back(text) else ("return_request",)
    return (*_OF_GOODS, *call, *back)


def _has(encoded: Encoded, place: int, name: str) -> bool:
    return FEATURE[name] in encoded.features[place]


def _bounded(scores: NDArray[np.float32], encoded: Encoded) -> NDArray[np.float32]:
    """The tags with a weight more for prices where the rules see a limit."""
    leaned = scores.copy()
    for place in encoded.words:
        for name, kind in _LIMITS.items():
            if _has(encoded, place, name):
                leaned[place, [begins(kind), goes_on(kind)]] += _BOUND
    return leaned


def _marked(
    scores: NDArray[np.float32], encoded: Encoded, places: tuple[int, ...], weights: dict[str, float]
) -> NDArray[np.float32]:
    """The scores with a weight more at the marks that have a feature of the rules."""
    marked = scores.copy()
    for name, weight in weights.items():
        for place in places:
            if _has(encoded, place, name):
                marked[place] += weight
    return marked


def _raised(scores: NDArray[np.float32], at: int, by: float) -> NDArray[np.float32]:
    raised = scores.copy()
    raised[at] += by
    return raised
