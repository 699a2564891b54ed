"""Merging on a GGUF of a few hundred made-up weights, and what the real models say with an adapter."""

import gguf
import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch_file

from assistant.chat_models import ChatModelUnavailable
from assistant.engines.merge import add_to, fingerprint, gguf_name, is_rounded, permuted, read_adapter, rewrite_gguf

WIDTH, HEADS, KEY_HEADS = 32, 4, 2
QUERY, KEY, DOWN = (f"model.layers.0.{part}" for part in ("self_attn.q_proj", "self_attn.k_proj", "mlp.down_proj"))
SHAPES = {QUERY: (32, 32), KEY: (16, 32), DOWN: (32, 64)}


def write_adapter(path, *, rank=2, alpha="8", prefix="base_model.model.", shapes=SHAPES, **also):
    random = np.random.default_rng(0)
    tensors = dict(also)
    for layer, (rows, columns) in shapes.items():
        tensors[f"{prefix}{layer}.lora_A.weight"] = random.normal(size=(rank, columns)).astype(np.float32)
        tensors[f"{prefix}{layer}.lora_B.weight"] = random.normal(size=(rows, rank)).astype(np.float32)
    save_file(tensors, path, metadata={"lora_alpha": alpha} if alpha else None)
    return path


@pytest.fixture
def adapter(tmp_path):
    return write_adapter(tmp_path / "adapter.safetensors")


@pytest.fixture
def model(tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "tiny.gguf", "llama")
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_token_list(["a", "b"])
    writer.add_chat_template("{{ messages }}")
    random = np.random.default_rng(1)
    for layer, shape in SHAPES.items():
        writer.add_tensor(gguf_name(layer)[0], random.normal(size=shape).astype(np.float32))
    up = gguf.quants.quantize(random.normal(size=(64, 32)).astype(np.float32), gguf.GGMLQuantizationType.Q4_1)
    writer.add_tensor("blk.0.ffn_up.weight", up, raw_dtype=gguf.GGMLQuantizationType.Q4_1)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tmp_path / "tiny.gguf"


def weights(path):
    tensors = gguf.GGUFReader(path).tensors
    return {one.name: gguf.quants.dequantize(one.data, one.tensor_type) for one in tensors}


def test_the_product_of_the_factors_is_scaled(adapter):
    deltas = read_adapter(adapter).deltas
    assert {layer: delta.shape for layer, delta in deltas.items()} == SHAPES
    assert np.linalg.matrix_rank(deltas[DOWN]) == 2
    ones = {f"x.lora_{side}.weight": np.ones(shape, np.float32) for side, shape in (("A", (2, 3)), ("B", (4, 2)))}
    path = write_adapter(adapter.with_name("ones"), shapes={}, **ones)
    assert np.array_equal(read_adapter(path).deltas["x"], np.full((4, 3), 8.0))


def test_factors_may_be_of_half_precision(tmp_path):
    path = tmp_path / "half.safetensors"
    half = {
        f"x.lora_{side}.default.weight": torch.ones(shape, dtype=torch.bfloat16)
        for side, shape in (("A", (2, 3)), ("B", (4, 2)))
    }
    save_torch_file(half, path, metadata={"lora_alpha": "2"})
    assert np.array_equal(read_adapter(path).deltas["x"], np.full((4, 3), 2.0))


def test_rows_are_permuted_as_a_rotary_pair_is():
    """Row i of a head's first half and row i of its second half are one pair; a GGUF has them side by side."""
    rows = np.arange(8, dtype=np.float32)[:, None]
    assert permuted(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


@pytest.mark.parametrize(("kind", "error"), [("F32", 1e-6), ("Q8_0", 0.3)])
def test_a_merged_gguf_has_the_sum_and_all_else_as_it_was(model, adapter, tmp_path, kind, error):
    rewrite_gguf(model, tmp_path / "merged.gguf", read_adapter(adapter), kind)
    before, after, deltas = weights(model), weights(tmp_path / "merged.gguf"), read_adapter(adapter).deltas
    expected = {
        "blk.0.attn_q.weight": permuted(deltas[QUERY], HEADS),
        "blk.0.attn_k.weight": permuted(deltas[KEY], KEY_HEADS),
        "blk.0.ffn_down.weight": deltas[DOWN],
        "blk.0.ffn_up.weight": 0,
        "output_norm.weight": 0,
    }
    for name, delta in expected.items():
        assert np.abs(after[name] - before[name] - delta).max() < error
    old, new = (gguf.GGUFReader(path) for path in (model, tmp_path / "merged.gguf"))
    assert is_rounded(model)
    assert not is_rounded(tmp_path / "merged.gguf")
    assert {name for name in old.fields if not name.startswith("GGUF")} <= set(new.fields)
    assert new.fields["tokenizer.ggml.tokens"].contents() == ["a", "b"]


def test_a_torch_model_grows_by_the_same(adapter, tmp_path):
    inner = torch.nn.Linear(3, 4, bias=False)
    model = torch.nn.ModuleDict({"x": inner})
    path = write_adapter(tmp_path / "x", shapes={"x": (4, 3)})
    before = inner.weight.detach().clone()
    add_to(model, read_adapter(path))
    assert torch.allclose(inner.weight - before, torch.from_numpy(read_adapter(path).deltas["x"]), atol=1e-5)


def test_an_adapter_for_another_model_is_named(model, adapter, tmp_path):
    other = write_adapter(tmp_path / "other", shapes={QUERY: (32, 64)})
    with pytest.raises(ChatModelUnavailable, match=rf"other has \(32, 64\) for {QUERY}.*\(32, 32\)"):
        rewrite_gguf(model, tmp_path / "merged.gguf", read_adapter(other))
    missing = write_adapter(tmp_path / "missing", shapes={"lm_head": (2, 2)})
    with pytest.raises(ChatModelUnavailable, match="missing has .* for lm_head.*no such layer"):
        rewrite_gguf(model, tmp_path / "merged.gguf", read_adapter(missing))
    with pytest.raises(ChatModelUnavailable, match="no such layer"):
        add_to(torch.nn.Linear(1, 1), read_adapter(adapter))


@pytest.mark.parametrize("alpha", ["", "nan", "0", "-1", "much"])
def test_an_adapter_without_its_scale_is_named(tmp_path, alpha):
    with pytest.raises(ChatModelUnavailable, match="bad.safetensors is not as expected"):
        read_adapter(write_adapter(tmp_path / "bad.safetensors", alpha=alpha))


def test_an_adapter_that_is_broken_is_named(tmp_path):
    broken = tmp_path / "broken.safetensors"
    for read in (read_adapter, fingerprint):
        with pytest.raises(ChatModelUnavailable, match=r"broken\.safetensors cannot be read"):
            read(broken)
    broken.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{half")
    with pytest.raises(ChatModelUnavailable, match=r"broken\.safetensors cannot be read"):
        read_adapter(broken)


@pytest.mark.parametrize(
    "tensors",
    [
        {"x.weight": np.ones((2, 2), np.float32)},
        {"x.lora_A.weight": np.ones((2, 2), np.float32)},
        {"x.lora_A.weight": np.ones((2, 2), np.float32), "x.lora_B.weight": np.ones((2, 3), np.float32)},
        {"x.lora_A.weight": np.full((2, 2), np.nan, np.float32), "x.lora_B.weight": np.ones((2, 2), np.float32)},
    ],
)
def test_factors_that_make_no_sense_are_named(tmp_path, tensors):
    path = write_adapter(tmp_path / "odd.safetensors", shapes={}, **tensors)
    with pytest.raises(ChatModelUnavailable, match="odd.safetensors is not as expected"):
        read_adapter(path)
