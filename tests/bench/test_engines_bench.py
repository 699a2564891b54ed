import threading
from dataclasses import replace

import pytest

from assistant.answer import messages
from bench.engines import CONVERSATIONS, Run, at_once, compared, requests, run, side_by_side
from tests.bench.fakes_bench import closed_shop


class Talks:
    """Says some words to every request, and remembers what was asked and how many asked at a time."""

    name = "talks"

    def __init__(self, words=("one ", "", "two ", "three")):
        self.words = words
        self.asked = []
        self.lock = threading.Lock()

    def stream(self, request):
        with self.lock:
            self.asked.append(request)
        yield from self.words

    def close(self):
        pass


def test_requests_have_the_shops_rules_first_and_new_facts_each():
    first, second = requests(2)
    rules, facts = first.messages
    assert rules == second.messages[0] == messages([], "ideas")[0]
    assert facts != second.messages[1]
    assert requests(2)[0].messages == first.messages
    assert facts.content.isascii()
    assert not any(character.isdigit() for character in facts.content)


def test_prompts_have_some_six_hundred_tokens():
    words = sum(len(message.content.split()) for message in requests(1)[0].messages)
    assert words >= 450  # three words are four tokens or more, as marks are tokens too


def test_every_side_gets_the_same_prompts_and_the_first_does_not_count():
    sides = {"ours": Talks(), "generate": Talks()}
    asked = requests(3)
    runs = side_by_side(sides, asked, lambda _: None)
    assert [[len(side), side[0].pieces] for side in runs.values()] == [[2, 3], [2, 3]]
    for name, side in sides.items():
        assert [request.messages for request in side.asked] == [request.messages for request in asked]
        assert {request.plain_words for request in side.asked} == {name == "ours"}


def test_a_rate_is_of_what_comes_after_the_first_token():
    assert Run(first=1.0, pieces=11, last=3.0).rate == pytest.approx(5)


def test_lines_compare_with_what_was_there():
    slow, fast = [Run(1.0, 11, 2.0)] * 3, [Run(0.1, 11, 0.2)] * 3
    lines = {line["mode"]: line for line in compared({"ours": fast, "ours_free": fast, "generate": slow})}
    assert lines.keys() == {"first_token_vs_generate", "decode_vs_generate", "decode_vs_ours_free"}
    assert lines["first_token_vs_generate"]["ratio"] == 0.1
    assert lines["first_token_vs_generate"]["required"] == 0.12
    assert lines["decode_vs_generate"]["ratio"] == 10
    assert lines["decode_vs_ours_free"]["ratio"] == 1
    with_llama = [line["mode"] for line in compared({"ours": fast, "ours_free": fast, "generate": slow, "llama_cpp": slow})]
    assert {"first_token_vs_llama_cpp", "decode_vs_llama_cpp"} <= set(with_llama)


def test_at_once_means_at_once():
    together = threading.Barrier(CONVERSATIONS, timeout=10)
    alone = iter([True, *[False] * CONVERSATIONS])

    class Meets(Talks):
        def stream(self, request):
            with self.lock:
                is_alone = next(alone)
            if not is_alone:
                together.wait()
            yield from self.words

    line = at_once(Meets(), requests(CONVERSATIONS + 1))
    assert line["conversations"] == CONVERSATIONS
    assert line["required"] == 4.0


def test_without_a_model_there_is_nothing_to_measure(tmp_path):
    shop = replace(closed_shop(tmp_path, []), open_chat_model=lambda purpose: None)
    assert list(run(shop)) == [{"skipped": "there is no language model in the settings"}]
