"""What the slots of the templates stand for: values with what they are, and references."""

from __future__ import annotations

from assistant.reading.grammar.changes import SIZES, replace_kind, replace_value, take_back
from assistant.reading.grammar.noise import Piece
from assistant.reading.grammar.scene import Maker, Scene
from assistant.reading.grammar.screens import point_at, point_at_some
from assistant.types import PriceRelation

_NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_CONTAINERS = ("packs", "boxes", "bags", "bottles", "tins", "tubs", "rolls", "jars", "packets")
_SPELLED = {
    10: "ten", 15: "fifteen", 20: "twenty", 25: "twenty five", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty",
    70: "seventy", 80: "eighty", 90: "ninety", 100: "a hundred", 150: "a hundred and fifty", 200: "two hundred",
    250: "two fifty", 300: "three hundred", 400: "four hundred", 500: "five hundred", 1000: "a thousand",
}  # fmt: skip
_CURRENCIES = (
    ("$", ""), ("$", ""), ("£", ""), ("€", ""), ("", ""), ("", ""), ("", " dollars"), ("", " quid"), ("", " bucks"),
    ("", " euros"), ("", " pounds"), ("", "€"), ("", " usd"),
)  # fmt: skip
_ADJECTIVES_FIRST = 23
"""The first qualities are adjectives, the rest what a thing does."""


def _money(scene: Scene, value: int, kind: str | None) -> list[Piece]:
    """An amount with its currency, or without."""
    number = _written(scene, value)
    sign, unit = scene.rng.choice(_CURRENCIES)
    return [Piece("" if number[0].isalpha() else sign), Piece(number, kind), Piece(unit)]


def _written(scene: Scene, value: int) -> str:
    rng = scene.rng
    if value in _SPELLED and rng.random() < 0.15:
        return _SPELLED[value]
    if value < 1000:
        return f"{value}.{rng.choice(('50', '99', '95', '00'))}" if rng.random() < 0.06 else str(value)
    if value % 100 == 0 and rng.random() < 0.2:
        return f"{value / 1000:g}k"
    return f"{value:,}" if rng.random() < 0.3 else str(value)


def _bound(kind: str | None) -> Maker:
    return lambda scene: _money(scene, scene.amount(), kind)


def _range(joiners: tuple[str, ...]) -> Maker:
    def make(scene: Scene) -> list[Piece]:
        rng = scene.rng
        low, high = sorted((scene.amount(), scene.amount() + 5))
        high += 20 if low == high else 0
        joiner, sign = rng.choice(joiners), rng.choice(("$", "£", "", "", "€"))
        unit = "" if sign else rng.choice(("", " dollars", " quid", " euros", " bucks"))
        again = "" if joiner == "-" else sign
        return [Piece(sign), Piece(f"{low}{joiner}{again}{high}", "price_range"), Piece(unit)]

    return make


def _include(name: str) -> Maker:
    def make(scene: Scene) -> list[Piece]:
        return [Piece(scene.words(name), "include")]

    return make


def _adjective(scene: Scene) -> list[Piece]:
    source = scene.rng.random()
    if source < 0.62:
        return [Piece(scene.pick(scene.goods.adjectives), "include")]
    if source < 0.72:
        return _color(scene)
    if source < 0.78:
        return [Piece(scene.words("materials"), "include")]
    if source < 0.82:
        return [
            Piece(
                f"{scene.pick(scene.goods.avoided).split(' ')[-1]}{scene.rng.choice((' free', '-free', ' free'))}",
                "include",
            )
        ]
    return [Piece(scene.words("plain"), "include")]


def _color(scene: Scene) -> list[Piece]:
    color = scene.words("colors")
    if scene.rng.random() < 0.15:
        color = f"{color} or {scene.words('colors')}"
    return [Piece(color, "include")]


def _part(scene: Scene) -> list[Piece]:
    part = scene.pick(scene.goods.parts)
    article = scene.rng.choice(("a ", "", "", "some ")) if not part.endswith("s") else ""
    return [Piece(article), Piece(part, "include")]


def _use(scene: Scene) -> list[Piece]:
    return [Piece(scene.rng.choice(("", "", "", "my ", "the "))), Piece(scene.pick(scene.goods.uses), "include")]


def _measure(scene: Scene) -> list[Piece]:
    measure = scene.pick(scene.goods.measures)
    if scene.rng.random() < 0.25:
        measure = scene.rng.choice(
            ("at least {}", "under {}", "{} or bigger", "max {}", "up to {}", "over {}", "{} or smaller")
        ).format(measure)
    return [Piece(measure, "include")]


def _excluded(name: str) -> Maker:
    def make(scene: Scene) -> list[Piece]:
        values = scene.goods.avoided if name == "thing" else _qualities(scene, name)
        return [Piece(scene.pick(values), "exclude")]

    return make


def _qualities(scene: Scene, name: str) -> tuple[str, ...]:
    qualities = scene.lexicon.words["qualities"]
    if name == "qualadj":
        return (*qualities[:_ADJECTIVES_FIRST], *scene.goods.adjectives[:3])
    return qualities[_ADJECTIVES_FIRST:]


def _excluded_word(name: str) -> Maker:
    def make(scene: Scene) -> list[Piece]:
        return [Piece(scene.words(name), "exclude")]

    return make


def _kind(scene: Scene) -> list[Piece]:
    return [Piece(scene.kind_said(), "query")]


def _article(scene: Scene) -> list[Piece]:
    if scene.kind.endswith("s"):
        return [Piece(scene.rng.choice(("some ", "", "", "a pair of ", "some new ")))]
    return [Piece(scene.rng.choice(("a", "a", "a", "a new", "a decent", "a good", "some", "the best", "", "a nice", "one")))]


def _np(scene: Scene) -> list[Piece]:
    """A kind with properties before and after it."""
    rng = scene.rng
    before: list[Piece] = []
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 2, 3))):
        before += [
            *rng.choice((_adjective, _adjective, _adjective, _color, _plain_measure, _audience))(scene),
            Piece(" "),
        ]
    if rng.random() < 0.1:
        before += [*_brand(scene), Piece(" ")]
    if before and rng.random() < 0.5:
        before = [Piece(rng.choice(("a ", "some ", "a nice ", "a "))), *before]
    elif not before and rng.random() < 0.4:
        before = [*_article(scene), Piece(" ")]
    after: list[Piece] = []
    for _ in range(rng.choice((0, 0, 1, 1, 2, 2, 3))):
        after += scene.say("property")
    return [*before, *_kind(scene), *after]


def _plain_measure(scene: Scene) -> list[Piece]:
    return [Piece(scene.pick(scene.goods.measures), "include")]


def _audience(scene: Scene) -> list[Piece]:
    return [Piece(scene.words("audiences"), "include")]


def _brand_name(scene: Scene) -> str:
    return scene.pick(scene.goods.brands) if scene.rng.random() < 0.6 else scene.words("makers")


def _brand(scene: Scene) -> list[Piece]:
    return [Piece(_brand_name(scene), "brand")]


def _brands(scene: Scene) -> list[Piece]:
    pieces = _brand(scene)
    joiner = scene.rng.choice((" or ", " or ", " and ", ", ", "/ "))
    for _ in range(scene.rng.choice((0, 0, 1, 1, 2)) if scene.rng.random() < 0.6 else 0):
        pieces += [Piece(joiner), *_brand(scene)]
    return pieces


def _brand_excluded(scene: Scene) -> list[Piece]:
    pieces = [Piece(_brand_name(scene), "brand_exclude")]
    if scene.rng.random() < 0.25:
        pieces += [Piece(" or "), Piece(_brand_name(scene), "brand_exclude")]
    return pieces


def _ref(scene: Scene) -> list[Piece]:
    if not scene.items:
        scene.possible = False
        return []
    found = point_at(scene.items, scene.focus, scene.rng)
    scene.refs += found.places
    return [Piece(found.text)]


def _second_ref(scene: Scene) -> list[Piece]:
    if len(scene.items) < 2:
        scene.possible = False
        return []
    others = [place for place in range(1, len(scene.items) + 1) if place not in scene.refs]
    for _ in range(20):
        found = point_at(scene.items, None, scene.rng)
        if set(found.places) <= set(others):
            scene.refs += found.places
            return [Piece(found.text)]
    scene.possible = False
    return []


def _some(joiner: str) -> Maker:
    def make(scene: Scene) -> list[Piece]:
        if len(scene.items) < 2:
            scene.possible = False
            return []
        found = point_at_some(scene.items, joiner, scene.rng)
        scene.refs += found.places
        return [Piece(found.text)]

    return make


def _mean_all(scene: Scene) -> list[Piece]:
    scene.possible = scene.possible and bool(scene.items)
    scene.refs += range(1, len(scene.items) + 1)
    return []


def _mean_both(scene: Scene) -> list[Piece]:
    scene.possible = scene.possible and len(scene.items) == 2
    return _mean_all(scene)


def _mean_focus(scene: Scene) -> list[Piece]:
    place = scene.focus or (1 if len(scene.items) == 1 else None)
    scene.possible = scene.possible and place is not None
    scene.refs += [place] if place else []
    return []


def _count(scene: Scene) -> Piece:
    value = scene.rng.choice((1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12, 20))
    return Piece(_NAMES[value - 1] if value <= 10 and scene.rng.random() < 0.5 else str(value), "quantity")


def _counted(scene: Scene) -> list[Piece]:
    if scene.rng.random() < 0.15:
        return [Piece("a "), Piece("couple", "quantity")]
    if scene.rng.random() < 0.12:
        return [Piece(f"{scene.rng.randint(2, 6)}x", "quantity")]
    return [_count(scene)]


def _counted_kind(scene: Scene) -> list[Piece]:
    counted = [_count(scene), Piece(f" {scene.rng.choice(_CONTAINERS)} of ")]
    if scene.rng.random() < 0.3:
        return [
            *_np(scene),
            Piece(scene.rng.choice((", ", " - ", " x "))),
            _count(scene),
            Piece(scene.rng.choice((" of them", " please", ""))),
        ]
    return [*counted, *_np(scene)]


def _relation(name: PriceRelation) -> Maker:
    def make(scene: Scene) -> list[Piece]:
        scene.price_rel = name
        scene.possible = scene.possible and bool(scene.items)
        return []

    return make


def _stars(scene: Scene) -> list[Piece]:
    return [Piece(scene.rng.choice(("4", "4", "4.5", "3", "four", "4.2", "3.5", "4.0", "4.7", "three")), "rating_min")]


def _order(scene: Scene) -> list[Piece]:
    digits = "".join(scene.rng.choice("0123456789") for _ in range(scene.rng.choice((4, 5, 5, 6, 6, 7, 8))))
    letters = "".join(scene.rng.choice("ABCDEFGHKLMNPRSTWXZ") for _ in range(2))
    forms = (
        digits,
        digits,
        digits,
        f"{digits[:2]}-{digits[2:]}99",
        f"{letters}-{digits}",
        f"{letters}{digits}",
        f"{digits[:3]}-{digits[3:]}1",
    )
    return [Piece(scene.rng.choice(forms), "order_id")]


def _correction(scene: Scene) -> list[Piece]:
    """A slip that is put right at once: only what is meant in the end counts."""
    rng = scene.rng
    values = (
        scene.lexicon.words["colors"]
        if rng.random() < 0.5
        else scene.goods.measures
        if rng.random() < 0.5
        else scene.goods.adjectives
    )
    wrong, right = scene.pick(values), scene.pick(values)
    cue = rng.choice(
        (
            "no wait",
            "sorry",
            "i mean",
            "actually",
            "no, ",
            "wait no",
            "scratch that",
            "make that",
            "oops i mean",
            "or rather",
            "hang on",
        )
    )
    return [Piece(f"{wrong}{rng.choice((', ', '... ', ' ', '.. '))}{cue} "), Piece(right, "include")]


def _size(scene: Scene) -> list[Piece]:
    return [Piece(scene.rng.choice(SIZES), "include")]


def _size_number(scene: Scene) -> list[Piece]:
    rng = scene.rng
    return [
        Piece(
            rng.choice((str(rng.randint(4, 48)), str(rng.randint(4, 14)), f"{rng.randint(4, 12)}.5", rng.choice(SIZES))),
            "include",
        )
    ]


def _dollars(scene: Scene) -> list[Piece]:
    return [Piece(f"{scene.amount()}.00", "price_max")]


def _any(name: str) -> Maker:
    def make(scene: Scene) -> list[Piece]:
        return [Piece(scene.rng.choice(scene.lexicon.words[name]))]

    return make


def _number(scene: Scene) -> list[Piece]:
    return [Piece(str(scene.rng.randint(2, 2000)))]


def _noun(scene: Scene) -> list[Piece]:
    return [Piece(scene.rng.choice(("of them", "of those", "of it", "of these")))] + _mean_focus(scene)


MAKERS: dict[str, Maker] = {
    "amount.max": _bound("price_max"), "amount.min": _bound("price_min"),
    "amount.about": _bound("price_about"), "amount.wrong": _bound(None),
    "amount.range": _range((" to ", " to ", "-", "-", " - ")), "amount.range.and": _range((" and ",)),
    "adj": _adjective, "color": _color,
    "+color": _include("colors"), "material": _include("materials"), "aud": _audience,
    "noun": _part, "use": _use, "measure": _measure, "np": _np, "kind": _kind, "a": _article,
    "kind.bare": lambda scene: [Piece(scene.kind if scene.kind.endswith("s") else f"{scene.kind}s", "query")],
    "kindref": lambda scene: [Piece(scene.need.query or "stuff")],
    "-thing": _excluded("thing"), "-qualadj": _excluded("qualadj"), "-quality": _excluded("quality"),
    "-material": _excluded_word("materials"), "-color": _excluded_word("colors"),
    "brand.list": _brands, "brand_ex": _brand_excluded, "stars": _stars, "order": _order, "dollars.max": _dollars,
    "ref": _ref, "ref2": _second_ref, "refs2": _some("and"),
    "refs2.or": _some("or"), "refs2.vs": _some("vs"), "refs2.of": _some("of"),
    "all": _mean_all, "both": _mean_both, "it": _mean_focus, "refnoun": _noun,
    "qty": _counted, "qtynum": lambda scene: [_count(scene)],
    "qtyone": lambda scene: [Piece("one", "quantity")], "quantity.np": _counted_kind,
    "q.lower": _relation("lower"), "q.higher": _relation("higher"),
    "q.drop": take_back, "q.swap": replace_value, "q.kindswap": replace_kind,
    "corr": _correction, "+interest": _include("story uses"), "+occasion": _include("occasions"), "+sizeword": _size,
    "+sizenum": _size_number, "sizev": _size, "sizefull": _size_number,
    "person": _any("people"), "country": _any("countries"), "num": _number, "num2": _number,
}  # fmt: skip
