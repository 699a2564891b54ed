import pytest

from assistant.chat_models import ChatModelRefused, ChatModelTimeout, ChatModelUnavailable
from assistant.engines.standstill import Breaker, Pulse


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_work_that_moves_is_well_however_long_it_takes(clock):
    pulse = Pulse(patience=4, clock=clock)
    for _ in range(10):
        pulse.beat()
        clock.now += 3.9
        pulse.check()
    clock.now += 0.2
    with pytest.raises(ChatModelUnavailable, match="stands still"):
        pulse.check()
    pulse.beat()
    pulse.check()


def test_nothing_under_way_does_not_stand_still(clock):
    pulse = Pulse(clock=clock)
    pulse.check()
    pulse.beat()
    pulse.end()
    clock.now += 1000
    pulse.check()


@pytest.fixture
def breaker(clock):
    return Breaker(patience=2, rest=5, clock=clock)


def fail(breaker, error):
    with pytest.raises(type(error)), breaker.attempt():
        raise error


def is_let_through(breaker):
    """Whether a request reaches the server; it ends there without a sign of life."""
    try:
        with breaker.attempt():
            return True
    except ChatModelUnavailable as refusal:
        assert "left alone" in str(refusal)
        return False


def test_a_server_that_broke_off_is_left_alone_and_then_tried(breaker, clock):
    fail(breaker, ChatModelUnavailable("reset"))
    assert not is_let_through(breaker)
    clock.now += 4.9
    assert not is_let_through(breaker)
    clock.now += 0.2
    assert is_let_through(breaker)


def test_one_request_tries_it_at_a_time(breaker, clock):
    fail(breaker, ChatModelUnavailable("reset"))
    clock.now += 6
    with breaker.attempt() as alive:
        assert not is_let_through(breaker)
        alive()
        assert is_let_through(breaker)


def test_a_try_that_fails_leaves_it_alone_again(breaker, clock):
    fail(breaker, ChatModelUnavailable("reset"))
    clock.now += 6
    fail(breaker, ChatModelUnavailable("still dead"))
    assert not is_let_through(breaker)
    clock.now += 6
    assert is_let_through(breaker)


def test_silence_counts_and_a_slow_answer_does_not(breaker, clock):
    with pytest.raises(ChatModelTimeout), breaker.attempt() as alive:
        for _ in range(10):
            clock.now += 1
            alive()
        raise ChatModelTimeout("late")
    assert is_let_through(breaker)
    with pytest.raises(ChatModelTimeout), breaker.attempt() as alive:
        alive()
        clock.now += 5
        raise ChatModelTimeout("silent")
    assert not is_let_through(breaker)


def test_a_deadline_too_short_to_tell_does_not_count(breaker, clock):
    with pytest.raises(ChatModelTimeout), breaker.attempt():
        clock.now += 0.5
        raise ChatModelTimeout("late")
    assert is_let_through(breaker)


def test_a_refusal_is_an_answer(breaker):
    fail(breaker, ChatModelRefused("HTTP 400"))
    assert is_let_through(breaker)
