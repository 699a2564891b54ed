"""A help desk on this machine that misbehaves as told, for the tests of everything that talks to one over HTTP.

    with DeskServer(application) as desk:
        desk.script.extend([Reply(503), Hang(), Reset(after=True)])
        ...                                    # calls to desk.url; then look at desk.received

Each request takes the next behaviour of the script. When that is over, `application` answers, which may well be a small
copy of the real thing: it is given the request and gives a `Reply`.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy import Engine

from assistant.handoff.outbox import Delivery, Outbox

_LONGEST_HANG = 10.0


@dataclass(frozen=True)
class Received:
    """A request as it came in. The names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An ordinary answer, right or wrong; `body` is sent as it is, `data` as JSON."""

    status: int = 200
    body: bytes = b""
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Works:
    """The application answers: for a script that fails in between."""


@dataclass(frozen=True)
class Hang:
    """Says nothing until `let_go` or the end. With `after`, the application has done its work, and its answer is lost."""

    after: bool = False


@dataclass(frozen=True)
class Reset:
    """Resets the connection, `after` the application has done its work or instead of it."""

    after: bool = False


@dataclass(frozen=True)
class Drip:
    """Answers 200, sends `first` of a body that never ends, and hangs until `let_go` or the end."""

    first: bytes = b'{"id":'
    after: bool = False


@dataclass(frozen=True)
class Garbage:
    """Writes these bytes where an HTTP answer belongs. Broken JSON in a proper answer is `Reply(body=b"{")`."""

    raw: bytes = b"\x00\xff no HTTP at all\r\n\r\n"


Behaviour = Reply | Works | Hang | Reset | Drip | Garbage
Application = Callable[[Received], Reply]


def always_ok(request: Received) -> Reply:
    return Reply(data={})


class DeskServer:
    """Serves on a free port of 127.0.0.1 from `with` to its end. `received` is every request, also those that failed."""

    def __init__(self, application: Application = always_ok) -> None:
        self.application = application
        self.script: list[Behaviour] = []
        self.received: list[Received] = []
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.desk = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="desk")

    def __enter__(self) -> DeskServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.let_go()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # joins the threads of the requests

    def let_go(self) -> None:
        """Ends every hang, and those to come."""
        self.released.set()

    def note(self, request: Received) -> Behaviour:
        """Keeps the request and says what shall be done with it."""
        with self._lock:
            self.received.append(request)
            return self.script.pop(0) if self.script else Works()


def a_delivery(number: int = 1, **fields: Any) -> Delivery:
    """What a worker hands to a target: the `number`-th message of one conversation; `fields` say what is different."""
    about = {"event_id": f"e{number}", "target": "desk", "conversation_id": "c1", "event": "message.created"}
    timing = {"created_at": 0.0, "queued_at": 0.0, "sequence": number, "attempts": 1}
    return Delivery(**({"id": number, "body": json.dumps({"number": number})} | about | timing | fields))


def put(outbox: Outbox, engine: Engine, *deliveries: Delivery) -> None:
    """Adds these to the outbox, in one transaction."""
    with engine.begin() as connection:
        for each in deliveries:
            outbox.add(
                connection,
                event_id=each.event_id,
                target=each.target,
                conversation_id=each.conversation_id,
                event=each.event,
                body_json=each.body,
                created_at=each.created_at,
                sequence=each.sequence,
            )


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 64
    desk: DeskServer

    def handle_error(self, request, client_address):
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def handle_any(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.command, self.path, headers, self.rfile.read(length))
        self._behave(self.server.desk.note(request), request)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def _behave(self, behaviour: Behaviour, request: Received) -> None:
        desk = self.server.desk
        if isinstance(behaviour, Works) or getattr(behaviour, "after", False):
            reply = desk.application(request)
        match behaviour:
            case Works():
                self._send(reply)
            case Reply():
                self._send(behaviour)
            case Hang():
                desk.released.wait(_LONGEST_HANG)
            case Reset():
                self._reset()
            case Drip(first):
                self._begin(Reply(200), 1_000_000)
                self.wfile.write(first)
                desk.released.wait(_LONGEST_HANG)
            case Garbage(raw):
                self.wfile.write(raw)

    def _send(self, reply: Reply) -> None:
        body = reply.body if reply.data is None else json.dumps(reply.data).encode()
        self._begin(reply, len(body))
        self.wfile.write(body)

    def _begin(self, reply: Reply, length: int) -> None:
        self.send_response(reply.status)
        own = {"content-type": "application/json", "content-length": str(length)}
        for name, value in (own | {name.lower(): value for name, value in reply.headers.items()}).items():
            self.send_header(name, value)
        self.end_headers()

    def _reset(self) -> None:
        # Closed without lingering, a connection ends in a reset rather than in an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def log_message(self, format, *args):
        """Tests are silent."""
