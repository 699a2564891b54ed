"""How a generation's thread hands what it makes to the reader who waits for it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from assistant.chat_models import ChatModelError, ChatModelTimeout

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _End:
    error: ChatModelError | None


class Relay(Generic[Item]):
    """One generation: a thread puts items, a reader takes them up to its own deadline.

    A thread that hangs therefore costs the turn its prose, never the turn.
    """

    def __init__(self) -> None:
        """Starts empty, open and not cancelled."""
        self.cancelled = threading.Event()
        self._arrived: queue.SimpleQueue[Item | _End] = queue.SimpleQueue()

    def put(self, item: Item) -> None:
        """Hands an item over."""
        self._arrived.put(item)

    def end(self, error: ChatModelError | None = None) -> None:
        """Ends the generation, well or with an error. What comes after the first end is not read."""
        self._arrived.put(_End(error))

    def items(self, deadline: float) -> Generator[Item]:
        """Yields items as they come, until the end. Closing the iterator sets `cancelled`.

        Raises `ChatModelTimeout` past the deadline (a `time.monotonic()` instant), or what ended the generation.
        """
        try:
            while not isinstance(item := self._next(deadline), _End):
                yield item
            if item.error is not None:
                raise item.error
        finally:
            self.cancelled.set()

    def _next(self, deadline: float) -> Item | _End:
        left = deadline - time.monotonic()
        try:
            if left > 0:
                return self._arrived.get(timeout=left)
        except queue.Empty:
            pass
        raise ChatModelTimeout("the language model was not done at the deadline")
