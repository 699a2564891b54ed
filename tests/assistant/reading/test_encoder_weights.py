import json

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
    return model


def test_weights_come_back_as_good_as_they_were(trained, tmp_path):
    weights.save(trained, default_model_path(), tmp_path, {"note": "kept"})
    loaded, card = weights.load(default_model_path(), tmp_path)
    assert card["note"] == "kept"
    for (name, before), after in zip(trained.state_dict().items(), loaded.state_dict().values(), strict=True):
        assert torch.allclose(before.float(), after.float(), atol=5e-4), name


def test_only_what_training_changed_is_kept(trained, tmp_path):
    weights.save(trained, default_model_path(), tmp_path, {})
    assert (tmp_path / weights.WEIGHTS).stat().st_size < 4_000_000


def test_weights_of_another_base_model_are_refused(trained, tmp_path):
    weights.save(trained, default_model_path(), tmp_path, {})
    card = tmp_path / weights.CARD
    card.write_text(json.dumps({**json.loads(card.read_text()), "base_sha256": "0" * 64}))
    with pytest.raises(weights.WeightsError, match="another base model"):
        weights.load(default_model_path(), tmp_path)


def test_missing_weights_say_how_to_make_them(tmp_path):
    with pytest.raises(weights.WeightsError, match="train_reader"):
        weights.load(default_model_path(), tmp_path)
