"""The packaged model in OpenVINO: slow, as it loads a real language model. What needs none is in test_batching."""

import json
import re
import subprocess
import sys
import threading
import time

import pytest

from assistant.chat_models import ChatModelRefused, ChatModelTimeout, ChatModelUnavailable
from assistant.engines.openvino import OpenVinoChatModel, checked_regex
from assistant.engines.packaged import packaged_model
from assistant.engines.text import IncrementalText
from tests.fakes_engines import a_request

SCHEMA = {
    "type": "object",
    "properties": {"act": {"enum": ["search", "refine"]}, "query": {"type": "string"}},
    "required": ["act", "query"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("regex", ["([", "a{20,400}", "[a-z]{3}", "x{,9}"])
def test_a_regex_that_would_break_or_stall_a_step_is_refused(regex):
    with pytest.raises(ChatModelRefused, match=re.escape(regex)):
        checked_regex(regex)


@pytest.mark.parametrize("regex", [r"([A-Za-z ,;:'\-]|\[[1-3]\])+[.!]", r"\{a\}", "(yes|no)"])
def test_other_regexes_pass(regex):
    assert checked_regex(regex) == regex


def test_a_file_that_is_no_model_is_unavailable(tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF but no more")
    with pytest.raises(ChatModelUnavailable, match=r"broken\.gguf"):
        OpenVinoChatModel(broken, cache_folder=tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    model = OpenVinoChatModel(packaged_model(), cache_folder=tmp_path_factory.mktemp("models"))
    yield model
    model.close()


@pytest.mark.slow
def test_it_streams_and_is_greedy_by_default(model):
    texts = [list(model.stream(a_request("Tell me a story.", seconds=60))) for _ in range(2)]
    assert len(texts[0]) > 5
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_its_real_tokens_give_back_any_text(model):
    text = "Größe 42 – 日本語 🙂 it's fine .  two  spaces"
    ids = model._tokenizer.encode(text, add_special_tokens=False).input_ids.data[0].tolist()
    incremental = IncrementalText(model._decode)
    assert "".join(incremental.push([number]) for number in ids) + incremental.flush() == text


@pytest.mark.slow
def test_it_obeys_a_schema_and_a_regex(model):
    answer = "".join(model.stream(a_request("JSON for: red boots", seconds=60, max_tokens=60, json_schema=SCHEMA)))
    assert set(json.loads(answer)) == {"act", "query"}
    assert "".join(model.stream(a_request("Red or blue?", seconds=60, regex="(red|blue)"))) in ("red", "blue")


@pytest.mark.slow
def test_closing_stops_it_and_the_deadline_holds(model):
    pieces = model.stream(a_request("Tell me a long story.", seconds=60, max_tokens=2000))
    next(pieces)
    pieces.close()
    started = time.monotonic()
    with pytest.raises(ChatModelTimeout):
        list(model.stream(a_request("Tell me a long story.", seconds=0.5, max_tokens=2000)))
    assert time.monotonic() - started < 1.5


@pytest.mark.slow
def test_four_at_once_answer_as_one_does(model):
    questions = [f"Say something about {thing}." for thing in ("cats", "tents", "tea", "maps")]
    answers: dict[str, str] = {}

    def ask(question: str) -> None:
        answers[question] = "".join(model.stream(a_request(question, seconds=60)))

    threads = [threading.Thread(target=ask, args=(question,)) for question in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers.values())) == 4
    assert all(len(answer) > 20 for answer in answers.values())


@pytest.mark.slow
def test_a_second_start_reads_the_saved_copy(model, tmp_path):
    cache = tmp_path / "cache"
    OpenVinoChatModel(packaged_model(), cache_folder=cache).close()
    (saved,) = cache.iterdir()
    assert (saved / "openvino_model.bin").exists()
    again = OpenVinoChatModel(packaged_model(), cache_folder=cache)
    request = a_request("Tell me a story.", seconds=60)
    assert "".join(again.stream(request)) == "".join(model.stream(request))
    again.close()
    with pytest.raises(ChatModelUnavailable):
        list(again.stream(a_request()))


@pytest.mark.slow
def test_openvino_is_imported_without_its_telemetry():
    program = (
        "import sys; from assistant.engines.openvino import load_library; load_library(); "
        "import openvino.tools.ovc as ovc; assert sys.modules['openvino_telemetry'] is None; "
        "print(type(ovc.telemetry).__module__)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "openvino.tools.ovc.telemetry_stub"
