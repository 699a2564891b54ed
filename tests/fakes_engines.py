"""Public fakes for the engines: a pipeline whose generations are scripted, and a request with a deadline ahead."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

from assistant.chat_models import ChatMessage, Request


def a_request(text: str = "Which boots?", *, seconds: float = 5.0, max_tokens: int = 20, **fields) -> Request:
    return Request((ChatMessage("user", text),), max_tokens, time.monotonic() + seconds, **fields)


class FakeHandle:
    """Gives out one token a step, until its script is over or it is cancelled."""

    def __init__(self, script: list[int], last_status: str) -> None:
        self.script = list(script)
        self.ready: list[int] = []
        self.status = "RUNNING"
        self.last_status = last_status

    def advance(self) -> None:
        if self.script:
            self.ready.append(self.script.pop(0))
        if not self.script and self.status == "RUNNING":
            self.status = self.last_status

    def can_read(self) -> bool:
        return bool(self.ready)

    def read(self) -> dict[int, SimpleNamespace]:
        ready, self.ready = self.ready, []
        return {0: SimpleNamespace(generated_ids=ready)}

    def get_status(self) -> SimpleNamespace:
        return SimpleNamespace(name=self.status)

    def cancel(self) -> None:
        self.status = "CANCEL"


class FakePipeline:
    """Generates the ids it is given as its prompt.

    A negative `config` refuses the request; `fail_step` makes the next step raise; clearing `may_step` makes steps hang.
    """

    def __init__(self, *, last_status: str = "FINISHED") -> None:
        self.handles: dict[int, FakeHandle] = {}
        self.last_status = last_status
        self.fail_step = False
        self.may_step = threading.Event()
        self.may_step.set()
        self.most_at_once = 0

    def add_request(self, request_id: int, input_ids: list[int], generation_config: int) -> FakeHandle:
        if generation_config < 0:
            raise RuntimeError(f"bad config {generation_config}")
        self.handles[request_id] = FakeHandle(input_ids, self.last_status)
        return self.handles[request_id]

    def has_non_finished_requests(self) -> bool:
        return bool(self.handles)

    def step(self) -> None:
        self.may_step.wait()
        if self.fail_step:
            self.fail_step = False
            raise RuntimeError("the step broke")
        running = [handle for handle in self.handles.values() if handle.status == "RUNNING"]
        self.most_at_once = max(self.most_at_once, len(running))
        for handle in running:
            handle.advance()
        self.handles = {number: handle for number, handle in self.handles.items() if handle.status == "RUNNING"}
