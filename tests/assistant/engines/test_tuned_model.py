"""The packaged model with an adapter and with plain words, in both local engines: slow, as it loads real models."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from assistant.chat_models import ChatModelRefused, ChatModelUnavailable
from assistant.engines.hugging_face import HuggingFaceChatModel
from assistant.engines.openvino import OpenVinoChatModel
from assistant.engines.packaged import packaged_model
from assistant.engines.plain_words import REFERENCE_LETTERS
from tests.fakes_engines import a_request

QUESTIONS = [f"Tell me about {thing}." for thing in ("cats", "tents", "tea", "maps", "rain")]
TEMPTING = [
    "Count from 1 to 30 in digits.",
    "Write HTML with a $19.99 price.",
    "List brands: Nike, Bosch",
    "Say 日本語 or “é”.",
]
SHAPES = {"self_attn.q_proj": (576, 576), "self_attn.k_proj": (192, 576), "mlp.down_proj": (576, 1536)}


@pytest.fixture(scope="module")
def adapter(tmp_path_factory):
    """Strong enough that the model says something else, weak enough that it is still speech."""
    random = np.random.default_rng(0)
    tensors = {}
    for block in range(30):
        for part, (rows, columns) in SHAPES.items():
            name = f"base_model.model.model.layers.{block}.{part}"
            tensors[f"{name}.lora_A.weight"] = random.normal(size=(4, columns)).astype(np.float32) / columns**0.5
            tensors[f"{name}.lora_B.weight"] = random.normal(size=(rows, 4)).astype(np.float32) * 0.1
    path = tmp_path_factory.mktemp("adapter") / "adapter.safetensors"
    save_file(tensors, path, metadata={"lora_alpha": "8"})
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def tuned(cache, adapter):
    model = OpenVinoChatModel(packaged_model(), cache_folder=cache, plain_words=True, adapter=adapter)
    yield model
    model.close()


def beginnings(model, **fields):
    return [
        " ".join("".join(model.stream(a_request(text, seconds=60, max_tokens=10, **fields))).split()[:4])
        for text in QUESTIONS
    ]


@pytest.mark.slow
def test_both_engines_merge_the_adapter_alike(cache, adapter, tuned):
    torch_model = HuggingFaceChatModel(packaged_model(), cache_folder=cache, adapter=adapter, device="cpu")
    untuned = OpenVinoChatModel(packaged_model(), cache_folder=cache, plain_words=True)
    in_openvino, in_torch, without = (beginnings(model, plain_words=True) for model in (tuned, torch_model, untuned))
    for model in (torch_model, untuned):
        model.close()
    assert sum(one == other for one, other in zip(in_openvino, in_torch, strict=True)) >= 4, (in_openvino, in_torch)
    assert sum(one == other for one, other in zip(in_openvino, without, strict=True)) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_nothing_can_talk_it_into_a_digit_or_markup(tuned, temperature):
    for seed, text in enumerate(TEMPTING):
        request = a_request(text, seconds=60, max_tokens=60, plain_words=True, temperature=temperature, seed=seed)
        said = "".join(tuned.stream(request))
        assert said
        assert said.isascii()
        assert not set(said) & set('0123456789$%<>{}|\\@#*`~^=/&"\n!'), said
        assert not set(said) & set("KQXZ") - set(REFERENCE_LETTERS), said


@pytest.mark.slow
def test_a_seed_decides_what_is_drawn(tuned):
    first, again, other = (beginnings(tuned, plain_words=True, temperature=1.0, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.slow
def test_an_openvino_folder_gets_the_rule_as_well(cache, tmp_path):
    plain = OpenVinoChatModel(packaged_model(), cache_folder=tmp_path / "first")
    with pytest.raises(ChatModelRefused, match="not opened for plain words"):
        list(plain.stream(a_request(plain_words=True)))
    plain.close()
    (folder,) = (tmp_path / "first").iterdir()
    model = OpenVinoChatModel(folder, cache_folder=tmp_path / "second", plain_words=True)
    said = "".join(model.stream(a_request(TEMPTING[0], seconds=60, max_tokens=40, plain_words=True)))
    model.close()
    assert said
    assert not any(character.isdigit() for character in said)
    assert len(list((tmp_path / "second").iterdir())) == 1
    with pytest.raises(ChatModelUnavailable, match="is for a GGUF"):
        OpenVinoChatModel(folder, cache_folder=tmp_path, adapter=tmp_path / "adapter.safetensors")
