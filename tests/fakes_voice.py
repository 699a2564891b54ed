"""A model and a tokenizer of a few thousand weights, and examples to tune them on, all made up."""

from __future__ import annotations

import re

import torch
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from assistant.answer import messages
from assistant.facts import Told
from assistant.voice.examples import Example

TEMPLATE = (
    "{% for message in messages %}<start>{{ message['role'] }} {{ message['content'] }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<start>assistant {% endif %}"
)
_TOKEN = r"<\w+>| ?\w+|\W"


def an_example(kind: str = "boots", text: str = "It grips on wet rock.", task: str = "find") -> Example:
    told = (
        Told("A", kind, ("material: nylon", "weight: [A.weight]"), text, ("rated highest",)),
        Told("B", kind, ("material: leather", "height: [B.height]"), "The lining dries fast.", ()),
        Told("C", kind, ("feature: vegan, washable",), "", ("costs least",)),
    )
    first = f"[A] {text[3:-1]} and is made of nylon."
    second = "[B] has a height of [B.height], and the lining dries fast, while [C] costs less."
    return Example(task, f"{kind}; wet paths; no wool", told, f"{first} {second}")


def some_examples() -> list[Example]:
    kinds = ("boots", "tent", "kettle", "lamp", "mug", "scarf")
    texts = ("It grips on wet rock.", "It folds in a minute.", "It shines softly.")
    return [an_example(kind, text) for kind in kinds for text in texts]


def tiny_voice(examples: list[Example], seed: int = 0) -> tuple[PreTrainedTokenizerFast, LlamaForCausalLM]:
    said = [text for one in examples for m in messages(one.told, one.wish, one.task) for text in (m.content, one.answer)]
    words = sorted({word for text in said for word in re.findall(_TOKEN, text)})
    vocabulary = ["<end>", "<start>", "<unknown>", "system", "user", "assistant", *words]
    ids = {word: number for number, word in enumerate(dict.fromkeys(vocabulary))}
    inner = Tokenizer(WordLevel(ids, unk_token="<unknown>"))
    inner.pre_tokenizer = Split(Regex(_TOKEN), "isolated")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", unk_token="<unknown>")
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(ids),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        bos_token_id=None,
        eos_token_id=0,
        initializer_range=0.2,
    )
    return tokenizer, LlamaForCausalLM(config)
