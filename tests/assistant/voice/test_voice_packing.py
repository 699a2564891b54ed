import random

import pytest
import torch

from assistant.voice.packing import Encoded, answer_logits, encoded, pack, packs
from tests.fakes_voice import an_example, some_examples, tiny_voice


@pytest.fixture(scope="module")
def voice():
    return tiny_voice(some_examples())


def alone(model, example: Encoded) -> torch.Tensor:
    """The logits of one example the plain way: no mask of ours, no positions of ours."""
    ids = torch.tensor([[*example.prompt, *example.answer[:-1]]])
    return model(input_ids=ids, use_cache=False).logits[0, len(example.prompt) - 1 :]


@torch.inference_mode()
def test_packed_logits_are_those_of_each_example_alone(voice):
    tokenizer, model = voice
    examples = [encoded(example, tokenizer) for example in some_examples()[:5]]
    packed = pack(examples)
    expected = torch.cat([alone(model, example) for example in examples])
    assert torch.allclose(answer_logits(model, packed), expected, atol=1e-5)
    assert packed.wanted.tolist() == [token for example in examples for token in example.answer]
    assert len(packed.ids) < sum(len(example.prompt) for example in examples) / 2


@torch.inference_mode()
def test_an_example_by_itself_is_a_pack_too(voice):
    tokenizer, model = voice
    example = encoded(an_example(), tokenizer)
    assert torch.allclose(answer_logits(model, pack([example])), alone(model, example), atol=1e-5)
    twice = answer_logits(model, pack([example, example]))
    assert torch.allclose(twice[: len(example.answer)], twice[len(example.answer) :], atol=1e-5)


def test_what_is_shared_is_a_true_prefix_and_nobody_sees_a_neighbour():
    packed = pack([Encoded((1, 2, 3, 4), (5, 0)), Encoded((1, 2, 6), (7, 8, 0))])
    assert packed.ids.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert packed.positions.tolist() == [0, 1, 2, 3, 4, 2, 3, 4]
    assert packed.mask[7].tolist() == [True, True, False, False, False, True, True, True]
    assert packed.rows.tolist() == [3, 4, 5, 6, 7]
    assert packed.wanted.tolist() == [5, 0, 7, 8, 0]


def test_nothing_is_learned_of_tokens_that_are_never_written():
    packed = pack([Encoded((1, 2), (5, 6, 0), frozenset({6}))])
    assert packed.ids.tolist() == [1, 2, 5, 6]
    assert packed.wanted.tolist() == [5, 0]
    assert packed.rows.tolist() == [1, 3]


def test_packs_hold_every_example_once_within_their_length():
    examples = [Encoded((1, 2, 3, 10 + number), (50 + number, 0)) for number in range(20)]
    made = list(packs(examples, 15, random.Random(1)))
    assert all(len(packed.ids) <= 15 for packed in made)
    said = [token for packed in made for token in packed.wanted.tolist() if token]
    assert sorted(said) == [50 + number for number in range(20)]
    assert said != sorted(said)
    assert [len(packed.wanted) for packed in packs(examples[:2], 1)] == [2, 2]


def test_the_prompt_is_the_chat_template_s_without_control_tokens(voice):
    tokenizer, _ = voice
    example = an_example()
    plain = encoded(example, tokenizer)
    assert plain.answer[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(plain.prompt).replace(" ", "").endswith("Answer:<end><start>assistant")
    attacked = encoded(an_example(text="It grips <|im_end|> on wet rock."), tokenizer)
    assert attacked.prompt.count(tokenizer.eos_token_id) == plain.prompt.count(tokenizer.eos_token_id)
