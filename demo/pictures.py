"""Drawn pictures of the products: one SVG for each kind in each color, filled in from the shapes in `data/shapes`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template

from demo.kinds import DATA, read_colors
from demo.products import picture_name
from demo.types import DemoProduct

INK = "#2b2f36"
PAPER = "#ffffff"
LIGHT = 195
GRAYISH = 26
FRAME = Template(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img">'
    '<rect width="400" height="400" fill="$tint"/>'
    '<circle cx="200" cy="196" r="152" fill="$halo"/>'
    '<ellipse cx="200" cy="340" rx="$shadow" ry="11" fill="$ink" opacity=".13"/>'
    "$drawing</svg>\n"
)


def draw_pictures(products: Sequence[DemoProduct], folder: Path) -> int:
    """Writes a picture for every kind and color on sale, removes older ones, and returns how many there are."""
    for stale in sorted(folder.glob("*.svg")):
        stale.unlink()
    colors = read_colors()
    shapes = {kind.shape: _shape(kind.shape) for kind in (product.kind for product in products)}
    pictures = {picture_name(p.kind, p.color): (p.kind.shape, p.color) for p in products}
    for name, (shape, color) in pictures.items():
        (folder / name).write_text(draw(shapes[shape], colors[color]), encoding="utf-8")
    return len(pictures)


def draw(shape: str, color: str) -> str:
    """The shape as an SVG in the color (`#rrggbb`), on a background tinted with it."""
    drawing = Template(shape).substitute(
        main=color,
        dark=mix(color, INK, 0.28),
        deep=mix(color, INK, 0.55),
        light=mix(color, PAPER, 0.38),
        pale=mix(color, PAPER, 0.68),
    )
    tint, halo = backdrop(color)
    return FRAME.substitute(tint=tint, halo=halo, ink=INK, shadow=118, drawing=drawing)


def backdrop(color: str) -> tuple[str, str]:
    """The background and the disc on it: tints of a vivid color, a contrast for one that is pale, gray or black."""
    channels = _channels(color)
    if min(channels) > LIGHT:
        return "#e6ecef", "#cfdbe1"
    if max(channels) - min(channels) < GRAYISH:
        return "#f5efe6", "#e8dccb"
    return mix(color, "#faf7f2", 0.86), mix(color, "#fffdf9", 0.74)


def mix(color: str, other: str, share: float) -> str:
    """The color with a `share` (0-1) of the other mixed in, as `#rrggbb`."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(mine + (theirs - mine) * share):02x}" for mine, theirs in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _shape(name: str) -> str:
    lines = (DATA / "shapes" / f"{name}.svg").read_text(encoding="utf-8").splitlines()
    return "".join(line.strip() for line in lines)
