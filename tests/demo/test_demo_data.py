import re

import pytest

from demo.kinds import DATA, read_colors, read_kinds
from demo.pictures import mix
from demo.wording import title_case, with_article

KINDS = read_kinds()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_a_kind_names_only_what_exists(kind) -> None:
    ids = {other.id for other in KINDS}
    values = {value for spec in kind.specs.values() for value in spec.values}
    known = {*kind.materials, *kind.features, *kind.specs, *values, *kind.colors}
    assert set(kind.accessories) <= ids - {kind.id}
    assert set(kind.colors) <= read_colors().keys()
    assert {*kind.lead, *kind.tail, *kind.scale, *kind.usual, *kind.requires} <= known
    assert all(pair <= known and len(pair) == 2 for pair in kind.conflicts)
    assert (DATA / "shapes" / f"{kind.shape}.svg").exists()
    assert kind.price[0] < kind.price[1]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_every_sentence_of_a_kind_is_one_sentence(kind) -> None:
    sentences = [*kind.materials.values(), *kind.features.values(), *kind.notes]
    sentences += [spec.sentence.format("x") for spec in kind.specs.values()]
    for sentence in sentences:
        assert re.fullmatch(r"[A-Z0-9].*\.", sentence), sentence


def test_shapes_are_distinct() -> None:
    shapes = [path.read_text(encoding="utf-8") for path in (DATA / "shapes").glob("*.svg")]
    assert len(set(shapes)) == len(shapes) >= 40


def test_colors_mix_channel_by_channel() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#102030", "#102030", 0.7) == "#102030"
    assert mix("#ff0000", "#0000ff", 0.0) == "#ff0000"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("noise-canceling headphones", "Noise-Canceling Headphones"),
        ("500 ml", "500 ml"),
        ("set of 4", "Set of 4"),
        ("SPF 30", "SPF 30"),
        ("chef's knife", "Chef's Knife"),
    ],
)
def test_title_case(text: str, expected: str) -> None:
    assert title_case(text) == expected


def test_articles() -> None:
    assert with_article("electric kettle") == "an electric kettle"
    assert with_article("tent") == "a tent"
