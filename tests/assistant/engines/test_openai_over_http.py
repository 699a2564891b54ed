"""The engine against a server of this machine that speaks the protocol, and misbehaves as servers do."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assistant.chat_models import ChatModelError, ChatModelRefused, ChatModelTimeout, ChatModelUnavailable
from assistant.engines.openai_server import OpenAiChatModel
from assistant.engines.standstill import Breaker
from tests.fakes_engines import a_request

WORDS = ("I'd ", "take ", "[A].")


def event(text):
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n".encode()


class Server(ThreadingHTTPServer):
    """Answers each request with what `behave` writes, then as told ends or cuts the connection."""

    daemon_threads = True

    def __init__(self, behave):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.asked = 0
        self.go_on = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def end(self):
        self.go_on.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A reader that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.asked += 1
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.server.behave(self)

    def say(self, *pieces):
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()

    def cut(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format, *args):
        """Tests are silent."""


def well(handler):
    handler.say(*map(event, WORDS), b"data: [DONE]\n\n")


def killed(handler):
    handler.say(event("I'd "))
    handler.cut()


def hangs(handler):
    handler.say(event("I'd "))
    handler.server.go_on.wait(10)


def silent(handler):
    handler.server.go_on.wait(10)


def garbage(handler):
    handler.say(event("I'd "), b"data: {]]]\n\n")


def prices(handler):
    handler.say(event("only $3.99"), event(" today!"), b"data: [DONE]\n\n")


@pytest.fixture
def opened():
    servers = []

    def open_model(behave):
        servers.append(Server(behave))
        address = f"http://127.0.0.1:{servers[-1].server_port}/v1"
        return servers[-1], OpenAiChatModel(address, "small", breaker=Breaker(patience=0.1, rest=0.3))

    yield open_model
    for server in servers:
        server.end()


def ask(model, seconds=5.0):
    """What came, how it ended, and how long that took."""
    started, pieces, error = time.monotonic(), [], None
    try:
        for piece in model.stream(a_request(seconds=seconds, plain_words=True)):
            pieces.append(piece)
    except ChatModelError as problem:
        error = problem
    return "".join(pieces), error, time.monotonic() - started


def test_an_answer_comes_whole(opened):
    _, model = opened(well)
    assert ask(model)[:2] == ("I'd take [A].", None)


def test_what_a_server_says_is_passed_on_as_it_is(opened):
    """Servers that take no rule may say anything; the audit reads every sentence."""
    _, model = opened(prices)
    assert ask(model)[:2] == ("only $3.99 today!", None)


@pytest.mark.parametrize(
    ("behave", "error", "said"),
    [
        (killed, ChatModelUnavailable, "I'd "),
        (hangs, ChatModelTimeout, "I'd "),
        (silent, ChatModelTimeout, ""),
        (garbage, ChatModelRefused, "I'd "),
    ],
)
def test_a_server_that_fails_in_mid_answer_costs_no_more_than_the_deadline(opened, behave, error, said):
    _, model = opened(behave)
    text, problem, seconds = ask(model, seconds=0.5)
    assert text == said
    assert isinstance(problem, error)
    assert seconds < 1.5


@pytest.mark.parametrize("behave", [killed, hangs, silent])
def test_those_who_come_after_are_not_kept_waiting(opened, behave):
    server, model = opened(behave)
    ask(model, seconds=0.3)
    asked = server.asked
    for _ in range(5):
        _, problem, seconds = ask(model)
        assert isinstance(problem, ChatModelUnavailable)
        assert seconds < 0.2
    assert server.asked == asked


def test_a_server_that_recovers_is_used_again(opened):
    server, model = opened(killed)
    ask(model)
    server.behave = well
    time.sleep(0.35)
    assert ask(model)[:2] == ("I'd take [A].", None)
    assert ask(model)[:2] == ("I'd take [A].", None)


def test_a_server_that_is_gone_is_unavailable_and_left_alone():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    model = OpenAiChatModel(f"http://127.0.0.1:{port}/v1", "small")
    assert "cannot talk" in str(ask(model)[1])
    assert "left alone" in str(ask(model)[1])
