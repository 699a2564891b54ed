"""How soon a shop that was built before answers again, and how much memory it takes at most."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import percentile, ratio
from bench.shop import BenchShop, Result

ALLOWED_SECONDS = 15.0
STARTS = 3
PATIENCE = 180.0
PAUSE = 0.05
MODES = {"llm": "--llm", "no_llm": "--no-llm"}


class DidNotStart(OSError):
    """The server ended, or was not there in time; the text says which."""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds until `/healthz` answered and until the language model was loaded; megabytes of memory at most."""

    healthy: float
    loaded: float
    peak_memory: float | None


def run(shop: BenchShop) -> Iterator[Result]:
    """A line with the language model and one without; the first start, which fills caches, does not count."""
    for mode, option in MODES.items():
        shop.say(f"  starting {STARTS + 1} times, {option}")
        starts = [start_once(shop, option) for _ in range(STARTS + 1)][1:]
        healthy = percentile([start.healthy for start in starts], 50)
        memory = [start.peak_memory for start in starts if start.peak_memory is not None]
        yield {
            "mode": mode,
            "ratio": ratio(ALLOWED_SECONDS, healthy),
            "ratio_is": "allowed seconds / seconds until /healthz answers, p50",
            "required": 1,
            "starts": STARTS,
            "allowed_s": ALLOWED_SECONDS,
            "healthz_s_p50": round(healthy, 2),
            "healthz_s_max": round(max(start.healthy for start in starts), 2),
            "model_loaded_s_p50": round(percentile([start.loaded for start in starts], 50), 2),
            "peak_memory_mb": round(max(memory)) if memory else None,
        }


def start_once(shop: BenchShop, option: str) -> Start:
    """Starts the shop in a process of its own, waits until all of it is there, and ends it.

    Raises `DidNotStart`.
    """
    port = free_port()
    started = time.monotonic()
    with serving([*shop.command, "demo", "--port", str(port), option], shop.environment) as process:
        wait_for(process, f"http://127.0.0.1:{port}/healthz", lambda answer: True)
        healthy = time.monotonic() - started
        wait_for(process, f"http://127.0.0.1:{port}/readyz", is_loaded)
        loaded = time.monotonic() - started
        return Start(healthy, loaded, peak_memory(process.pid))


def is_loaded(answer: Mapping[str, Any]) -> bool:
    """Whether the answer of `/readyz` says that the language model is there. Raises `DidNotStart` where it failed."""
    state = str(answer["parts"]["language model"])
    if "failed" in state:
        raise DidNotStart(f"the language model: {state}")
    return not state.endswith("loading")


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def peak_memory(pid: int, processes: Path = Path("/proc")) -> float | None:
    """The most megabytes of memory that a process has held so far; None where the system does not tell."""
    status = processes / str(pid) / "status"
    if not status.is_file():
        return None
    for line in status.read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return None


@contextmanager
def serving(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own while this is open, with `environment` beside this process's."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(process: subprocess.Popen[bytes], url: str, is_there: Callable[[Mapping[str, Any]], bool]) -> None:
    """Waits until the JSON at `url` is as `is_there` wants it. Raises `DidNotStart` if the server ends or takes too long."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise DidNotStart(f"the server ended with code {process.returncode} before {url} answered")
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as response:
                if is_there(json.load(response)):
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(PAUSE)
    raise DidNotStart(f"{url} did not answer within {PATIENCE:.0f} s")
