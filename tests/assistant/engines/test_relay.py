import threading
import time

import pytest

from assistant.chat_models import ChatModelRefused, ChatModelTimeout
from assistant.engines.relay import Relay


def test_items_come_in_order_until_the_end():
    relay: Relay[str] = Relay()
    for item in ("a", "b"):
        relay.put(item)
    relay.end()
    assert list(relay.items(time.monotonic() + 1)) == ["a", "b"]


def test_an_error_comes_after_what_was_made_before_it():
    relay: Relay[str] = Relay()
    relay.put("a")
    relay.end(ChatModelRefused("broken"))
    items = relay.items(time.monotonic() + 1)
    assert next(items) == "a"
    with pytest.raises(ChatModelRefused, match="broken"):
        next(items)


def test_the_deadline_holds_while_nothing_comes():
    relay: Relay[str] = Relay()
    started = time.monotonic()
    with pytest.raises(ChatModelTimeout):
        list(relay.items(started + 0.05))
    assert 0.05 <= time.monotonic() - started < 1
    assert relay.cancelled.is_set()


def test_the_deadline_holds_while_items_drip():
    relay: Relay[int] = Relay()
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.01):
            relay.put(1)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(ChatModelTimeout):
            list(relay.items(time.monotonic() + 0.1))
    finally:
        stop.set()
        thread.join()


def test_closing_the_iterator_cancels():
    relay: Relay[int] = Relay()
    relay.put(1)
    items = relay.items(time.monotonic() + 1)
    next(items)
    assert not relay.cancelled.is_set()
    items.close()
    assert relay.cancelled.is_set()
