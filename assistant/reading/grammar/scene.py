"""One turn in its making: the context it stands in, the slots of its template, and what it says."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

from assistant.reading.context import Context
from assistant.reading.grammar.expand import choose, parse
from assistant.reading.grammar.lexicon import Goods, Lexicon
from assistant.reading.grammar.noise import Piece
from assistant.reading.grammar.screens import Item, Pointing, point_at, point_at_some
from assistant.types import Act, Frame, PriceRelation, Topic
from retrieval.types import Need, Sort

_NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_CONTAINERS = ("packs", "boxes", "bags", "bottles", "tins", "tubs", "rolls", "jars", "packets")
_SIZES = ("small", "medium", "large", "xl", "xxl", "xs", "extra large", "s", "m", "l")
_SPELLED = {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 100: "a hundred", 150: "a hundred and fifty",
            200: "two hundred", 300: "three hundred", 500: "five hundred", 1000: "a thousand", 80: "eighty", 25: "twenty five",
            10: "ten", 15: "fifteen", 70: "seventy", 90: "ninety", 250: "two fifty", 400: "four hundred"}  # fmt: skip


@dataclass
class Scene:
    """The state of a turn while its template is filled in."""

    rng: random.Random
    lexicon: Lexicon
    goods: Goods
    kind: str
    need: Need
    items: tuple[Item, ...]
    focus: int | None
    sort: Sort | None = None
    price_rel: PriceRelation | None = None
    refs: list[int] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    given: dict[str, Piece] = field(default_factory=dict)
    possible: bool = True

    def fill(self, template: str) -> list[Piece]:
        """The template with every slot filled in."""
        pieces: list[Piece] = []
        for part in choose(parse(template), self.rng):
            pieces += [Piece(part)] if isinstance(part, str) else self._slot(part.name)
        return pieces

    def frame(self, act: Act, topic: Topic | None) -> Frame:
        """What the turn says besides the values in its pieces."""
        refs = tuple(dict.fromkeys(self.refs))
        return Frame(act, sort=self.sort, price_rel=self.price_rel, refs=refs, drop=tuple(self.drop), topic=topic)

    def context(self, last_act: Act | None) -> Context:
        """The context in which the turn is said."""
        focus = self.items[self.focus - 1].shown.id if self.focus and self.focus <= len(self.items) else None
        return Context(self.need, tuple(item.shown for item in self.items), last_act, focus)

    def say(self, section: str) -> list[Piece]:
        """One of the templates of a section, filled in."""
        return self.fill(self.rng.choice(self.lexicon.phrases[section]))

    def _slot(self, name: str) -> list[Piece]:
        if name.startswith("sort:"):
            self.sort = cast(Sort, name[5:])
            return []
        if name.startswith("amount."):
            return self._amount(name[7:])
        if name in self.given:
            return [self.given[name]]
        if name in self.lexicon.phrases:
            return self.say(name)
        maker = _MAKERS.get(name)
        if maker is None:
            raise ValueError(f"slot is {{{name}}}, expected one of the phrase sections or {', '.join(sorted(_MAKERS))}")
        return maker(self)

    def pick(self, values: tuple[str, ...]) -> str:
        """A value that this turn and the need do not hold yet; the turn is given up if there is none."""
        held = {value.lower() for value in (*self.need.include, *self.need.exclude, *self.need.brand)}
        free = [value for value in values if value.lower() not in self.used | held]
        if not free:
            self.possible = False
            return "nothing"
        value = self.rng.choice(free)
        self.used.add(value.lower())
        return value

    def words(self, name: str) -> str:
        """A word of a shared list."""
        return self.pick(self.lexicon.words[name])

    # ---- amounts

    def amount(self) -> int:
        """A round price for these goods."""
        value = self.rng.randint(self.goods.low, self.goods.high)
        step = 5 if value < 100 else 10 if value < 300 else 50
        return max(5, value // step * step) if self.rng.random() < 0.85 else max(2, value)

    def _money(self, value: int) -> list[tuple[str, bool]]:
        """(text, is the number) parts of an amount."""
        spelled = _SPELLED.get(value)
        number = f"{value:,}" if value >= 1000 and self.rng.random() < 0.3 else str(value)
        if value >= 1000 and value % 100 == 0 and self.rng.random() < 0.2:
            number = f"{value / 1000:g}k"
        if spelled and self.rng.random() < 0.15:
            number = spelled
        if self.rng.random() < 0.06 and value < 1000:
            number = f"{value}.{self.rng.choice(('50', '99', '95', '00'))}"
        sign, unit = self.rng.choice(
            (("$", ""), ("$", ""), ("£", ""), ("€", ""), ("", ""), ("", ""), ("", " dollars"), ("", " quid"), ("", " bucks"),
             ("", " euros"), ("", " pounds"), ("", "€"), ("", " usd"))
        )  # fmt: skip
        if number[0].isalpha():
            sign = ""
        return [(sign, False), (number, True), (unit, False)]

    def _amount(self, role: str) -> list[Piece]:
        if role.startswith("range"):
            low, high = sorted((self.amount(), self.amount() + 5))
            if low == high or (low * 1.5 == high):
                high += 20
            if not role.endswith("and") and self.rng.random() < 0.3:
                sign = self.rng.choice(("$", "£", "", ""))
                unit = "" if sign else self.rng.choice((" dollars", " quid", " budget", " euros", " bucks"))
                return [Piece(sign), Piece(f"{low}-{high}", "price_range"), Piece(unit)]
            joiner = " and " if role.endswith("and") else self.rng.choice((" to ", " to ", " - "))
            sign = self.rng.choice(("$", "£", "", "", "€"))
            end = "" if sign else self.rng.choice(("", " dollars", " quid", " euros", " bucks"))
            return [Piece(sign), Piece(f"{low}{joiner}{sign}{high}", "price_range"), Piece(end)]
        kind = {"max": "price_max", "min": "price_min", "about": "price_about", "wrong": None}[role]
        return [Piece(text, kind if is_number else None) for text, is_number in self._money(self.amount())]


def _include(name: str) -> Callable[[Scene], list[Piece]]:
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


def _excluded(name: str) -> Callable[[Scene], list[Piece]]:
    def make(scene: Scene) -> list[Piece]:
        values = scene.goods.avoided if name == "thing" else _QUALITIES(scene, name)
        return [Piece(scene.pick(values), "exclude")]

    return make


_ADJECTIVE_QUALITIES = 23


def _QUALITIES(scene: Scene, name: str) -> tuple[str, ...]:
    qualities = scene.lexicon.words["qualities"]
    if name == "qualadj":
        return (*qualities[:_ADJECTIVE_QUALITIES], *scene.goods.adjectives[:3])
    return qualities[_ADJECTIVE_QUALITIES:]


def _excluded_word(name: str) -> Callable[[Scene], list[Piece]]:
    def make(scene: Scene) -> list[Piece]:
        return [Piece(scene.words(name), "exclude")]

    return make


def _kind(scene: Scene) -> list[Piece]:
    return [Piece(_plural(scene.kind, scene.rng), "query")]


def _plural(kind: str, rng: random.Random) -> str:
    if kind.endswith(("s", "x")) or rng.random() < 0.6:
        return kind
    return f"{kind}s"


def _article(scene: Scene) -> list[Piece]:
    if scene.kind.endswith("s"):
        return [Piece(scene.rng.choice(("some ", "", "", "a pair of ", "some new ")))]
    return [
        Piece(scene.rng.choice(("a", "a", "a", "a new", "a decent", "a good", "some", "the best", "", "a nice", "one")))
    ]


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
        template = rng.choice((" with {noun}", " for {use}", " in {color}", ", {detail}", ", {detail}", " {detail}", " {neg}", ", {neg}",
                               " {price}", ", {price}", " made of {material}", " that's {adj}", " {measure}", " and {adj}"))  # fmt: skip
        if ("price" in template) and scene.used & {"(price)"}:
            continue
        if "price" in template:
            scene.used.add("(price)")
        after += scene.fill(template)
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


def _some(joiner: str) -> Callable[[Scene], list[Piece]]:
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


def _relation(name: PriceRelation) -> Callable[[Scene], list[Piece]]:
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


def _drop(scene: Scene) -> list[Piece]:
    """Something that the need holds is taken back."""
    need = scene.need
    slots = ("include", "include", "exclude", "brand_exclude", "brand", "rating_min", "sort")
    options = [slot for slot in slots if getattr(need, slot)]
    options += ["price"] if need.price_max or need.price_min else []
    if not options:
        scene.possible = False
        return []
    slot = scene.rng.choice(options)
    if slot in ("include", "exclude", "brand_exclude") or (slot == "brand" and scene.rng.random() < 0.3):
        value = scene.rng.choice(getattr(need, slot))
        scene.drop.append(value)
        scene.given["v"] = Piece(value if scene.rng.random() < 0.8 else value.split()[-1])
        return scene.say("allow" if slot in ("exclude", "brand_exclude") else "undo")
    prices = [name for name in ("price_min", "price_max") if getattr(need, name) is not None]
    scene.drop += prices if slot == "price" else [slot]
    scene.given["b"] = Piece(need.brand[0] if need.brand else "that")
    return scene.say(f"undo:{slot}")


def _swap(scene: Scene) -> list[Piece]:
    """A wanted value takes the place of another."""
    rivals = [(old, group) for old in scene.need.include for group in _groups(scene) if old in group]
    if not rivals:
        scene.possible = False
        return []
    old, group = scene.rng.choice(rivals)
    new = scene.pick(group)
    scene.drop.append(old)
    scene.given |= {"old": Piece(old), "new": Piece(new, "include")}
    same = group is scene.lexicon.words["colors"] or _unit(old) == _unit(new) != ""
    return scene.say("swap.bare" if same and scene.rng.random() < 0.6 else "swap.named")


def _groups(scene: Scene) -> Iterator[tuple[str, ...]]:
    yield scene.lexicon.words["colors"]
    yield scene.lexicon.words["materials"]
    yield scene.goods.measures
    yield scene.goods.adjectives
    yield _SIZES


def _unit(value: str) -> str:
    return re.sub(r"[\d.,/+-]+", "#", value).strip() if re.search(r"\d", value) else ""


def _kind_swap(scene: Scene) -> list[Piece]:
    others = [kind for kind in scene.goods.kinds if kind != scene.need.query]
    if not scene.need.query or not others:
        scene.possible = False
        return []
    scene.kind = scene.rng.choice(others)
    return scene.say("swap.kind")


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
    return [Piece(scene.rng.choice(_SIZES), "include")]


def _size_number(scene: Scene) -> list[Piece]:
    rng = scene.rng
    return [
        Piece(
            rng.choice(
                (str(rng.randint(4, 48)), str(rng.randint(4, 14)), f"{rng.randint(4, 12)}.5", rng.choice(_SIZES))
            ),
            "include",
        )
    ]


def _dollars(scene: Scene) -> list[Piece]:
    return [Piece(f"{scene.amount()}.00", "price_max")]


def _someone(scene: Scene) -> list[Piece]:
    return [Piece(scene.rng.choice(scene.lexicon.words["people"]))]


def _any(name: str) -> Callable[[Scene], list[Piece]]:
    def make(scene: Scene) -> list[Piece]:
        return [Piece(scene.rng.choice(scene.lexicon.words[name]))]

    return make


def _number(scene: Scene) -> list[Piece]:
    return [Piece(str(scene.rng.randint(2, 2000)))]


def _noun(scene: Scene) -> list[Piece]:
    return [Piece(scene.rng.choice(("of them", "of those", "of it", "of these")))] + _mean_focus(scene)


_MAKERS: dict[str, Callable[[Scene], list[Piece]]] = {
    "adj": _adjective, "color": _color, "+color": _include("colors"), "material": _include("materials"), "aud": _audience,
    "noun": _part, "use": _use, "measure": _measure, "np": _np, "kind": _kind, "a": _article,
    "kind.bare": lambda scene: [Piece(scene.kind if scene.kind.endswith("s") else f"{scene.kind}s", "query")],
    "kindref": lambda scene: [Piece(scene.need.query or "stuff")],
    "-thing": _excluded("thing"), "-qualadj": _excluded("qualadj"), "-quality": _excluded("quality"),
    "-material": _excluded_word("materials"), "-color": _excluded_word("colors"),
    "brand.list": _brands, "brand_ex": _brand_excluded, "stars": _stars, "order": _order, "dollars.max": _dollars,
    "ref": _ref, "ref2": _second_ref, "refs2": _some("and"), "refs2.or": _some("or"), "refs2.vs": _some("vs"), "refs2.of": _some("of"),
    "all": _mean_all, "both": _mean_both, "it": _mean_focus, "refnoun": _noun,
    "qty": _counted, "qtynum": lambda scene: [_count(scene)], "qtyone": lambda scene: [Piece("one", "quantity")], "quantity.np": _counted_kind,
    "q.lower": _relation("lower"), "q.higher": _relation("higher"), "q.drop": _drop, "q.swap": _swap, "q.kindswap": _kind_swap,
    "corr": _correction, "+interest": _include("story uses"), "+occasion": _include("occasions"), "+sizeword": _size,
    "+sizenum": _size_number, "sizev": _size, "sizefull": _size_number,
    "person": _someone, "country": _any("countries"), "num": _number, "num2": _number,
}  # fmt: skip


def made_need(scene: Scene, rng: random.Random) -> Need:
    """A need for the scene's goods, as earlier turns may have left it."""
    held: dict[str, Any] = {"query": _plural(scene.kind, rng)}
    include: list[str] = []
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
        group = rng.choice((*_groups(scene), scene.goods.adjectives, scene.goods.parts, scene.goods.uses))
        include.append(rng.choice(group))
    exclude = [rng.choice(scene.goods.avoided) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))]
    held["include"] = tuple(dict.fromkeys(include))
    held["exclude"] = tuple(value for value in dict.fromkeys(exclude) if value not in include)
    if rng.random() < 0.2:
        held["brand"] = tuple({rng.choice(scene.goods.brands) for _ in range(rng.choice((1, 2)))})
    elif rng.random() < 0.1:
        held["brand_exclude"] = (rng.choice(scene.goods.brands),)
    if rng.random() < 0.35:
        held["price_max"] = scene.amount() * 100
    elif rng.random() < 0.08:
        held["price_min"] = scene.amount() * 100
    if rng.random() < 0.1:
        held["rating_min"] = rng.choice((3.5, 4.0, 4.5))
    if rng.random() < 0.1:
        held["sort"] = rng.choice(("price_asc", "price_desc", "rating", "popularity", "newest"))
    return replace(Need(), **held)


__all__ = ["Pointing", "Scene", "made_need"]
