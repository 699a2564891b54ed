"""Made-up products on a screen, and the ways in which people point at them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from assistant.reading.grammar.lexicon import Goods, Lexicon
from assistant.types import Shown

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_SHORT = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th")
_NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight")


@dataclass(frozen=True, slots=True)
class Item:
    """A product on the screen and the words that tell it apart."""

    shown: Shown
    brand: str
    model: str
    trait: str
    kind: str


@dataclass(frozen=True, slots=True)
class Pointing:
    """Words that point at items, and the positions they mean."""

    text: str
    places: tuple[int, ...]


def make_screen(goods: Goods, kind: str, lexicon: Lexicon, rng: random.Random, mixed: bool) -> tuple[Item, ...]:
    """One to six products of a kind, or of several kinds as a cart has them."""
    count = rng.choice((1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 5, 6))
    return tuple(_item(place, goods, kind, lexicon, rng, mixed) for place in range(1, count + 1))


def point_at(items: tuple[Item, ...], focus: int | None, rng: random.Random) -> Pointing:
    """One item, by place, name, price, trait, or by "it" where the focus or the screen leaves no doubt."""
    if (focus or len(items) == 1) and rng.random() < 0.4:
        return Pointing(rng.choice(("it", "it", "that", "that one", "this one", "this", "that one there")), (focus or 1,))
    place = rng.randint(1, len(items))
    ways = [_by_place, _by_place, _by_brand, _by_brand, _by_trait, _by_kind, _by_price]
    rng.shuffle(ways)
    for way in ways:
        found = way(items, place, rng)
        if found is not None:
            return found
    return _by_place(items, place, rng)


def point_at_all(items: tuple[Item, ...], rng: random.Random) -> Pointing:
    """Everything on the screen."""
    words = ["these", "those", "them", "all of them", "all of these", "them all"]
    if 2 <= len(items) <= 4:
        number = _NAMES[len(items) - 1]
        words += [f"these {number}", f"the {number}", f"all {number}", f"these {number}", f"those {number}"]
    if len(items) == 2:
        words = ["both", "these two", "the two", "those two", "both of them", "the pair of them", "both of these"]
    return Pointing(rng.choice(words), tuple(range(1, len(items) + 1)))


def point_at_some(items: tuple[Item, ...], joiner: str, rng: random.Random) -> Pointing:
    """Two or more items side by side, joined by "and", "or" or "vs"."""
    count = len(items)
    if joiner != "vs" and rng.random() < 0.35:
        return point_at_all(items, rng)
    if joiner in ("and", "of") and count > 2 and rng.random() < 0.4:
        size = rng.choice((2, 2, 2, 3)) if count > 3 else 2
        end = rng.random() < 0.5
        words = f"the {'last' if end else 'first'} {rng.choice((_NAMES[size - 1], str(size)))}"
        return Pointing(words, tuple(range(count - size + 1, count + 1) if end else range(1, size + 1)))
    size = 3 if count > 3 and rng.random() < 0.2 else 2
    places = rng.sample(range(1, count + 1), size)
    word = {
        "and": rng.choice(("and", "and", "&", "and the")),
        "of": "and",
        "or": "or",
        "vs": rng.choice(("vs", "versus")),
    }
    return Pointing(_joined([_bare(items, place, rng) for place in places], word[joiner]), tuple(places))


def _joined(parts: list[str], word: str) -> str:
    if word == "and the":
        parts, word = [part.removeprefix("the ") for part in parts], "and"
        parts[0] = f"the {parts[0]}"
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _bare(items: tuple[Item, ...], place: int, rng: random.Random) -> str:
    ways = [_by_brand, _by_trait, _by_place, _by_place, _numbered]
    rng.shuffle(ways)
    return next(found.text for found in (way(items, place, rng) for way in ways) if found is not None)


def _item(place: int, goods: Goods, kind: str, lexicon: Lexicon, rng: random.Random, mixed: bool) -> Item:
    words = lexicon.words
    brand = rng.choice(goods.brands) if rng.random() < 0.5 else rng.choice(words["makers"])
    model = rng.choice(words["models"]) + rng.choice(("", "", f" {rng.randint(1, 9)}", f" {rng.randint(10, 900)}"))
    own = rng.choice(goods.kinds) if mixed else kind
    trait = rng.choice((*words["colors"], *words["materials"], *goods.adjectives))
    extra = rng.choice(("", "", f" {rng.choice(goods.measures)}", f" with {rng.choice(goods.parts)}"))
    forms = (
        f"{brand} {model} {own.title()}{extra}, {trait}",
        f"{brand} {model}{extra} {trait}",
        f"{brand} {trait.title()} {own.title()}{extra}",
        f"{trait.capitalize()} {own} {model} by {brand}{extra}",
        f"{brand} {model} {trait} {own}",
    )
    price = rng.randint(goods.low, goods.high) + rng.choice((0.0, 0.0, 0.5, 0.95, 0.99))
    return Item(Shown(f"p{place}", rng.choice(forms), round(price * 100)), brand, model, trait, own)


def _by_place(items: tuple[Item, ...], place: int, rng: random.Random) -> Pointing:
    last, count = place == len(items), len(items)
    if count > 8:
        return _numbered(items, place, rng)
    words = [f"the {_ORDINALS[place - 1]} one", f"the {_ORDINALS[place - 1]}", f"{_ORDINALS[place - 1]} one"]
    words += [f"the {_SHORT[place - 1]} one", f"the {_SHORT[place - 1]}", _numbered(items, place, rng).text]
    if last and count > 1:
        words += ["the last one", "the last", "the final one", "the bottom one"]
    if place == 1:
        words += ["the top one", "the first option", "the first in the list"]
    if count == 3 and place == 2:
        words += ["the middle one", "the one in the middle"]
    return Pointing(rng.choice(words), (place,))


def _numbered(items: tuple[Item, ...], place: int, rng: random.Random) -> Pointing:
    name = str(place) if place > 8 or rng.random() < 0.7 else _NAMES[place - 1]
    word = rng.choice(("number", "no.", "option", "item", "nr", "#", "product"))
    return Pointing(f"#{place}" if word == "#" else f"{word} {name}", (place,))


def _by_brand(items: tuple[Item, ...], place: int, rng: random.Random) -> Pointing | None:
    item = items[place - 1]
    if sum(other.brand == item.brand for other in items) > 1:
        return None
    brand = item.brand if rng.random() < 0.5 else item.brand.lower()
    form = rng.choice(("the {b}", "the {b}", "the {b} one", "that {b}", "{b}", "the {b} {m}", "the {b} {k}", "that {b} one"))
    return Pointing(form.format(b=brand, m=item.model.lower(), k=item.kind), (place,))


def _by_trait(items: tuple[Item, ...], place: int, rng: random.Random) -> Pointing | None:
    item = items[place - 1]
    rivals = [other for other in items if item.trait.lower() in other.shown.title.lower()]
    if len(rivals) > 1:
        return None
    form = rng.choice(("the {t} one", "the {t} one", "that {t} one", "the {t} {k}", "the one in {t}", "the {t}"))
    return Pointing(form.format(t=item.trait, k=item.kind), (place,))


def _by_kind(items: tuple[Item, ...], place: int, rng: random.Random) -> Pointing | None:
    item = items[place - 1]
    if sum(item.kind in other.shown.title.lower() or other.kind == item.kind for other in items) > 1 or len(items) == 1:
        return None
    if item.kind not in item.shown.title.lower():
        return None
    return Pointing(f"the {rng.choice((item.kind, item.kind.split()[-1]))}", (place,))


def _by_price(items: tuple[Item, ...], place: int, rng: random.Random) -> Pointing | None:
    prices = [item.shown.price or 0 for item in items]
    price = prices[place - 1]
    if prices.count(price) > 1 or len(items) == 1:
        return None
    if price == min(prices):
        return Pointing(rng.choice(("the cheapest one", "the cheapest", "the cheaper one", "the least expensive")), (place,))
    if price == max(prices):
        words = ("the dearest", "the most expensive one", "the priciest", "the expensive one", "the pricier one")
        return Pointing(rng.choice(words), (place,))
    return Pointing(f"the {rng.choice(('', '$', '£'))}{price // 100} one", (place,))
