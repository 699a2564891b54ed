"""Questions about one product: what is asked, and the passage of its record that answers, with how sure that is.

Words decide where they can: "is it waterproof?" is answered by a feature of that name, and denied by a "not waterproof".
Where they can't, sentence embeddings tell what comes near: "how heavy is it?" is about the weight. What is only near is
shown and left to speak for itself; "yes" and "no" are said of the asked words alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assistant.passages import Passage
from assistant.vocabulary import LONGEST_PHRASE, normal
from retrieval.embed import Vectors
from retrieval.text import FREE, NEGATORS, affirmed_stems, is_word, stem, stems, words
from retrieval.types import Product

Embed = Callable[[Sequence[str]], Vectors]
Verdict = Literal["yes", "no", "told"]
Topic = Literal["price", "stock", "rating", "overview"]

# How alike a question and a text must be, as a cosine of the packaged model's vectors; chosen on the tuning questions.
NEAR_ATTRIBUTE = 0.37
NEAR_MEASURE = 0.33
NEAR_SENTENCE = 0.31
NEAR_REVIEW = 0.46
SURE_ATTRIBUTE = 0.50
KNOWN_ELSEWHERE = 0.55
NEAR_TOPIC = 0.60
SURE_TOPIC = 0.68
WORDS_COUNT = 0.15
_MOST_TEXTS = 120

_REFERENCE = re.compile(
    r"\b(?:the |that |this )?(?:"
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|last) (?:ones?|product|item|option|pick)\b|"
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|last)\b(?= \w)|number \d\b|#\d)",
    re.I,
)
_NOT = re.compile(r"\bnot\b|n['’]t\b", re.I)
_HOW_MUCH = re.compile(
    r"\bhow (?:much|many|big|large|long|tall|high|heavy|thick|deep|wide|strong|powerful|often|far|hot|cold|warm)\b", re.I
)
_YES_NO = re.compile(
    r"^(?:(?:and|but|so|ok|okay|hi|hello|well|also|sorry|hmm|please|great|cool|thanks|the|that|this|one|it|its|they|you)\W+)*"
    r"(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|may|might|any|isn|aren|doesn|don|won|hasn)\b",
    re.I,
)
_WHICH = re.compile(r"\b(?:what|which|how|who|when|where|why)\b", re.I)
_HAS = re.compile(r"\b(?:have|has|having|come|comes|with|include|includes|included|got|get|feature|features|there)\b", re.I)
_OF_BUYERS = re.compile(
    r"\b(?:reviews?|reviewers?|buyers?|owners?|customers?|anyone|anybody|somebody|people (?:say|think|like|complain)|"
    r"others? (?:say|think)|users?|complain\w*|complaints?)\b",
    re.I,
)
# Words of a question that say nothing of what is asked.
_ASKING = frozenset(
    stem(word)
    for word in (
        "is are was were be been do does did can could will would should shall may might has have had having "
        "the a an it its this that these those they them their one ones what whats which how who when where "
        "why whether of for in on at by to from with my me i we us our you your and or but if so as than then "
        "there here any some about tell more much many please just really actually though still also too very "
        "quite come comes coming get gets got give gives include includes included feature features offer "
        "offers provide kind sort type good ok okay well work works use used using people buyer buyers "
        "customer customers owner owners anyone anybody say says said think thinks review reviews know "
        "product products item items thing things long last first second third fourth fifth able let go make "
        "makes made want need like exactly mean bit lot all every hi hello thanks great cool sorry hmm put see look "
        "find not no doesnt dont isnt arent wont"
    ).split()
)
_TOPICS: dict[Topic, tuple[str, ...]] = {
    "price": ("how much is it?", "what does it cost?", "what is the price?", "is it expensive?", "is it on sale?"),
    "stock": ("is it in stock?", "is it available?", "how many are left?", "can I get it now?", "is it sold out?"),
    "rating": (
        "is it any good?",
        "what do people say about it?",
        "what are the reviews like?",
        "is it worth it?",
        "would you recommend it?",
        "is it good quality?",
        "any complaints?",
        "what's its rating?",
    ),
    "overview": ("tell me more about it", "can you describe it?", "what is it like?", "what can you tell me about it?"),
}
_TOPIC_WORDS = frozenset(word for samples in _TOPICS.values() for sample in samples for word in stems(sample))
_TRUE = frozenset({"yes", "true", "y"})
_FALSE = frozenset({"no", "false", "n", "none", "not available", "n/a"})
_SHARED_ENDING = 4


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the stems that it is about, and its form: yes-or-no, about having something, about what buyers say."""

    text: str
    asked: frozenset[str]
    is_yes_no: bool
    is_having: bool
    is_of_buyers: bool
    is_how_much: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A passage that answers, and how: it says yes or no to the very words, or it is told as it stands."""

    passage: Passage
    verdict: Verdict


def read_question(text: str, product: Product) -> Question:
    """What `text` asks of `product`; the words that name the product itself are not what is asked."""
    plain = _REFERENCE.sub("it", text.strip())
    asked = frozenset(affirmed_stems(_NOT.sub("", plain))) - _ASKING
    for naming in (f"{' '.join(product.category)} {product.title} {product.brand}", " ".join(product.category[-1:])):
        names = stems(naming)
        if rest := frozenset(word for word in asked if not any(same_word(word, name) for name in names)):
            asked = rest
            break
    is_yes_no = _YES_NO.match(plain) is not None and not _WHICH.match(plain)
    return Question(
        plain,
        asked,
        is_yes_no,
        _HAS.search(plain) is not None,
        _OF_BUYERS.search(plain) is not None,
        _HOW_MUCH.search(plain) is not None,
    )


def phrases(question: Question) -> Iterator[str]:
    """The pieces of the question that hold just what is asked, the longest first, as a vocabulary looks them up."""
    said = normal(question.text).split()
    for length in range(min(LONGEST_PHRASE, len(said)), 0, -1):
        for start in range(len(said) - length + 1):
            piece = " ".join(said[start : start + length])
            if question.asked and frozenset(affirmed_stems(piece)) == question.asked:
                yield piece


# ---- by words ----------------------------------------------------------------------------------------------------------


def by_words(question: Question, passages: Iterable[Passage]) -> Finding | None:
    """The passage that has every word that is asked for; None where none has."""
    if not question.asked:
        return None
    found = [(rank, -place, finding) for place, p in enumerate(passages) for rank, finding in _worded(question, p)]
    return max(found, key=lambda each: each[:2])[2] if found else None


def _worded(question: Question, passage: Passage) -> list[tuple[float, Finding]]:
    """How well a passage's words answer, or nothing where they don't."""
    asked = question.asked
    if passage.source == "attribute" and _all_in(asked, passage.named):
        return [(5.0, Finding(passage, _truth(passage.text) if question.is_yes_no else "told"))]
    context = passage.named if passage.source == "attribute" else frozenset()
    if not _all_in(asked, passage.said | passage.words | context) or _all_in(asked, context):
        return []
    if not _all_in(asked, passage.said | context):
        return [(4.2, Finding(passage, "no" if question.is_yes_no else "told"))]
    if passage.source in ("sentence", "review"):
        denied = any(word in NEGATORS or word.endswith(("n't", "n’t")) for word in words(passage.text))
        return [(1.0 if denied else 2.0, Finding(passage, "told"))]
    plain = {stem(word) for word in words(passage.text) if is_word(word)} - context
    rest = {word for word in plain if not any(same_word(word, other) for other in asked)}
    # A two-way zip is a zip; vegan leather is no leather.
    exact = not rest or (question.is_having and len(passage.values) > 1)
    best = (4.5 if exact else 4.1) if passage.source == "attribute" else 0.5
    rank = best - 0.01 * min(len(rest), 8)
    return [(rank, Finding(passage, "yes" if exact and question.is_yes_no else "told"))]


def is_boolean(value: str) -> bool:
    """Whether the value of an attribute only says yes or no."""
    return _truth(value) != "told"


def _truth(value: str) -> Verdict:
    low = value.strip().lower()
    return "yes" if low in _TRUE else "no" if low in _FALSE else "told"


def _all_in(asked: Iterable[str], said: Iterable[str]) -> bool:
    known = list(said)
    return all(any(same_word(word, other) for other in known) for word in asked)


def same_word(one: str, other: str) -> bool:
    """Whether two stems are the same word or forms of it, such as `zip` and `zipper`."""
    short, long = sorted((one, other), key=len)
    if short == long or long == stem(short + FREE):  # "latex-free" is no latex
        return short == long
    return len(short) > 2 and short.isalpha() and long.startswith(short) and len(long) - len(short) < 4


# ---- by meaning --------------------------------------------------------------------------------------------------------


def by_meaning(
    question: Question, passages: Sequence[Passage], embed: Embed, rivals: frozenset[str] = frozenset()
) -> tuple[Finding | None, float]:
    """The passage that comes nearest to the question, with its likeness; None where nothing comes near enough.

    `rivals` are the attributes that have what is asked for as a value elsewhere in the shop: one of them with another
    value here tells what there is instead, but one with a list of features tells nothing.
    """
    # Names and values are the same for many products, so their vectors are known; sentences may have to be embedded first.
    attributes = [p for p in passages if p.source == "attribute"]
    found, score = _nearest(question, attributes, embed, rivals)
    if score >= SURE_ATTRIBUTE:
        return found, score
    other, likeness = _nearest(question, [p for p in passages if p.source in ("sentence", "review")], embed, rivals)
    return (other, likeness) if likeness > score else (found, score)


def _nearest(
    question: Question, passages: Sequence[Passage], embed: Embed, rivals: frozenset[str]
) -> tuple[Finding | None, float]:
    told = [(text, p) for p in passages for text in _texts(question, p)][:_MOST_TEXTS]
    if not told:
        return None, 0.0
    vectors = embed([question.text, *(text for text, _ in told)])
    likeness = vectors[1:] @ vectors[0] + [WORDS_COUNT * _shared(question, p) for _, p in told]
    for place in np.argsort(-likeness):
        text, passage = told[place]
        score = float(likeness[place])
        # What the shop lists of other products, and not of this one, a sentence must speak of clearly.
        enough = KNOWN_ELSEWHERE if rivals and passage.source != "attribute" else _enough(question, passage)
        if score >= enough and not _is_other(question, text, passage, rivals):
            return Finding(passage, "told"), score
    return None, 0.0


def _shared(question: Question, passage: Passage) -> float:
    """Which part of the words asked for is in a sentence, 0 to 1."""
    if passage.source == "attribute" or not question.asked:
        return 0.0
    return sum(any(same_word(word, other) for other in passage.words) for word in question.asked) / len(question.asked)


def topic_of(question: Question, embed: Embed) -> tuple[Topic | None, float]:
    """What else than a property the question is about, with its likeness to how that is commonly asked."""
    samples = [(topic, sample) for topic, asked in _TOPICS.items() for sample in asked]
    vectors = embed([question.text, *(sample for _, sample in samples)])
    likeness = vectors[1:] @ vectors[0]
    best = int(np.argmax(likeness))
    score = float(likeness[best])
    # Words that none of the samples has may well be a property of the product.
    enough = NEAR_TOPIC if question.asked <= _TOPIC_WORDS else SURE_TOPIC
    return (samples[best][0], score) if score >= enough else (None, score)


def _texts(question: Question, passage: Passage) -> list[str]:
    """What of a passage the question is compared with."""
    if passage.source != "attribute":
        return [passage.text]
    # A boolean tells by its name alone; what a number measures, too.
    is_worded = _truth(passage.text) == "told" and any(word.isalpha() and len(word) > 2 for word in words(passage.text))
    return [passage.name, passage.text] if is_worded and question.is_yes_no else [passage.name]


def _enough(question: Question, passage: Passage) -> float:
    if question.is_how_much and passage.source == "attribute":
        return NEAR_MEASURE if passage.text[:1].isdigit() else 1.0
    return {"attribute": NEAR_ATTRIBUTE, "review": NEAR_REVIEW}.get(passage.source, NEAR_SENTENCE)


def _is_other(question: Question, text: str, passage: Passage, rivals: frozenset[str]) -> bool:
    """Whether a text that looks alike is another thing of the same make: windproof for waterproof."""
    if passage.source != "attribute":
        return False
    has = set(stems(text))
    common = {word for word in question.asked if any(same_word(word, other) for other in has)}
    if common and common != question.asked and question.is_yes_no:
        return not _all_in(has, question.asked) or text == passage.name
    if text == passage.name or _all_in(has, question.asked):
        return False
    if passage.name.lower() in rivals:
        return True
    return any(_ends_alike(word, other) for word in question.asked - common for other in has)


def _ends_alike(one: str, other: str) -> bool:
    return one != other and one[-_SHARED_ENDING:] == other[-_SHARED_ENDING:] and min(len(one), len(other)) > _SHARED_ENDING
