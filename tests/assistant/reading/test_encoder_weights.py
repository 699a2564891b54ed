import json

import numpy as np
import pytest
import torch

from assistant.reading.encoder import weights
from assistant.reading.encoder.model import ReaderModel
from retrieval.embed import default_model_path


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(1)
    model = ReaderModel.from_folder(default_model_path())
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "layer.5" in name:
                weight += 0.01 * torch.randn_like(weight)
    return model.weights()


def test_weights_come_back_as_good_as_they_were(trained, tmp_path):
    weights.save(trained, default_model_path(), tmp_path, {"note": "kept"})
    loaded, card = weights.load(default_model_path(), tmp_path)
    assert card["note"] == "kept"
    for name, before in trained.items():
        assert np.allclose(before, loaded[name], atol=5e-4), name
    again = ReaderModel.from_weights(default_model_path(), loaded).weights()
    assert all(np.array_equal(again[name], loaded[name]) for name in trained)


def test_only_what_training_changed_is_kept(trained, tmp_path):
    weights.save(trained, default_model_path(), tmp_path, {})
    assert (tmp_path / weights.WEIGHTS).stat().st_size < 4_000_000


def test_the_mean_of_readers_lies_between_them(trained, tmp_path):
    other = ReaderModel.from_folder(default_model_path()).weights()
    for name, one in (("one", trained), ("other", other)):
        weights.save(one, default_model_path(), tmp_path / name, {"note": name})
    mean, cards = weights.average(default_model_path(), [tmp_path / "one", tmp_path / "other", tmp_path / "other"])
    assert [card["note"] for card in cards] == ["one", "other", "other"]
    name = "base.encoder.layer.5.output.dense.weight"
    ends = [weights.load(default_model_path(), tmp_path / folder)[0][name] for folder in ("one", "other")]
    assert np.allclose(mean[name], (ends[0] + 2 * ends[1]) / 3, atol=1e-6)
    assert not np.allclose(ends[0], ends[1], atol=1e-3)
    weights.save(mean, default_model_path(), tmp_path / "mean", {})
    assert (tmp_path / "mean" / weights.WEIGHTS).stat().st_size < 4_000_000


def test_weights_of_another_base_model_are_refused(trained, tmp_path):
    weights.save(trained, default_model_path(), tmp_path, {})
    card = tmp_path / weights.CARD
    card.write_text(json.dumps({**json.loads(card.read_text()), "base_sha256": "0" * 64}))
    with pytest.raises(weights.WeightsError, match="another base model"):
        weights.load(default_model_path(), tmp_path)


def test_weights_for_other_features_are_refused(trained, tmp_path):
    older = {**trained, "feature_table.weight": trained["feature_table.weight"][:-1]}
    weights.save(older, default_model_path(), tmp_path, {})
    with pytest.raises(weights.WeightsError, match=r"another version: feature_table.weight has \d+ rows, expected \d+"):
        weights.load(default_model_path(), tmp_path)


def test_broken_weights_are_refused(trained, tmp_path):
    weights.save(trained, default_model_path(), tmp_path, {})
    (tmp_path / weights.WEIGHTS).write_bytes(b"not weights")
    with pytest.raises(weights.WeightsError, match="broken"):
        weights.load(default_model_path(), tmp_path)


def test_missing_weights_say_how_to_make_them(tmp_path):
    with pytest.raises(weights.WeightsError, match="train_reader"):
        weights.load(default_model_path(), tmp_path)
