"""What people take back or put in place of something else, and the needs that earlier turns leave behind."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from assistant.reading.grammar.noise import Piece
from assistant.reading.grammar.scene import Scene
from retrieval.types import Need

SIZES = ("small", "medium", "large", "xl", "xxl", "xs", "extra large", "s", "m", "l")


def take_back(scene: Scene) -> list[Piece]:
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


def replace_value(scene: Scene) -> list[Piece]:
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
    yield SIZES


def _unit(value: str) -> str:
    return re.sub(r"[\d.,/+-]+", "#", value).strip() if re.search(r"\d", value) else ""


def replace_kind(scene: Scene) -> list[Piece]:
    """Another kind of the same goods takes the place of the kind in the need."""
    others = [kind for kind in scene.goods.kinds if kind != scene.need.query]
    if not scene.need.query or not others:
        scene.possible = False
        return []
    scene.kind = scene.rng.choice(others)
    return scene.say("swap.kind")


def made_need(scene: Scene, rng: random.Random) -> Need:
    """A need for the scene's goods, as earlier turns may have left it."""
    held: dict[str, Any] = {"query": scene.kind_said()}
    include: list[str] = []
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
        group = rng.choice((*_groups(scene), scene.goods.adjectives, scene.goods.parts, scene.goods.uses))
        include.append(rng.choice(group))
    exclude = [rng.choice(scene.goods.avoided) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))]
    held["include"] = tuple(dict.fromkeys(include))
    held["exclude"] = tuple(value for value in dict.fromkeys(exclude) if value not in include)
    if rng.random() < 0.2:
        held["brand"] = tuple(dict.fromkeys(rng.choice(scene.goods.brands) for _ in range(rng.choice((1, 2)))))
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
