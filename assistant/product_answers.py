"""What the shop can answer to a question about one product: from its fields, its record, or what buyers wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.asked import Embed, Finding, Question, by_meaning, by_words, phrases, read_question, same_word, topic_of
from assistant.passages import passage, passages_of, passages_of_reviews
from assistant.reading.acts import topic_of_it
from assistant.reading.text import read
from assistant.vocabulary import MANY_AT_ONCE, Vocabulary
from retrieval.reviews import Review
from retrieval.text import stems
from retrieval.types import Product

Kind = Literal["price", "stock", "rating", "overview", "option", "passage", "unknown"]
Reviews = Callable[[], Sequence[Review]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What answers: a passage with its verdict, an option (and the value asked for), or a field that the kind names."""

    kind: Kind
    finding: Finding | None = None
    option: str = ""
    value: str = ""


UNKNOWN = Reply("unknown")
NO_WORDS = Vocabulary()

_HAPPY_STARS = 4
# How pleased and displeased buyers write: a review of few stars may praise, too, and one of many may complain.
_PLEASED = (
    "I love it.",
    "It works well without trouble.",
    "It is better than I expected.",
    "It is comfortable, easy to use and well made.",
    "It held up and still looks new.",
)
_DISPLEASED = (
    "I was disappointed.",
    "There is a problem with it.",
    "It is worse than I expected.",
    "It is annoying, hard to use, or does not fit.",
    "It broke, came off, wore out or faded.",
)


def reply(product: Product, text: str, reviews: Reviews, embed: Embed, vocabulary: Vocabulary = NO_WORDS) -> Reply:
    """What answers the question `text` about `product`; `UNKNOWN` where neither the shop nor a buyer tells.

    `vocabulary` tells what is a value of which attribute in this shop, so that "is it glass?" is about the material.
    """
    plainly = _plainly_asked(text, product)
    if plainly is not None:
        return plainly
    question = read_question(text, product)
    record = passages_of(product)
    if question.is_of_buyers:
        return _of_buyers(question, reviews, embed)
    option = _option(question, product)
    if option is not None:
        return option
    worded = by_words(question, record)
    if worded is not None and worded.passage.source == "attribute":
        return Reply("passage", worded)
    rivals = next(filter(None, map(vocabulary.names_of, phrases(question))), frozenset())
    instead = next((p for p in record if p.source == "attribute" and p.name.lower() in rivals - MANY_AT_ONCE), None)
    if instead is not None and question.is_yes_no:
        return Reply("passage", Finding(instead, "told"))
    near, likeness = by_meaning(question, record, embed, rivals)
    topic, topical = topic_of(question, embed)
    if topic is not None and topical > likeness and not rivals:
        return Reply(topic)
    found = worded if worded is not None and (near is None or near.passage.source != "attribute") else near
    if found is not None:
        return Reply("passage", found)
    return _by_topic_alone(question) or _from_reviews(question, reviews, embed) or UNKNOWN


def _plainly_asked(text: str, product: Product) -> Reply | None:
    """What answers a question in words that can but ask for one thing, however few they are and however they are spelled."""
    topic = topic_of_it(read(text))
    if topic == "brand":
        return Reply("passage", Finding(passage("attribute", product.brand, "brand"), "told")) if product.brand else None
    return None if topic is None or topic == "property" else Reply(topic)


def _of_buyers(question: Question, reviews: Reviews, embed: Embed) -> Reply:
    """What buyers say: of the property asked about, or on the whole."""
    return (_from_reviews(question, reviews, embed) if question.asked else None) or Reply("rating")


def _from_reviews(question: Question, reviews: Reviews, embed: Embed) -> Reply | None:
    said = passages_of_reviews(reviews())
    found = by_words(question, said) or by_meaning(question, said, embed)[0]
    return None if found is None else Reply("passage", Finding(found.passage, "told"))


def _by_topic_alone(question: Question) -> Reply | None:
    """A question of nothing but common words is about the product on the whole."""
    if question.asked:
        return None
    return Reply("rating" if question.is_yes_no else "overview")


# ---- options -----------------------------------------------------------------------------------------------------------


def _option(question: Question, product: Product) -> Reply | None:
    """The option that is asked about by its name or by one of its values."""
    said = stems(question.text)
    for name, values in product.options.items():
        named = [word for word in said if any(same_word(word, part) for part in stems(name))]
        # A bare number or letter is a value only beside the option's name.
        value = next(
            (v for v in sorted(values, key=len, reverse=True) if set(stems(v)) <= {*said} and (named or len(v) > 2)), ""
        )
        rest = question.asked - set(named)
        # "Do you have size 13?" is about the sizes, though there is none of 13; "does the color fade?" is not.
        is_listing = not rest or (len(rest) == 1 and question.is_having) or _is_which(said, named)
        if value or (named and is_listing):
            return Reply("option", option=name, value=value)
    return None


def _is_which(said: Sequence[str], named: Sequence[str]) -> bool:
    """Whether a question asks which values of an option there are: "which sizes are left?"."""
    return any(before in ("which", "what") and word in named for before, word in zip(said, said[1:], strict=False))


def values_for_sale(product: Product, option: str) -> tuple[str, ...]:
    """The values of `option` that can be bought now, in the shop's order."""
    if not product.for_sale:
        return ()
    if not product.variants:
        return product.options[option]
    bought = {variant.options.get(option) for variant in product.variants if variant.for_sale}
    return tuple(value for value in product.options[option] if value in bought)


# ---- reviews on the whole ----------------------------------------------------------------------------------------------


def praise_and_criticism(reviews: Sequence[Review], embed: Embed) -> tuple[str, str]:
    """The most pleased sentence of happy buyers and the least pleased one of the others; empty where none can be quoted."""
    rated = [(review, review.rating) for review in reviews if review.rating is not None]
    happy = [review for review, stars in rated if stars >= _HAPPY_STARS]
    unhappy = [review for review, stars in rated if stars < _HAPPY_STARS]
    return _most(happy, _PLEASED, _DISPLEASED, embed), _most(unhappy, _DISPLEASED, _PLEASED, embed)


def _most(reviews: Sequence[Review], tone: Sequence[str], other: Sequence[str], embed: Embed) -> str:
    """The sentence nearest to one tone and farthest from the other."""
    said = [passage.text for passage in passages_of_reviews(reviews)]
    if not said:
        return ""
    vectors = embed([*tone, *other, *said])
    likeness = vectors[len(tone) + len(other) :] @ vectors[: len(tone) + len(other)].T
    lean = likeness[:, : len(tone)].mean(axis=1) - likeness[:, len(tone) :].mean(axis=1)
    return said[int(lean.argmax())]
