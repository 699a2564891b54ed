"""A server on a free port of this machine, in a thread of its own, for as long as a test needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from assistant.web.server import listening_socket


@contextmanager
def serving(app: FastAPI, port: int = 0, before_end: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The address of `app`; `before_end` lets go of what would keep it from ending."""
    with listening_socket("127.0.0.1", port) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            before_end()
            server.should_exit = True
            thread.join(10)
