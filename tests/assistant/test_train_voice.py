import json
import math
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from assistant.engines.merge import add_to, read_adapter
from assistant.train_voice import digest, main, split
from assistant.voice.examples import BadExample
from assistant.voice.packing import answer_logits, encoded, packs
from assistant.voice.trial import spoken, trial
from assistant.voice.tuning import Options, rate, save, tune, with_factors
from tests.fakes_chat import ScriptedChatModel
from tests.fakes_voice import an_example, some_examples, tiny_voice

OPTIONS = Options(epochs=3, rate=3e-2, rank=4, alpha=8, longest=800, seed=3)


@pytest.fixture(scope="module")
def tuned():
    examples = some_examples()
    tokenizer, model = tiny_voice(examples)
    said: list[str] = []
    return tune(model, tokenizer, examples[:-3], examples[-3:], OPTIONS, said.append), said


def test_the_loss_falls_and_the_best_epoch_is_kept(tuned):
    trained, said = tuned
    held_back = [epoch.held_back for epoch in trained.epochs]
    assert len(held_back) == 4
    assert trained.best.held_back == min(held_back[1:]) < 0.8 * held_back[0]
    assert said[0].startswith("untuned") and "epoch 3" in said[-1]


def test_the_file_merges_into_the_model_that_it_was_trained_from(tuned, tmp_path):
    trained, _ = tuned
    out = tmp_path / "deep" / "adapter.safetensors"
    save(trained, OPTIONS, {"base_model": "tiny", "base_sha256": "ab", "data_sha256": "cd"}, out)
    with safe_open(out, "pt") as file:
        metadata = file.metadata()
        assert len(list(file.keys())) == 2 * 2 * 7
    assert metadata["r"] == "4" and metadata["lora_alpha"] == "8" and metadata["base_sha256"] == "ab"
    assert float(metadata["loss"]) < float(metadata["loss_untuned"])
    assert metadata.keys() >= {"date", "seed", "epochs", "data_sha256", "base_model"}

    examples = some_examples()
    tokenizer, model = tiny_voice(examples)
    add_to(model, read_adapter(out))
    losses = []
    with torch.inference_mode():
        for packed in packs([encoded(example, tokenizer) for example in examples[-3:]], OPTIONS.longest):
            losses.append(float(torch.nn.functional.cross_entropy(answer_logits(model, packed), packed.wanted)))
    # Tokens that are never written count here, and did not in training.
    assert sum(losses) / len(losses) < trained.epochs[0].held_back


def test_the_same_seed_gives_the_same_factors():
    examples = some_examples()[:6]

    def factors(seed: int) -> dict[str, torch.Tensor]:
        tokenizer, model = tiny_voice(examples)
        options = replace(OPTIONS, epochs=1, seed=seed)
        return dict(tune(model, tokenizer, examples[:4], examples[4:], options, lambda _: None).factors)

    one, again, other = factors(1), factors(1), factors(2)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_training_ends_when_its_minutes_are_over():
    examples = some_examples()[:6]
    tokenizer, model = tiny_voice(examples)
    trained = tune(model, tokenizer, examples[:4], examples[4:], replace(OPTIONS, minutes=0.0), lambda _: None)
    assert len(trained.epochs) == 2
    assert math.isnan(trained.best.learned)


def test_factors_stand_in_every_linear_layer_of_the_blocks_and_nowhere_else():
    _, model = tiny_voice(some_examples()[:1])
    adapted = with_factors(model, OPTIONS)
    trainable = [name for name, weights in adapted.named_parameters() if weights.requires_grad]
    assert len(trainable) == 2 * 2 * 7
    assert all(".layers." in name for name in trainable)


def test_the_rate_rises_then_falls_along_a_cosine():
    rates = [rate(step, 100) for step in range(100)]
    assert rates[0] < rates[3] < rates[5] == 1.0
    assert rates[6:] == sorted(rates[6:], reverse=True)
    assert 0.05 <= rates[-1] < 0.06


def test_what_is_held_back_depends_on_the_example_alone():
    examples = [replace(an_example(), wish=f"boots {chr(97 + i // 26)}{chr(97 + i % 26)}") for i in range(300)]
    learned, held = split(examples)
    assert 15 <= len(held) <= 50
    assert len(learned) + len(held) == 300
    assert split(examples[::-1])[1] == held[::-1]


def test_nothing_is_learned_from_what_the_audit_throws_out():
    false = replace(an_example(), answer="[A] is made of gold.")
    assert split([false]) == ([], [])


def test_the_digest_tells_files_apart(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("a")
    other.write_text("b")
    assert digest([one]) != digest([other])
    assert len(digest([one, other])) == 64


def test_a_bad_line_is_named_before_anything_is_trained(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({"task": "find", "wish": "boots", "products": [{"kind": 3}], "answer": "[A] it is."}) + "\n")
    with pytest.raises(BadExample, match="bad.jsonl, line 1: kind is '3', expected a text"):
        main(["--data", str(path), "--out", str(tmp_path / "out.safetensors")])


def test_a_trial_counts_what_the_audit_throws_out():
    model = ScriptedChatModel(["[A] grips on wet rock. [B] is waterproof.", "[C] costs less."])
    found = trial(model, [an_example(), an_example()])
    assert (found.answers, found.sentences, found.thrown_out, found.share_thrown_out) == (2, 3, 1, 0.3333)
    assert "waterproof" in found.faults[0]
    assert found.words == 5.5
    assert all(request.plain_words and request.temperature == 0 for request in model.requests)


def test_a_trial_asks_as_a_turn_does():
    model = ScriptedChatModel([" [A] grips on wet rock. "])
    assert spoken(model, an_example()) == "[A] grips on wet rock."
    system, user = model.requests[0].messages
    assert user.content.startswith("Wish: boots; wet paths; no wool\n[A] boots; material: nylon")
