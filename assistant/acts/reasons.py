"""Why these products: the sentences that stand where no language model speaks, from facts alone.

Concrete rather than glowing: what was asked for and is on record, what sets a product apart from the others on the screen,
and a sentence of the merchant's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import prompts
from assistant.audit import wishes_met
from assistant.facts import is_denied, sentences
from assistant.grounding import LINK, MONEY, REFERENCE, attribute_key, letter
from assistant.stems import content_stems
from assistant.types import Card
from assistant.wording import join
from retrieval.types import Need, Product

_MOST_VALUES = 2
_LONGEST_VALUE = 24
_LONGEST_QUOTE = 110


def template_sentences(cards: Sequence[Card], need: Need, pick: int = 0, among: Sequence[Card] = ()) -> list[str]:
    """Why the first card stands first, and what the best alternative has over it, with references (`[A.price]`).

    `among` are all cards of the answer: what sets one apart is what few of them have.
    """
    first, everyone = cards[0], among or cards
    said = [_lead(first, need, pick, everyone)]
    for other in cards[1:]:
        contrast = _contrast(first.product, other.product)
        if contrast:
            traits = _traits(other, need, everyone, but=first.product)
            said.append(prompts.render("contrast", pick, letter=letter(other.position), kind=contrast, traits=join(traits)))
            break
    return [sentence for sentence in said if sentence.strip()]


def _contrast(first: Product, other: Product) -> str:
    if first.price is not None and other.price is not None and other.price < first.price:
        return "cheaper"
    if other.rating is not None and (first.rating is None or other.rating > first.rating):
        return "rated"
    return ""


def _lead(card: Card, need: Need, pick: int, among: Sequence[Card]) -> str:
    # What a shopper typed must not turn into a reference when the sentence is rendered.
    met = [phrase for phrase in wishes_met(card, need) if not REFERENCE.search(phrase)]
    return prompts.render(
        "why_first",
        pick,
        met=join(met),
        traits=join(_traits(card, need, among)),
        rated=card.product.rating is not None,
        quote=_quote(card.product, need),
    )


def _quote(product: Product, need: Need) -> str:
    """The sentence of the description that says most of what was asked for; the first that is no slogan where none does."""
    wanted = content_stems(" ".join(need.include))
    short = [sentence for sentence in sentences(product) if len(sentence) <= _LONGEST_QUOTE]
    best = max(short, key=lambda sentence: len(wanted & content_stems(sentence)), default="")
    # The first sentence of a product text is its slogan as a rule; what comes after it tells more.
    plain = short[1:2] or short
    return (best if wanted & content_stems(best) else plain[0]) if plain else ""


def _traits(card: Card, need: Need, among: Sequence[Card], but: Product | None = None) -> list[str]:
    """The values that fewest of the cards share, but not those that were asked for anyway, nor those of `but`."""
    asked = content_stems(" ".join([need.query, *need.include, card.product.title]))
    held = [set(_values(other.product)) for other in among]
    shared = () if but is None else _values(but)
    own = [value for value in _values(card.product) if value not in shared]
    fresh = [value for value in own if not content_stems(value) <= asked and 2 * sum(value in v for v in held) <= len(held)]
    # A weight or a length tells less at a glance than a word.
    rare = sorted(fresh, key=lambda value: (any(c.isdigit() for c in value), sum(value in v for v in held)))
    return rare[:_MOST_VALUES]


def _values(product: Product) -> list[str]:
    """The values of the attributes that speak for themselves: short, in words, and no number that may be out of date."""
    attributes = [(name, value) for name, value in product.attributes.items() if attribute_key(name)]
    texts = [text for _, value in attributes for text in ((value,) if isinstance(value, str) else value)]
    return [told for told in dict.fromkeys(map(_as_told, texts)) if told]


# The same few values are on every screen.
@lru_cache(8_192)
def _as_told(text: str) -> str:
    """The value as a sentence has it; empty where it does not speak for itself."""
    if len(text) > _LONGEST_VALUE or not content_stems(text) or is_denied(text):
        return ""
    if MONEY.search(text) or LINK.search(text) or "[" in text:
        return ""
    return text if any(c.isdigit() for c in text) else text.lower()
