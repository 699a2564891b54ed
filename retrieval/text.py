"""Words: how product texts and shoppers' phrases are cut, folded and stemmed, the same way everywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import Stemmer

from retrieval.types import AttributeValue, Product

STOP_WORDS = frozenset(
    "a an and are as at be but by for from i in is it my of on or some that the these this to with you your".split()
)

# Words that shoppers and catalogues write differently and mean the same by: British and American, digits and words, units.
_SAME = dict(
    pair.split("=")
    for pair in (
        "grey=gray colour=color coloured=colored flavour=flavor fibre=fiber centre=center aluminium=aluminum tyre=tire "
        "jewellery=jewelry moisturiser=moisturizer moisturising=moisturizing organiser=organizer orthopaedic=orthopedic "
        "pyjama=pajama cosy=cozy armour=armor odour=odor theatre=theater litre=l liter=l kilogram=kg kilo=kg gramme=g "
        "gram=g millilitre=ml milliliter=ml centimetre=cm centimeter=cm metre=m meter=m watt=w people=person men=man "
        "women=woman two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 twelve=12"
    ).split()
)
_WORD = re.compile(r"\w+")
# A number with its decimals and unit, a word with its apostrophes, or what parts phrases.
_TOKEN = re.compile(r"\d+(?:\.\d+)+\w*|\w+(?:['’]\w+)*|[^\w\s-]+")
_COMPOUND = re.compile(r"\b\w+(?:-\w+)+|\b\d+(?:\.\d+)? [a-z]{1,3}\b")
# What may stand between two words of one phrase; anything else (a comma, a full stop) parts them.
_JOINT = re.compile(r"\s*-?\s*")
_BREAK = ","
FREE = "free"
_LINKS = ("http://", "https://")
NEGATORS = frozenset({"no", "not", "non", "without", "never", "isnt", "arent", "doesnt", "dont", "wont"})


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """Returns a lower-case word without its accents and its plural ending, in one spelling: `grey boots` → `gray boot`."""
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    singular = _singular(word)
    return _SAME.get(singular, singular)


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


_stemmer = Stemmer.Stemmer("english")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Returns the stem of a lower-case word: `hiking` → `hike`."""
    return str(_stemmer.stemWord(fold(word.replace("'", "").replace("’", ""))))


def lowered(text: str) -> str:
    """Returns the text in lower case, its letters composed, so that the same word is always the same characters."""
    return unicodedata.normalize("NFC", text.lower())


def words(text: str) -> list[str]:
    """Returns the words of a text in lower case, and between them the punctuation that parts phrases, in their order.

    `Men's 15.6" notebook` gives `men's`, `15.6`, `"`, `notebook`. Blanks and hyphens part nothing.
    """
    return _TOKEN.findall(lowered(text))


def joined(text: str) -> list[str]:
    """Returns the compounds that people also write as one word: `tshirt` of `T-shirt`, `16gb` of `16 GB`."""
    return [match.replace("-", "").replace(" ", "") for match in _COMPOUND.findall(lowered(text))]


def is_word(token: str) -> bool:
    """Whether one of `words` is a word, and not punctuation."""
    return token[0].isalnum() or token[0] == "_"


def is_content(token: str) -> bool:
    """Whether one of `words` is a word that carries meaning."""
    return is_word(token) and token not in STOP_WORDS


def stems(text: str) -> list[str]:
    """Returns the stems of all words; `t-shirt` gives `tshirt` as well as its parts, because people write either."""
    return [stem(word) for word in (*filter(is_word, words(text)), *joined(text))]


def content_stems(text: str) -> list[str]:
    """Returns the stems that carry meaning: all but stop words, unless there are no others."""
    kept = [stem(word) for word in words(text) if is_content(word)]
    return [*kept, *map(stem, joined(text))] if kept else stems(text)


def spelled(text: str) -> str:
    """Returns ` word word , word `: folded words, a comma where punctuation parts them. Phrases are looked up in it."""
    low = lowered(text)
    parts: list[str] = []
    end = 0
    for match in _WORD.finditer(low):
        if parts and not _JOINT.fullmatch(low, end, match.start()):
            parts.append(_BREAK)
        parts.append(fold(match.group()))
        end = match.end()
    return f" {' '.join(parts)} "


def affirmed_stems(text: str) -> Iterator[str]:
    """Yields the stems of what the text says is so: not `leather` of `no leather` or `leather-free`.

    `leather-free` and `non-slip` give `leatherfre` and `nonslip`, so that a phrase asking for them finds them.
    """
    said = [stem(word) if is_word(word) else _BREAK for word in words(text)]
    for before, word, after in zip(["", *said], said, [*said[1:], ""], strict=False):
        if word != _BREAK:
            yield affirmed(before, word, after)


def affirmed(before: str, word: str, after: str) -> str:
    """Returns what the stem `word` says between its neighbours: itself, or one with what denies it."""
    if after == FREE:
        return stem(word + FREE)
    return stem(before + word) if before in NEGATORS else word


def plain_text(product: Product) -> str:
    """Returns title and attribute values in one line: what a card can show of the product's properties."""
    values = (", ".join(texts) for value in product.attributes.values() if (texts := without_links(value)))
    return " ".join([product.title, *values])


def without_links(value: AttributeValue) -> tuple[str, ...]:
    """Returns the texts of an attribute that are no web addresses: those say nothing of the product."""
    texts = (value,) if isinstance(value, str) else value
    return tuple(text for text in texts if not text.startswith(_LINKS))


def embedding_text(product: Product) -> str:
    """Returns what is embedded of a product: title, brand, category, key attributes, start of the description."""
    attributes = [
        f"{name}: {', '.join(texts)}" for name, value in product.attributes.items() if (texts := without_links(value))
    ]
    parts = [product.title, product.brand, " > ".join(product.category), "; ".join(attributes)[:300]]
    return ". ".join(part for part in [*parts, product.description[:400]] if part)
