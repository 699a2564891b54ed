"""One worker thread that drives a continuous-batching pipeline for many readers.

Generations that come in while others run join them at the next step, so that several shoppers are answered at once.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from itertools import count
from typing import Any, Protocol

from assistant.chat_models import ChatModelError, ChatModelRefused, ChatModelUnavailable
from assistant.engines.relay import Relay
from assistant.engines.standstill import Pulse

CLOSE_SECONDS = 5.0
# What C++ exceptions become in Python.
FAILURES = (RuntimeError, ValueError, IndexError, MemoryError)


class Handle(Protocol):
    """One generation inside a pipeline."""

    def can_read(self) -> bool:
        """Whether tokens wait to be read."""

    def read(self) -> Mapping[int, Any]:
        """Returns outputs by sequence, each with its `generated_ids`."""

    def get_status(self) -> Any:
        """Returns an enum member whose `name` is RUNNING, FINISHED, IGNORED, CANCEL or STOP."""

    def cancel(self) -> None:
        """Ends the generation at the next step."""


class Pipeline(Protocol):
    """What the worker needs of `openvino_genai.ContinuousBatchingPipeline`. Only the worker's thread touches it."""

    def add_request(self, request_id: int, input_ids: Any, generation_config: Any) -> Handle:
        """Takes a generation in."""

    def has_non_finished_requests(self) -> bool:
        """Whether a step has anything to do."""

    def step(self) -> None:
        """Computes one token for each running generation."""


class Generation(Relay[list[int]]):
    """One generation as its reader sees it: token ids as they come."""

    def __init__(self, input_ids: Any, config: Any) -> None:
        """Nothing runs yet: `BatchingWorker.submit` makes these."""
        super().__init__()
        self.input_ids = input_ids
        self.config = config


class BatchingWorker:
    """Owns a pipeline and the thread that steps it."""

    def __init__(self, pipeline: Pipeline, *, max_waiting: int, pulse: Pulse | None = None) -> None:
        """Starts the thread. At most `max_waiting` generations are under way or waiting at once.

        `pulse` tells when a step hangs.
        """
        self._pipeline = pipeline
        self._pulse = pulse or Pulse()
        self._max_waiting = max_waiting
        self._wake = threading.Condition()
        self._closed = False
        self._arriving: list[Generation] = []
        self._running: dict[Generation, Handle] = {}
        self._ids = count(1)
        self._thread = threading.Thread(target=self._run, name="chat-model-batches", daemon=True)
        self._thread.start()

    def submit(self, input_ids: Any, config: Any) -> Generation:
        """Returns a generation that has been queued.

        Raises `ChatModelRefused` when too many wait already, `ChatModelUnavailable` after `close` and while a step hangs.
        """
        self._pulse.check()
        generation = Generation(input_ids, config)
        with self._wake:
            if self._closed:
                raise ChatModelUnavailable("the language model is closed")
            if len(self._arriving) + len(self._running) >= self._max_waiting:
                raise ChatModelRefused(f"busy: {self._max_waiting} generations are under way already")
            self._arriving.append(generation)
            self._wake.notify()
        return generation

    def close(self) -> None:
        """Ends every generation and the thread; waits for the step under way, though not for ever."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(CLOSE_SECONDS)
        self._end_all(ChatModelUnavailable("the language model was closed"))

    def _run(self) -> None:
        while self._wait_for_work():
            self._admit()
            self._drop_cancelled()
            self._pulse.beat()
            try:
                self._pipeline.step()
            except FAILURES as error:
                self._end_all(ChatModelRefused(f"the language model failed: {error}"))
            else:
                self._deliver()
            self._pulse.end()
        self._end_all(ChatModelUnavailable("the language model was closed"))
        if self._pipeline.has_non_finished_requests():
            # Gives back what the cancelled generations held.
            with contextlib.suppress(*FAILURES):
                self._pipeline.step()

    def _wait_for_work(self) -> bool:
        """Returns False once the worker is closed."""
        with self._wake:
            self._wake.wait_for(self._has_work)
            return not self._closed

    def _has_work(self) -> bool:
        return self._closed or bool(self._arriving or self._running) or self._pipeline.has_non_finished_requests()

    def _admit(self) -> None:
        with self._wake:
            arriving, self._arriving = self._arriving, []
            for generation in arriving:
                try:
                    handle = self._pipeline.add_request(next(self._ids), generation.input_ids, generation.config)
                except FAILURES as error:
                    generation.end(ChatModelRefused(f"the language model refused: {error}"))
                else:
                    self._running[generation] = handle

    def _drop_cancelled(self) -> None:
        for generation, handle in list(self._running.items()):
            if generation.cancelled.is_set():
                handle.cancel()
                self._forget(generation)

    def _deliver(self) -> None:
        for generation, handle in list(self._running.items()):
            while handle.can_read():
                for output in handle.read().values():
                    generation.put(list(output.generated_ids))
            status = handle.get_status().name
            if status == "RUNNING":
                continue
            ignored = ChatModelRefused("the prompt does not fit into the language model's cache")
            generation.end(ignored if status == "IGNORED" else None)
            self._forget(generation)

    def _forget(self, generation: Generation) -> None:
        with self._wake:
            self._running.pop(generation, None)

    def _end_all(self, error: ChatModelError) -> None:
        with self._wake:
            generations = [*self._arriving, *self._running]
            for handle in self._running.values():
                handle.cancel()
            self._arriving, self._running = [], {}
        for generation in generations:
            generation.end(error)
