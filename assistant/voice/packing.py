"""Many examples behind one copy of the rules: what makes training on a CPU a matter of minutes.

The rules are the greater part of every prompt and the same for all. A pack is one sequence: the rules, then example after
example; each sees the rules and itself alone, at the positions that it would have by itself.
"""

from __future__ import annotations

import os.path
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from assistant.answer import messages
from assistant.engines.hugging_face import token_texts
from assistant.engines.plain_words import forbidden_ids
from assistant.engines.text import without_control_tokens
from assistant.voice.examples import Example


@dataclass(frozen=True, slots=True)
class Encoded:
    """The tokens of an example's whole prompt, and of its answer with the token that ends it.

    Nothing is learned of the tokens in `unlearned`: those that the engines' decoders never write.
    """

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    unlearned: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Pack:
    """One sequence of `n` tokens with the answers of several examples.

    `ids` and `positions` [n]; `mask` [n, n] is True where a row's token sees a column's; the logits of the tokens `rows` [m]
    should say `wanted` [m].
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    rows: Tensor
    wanted: Tensor


def unwritable(tokenizer: Any) -> frozenset[int]:
    """The tokens that no engine writes where it is asked for plain words."""
    return frozenset(forbidden_ids(token_texts(tokenizer), {tokenizer.eos_token_id}))


def encoded(example: Example, tokenizer: Any, unlearned: frozenset[int] = frozenset()) -> Encoded:
    """The example as an engine would prompt with it."""
    said = messages(example.told, example.wish, example.task)
    history = [{"role": message.role, "content": without_control_tokens(message.content)} for message in said]
    prompt = tokenizer.apply_chat_template(history, add_generation_prompt=True, tokenize=False)
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    answer = tokenizer(example.answer, add_special_tokens=False)["input_ids"]
    return Encoded(tuple(ids), (*answer, tokenizer.eos_token_id), unlearned)


def packs(examples: Iterable[Encoded], longest: int, rng: random.Random | None = None) -> Iterator[Pack]:
    """Packs of up to `longest` tokens (a longer example is packed alone), shuffled where there is an `rng`."""
    order = list(examples)
    if rng is not None:
        rng.shuffle(order)
    shared = len(os.path.commonprefix([example.prompt for example in order]))
    group: list[Encoded] = []
    length = shared
    for example in order:
        more = len(example.prompt) - shared + len(example.answer)
        if group and length + more > longest:
            yield pack(group)
            group, length = [], shared
        group.append(example)
        length += more
    if group:
        yield pack(group)


def pack(examples: Sequence[Encoded]) -> Pack:
    """One sequence of these examples, behind what their prompts have in common; one token at least stays each one's own."""
    prompts = [example.prompt[:-1] for example in examples]
    shared = len(os.path.commonprefix(prompts))
    ids, positions, owner = list(prompts[0][:shared]), list(range(shared)), [0] * shared
    rows: list[int] = []
    wanted: list[int] = []
    for number, example in enumerate(examples, 1):
        # The token that ends an answer is wanted, but nothing follows it.
        own = (*example.prompt[shared:], *example.answer[:-1])
        first = len(ids) + len(example.prompt) - shared - 1
        told = [(row, token) for row, token in enumerate(example.answer, first) if token not in example.unlearned]
        rows.extend(row for row, _ in told)
        wanted.extend(token for _, token in told)
        ids.extend(own)
        positions.extend(range(shared, shared + len(own)))
        owner.extend([number] * len(own))
    owners = torch.tensor(owner)
    sees = (owners[None, :] == 0) | (owners[None, :] == owners[:, None])
    return Pack(torch.tensor(ids), torch.tensor(positions), sees.tril(), torch.tensor(rows), torch.tensor(wanted))


def answer_logits(model: Any, packed: Pack) -> Tensor:
    """The model's logits [m, vocabulary] for the tokens of the answers."""
    device = next(model.parameters()).device
    hidden = model.get_decoder()(
        input_ids=packed.ids[None].to(device),
        position_ids=packed.positions[None].to(device),
        attention_mask=packed.mask[None, None].to(device),
        use_cache=False,
    ).last_hidden_state[0]
    logits: Tensor = model.get_output_embeddings()(hidden[packed.rows.to(device)])
    return logits
