import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.reading.encoder import weights
from assistant.reading.encoder.inputs import Encoder
from assistant.reading.encoder.model import ReaderModel, collate
from assistant.reading.encoder.runtime import Network
from assistant.reading.grammar.generate import generate
from assistant.reading.grammar.lexicon import load
from assistant.reading.text import read
from retrieval.bert import read_json
from retrieval.embed import default_model_path

_ROOT = Path(__file__).parents[3]
_CONFIG = read_json(default_model_path() / "config.json")
_SERVING = """
import sys
from pathlib import Path

import app
import assistant.web.server
from assistant.reading.encoder.reader import EncoderReader
from assistant.settings import Settings
from assistant.understand import Context
from assistant.vocabulary import Vocabulary
from retrieval.embed import default_model_path

settings = Settings(home=Path(sys.argv[1]), device="cpu", chat_engine="none")
app.open_services(settings, app.open_engine(settings))
EncoderReader(Vocabulary(), default_model_path(), Path(sys.argv[2])).read("a quiet desk fan", Context())
print(sorted({"torch", "transformers", "sentence_transformers", "accelerate", "sklearn"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(2)
    model = ReaderModel.from_folder(default_model_path()).eval()
    with torch.no_grad():
        for weight in (model.feature_table.weight[1:], *(head.weight for head in model.whole.values())):
            weight.normal_(std=0.1)
        for head in (model.tags, model.chosen):
            head.weight.normal_(std=0.1)
    return model


@pytest.fixture(scope="module")
def turns():
    encoder = Encoder.from_folder(default_model_path())
    return [encoder.encode(read(turn.user), turn.context) for turn in generate(load(), 10, 5)]


def expected(model, turn):
    with torch.no_grad():
        return {name: scores[0].numpy() for name, scores in model(collate([turn])).items()}


def test_the_graph_says_what_the_trained_model_says(model, turns):
    network = Network(model.weights(), _CONFIG, "f32")
    for turn in turns:
        found, wanted = network.scores(turn), expected(model, turn)
        assert set(found) == set(wanted)
        for name, scores in wanted.items():
            assert found[name].shape == scores.shape
            assert np.allclose(found[name], scores, atol=1e-3, rtol=1e-3), name


def test_half_precision_changes_only_what_was_undecided(model, turns):
    network = Network(model.weights(), _CONFIG)
    noise = 0.0
    for turn in turns:
        found, wanted = network.scores(turn), expected(model, turn)
        for name, scores in wanted.items():
            noise = max(noise, float(np.abs(found[name] - scores).max()))
            if name not in {"item", "value"}:
                best = found[name].argmax(axis=-1)
                chosen = np.take_along_axis(scores, np.expand_dims(best, -1), -1)[..., 0]
                assert (scores.max(axis=-1) - chosen <= 0.2).all(), name
    assert noise < 0.2


def test_serving_starts_without_the_libraries_of_training(model, tmp_path):
    weights.save(model.weights(), default_model_path(), tmp_path / "weights", {})
    ended = subprocess.run(
        [sys.executable, "-c", _SERVING, str(tmp_path / "home"), str(tmp_path / "weights")],
        cwd=_ROOT,
        capture_output=True,
        text=True,
    )
    assert (ended.stdout, ended.returncode) == ("[]\n", 0), ended.stderr
