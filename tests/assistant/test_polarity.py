import pytest

from assistant.polarity import Opinions, opinions
from assistant.types import Shown

SHOWN = tuple(Shown(f"p{n}", title, 1000 * n) for n, title in enumerate(("Ridge Tent", "Lake Tent", "Moor Tent"), 1))


@pytest.mark.parametrize(
    ("text", "refs", "likes", "liked", "disliked"),
    [
        ("I like the first one, not the second", (1, 2), False, (1,), (2,)),
        ("I like the first one not the second", (1, 2), False, (1,), (2,)),
        ("not the second one, the first is nice", (1, 2), False, (1,), (2,)),
        ("the first is great but the third is ugly", (1, 3), True, (1,), (3,)),
        ("I don't like the first and the second", (1, 2), False, (), (1, 2)),
        ("I love the first and the third", (1, 3), True, (1, 3), ()),
        ("love the first and third, hate the second", (1, 2, 3), True, (1, 3), (2,)),
        ("the first is not bad, the second isn't for me", (1, 2), False, (1,), (2,)),
        ("I prefer the second over the first", (1, 2), True, (2,), ()),
        ("the third rather than the first, I like it better", (1, 3), True, (3,), ()),
        ("no, I like the second", (2,), True, (2,), ()),
        ("don't show me the Lake Tent, the Ridge Tent is lovely", (1, 2), False, (1,), (2,)),
        ("I like them", (1, 2, 3), True, (1, 2, 3), ()),
        ("not for me", (2,), False, (), (2,)),
    ],
)
def test_each_is_liked_or_not_by_what_is_said_around_it(
    text: str, refs: tuple[int, ...], likes: bool, liked: tuple[int, ...], disliked: tuple[int, ...]
) -> None:
    assert opinions(text, refs, SHOWN, likes=likes) == Opinions(liked, disliked)
