"""The storefront's server beside another one, in the same process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from fastapi import FastAPI

GRACE_SECONDS = 1


@contextmanager
def served_beside(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    """Serves `app` on `listener` in a thread of its own until the block ends; the listener is closed then."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="storefront", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(GRACE_SECONDS + 5)
        listener.close()
