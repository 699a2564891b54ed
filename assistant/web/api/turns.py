"""Turns are plain code that waits for models and databases: they run in threads, so many at once and no more.

A thread is given back when its turn is over, whatever became of who asked: of a client that went away the turn is ended at
its next event, and one that still waited for a thread is not begun.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, closing
from http import HTTPStatus
from typing import Generic, TypeVar

from assistant.web.api.problems import Problem

T = TypeVar("T")
BUSY_SECONDS = 5.0
BEAT_SECONDS = 15.0
_log = logging.getLogger(__name__)


class TurnBroke(Exception):
    """A turn ended with an error that nobody foresaw; the log has it."""


class Running(Generic[T]):
    """A turn that runs in a thread and is read from the event loop in which it was begun."""

    def __init__(self, beat_seconds: float) -> None:
        """With nothing new for `beat_seconds`, a sign of life is read."""
        self._beat_seconds = beat_seconds
        self._loop = asyncio.get_running_loop()
        self._ready: deque[T] = deque()
        self._is_over = False
        self._news = asyncio.Event()
        self._is_told = False
        self._gone = threading.Event()
        self.future: Future[None] | None = None

    def work(self, turn: Callable[[], Generator[T, None, None]]) -> None:
        """Runs the turn, in a thread."""
        with closing(turn()) as events:
            for event in events:
                if self._gone.is_set():
                    return
                self._ready.append(event)
                self._tell()

    def over(self, future: Future[None]) -> None:
        """The turn has ended: wakes who reads it, if that one is still there."""
        if not self._gone.is_set() and not self._loop.is_closed():
            self._is_over = True
            self._tell()

    def _tell(self) -> None:
        # The loop is woken once for all that comes until it looks: each time costs more than the event itself.
        if not self._is_told:
            self._is_told = True
            self._loop.call_soon_threadsafe(self._news.set)

    async def events(self) -> AsyncGenerator[T | None, None]:
        """The events as they come, None as a sign of life between them. Raises `TurnBroke`."""
        async with aclosing(self.batches()) as batches:
            async for batch in batches:
                for event in batch or (None,):
                    yield event

    async def batches(self) -> AsyncGenerator[list[T], None]:
        """All events that have come since the last ones, none of them as a sign of life. Raises `TurnBroke`."""
        assert self.future is not None
        try:
            is_over = False
            while not is_over:
                try:
                    async with asyncio.timeout(self._beat_seconds):
                        await self._news.wait()
                except TimeoutError:
                    yield []
                    continue
                self._news.clear()
                # In this order: what comes from here on is either among what is taken now, or told anew.
                self._is_told, is_over = False, self._is_over
                if batch := [self._ready.popleft() for _ in range(len(self._ready))]:
                    yield batch
            self._look()
        finally:
            self._gone.set()
            self.future.cancel()

    def _look(self) -> None:
        error = self.future.exception() if self.future else None
        if error is not None:
            _log.error("a turn broke off", exc_info=error)
            raise TurnBroke from error


class Turns:
    """The threads of turns."""

    def __init__(self, at_once: int, waiting: int, *, beat_seconds: float = BEAT_SECONDS) -> None:
        """`at_once` turns run at the same time, `waiting` more wait for that; all others are refused."""
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="turn")
        self._room = at_once + waiting
        self._beat_seconds = beat_seconds
        self._lock = threading.Lock()
        self._taken = 0

    @property
    def taken(self) -> int:
        """How many turns run or wait."""
        return self._taken

    def begin(self, turn: Callable[[], Generator[T, None, None]]) -> Running[T]:
        """Begins a turn, from within an event loop. Raises `Problem` where too many run and wait already."""
        with self._lock:
            if self._taken >= self._room:
                detail = "too many shoppers are asking at this moment; try again shortly"
                raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, retry_after=BUSY_SECONDS)
            self._taken += 1
        running: Running[T] = Running(self._beat_seconds)
        running.future = self._threads.submit(running.work, turn)
        running.future.add_done_callback(self._free)
        running.future.add_done_callback(running.over)
        return running

    def _free(self, _future: Future[None]) -> None:
        with self._lock:
            self._taken -= 1
