"""The transformers engine on a model of a few thousand random weights, made here."""

import threading
import time

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from assistant.chat_models import ChatModelRefused, ChatModelTimeout, ChatModelUnavailable
from assistant.engines.hugging_face import HuggingFaceChatModel
from assistant.engines.packaged import packaged_model
from tests.fakes_engines import a_request

WORDS = ["<end>", "<unknown>", "user", "boots", "tent", "red", "blue", "warm", "light", "soft"]
TEMPLATE = "{% for message in messages %}{{ message['role'] }} {{ message['content'] }} {% endfor %}"


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    inner = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unknown>"))
    inner.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", unk_token="<unknown>")
    tokenizer.chat_template = TEMPLATE
    return tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tiny")
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=100_000,
        bos_token_id=None,
        eos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def model(folder, tmp_path):
    model = HuggingFaceChatModel(folder, cache_folder=tmp_path, device="cpu", max_waiting=2)
    yield model
    model.close()


def test_it_streams_what_it_generates_and_not_the_prompt(model):
    pieces = list(model.stream(a_request("boots", max_tokens=5)))
    assert 1 < len(pieces) <= 6
    assert set("".join(pieces).split()) <= set(WORDS)
    assert pieces == list(model.stream(a_request("boots", max_tokens=5)))


def test_closing_the_iterator_frees_the_model(model):
    pieces = model.stream(a_request("boots", max_tokens=50_000))
    next(pieces)
    pieces.close()
    assert list(model.stream(a_request("boots", max_tokens=3)))


def test_the_deadline_holds_for_who_runs_and_who_waits(model):
    running = model.stream(a_request("boots", max_tokens=50_000))
    next(running)
    with pytest.raises(ChatModelTimeout, match="busy at the deadline"):
        list(model.stream(a_request("tent", seconds=0.05)))
    running.close()
    started = time.monotonic()
    with pytest.raises(ChatModelTimeout):
        list(model.stream(a_request("boots", seconds=0.2, max_tokens=50_000)))
    assert time.monotonic() - started < 2


def test_too_many_are_refused(model):
    running = model.stream(a_request("boots", max_tokens=50_000))
    next(running)
    waiting = threading.Thread(target=lambda: list(model.stream(a_request("tent", max_tokens=2))))
    waiting.start()
    deadline = time.monotonic() + 5
    refused = False
    while not refused and time.monotonic() < deadline:
        try:
            list(model.stream(a_request("red", seconds=0.01)))
        except ChatModelRefused:
            refused = True
        except ChatModelTimeout:
            continue
    running.close()
    waiting.join()
    assert refused


def test_close_ends_what_runs_and_what_comes(folder, tmp_path):
    model = HuggingFaceChatModel(folder, cache_folder=tmp_path, device="cpu")
    running = model.stream(a_request("boots", max_tokens=50_000))
    next(running)
    model.close()
    with pytest.raises(ChatModelUnavailable):
        list(running)
    with pytest.raises(ChatModelUnavailable):
        list(model.stream(a_request()))


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ChatModelUnavailable, match=str(tmp_path)):
        HuggingFaceChatModel(tmp_path, cache_folder=tmp_path, device="cpu")


@pytest.mark.slow
def test_the_packaged_gguf_is_dequantised_once(tmp_path):
    first = HuggingFaceChatModel(packaged_model(), cache_folder=tmp_path, device="cpu")
    answer = list(first.stream(a_request("Say hello.", seconds=60)))
    first.close()
    (saved,) = tmp_path.iterdir()
    written = saved.stat().st_mtime_ns
    second = HuggingFaceChatModel(packaged_model(), cache_folder=tmp_path, device="cpu")
    assert list(second.stream(a_request("Say hello.", seconds=60))) == answer
    assert saved.stat().st_mtime_ns == written
    second.close()
