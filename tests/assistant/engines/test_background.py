import threading
import time

import pytest

from assistant.chat_models import ChatMessage, ChatModelUnavailable, Request
from assistant.engines.background import BackgroundChatModel
from tests.fakes_chat import ScriptedChatModel


def request() -> Request:
    return Request((ChatMessage("user", "hello"),), 10, time.monotonic() + 5)


def test_nothing_loads_before_it_is_started() -> None:
    loads: list[str] = []
    model = BackgroundChatModel(lambda: loads.append("loaded") or ScriptedChatModel(["hi"]))
    assert loads == []
    model.start()
    model.start()
    model.wait(5)
    assert loads == ["loaded"]


def test_while_it_loads_requests_are_refused_and_then_answered() -> None:
    go = threading.Event()

    def load() -> ScriptedChatModel:
        go.wait(5)
        return ScriptedChatModel(["hi"])

    model = BackgroundChatModel(load)
    model.start()
    with pytest.raises(ChatModelUnavailable, match="still loading"):
        list(model.stream(request()))
    assert model.name == "loading"
    go.set()
    model.wait(5)
    assert "".join(model.stream(request())) == "hi"


def test_a_load_that_fails_is_told_to_whoever_asks() -> None:
    def load() -> ScriptedChatModel:
        raise ChatModelUnavailable("no such file")

    model = BackgroundChatModel(load)
    with pytest.raises(ChatModelUnavailable, match="no such file"):
        model.wait(5)
    assert model.name == "failed to load"
