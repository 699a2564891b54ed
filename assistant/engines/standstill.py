"""How an engine that stands still costs one shopper a wait, and not everybody after them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from assistant.chat_models import ChatModelTimeout, ChatModelUnavailable

PATIENCE_SECONDS = 4.0
REST_SECONDS = 5.0

Clock = Callable[[], float]


class Pulse:
    """Watches work inside this process: it stands still where it is under way and has not moved for too long."""

    def __init__(self, *, patience: float = PATIENCE_SECONDS, clock: Clock = time.monotonic) -> None:
        """Nothing is under way yet. `clock` gives seconds."""
        self._patience = patience
        self._clock = clock
        self._moved: float | None = None

    def beat(self) -> None:
        """Work begins, or has moved."""
        self._moved = self._clock()

    def end(self) -> None:
        """Nothing is under way any longer."""
        self._moved = None

    def check(self) -> None:
        """Raises `ChatModelUnavailable` where work stands still."""
        moved = self._moved
        if moved is not None and self._clock() - moved > self._patience:
            raise ChatModelUnavailable("the language model stands still")


class Breaker:
    """Watches a server: after it stood still or broke off, it is left alone for a while, then tried by one request."""

    def __init__(
        self, *, patience: float = PATIENCE_SECONDS / 2, rest: float = REST_SECONDS, clock: Clock = time.monotonic
    ) -> None:
        """All is well at first. `patience` is how long a server may be silent, `rest` how long it is left alone."""
        self._patience = patience
        self._rest = rest
        self._clock = clock
        self._lock = Lock()
        self._rests_until: float | None = None
        self._trying = False

    @contextmanager
    def attempt(self) -> Iterator[Callable[[], None]]:
        """One request; gives what to call whenever the server shows life.

        Raises `ChatModelUnavailable` at once while the server is left alone. Inside, that error counts against the server,
        and so does a `ChatModelTimeout` unless it was alive shortly before.
        """
        trying = self._admit()
        heard = self._clock()

        def alive() -> None:
            nonlocal heard
            heard = self._clock()
            self._rests_until = None

        try:
            yield alive
        except ChatModelUnavailable:
            self._leave_alone()
            raise
        except ChatModelTimeout:
            if self._clock() - heard >= self._patience:
                self._leave_alone()
            raise
        finally:
            if trying:
                self._trying = False

    def _admit(self) -> bool:
        """Whether this request tries a server that was left alone."""
        with self._lock:
            if self._rests_until is None:
                return False
            if self._trying or self._clock() < self._rests_until:
                raise ChatModelUnavailable("the language model server stood still or broke off just now; it is left alone")
            self._trying = True
            return True

    def _leave_alone(self) -> None:
        with self._lock:
            self._rests_until = self._clock() + self._rest
