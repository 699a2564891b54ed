import threading
import time

import pytest

from assistant.chat_models import ChatModelRefused, ChatModelTimeout, ChatModelUnavailable
from assistant.engines.batching import BatchingWorker
from assistant.engines.standstill import Pulse
from tests.fakes_engines import FakePipeline


@pytest.fixture
def pipeline():
    return FakePipeline()


@pytest.fixture
def worker(pipeline):
    worker = BatchingWorker(pipeline, max_waiting=3)
    yield worker
    pipeline.may_step.set()
    worker.close()


def read(generation, seconds=5.0):
    return [number for ids in generation.items(time.monotonic() + seconds) for number in ids]


def test_tokens_come_in_order(worker):
    assert read(worker.submit([1, 2, 3], 0)) == [1, 2, 3]


def test_generations_share_steps(worker, pipeline):
    pipeline.may_step.clear()
    generations = [worker.submit([number] * 5, 0) for number in (1, 2, 3)]
    pipeline.may_step.set()
    assert [read(generation) for generation in generations] == [[1] * 5, [2] * 5, [3] * 5]
    assert pipeline.most_at_once >= 2


def test_too_many_are_refused_and_places_come_back(worker, pipeline):
    pipeline.may_step.clear()
    generations = [worker.submit([1], 0) for _ in range(3)]
    with pytest.raises(ChatModelRefused, match="busy: 3"):
        worker.submit([1], 0)
    pipeline.may_step.set()
    for generation in generations:
        read(generation)
    assert read(worker.submit([7], 0)) == [7]


def test_a_step_that_hangs_costs_no_more_than_the_deadline(worker, pipeline):
    pipeline.may_step.clear()
    started = time.monotonic()
    with pytest.raises(ChatModelTimeout):
        read(worker.submit([1], 0), seconds=0.05)
    assert time.monotonic() - started < 1


def test_while_a_step_hangs_others_are_refused_at_once(pipeline):
    now = [0.0]
    worker = BatchingWorker(pipeline, max_waiting=3, pulse=Pulse(patience=4, clock=lambda: now[0]))
    pipeline.may_step.clear()
    with pytest.raises(ChatModelTimeout):
        read(worker.submit([1], 0), seconds=0.05)
    now[0] = 5.0
    with pytest.raises(ChatModelUnavailable, match="stands still"):
        worker.submit([2], 0)
    pipeline.may_step.set()
    deadline = time.monotonic() + 5
    while pipeline.handles and time.monotonic() < deadline:
        time.sleep(0.005)
    assert read(worker.submit([3, 4], 0)) == [3, 4]
    worker.close()


def test_closing_the_iterator_cancels_in_the_pipeline(worker, pipeline):
    tokens = worker.submit([5] * 1_000_000, 0).items(time.monotonic() + 5)
    next(tokens)
    tokens.close()
    deadline = time.monotonic() + 5
    while pipeline.handles and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not pipeline.handles


def test_a_request_that_is_refused_leaves_the_others_alone(worker, pipeline):
    with pytest.raises(ChatModelRefused, match="bad config -1"):
        read(worker.submit([1], -1))
    assert read(worker.submit([1, 2], 0)) == [1, 2]


def test_a_step_that_breaks_ends_what_ran_and_nothing_after_it(worker, pipeline):
    pipeline.fail_step = True
    with pytest.raises(ChatModelRefused, match="the step broke"):
        read(worker.submit([1], 0))
    assert read(worker.submit([1, 2], 0)) == [1, 2]


def test_a_prompt_that_does_not_fit_is_refused():
    worker = BatchingWorker(FakePipeline(last_status="IGNORED"), max_waiting=1)
    with pytest.raises(ChatModelRefused, match="does not fit"):
        read(worker.submit([1], 0))
    worker.close()


def test_close_ends_what_runs_and_refuses_what_comes(pipeline):
    worker = BatchingWorker(pipeline, max_waiting=3)
    tokens = worker.submit([1] * 1_000_000, 0).items(time.monotonic() + 5)
    next(tokens)
    threading.Thread(target=worker.close).start()
    with pytest.raises(ChatModelUnavailable):
        list(tokens)
    with pytest.raises(ChatModelUnavailable):
        worker.submit([1], 0)
    worker.close()
    assert not pipeline.handles
