import sys

import pytest

from assistant.chat_models import ChatModelUnavailable
from assistant.engines.choose import ChatModelChoice, gpu_is_usable, open_chat_model, warm_up
from tests.fakes_engines import a_request


def test_none_is_unavailable(tmp_path):
    with pytest.raises(ChatModelUnavailable, match="switched off"):
        open_chat_model(ChatModelChoice("none", tmp_path))


@pytest.mark.parametrize(("base_url", "model", "field"), [("", "m", "base_url"), ("http://x", "", "model")])
def test_openai_needs_its_address_and_model(tmp_path, base_url, model, field):
    with pytest.raises(ChatModelUnavailable, match=f"{field} is empty"):
        open_chat_model(ChatModelChoice("openai", tmp_path, model=model, base_url=base_url))


def test_openai_opens_without_talking(tmp_path):
    model = open_chat_model(ChatModelChoice("openai", tmp_path, model="m", base_url="http://127.0.0.1:9"))
    assert model.name == "openai:m"
    model.close()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ChatModelUnavailable, match=r"nowhere\.gguf"):
        open_chat_model(ChatModelChoice("openvino", tmp_path, model=str(tmp_path / "nowhere.gguf")))


def test_a_machine_without_a_driver_has_no_gpu_and_torch_stays_out(tmp_path):
    before = "torch" in sys.modules
    assert gpu_is_usable(tmp_path) is False
    assert ("torch" in sys.modules) is before


class KeepsRequests:
    name = "keeps"

    def __init__(self):
        self.requests = []

    def stream(self, request):
        self.requests.append(request)
        yield "a"

    def close(self):
        pass


def test_warming_up_asks_the_same_but_for_one_token():
    model = KeepsRequests()
    request = a_request("boots", max_tokens=80, regex="a+")
    warm_up(model, request)
    (asked,) = model.requests
    assert asked.max_tokens == 1
    assert (asked.messages, asked.regex) == (request.messages, "a+")
