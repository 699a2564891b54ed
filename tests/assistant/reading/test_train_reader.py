import random

import pytest

from assistant import train_reader
from assistant.reading.context import Context
from assistant.reading.encoder.dialogues import read_dialogues
from assistant.reading.encoder.inputs import Encoder
from assistant.reading.encoder.model import ReaderModel
from assistant.reading.encoder.scoring import Tally, fit, whole_frame
from assistant.reading.encoder.targets import Annotated, Span
from assistant.reading.encoder.training import Options, examples, train
from assistant.reading.grammar.generate import generate
from assistant.reading.grammar.lexicon import load
from assistant.types import Frame
from retrieval.embed import default_model_path


@pytest.fixture(scope="module")
def dialogues():
    return [dialogue for path in sorted(train_reader.WRITTEN.glob("*.jsonl")) for dialogue in read_dialogues(path)]


def test_hand_written_turns_are_many_and_can_be_learned_from(dialogues):
    turns = [turn for _, found in dialogues for turn in found]
    assert len(turns) >= 1200
    assert sum(turn.spans is None for turn in turns) < 0.01 * len(turns)


def test_held_back_dialogues_stay_the_same_and_apart(dialogues):
    kept, held = train_reader.split(dialogues)
    again = train_reader.split(list(reversed(dialogues)))[1]
    assert {name for name, _ in held} == {name for name, _ in again}
    assert not {name for name, _ in kept} & {name for name, _ in held}
    assert 0.05 < len(held) / len(dialogues) < 0.25


def test_training_never_sees_what_is_held_back():
    lexicon = load()
    hidden = {kind for goods in lexicon.goods if goods.domain in train_reader.HELD_BACK_DOMAINS for kind in goods.kinds}
    seen = {kind for goods in lexicon.goods if goods.domain not in train_reader.HELD_BACK_DOMAINS for kind in goods.kinds}
    turns = train_reader.training_turns([], lexicon, 300, 0, 1)
    needs = {turn.context.need.query for turn in turns}
    assert not needs & (hidden - seen)


def test_a_bad_line_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"id": "a", "turns": [{"user": "hi", "shown": [], "frame": {"act": "smalltalk"}, "state": {}}]}\n{"id": 1}\n'
    )
    with pytest.raises(ValueError, match="line 2"):
        read_dialogues(path)


def test_a_little_training_lowers_the_loss():
    data = examples(list(generate(load(), 32, 3)), Encoder.from_folder(default_model_path()))
    losses = []
    model = ReaderModel.from_folder(default_model_path())
    train(model, data, Options(batch=16, epochs=4, seed=1), lambda done, of, loss: losses.append(loss))
    assert len(losses) == 8
    assert losses[-1] < losses[0]


def test_figures_count_what_is_right():
    tally = Tally()
    gold = Frame("refine", include=("red shoes",), price_max=5000, refs=(1, 2))
    assert tally.add(gold, Frame("refine", query="shoe", include=("red",), price_max=5000, refs=(2, 1)), True)
    assert not tally.add(gold, Frame("search", include=("red",), refs=(1,)), False)
    figures = tally.figures()
    assert (figures["act_accuracy"], figures["frame_exact"], figures["state_exact"]) == (0.5, 0.5, 0.5)
    assert (figures["number_accuracy"], figures["refs_accuracy"]) == (0.5, 0.5)
    assert figures["wanted_f1"] == pytest.approx(6 / 7, abs=1e-3)


def test_confidence_grows_with_certainty_where_sure_turns_are_right():
    rng = random.Random(1)
    outcomes = [(share, rng.random() < share) for share in (rng.random() for _ in range(400))]
    line = fit(outcomes)
    assert line["slope"] > 0.3
    assert 0.0 < line["threshold"] < 1.0


def test_the_frame_of_a_made_turn_follows_from_its_spans():
    turn = Annotated(
        "Red shoes under 50",
        Context(),
        Frame("search"),
        (Span(0, 3, "include"), Span(4, 9, "query"), Span(16, 18, "price_max")),
    )
    assert whole_frame(turn) == Frame("search", query="shoes", include=("red",), price_max=5000)


def test_a_rebuild_goes_on_from_the_mean_of_each_round(tmp_path):
    ran = []
    train_reader.rebuild(tmp_path / "out", tmp_path, lambda lines: ran.append([list(line) for line in lines]))
    assert [len(lines) for lines in ran] == [1, 2, 1, 2, 1]
    starts = [line[line.index("--start") + 1] for lines in ran for line in lines if "--start" in line]
    assert starts == [str(tmp_path / "first")] * 2 + [str(tmp_path / "mean-1")] * 2
    assert ran[-1] == [["--average", str(tmp_path / "seed-10"), str(tmp_path / "seed-11"), "--out", str(tmp_path / "out")]]
