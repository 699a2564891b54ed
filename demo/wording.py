"""Titles and descriptions, put together so that they say only what is true of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from demo.types import Kind

UNITS = frozenset({"ml", "kg", "g", "cm", "mm", "m", "gsm", "x", "and", "for", "of", "in", "at", "with"})
VOWELS = "aeiou"

# {name} is the model ("Cairn", or "Cairn hiking boots" where the noun is plural), {a} the noun with its article, {use}
# and {other} two things it is good for. Those of ONE_OPENINGS read well only of a single thing.
OPENINGS = (
    "The {name} {is_} made for {use}.",
    "{brand} built the {name} for {use}.",
    "{A} for {use}, and for {other} too.",
    "Think of {use}: that is where the {name} {comes} into {its} own.",
    "Reach for the {name} when it comes to {use}.",
    "Whether for {use} or for {other}, the {name} {does} the job without fuss.",
    "The {name} {was} drawn up with {use} in mind.",
    "Bought most often for {use}, the {name} {is_} just as good for {other}.",
    "{A} from {brand} with {use} in mind.",
    "Plain to look at and well thought out, the {name} {suits} {use}.",
    "Ask {brand} what the {name} {is_} for, and the answer is {use}.",
    "Meant for {use}, the {name} {does} well for {other} besides.",
    "For {use}, {brand} makes the {name}.",
    "Good for {use} and better still for {other}: that is the idea behind the {name}.",
)
ONE_OPENINGS = (
    "With the {name}, {brand} set out to make {a} for {use}.",
    "{brand}'s {name} is {a} for {use}.",
    "Here is {a} with {use} in mind.",
    "The {name} started out as {a} for {use} and turned out handy for {other}.",
)
SINGULAR = {"is_": "is", "comes": "comes", "its": "its", "does": "does", "was": "was", "suits": "suits"}
PLURAL = {"is_": "are", "comes": "come", "its": "their", "does": "do", "was": "were", "suits": "suit"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of one product and may be said of it."""

    kind: Kind
    brand: str
    model: str
    gender: str
    material: str
    features: tuple[str, ...]
    specs: Mapping[str, str]
    colors: tuple[str, ...]


def title(facts: Facts, random: Random) -> str:
    """The product's title, such as "Ridgeline Cairn Women's Waterproof Hiking Boots, Charcoal"."""
    kind = facts.kind
    words = [facts.brand, facts.model]
    if facts.gender in ("women", "men"):
        words.append(f"{facts.gender.title()}'s")
    leads = [lead for lead in (_true_of(facts, name) for name in kind.lead) if lead]
    if leads:
        words.append(title_case(random.choice(leads)))
    words.append(title_case(kind.noun))
    tail = [title_case(facts.specs[name]) for name in kind.tail if name in facts.specs]
    if kind.tinted and len(facts.colors) == 1:
        tail.append(facts.colors[0].title())
    return ", ".join([" ".join(words), *tail])


def describe(facts: Facts, random: Random) -> str:
    """Two to four sentences about the product, each one true of it."""
    kind = facts.kind
    opening = _opening(facts, random)
    features = [kind.features[name] for name in facts.features]
    told = [kind.specs[name].sentence.format(value) for name, value in facts.specs.items()]
    body = [kind.materials[facts.material], *random.sample(features, min(len(features), 2)), random.choice(told)]
    kept = sorted(random.sample(range(len(body)), random.choice((2, 2, 3))))
    sentences = [opening, *(body[index] for index in kept)]
    if len(sentences) < 4 and random.random() < 0.5:
        sentences.append(random.choice(kind.notes))
    return " ".join(sentences)


def title_case(text: str) -> str:
    """The text with a capital on every word but units and small words: "noise-canceling" to "Noise-Canceling"."""
    return " ".join(_capital_word(word, first=index == 0) for index, word in enumerate(text.split()))


def with_article(text: str) -> str:
    """The text after "a" or "an"."""
    return f"{'an' if text[0].lower() in VOWELS else 'a'} {text}"


def _capital_word(word: str, first: bool) -> str:
    if (word in UNITS and not first) or word != word.lower():
        return word
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))


def _true_of(facts: Facts, name: str) -> str:
    if name in facts.features or name == facts.material:
        return name
    return facts.specs.get(name, "")


def _opening(facts: Facts, random: Random) -> str:
    kind = facts.kind
    use, other = random.sample(kind.uses, 2)
    noun = kind.noun if kind.plural else with_article(kind.noun)
    openings = OPENINGS if kind.plural else OPENINGS + ONE_OPENINGS
    return random.choice(openings).format(
        name=f"{facts.model} {kind.noun}" if kind.plural else facts.model,
        brand=facts.brand,
        a=noun,
        A=_sentence_start(noun),
        use=use,
        other=other,
        **(PLURAL if kind.plural else SINGULAR),
    )


def _sentence_start(text: str) -> str:
    return text[:1].upper() + text[1:]


def joined(values: Sequence[str]) -> str | list[str]:
    """One value as it is, several as a list: how format 1 writes an attribute."""
    return values[0] if len(values) == 1 else list(values)
