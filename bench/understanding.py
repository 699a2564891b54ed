"""How well and how fast messages are read: by the encoder, by the rules alone, and by the language model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from assistant.chat_models import ChatModel
from assistant.reading.encoder.dialogues import WRITTEN, Dialogue, read_dialogues, split
from assistant.reading.encoder.scoring import score
from assistant.understand import LexicalReader, LlmReader, Reader, open_encoder_reader
from assistant.vocabulary import Vocabulary
from bench.figures import Spread, ratio
from bench.shop import BenchShop, Result
from retrieval.embed import default_model_path

LLM_TURNS = 60
"""Turns that the language model reads too: it takes seconds for each."""
SECONDS = 30.0
"""Deadline of the language model. A shop gives it less; here the point is how long it takes."""
UNSEEN = Path(__file__).parent / "data" / "unseen.dialogues.jsonl"
"""Dialogues that nothing was trained on or chosen by."""
OTHER_HAND = "understanding/tuning.dialogues.jsonl"


def run(shop: BenchShop) -> Iterator[Result]:
    """A line for each reader and set of dialogues; `ratio` is that reader's p50 over the encoder's on the same turns."""
    vocabulary = Vocabulary()  # the dialogues are of other shops
    rules = LexicalReader(vocabulary)
    readers: dict[str, Reader] = {
        "encoder": open_encoder_reader(vocabulary, default_model_path(), rules),
        "lexical": rules,
    }
    sets, skipped = dialogues_at_hand(shop.data)
    yield from skipped
    for name, dialogues in sets.items():
        shop.say(f"  reading {name}")
        yield from side_by_side(readers, name, dialogues)
    shop.say("  opening the language model")
    model = shop.open_chat_model("reading")
    if model is None:
        yield {"skipped": "there is no language model in the settings"}
        return
    with closing(model):
        few = sample(sets["held_back"], LLM_TURNS)
        shop.say(f"  reading about {LLM_TURNS} turns again, with the language model too")
        yield from side_by_side({**readers, "llm": reader_of(model, rules)}, "held_back_sample", few)


def reader_of(model: ChatModel, rules: Reader) -> Reader:
    """The language model as a reader, with time enough."""
    return LlmReader(model, rules, SECONDS)


def dialogues_at_hand(data: Path) -> tuple[Mapping[str, Sequence[Dialogue]], list[Result]]:
    """Annotated dialogues by name, the repository's own first, and a line for each set that is not there."""
    written = [dialogue for path in sorted(WRITTEN.glob("*.dialogues.jsonl")) for dialogue in read_dialogues(path)]
    sets: dict[str, Sequence[Dialogue]] = {"held_back": split(written)[1]}
    sets["unseen"] = read_dialogues(UNSEEN)
    other = data / OTHER_HAND
    if not other.is_file():
        return sets, [{"skipped": f"{other} is not there; SHELFWISE_DATA names the folder of the data sets"}]
    sets["other_hand"] = read_dialogues(other)
    return sets, []


def sample(dialogues: Sequence[Dialogue], count: int) -> list[Dialogue]:
    """Dialogues from all over the set, evenly apart, that have about `count` turns together."""
    turns = sum(len(turns) for _, turns in dialogues)
    step = max(1, turns // max(1, count))
    return list(dialogues[step // 2 :: step])


def side_by_side(readers: Mapping[str, Reader], name: str, dialogues: Sequence[Dialogue]) -> Iterator[Result]:
    """A line for each reader; the first of `readers` is the one that the others are compared with."""
    first: Spread | None = None
    for reader_name, reader in readers.items():
        scored = score(reader, dialogues)
        spread = Spread.of(scored.ms)
        first = first or spread
        yield {
            "ratio": ratio(spread.p50, first.p50),
            "ratio_is": f"{reader_name} p50 / {next(iter(readers))} p50",
            "reader": reader_name,
            "set": name,
            **scored.tally.figures(),
            **spread.named("ms"),
        }
