"""Words: how product texts and shoppers' phrases are cut, folded and stemmed, the same way everywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import Stemmer

from retrieval.types import Product

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
_HYPHENATED = re.compile(r"\w+(?:-\w+)+")
# What may stand between two words of one phrase; anything else (a comma, a full stop) parts them.
_JOINT = re.compile(r"\s*-?\s*")
_BREAK = ","
_NEGATORS = frozenset({"no", "not", "non", "without", "never", "isn", "aren", "doesn"})


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
    return str(_stemmer.stemWord(fold(word)))


def lowered(text: str) -> str:
    """Returns the text in lower case, its letters composed, so that the same word is always the same characters."""
    return unicodedata.normalize("NFC", text.lower())


def stems(text: str) -> list[str]:
    """Returns the stems of all words; `t-shirt` gives `tshirt` as well as its parts, because people write either."""
    low = lowered(text)
    found = [stem(word) for word in _WORD.findall(low)]
    if "-" in low:
        found.extend(stem(joined.replace("-", "")) for joined in _HYPHENATED.findall(low))
    return found


def content_stems(text: str) -> list[str]:
    """Returns the stems that carry meaning: all but stop words, unless there are no others."""
    low = lowered(text)
    kept = " ".join(word for word in low.split() if word.strip(",.!?") not in STOP_WORDS)
    return stems(kept or low)


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
    words = spelled(text).split()
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        after = words[place + 1] if place + 1 < len(words) else ""
        if word == _BREAK:
            continue
        if after == "free":
            yield stem(word + after)
        elif before in _NEGATORS:
            yield stem(before + word)
        else:
            yield stem(word)


def plain_text(product: Product) -> str:
    """Returns title and attribute values in one line: what a card can show of the product's properties."""
    values = (value if isinstance(value, str) else ", ".join(value) for value in product.attributes.values())
    return " ".join([product.title, *values])


def embedding_text(product: Product) -> str:
    """Returns what is embedded of a product: title, brand, category, key attributes, start of the description."""
    attributes = [
        f"{name}: {value if isinstance(value, str) else ', '.join(value)}" for name, value in product.attributes.items()
    ]
    parts = [product.title, product.brand, " > ".join(product.category), "; ".join(attributes)[:300]]
    return ". ".join(part for part in [*parts, product.description[:400]] if part)
