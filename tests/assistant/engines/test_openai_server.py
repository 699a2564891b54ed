import json
import threading
import time

import httpx
import pytest

from assistant.chat_models import ChatModelRefused, ChatModelTimeout, ChatModelUnavailable
from assistant.engines import plain_words
from assistant.engines.openai_server import OpenAiChatModel
from tests.fakes_engines import a_request


def event(text, finish_reason=None):
    choice = {"delta": {"content": text}, "finish_reason": finish_reason}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


class Bytes(httpx.SyncByteStream):
    """A response body that comes from an iterable, so that it can stall or break."""

    def __init__(self, chunks):
        self.chunks = chunks

    def __iter__(self):
        yield from self.chunks


class Server:
    """Answers with the chunks and keeps the requests."""

    def __init__(self, *chunks, status=200):
        self.chunks = chunks
        self.status = status
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        return httpx.Response(self.status, stream=Bytes(self.chunks))

    def model(self, **options):
        transport = httpx.MockTransport(self)
        return OpenAiChatModel("http://llm.test/v1", "small", transport=transport, **options)


def test_pieces_come_as_they_are_sent():
    server = Server(event("Hel"), b": keep-alive\n\n", event("lo"), b"data: [DONE]\n\n")
    assert list(server.model().stream(a_request())) == ["Hel", "lo"]


def test_events_may_be_cut_anywhere_even_inside_a_character():
    body = event("naïve") + event(" 🙂", "stop")
    server = Server(*(body[at : at + 1] for at in range(len(body))))
    assert "".join(server.model().stream(a_request())) == "naïve 🙂"


def test_the_request_says_what_is_wanted():
    server = Server(b"data: [DONE]\n\n")
    model = server.model(api_key="key", regex_field="guided_regex")
    schema = {"type": "object"}
    list(model.stream(a_request("hi", max_tokens=7, stop=("\n",), temperature=0.3, json_schema=schema)))
    list(model.stream(a_request(regex="a+")))
    first, second = (json.loads(request.content) for request in server.requests)
    assert first == {
        "model": "small",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 7,
        "temperature": 0.3,
        "stream": True,
        "seed": 0,
        "stop": ["\n"],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": True},
        },
    }
    assert second["guided_regex"] == "a+"
    assert str(server.requests[0].url) == "http://llm.test/v1/chat/completions"
    assert server.requests[0].headers["authorization"] == "Bearer key"


def test_a_regex_is_not_sent_to_a_server_that_takes_none():
    server = Server(b"data: [DONE]\n\n")
    list(server.model().stream(a_request(regex="a+")))
    list(server.model().stream(a_request(plain_words=True)))
    keys = [json.loads(request.content).keys() for request in server.requests]
    assert keys == [{"model", "messages", "max_tokens", "temperature", "stream"}] * 2


def test_plain_words_are_a_regex_where_the_server_takes_one():
    server = Server(b"data: [DONE]\n\n")
    list(server.model(regex_field="guided_regex").stream(a_request(plain_words=True, temperature=0.5, seed=7)))
    body = json.loads(server.requests[0].content)
    assert body["guided_regex"] == plain_words.regex()
    assert body["seed"] == 7


@pytest.mark.parametrize("status", [301, 401, 404, 429, 500, 503])
def test_an_error_status_is_a_refusal_with_the_servers_words(status):
    server = Server(b'{"error": "no such model"}', status=status)
    with pytest.raises(ChatModelRefused, match=f"HTTP {status}: .*no such model"):
        list(server.model(api_key="secret").stream(a_request()))


@pytest.mark.parametrize("line", [b"data: not json\n\n", b'data: {"error": {"message": "overloaded"}}\n\n', b"data: 3\n\n"])
def test_an_event_that_is_no_answer_is_a_refusal(line):
    with pytest.raises(ChatModelRefused):
        list(Server(event("a"), line).model().stream(a_request()))


def test_a_stream_that_stops_in_the_middle_is_not_taken_for_an_answer():
    pieces = Server(event("half an")).model().stream(a_request())
    assert next(pieces) == "half an"
    with pytest.raises(ChatModelUnavailable, match="broke off"):
        next(pieces)


def broken():
    yield event("a")
    raise httpx.ReadError("connection reset")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError("refused"), ChatModelUnavailable),
        (httpx.ReadTimeout("slow"), ChatModelTimeout),
    ],
)
def test_network_errors_become_ours(error, expected):
    def fail(_request):
        raise error

    model = OpenAiChatModel("http://llm.test/v1", "small", transport=httpx.MockTransport(fail))
    with pytest.raises(expected):
        list(model.stream(a_request()))


def test_a_connection_that_breaks_is_unavailable():
    server = Server()
    server.chunks = broken()
    with pytest.raises(ChatModelUnavailable, match="connection reset"):
        list(server.model().stream(a_request()))


@pytest.mark.parametrize("chunk", [b"d", event("a")])
def test_the_deadline_is_total_time_for_a_server_that_drips(chunk):
    stop = threading.Event()

    def drip():
        while not stop.wait(0.01):
            yield chunk

    server = Server()
    server.chunks = drip()
    started = time.monotonic()
    with pytest.raises(ChatModelTimeout):
        list(server.model().stream(a_request(seconds=0.2)))
    assert time.monotonic() - started < 2
    stop.set()


def test_closing_the_iterator_ends_the_exchange():
    ended = threading.Event()

    def endless():
        try:
            while True:
                yield event("a")
                time.sleep(0.001)
        finally:
            ended.set()

    server = Server()
    server.chunks = endless()
    pieces = server.model().stream(a_request())
    next(pieces)
    pieces.close()
    assert ended.wait(2)


def test_a_closed_model_is_unavailable():
    model = Server(event("a", "stop")).model()
    model.close()
    with pytest.raises(ChatModelUnavailable):
        list(model.stream(a_request()))
