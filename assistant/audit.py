"""Checks every sentence that a language model writes, before a shopper sees it.

A sentence is cut into claims (at commas, "and", "with", "while" …), and each claim is said of the products that it points
at. The words of a claim must rest on one sentence of the product's description, together with its attributes, kind and
title; negations must agree; what is said of price and rating must be true of the cards.

What it does not know: whether the words mean together what they mean apart ("folds the handle away" of a text in which the
handle folds the blade away). It bounds what can be claimed; it does not prove it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.comparing import MARK, NEXT, Compared, comparison_fault, placing_fault, without_comparisons
from assistant.facts import is_denied, kind_of
from assistant.grounding import LINK, MONEY, REFERENCE, attribute_key, cut, fact_of, letter, plain
from assistant.stems import WORD, content_stems, neutral_stems, stems
from assistant.types import Card
from retrieval.types import Need, Product

_LONGEST = 45
_MOST_CHARACTERS = 400
_DONE = "add|order|book|reserv|notif|contact|email|call|send|sent|ship|refund|cancel|check|forward|updat"
_CLAIMED_ACTION = re.compile(
    rf"\b(?:i|we)(?:'ve|'ll| have| will)?\s+(?:just\s+|already\s+)?(?:{_DONE})\w*|"
    r"\b(?:has|have) been (?:added|ordered|reserved|refunded|cancelled)\b|"
    r"\byour (?:order|refund|account|address|password)\b",
    re.I,
)
_PROMISE = re.compile(
    r"\b(?:best|finest|greatest|strongest|lightest|fastest|warmest|smallest|biggest|safest|top[- ]rated|number one|ultimate|"
    r"perfect\w*|ideal\w*|guarantee\w*|always|never|unbeatable|in stock|deliver\w*|discount\w*|coupon\w*|warrant\w*)\b"
    r"|(?<!-)\bfree\b",
    re.I,
)
# What may be said around a price or a rating, which are told by references.
_ABOUT_PRICE = stems("cost costs price prices priced spend spending pay paying budget rated rating rate ratings buyers")
# Turns of phrase that change what all the other words say, and claims that have no words of their own.
_TWISTED = re.compile(
    r"\b(?:everything|anything) but\b|\bused to\b|\bno more of\b|\bfew of\b|\btwo for\b|\bneed to make\b|"
    r"\b(?:kept|held|saved) for you\b|\bi(?:'ve| have)? (?:kept|held|saved)\b",
    re.I,
)
_OF_TWO = re.compile(r"\b(?:of )?(?:the|these|those) two\b", re.I)
_LAST_CLAIM = re.compile(r"[,;] | and (?=costs?\b|is\b|are\b|has\b|it)", re.I)
_LEANS = re.compile(r"(?:while|if|as|when|since|though|because|whereas|for|with|both|either)\b", re.I)
_SHORTEST_MENDED = 3
_DENIAL = re.compile(r"\b(?:is|are|was|does|do|did|will|can|has|have)(?:n't| not)\b", re.I)
_MARKUP = re.compile(r"[\[\]\"“”*_#~^=\n\r\t]")
_NEGATION = re.compile(r"\b(?:no|not|nor|none|without|hardly|barely|cannot|never|lacks?|\w+n't)\b", re.I)
_PIECE = re.compile(
    r"[,;:–—]|\s-\s|\b(?:and|but|or|with|while|so|because|since|plus|yet|if|when|whose|though|as well as)\b|(?=\bwithout\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Backing:
    """What may be said of one product: words that hold everywhere, its sentences, and what it is said not to have.

    `sentences` are (all content words, words of its denying pieces) each.
    """

    common: frozenset[str]
    sentences: tuple[tuple[frozenset[str], frozenset[str]], ...]
    denied: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, product: Product) -> Backing:
        """The backing that the catalogue gives."""
        facts = [*product.attributes.items(), *product.options.items()]
        titles = " ".join([product.title, product.brand, kind_of(product), *product.category])
        lines = [sentence for line in product.description.splitlines() for sentence in cut(line)]
        return cls.from_words(titles, [(name.replace("_", " "), plain(value)) for name, value in facts], lines)

    @classmethod
    def from_words(cls, titles: str, facts: Iterable[tuple[str, str]], lines: Iterable[str]) -> Backing:
        """The backing of titles, (name, value) facts and sentences."""
        listed = list(facts)
        held = [f"{name} {value}" for name, value in listed if not is_denied(value)]
        denied = [f"{name} {value}" for name, value in listed if is_denied(value)]
        sentences = tuple((content_stems(line), _denied_stems(line)) for line in lines)
        return cls(content_stems(" ".join([titles, *held])), sentences, tuple(content_stems(text) for text in denied))

    def with_words(self, text: str) -> Backing:
        """The backing with the words of `text` as well, which hold of the product."""
        return replace(self, common=self.common | content_stems(text))

    def backs(self, claim: frozenset[str], is_negated: bool) -> bool:
        """Whether the content words of a claim rest on this product."""
        if claim <= self.common:
            return not is_negated or not claim
        if is_negated and any(claim <= text for text in self.denied):
            return True
        return any(
            claim <= self.common | words and bool((claim - self.common) & denied) == is_negated
            for words, denied in self.sentences
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """A product that may be spoken of: what backs it, how it compares, and the names of the facts that it has."""

    backing: Backing
    compared: Compared
    facts: frozenset[str]

    @classmethod
    def of(cls, card: Card, among: Sequence[Card], need: Need) -> Subject:
        """The subject that a card is, among all cards of its turn. A wish that its record meets backs as well."""
        product = card.product
        names = ("price", "list_price", "rating", "brand", *map(attribute_key, product.attributes))
        held = frozenset(name for name in names if name and fact_of(product, name, "en_US"))
        backing = Backing.of(product)
        return cls(backing.with_words(" ".join(wishes_met(card, need, backing))), Compared.of(card, among), held)


def wishes_met(card: Card, need: Need, backing: Backing | None = None) -> list[str]:
    """The wishes of `need` that the card is not marked as missing and that its record speaks of, in any of its words."""
    backing = backing or Backing.of(card.product)
    said = backing.common.union(*(words - denied for words, denied in backing.sentences))
    unmarked = [phrase for phrase in need.include if not any(phrase in broken for broken in card.violates)]
    return [phrase for phrase in unmarked if content_stems(phrase) <= said]


class Audit:
    """Checks the sentences of one answer, which may speak of `subjects`, by letter."""

    def __init__(self, subjects: Mapping[str, Subject], need: Need) -> None:
        """Takes the products that may be pointed at, the first one first, and the need, whose exclusions are not named."""
        self._subjects = subjects
        self._unwanted = stems(" ".join([*need.exclude, *need.brand_exclude])) - neutral_stems()
        self._said: set[str] = set()

    @classmethod
    def of_cards(cls, cards: Sequence[Card], among: Sequence[Card], need: Need) -> Audit:
        """The audit of an answer that speaks of `cards`, among all cards of its turn."""
        return cls({letter(card.position): Subject.of(card, among, need) for card in cards}, need)

    def fault(self, sentence: str) -> str | None:
        """Why `sentence` must not be released, or None where it may. A sentence said before is a fault."""
        return (
            form_fault(sentence)
            or self._reference_fault(sentence)
            or placing_fault(sentence)
            or self._comparison_fault(sentence)
            or self._claim_fault(sentence)
            or self._repeat_fault(sentence)
        )

    def mended(self, sentence: str) -> str | None:
        """`sentence` without its last claims, if it may be released so; a sentence that leans on them is not cut."""
        if _LEANS.match(sentence):
            return None
        ends = [match.start() for match in _LAST_CLAIM.finditer(sentence)]
        shorter = (sentence[:end].rstrip(" ,;") + "." for end in reversed(ends))
        whole = (one for one in shorter if _says_something(one))
        return next((one for one in whole if self.fault(one) is None), None)

    def _reference_fault(self, sentence: str) -> str | None:
        for match in REFERENCE.finditer(sentence):
            subject = self._subjects.get(match[1])
            if subject is None:
                return f"points at {match[0]}, which is not there"
            if match[2] and match[2] not in subject.facts:
                return f"points at {match[0]}, which the product does not have"
        return None

    def _comparison_fault(self, sentence: str) -> str | None:
        named = dict.fromkeys(match[1] for match in REFERENCE.finditer(sentence))
        for names, text in clauses(sentence):
            for name in names:
                # A comparison is with the others that the sentence names, or else with the first product.
                others = [other for other in named if other not in names] or [next(iter(self._subjects))]
                against = [self._subjects[other].compared for other in others if other != name]
                fault = comparison_fault(text, self._subjects[name].compared, against)
                if fault is not None:
                    return fault
        return None

    def _claim_fault(self, sentence: str) -> str | None:
        for names, text in clauses(sentence):
            for piece in pieces(_OF_TWO.sub(" ", without_comparisons(text))):
                claim = content_stems(piece) - _ABOUT_PRICE
                if claim & self._unwanted:
                    return f"speaks of {sorted(claim & self._unwanted)[0]!r}, which was not wanted"
                if not claim and _DENIAL.search(piece):
                    return f"denies something in {piece.strip()!r}"
                for name in names:
                    if not self._subjects[name].backing.backs(claim, is_negated(piece)):
                        return f"claims {piece.strip()!r} of [{name}], which its record does not say"
        return None

    def _repeat_fault(self, sentence: str) -> str | None:
        key = " ".join(WORD.findall(sentence.lower())) + str(REFERENCE.findall(sentence))
        if key in self._said:
            return "was said before"
        self._said.add(key)
        return None


def clauses(sentence: str) -> list[tuple[tuple[str, ...], str]]:
    """(letters spoken of, what is said of them): words belong to the name before them, the first words to the first.

    Words behind a semicolon, "while", "but" or ", and" lead to the next name. Names joined by nothing but "and", "or" and
    commas are spoken of together. A fact of a card (`[B.price]`) goes on with what is said of that card.
    """
    parts = MARK.split(sentence)
    spoken: list[tuple[list[str], str]] = []
    ahead = parts[0]
    for mark, following in zip(parts[1::2], parts[2::2], strict=True):
        name = mark[1]
        text, next_ahead = _handed_on(following)
        if spoken and name in spoken[-1][0]:
            spoken[-1] = (spoken[-1][0], f"{spoken[-1][1]} {ahead} {text}")
        elif spoken and not ahead and not set(WORD.findall(spoken[-1][1].lower())) - {"and", "or", "both", "nor"}:
            spoken[-1] = ([*spoken[-1][0], name], text)
        else:
            spoken.append(([name], f"{ahead} {text}"))
        ahead = next_ahead
    if spoken and ahead:
        spoken[-1] = (spoken[-1][0], f"{spoken[-1][1]}; {ahead}")
    return [(tuple(names), text) for names, text in spoken]


def _handed_on(text: str) -> tuple[str, str]:
    """The words between two names, parted into those of the first and those that lead to the second."""
    found = list(NEXT.finditer(text))
    if not found or text.rstrip().endswith("than") or not WORD.search(text[found[-1].end() :]):
        return text, ""
    return text[: found[-1].start()], text[found[-1].end() :]


def pieces(text: str) -> list[str]:
    """The claims of a text, one piece each."""
    return [piece for piece in _PIECE.split(text) if piece and piece.strip()]


def _says_something(sentence: str) -> bool:
    words = REFERENCE.sub(" ", sentence)
    return len(WORD.findall(words)) >= _SHORTEST_MENDED and bool(content_stems(words))


def is_negated(text: str) -> bool:
    """Whether a text denies what it speaks of."""
    return _NEGATION.search(text) is not None


def form_fault(sentence: str) -> str | None:
    """What is wrong with a sentence whatever the products are."""
    text = REFERENCE.sub(" ", sentence)
    words = WORD.findall(text.lower())
    checks = [
        (len(words) < 2, "is too short to say anything"),
        (len(words) > _LONGEST or len(sentence) > _MOST_CHARACTERS, "is too long"),
        (sentence[-1:] not in (".", "?"), "does not end"),
        (REFERENCE.search(sentence) is None, "points at no product"),
        (any(c.isdigit() for c in text), "spells a number"),
        (bool(MONEY.search(text)), "speaks of money outside a reference"),
        (bool(_CLAIMED_ACTION.search(text)), "claims an action"),
        (bool(_PROMISE.search(without_comparisons(text))), "claims a superlative or a promise"),
        (bool(_TWISTED.search(text)), "twists what it says"),
        (bool(LINK.search(text)) or bool(_MARKUP.search(text)), "carries markup, a quote or a link"),
        (any(ord(c) > 127 and c.isalpha() for c in text), "is not in plain letters"),
        (_names(text), "names something outside a reference"),
        (_loops(words), "repeats itself"),
    ]
    return next((fault for wrong, fault in checks if wrong), None)


def _names(text: str) -> bool:
    """Whether a word has a capital where no sentence begins."""
    words = text.split()
    return any(word[:1].isupper() and word.rstrip(".,;:?") != "I" and not word.startswith("I'") for word in words[1:])


def _loops(words: Sequence[str]) -> bool:
    pairs = list(zip(words, words[1:], strict=False))
    return any(a == b for a, b in pairs) or len(pairs) - len(set(pairs)) > 2


def _denied_stems(line: str) -> frozenset[str]:
    return frozenset().union(*(content_stems(piece) for piece in pieces(line) if is_negated(piece)))
