"""How often somebody may call: sliding windows in memory, for each address and each token."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from assistant.web.api.problems import Problem

MINUTE = 60.0
_MOST_KEYS = 20_000
_PREFIX_OF_A_HOME = 64


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is allowed within a minute.

    `calls` of one address (an office may share one), `opened` conversations of one address, `messages` and presses of one
    conversation, and calls of one agent (`agent`) or of the shop (`shop`).
    """

    calls: int = 600
    opened: int = 60
    messages: int = 30
    agent: int = 300
    shop: int = 1200


@dataclass(slots=True)
class _Count:
    """Calls in the window that began at `start` and in the one before it."""

    start: float
    now: int = 0
    before: int = 0


class Window:
    """At most so many calls of one key within any stretch of time. Safe from several threads.

    Two counts stand for a key, however much it calls: the part of the last window that the sliding one still covers is
    taken to have been spread evenly. Of too many keys those go that have not called for the longest.
    """

    def __init__(self, most: int, now: Callable[[], float], *, seconds: float = MINUTE, most_keys: int = _MOST_KEYS) -> None:
        """`most` calls within `seconds`; `now` tells seconds since some moment."""
        self._most = most
        self._now = now
        self._seconds = seconds
        self._most_keys = most_keys
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._counts)

    def take(self, key: str) -> float:
        """Counts a call unless there have been too many; returns after how many seconds one more may come, 0 for at once."""
        now = self._now()
        with self._lock:
            count = self._current(key, now)
            wait = self._wait(count, now)
            if wait == 0:
                count.now += 1
        return wait

    def _current(self, key: str, now: float) -> _Count:
        count = self._counts.setdefault(key, _Count(now))
        self._counts.move_to_end(key)
        if len(self._counts) > self._most_keys:
            self._counts.popitem(last=False)
        passed = int((now - count.start) // self._seconds)
        if passed > 0:
            count.before = count.now if passed == 1 else 0
            count.now = 0
            count.start += passed * self._seconds
        return count

    def _wait(self, count: _Count, now: float) -> float:
        elapsed = now - count.start
        covered = 1 - elapsed / self._seconds
        if count.before * covered + count.now + 1 <= self._most:
            return 0.0
        if count.now < self._most:
            # The rest of the last window has to slide out far enough.
            return max(self._seconds * (1 - (self._most - count.now - 1) / count.before) - elapsed, 1e-3)
        return self._seconds - elapsed + self._seconds * (1 - (self._most - 1) / count.now)


class Limits:
    """The windows of the whole API."""

    def __init__(self, allowed: Allowance, now: Callable[[], float]) -> None:
        """`now` tells seconds since some moment."""
        self._calls = Window(allowed.calls, now)
        self._opened = Window(allowed.opened, now)
        self._messages = Window(allowed.messages, now)
        self._agents = Window(allowed.agent, now)
        self._shop = Window(allowed.shop, now)

    def call(self, address: str) -> None:
        """Any call from an address. Raises `Problem` where there are too many."""
        _take(self._calls, home_of(address), "calls from this address")

    def opens(self, address: str) -> None:
        """A conversation is opened from an address. Raises `Problem` where there are too many."""
        _take(self._opened, home_of(address), "conversations opened from this address")

    def message(self, conversation_id: str) -> None:
        """A message or press of a conversation. Raises `Problem` where there are too many."""
        _take(self._messages, conversation_id, "messages in this conversation")

    def agent(self, name: str) -> None:
        """A call with an agent's key. Raises `Problem` where there are too many."""
        _take(self._agents, name, "calls with this agent's key")

    def shop(self) -> None:
        """A call with the shop's key. Raises `Problem` where there are too many."""
        _take(self._shop, "shop", "calls with the shop's key")


def home_of(address: str) -> str:
    """What is counted as one address: of IPv6 the part that one home or office has to itself."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:
        return address
    return str(ipaddress.ip_network((known, _PREFIX_OF_A_HOME), strict=False))


def _take(window: Window, key: str, what: str) -> None:
    wait = window.take(key)
    if wait:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many", f"there are too many {what}; try later", retry_after=wait)
