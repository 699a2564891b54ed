"""Annotated turns, made from the grammar with a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import cast

from assistant.reading.encoder.labels import ACTS
from assistant.reading.encoder.targets import Annotated
from assistant.reading.grammar.changes import made_need
from assistant.reading.grammar.lexicon import Lexicon
from assistant.reading.grammar.noise import Piece, typed
from assistant.reading.grammar.scene import Scene
from assistant.reading.grammar.screens import make_screen
from assistant.reading.grammar.slots import MAKERS
from assistant.types import Act, Frame, Topic
from retrieval.types import Need

_SHARES = {
    "search": 26, "refine": 34, "recommend": 4, "compare": 5, "ask_product": 6, "cart_add": 7, "cart_remove": 4,
    "cart_show": 2, "checkout": 2, "order_status": 3.5, "return_request": 4, "policy_question": 6, "like": 3.5,
    "dislike": 3.5, "human": 2.5, "smalltalk": 2.5, "out_of_scope": 5,
}  # fmt: skip
_NEEDS_SCREEN = frozenset({"compare", "ask_product", "cart_add", "cart_remove", "like", "dislike"})
_GOES_ON = frozenset({"order_status", "return_request", "human"})
_NONSENSE_SHARE = 0.12
_ALPHABETS = (
    "qwertyuiopasdfghjklzxcvbnm",
    "asdfghjkl",
    "abcdefghijklmnop0123456789",
    "äöüßéèñçøåæœ",
    "!?$%&/=#+*~^°<>|",
    "0123456789abcdef",
)
_TOPICS = {"shipping": 5, "returns": 3, "payment": 4, "warranty": 3, "privacy": 2, "other": 2}


def generate(lexicon: Lexicon, count: int, seed: int) -> Iterator[Annotated]:
    """Yields `count` turns; the same seed gives the same turns."""
    rng = random.Random(seed)
    made = 0
    while made < count:
        act = cast(Act, rng.choices(list(_SHARES), list(_SHARES.values()))[0])
        turn = _turn(act, lexicon, rng)
        if turn is not None:
            made += 1
            yield turn


def _turn(act: Act, lexicon: Lexicon, rng: random.Random) -> Annotated | None:
    topic = cast(Topic, rng.choices(list(_TOPICS), list(_TOPICS.values()))[0]) if act == "policy_question" else None
    if act == "out_of_scope" and rng.random() < _NONSENSE_SHARE:
        return Annotated(_nonsense(rng), _scene(act, lexicon, rng).context(None), Frame(act), ())
    template = rng.choice(lexicon.phrases[f"policy:{topic}" if topic else act])
    scene = _scene(act, lexicon, rng)
    pieces = scene.fill(template)
    if act == "refine" and rng.random() < 0.2:
        pieces = [Piece(rng.choice(_LEADS)), *pieces]
    if not scene.possible or not _is_legal(act, scene, pieces):
        return None
    text, spans = typed(pieces, rng)
    if not text.strip():
        return None
    return Annotated(text, scene.context(_last_act(act, scene, rng)), scene.frame(act, topic), spans)


_LEADS = (
    "ok ", "hmm ", "actually ", "oh and ", "nice, but ", "right, ", "yeah ", "no, ", "thanks. ", "great, ", "and ", "oh ",
    "wait, ", "cool. ", "ok so ", "sorry, ", "one more thing, ", "hm ok, ", "nah, ", "fine, ", "interesting. ",
)  # fmt: skip


def _nonsense(rng: random.Random) -> str:
    """Keys hit at random, or letters of anywhere: nothing is wanted."""
    alphabet = rng.choice(_ALPHABETS)
    words = ("".join(rng.choice(alphabet) for _ in range(rng.randint(1, 9))) for _ in range(rng.randint(1, 8)))
    return " ".join(words)


def _scene(act: Act, lexicon: Lexicon, rng: random.Random) -> Scene:
    goods = rng.choice(lexicon.goods)
    scene = Scene(rng, lexicon, goods, rng.choice(goods.kinds), Need(), (), None, MAKERS)
    fresh = act == "search" and rng.random() < 0.5
    bare = act not in ("refine", *_NEEDS_SCREEN, "search") and rng.random() < 0.6
    if fresh or bare:
        return scene
    if act == "search":
        scene.goods = rng.choice(lexicon.goods)
        scene.kind = rng.choice(scene.goods.kinds)
    mixed = act == "cart_remove" and rng.random() < 0.6 or rng.random() < 0.08
    scene.items = (
        make_screen(scene.goods, scene.kind, lexicon, rng, mixed) if rng.random() < 0.93 or act in _NEEDS_SCREEN else ()
    )
    if not (mixed and rng.random() < 0.3):
        scene.need = made_need(scene, rng)
    if scene.items and rng.random() < 0.35:
        scene.focus = rng.randint(1, len(scene.items))
    if act == "search":
        scene.goods, scene.kind = goods, rng.choice(goods.kinds)
    return scene


def _is_legal(act: Act, scene: Scene, pieces: list[Piece]) -> bool:
    kinds = [piece.kind for piece in pieces if piece.kind]
    bounds = [kind for kind in kinds if kind.startswith("price")]
    if len(bounds) > 1 or kinds.count("query") > 1 or kinds.count("rating_min") > 1 or kinds.count("quantity") > 1:
        return False
    if act == "compare" and len(set(scene.refs)) < 2:
        return False
    return not (scene.price_rel and bounds)


def _last_act(act: Act, scene: Scene, rng: random.Random) -> Act | None:
    if act in _GOES_ON and rng.random() < 0.45:
        return act
    if not scene.items and scene.need.is_empty:
        return rng.choice((None, None, None, None, "smalltalk", "policy_question", "out_of_scope", "order_status"))
    if rng.random() < 0.15:
        return rng.choice(ACTS)
    return rng.choice(("search", "search", "refine", "refine", "ask_product", "like", "recommend", "cart_add"))
