"""How long 50 shoppers at once have to wait, at the HTTP API and at `gr.ChatInterface` with the same assistant behind it.

Both serve the same shop without a language model, on this machine, one after the other; the shoppers are a process of
their own. They say the same things in the same order, once as fast as they are answered and once with the pause of somebody
who types quickly.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from bench.environment import whole_number
from bench.figures import percentile, ratio
from bench.load_shoppers import Front, Load, Waits, let_loose
from bench.shop import BenchShop, Result
from bench.start import free_port, serving, wait_for

SHOPPERS = 50
SECONDS = 60
PAUSES = {"no_pause": 0.0, "quick_typist": 2.0}
"""Seconds between an answer and the next message."""
CONCURRENCY = 8
REQUIRED = 2
ALLOWED_MS = 1000
_UNLIMITED = "1000000"
_SETTINGS = {
    "SHELFWISE_CONCURRENCY": str(CONCURRENCY),
    # All of these shoppers have one address.
    "SHELFWISE_API_CALLS": _UNLIMITED,
    "SHELFWISE_API_CONVERSATIONS": _UNLIMITED,
    "SHELFWISE_API_MESSAGES": _UNLIMITED,
}


def run(shop: BenchShop) -> Iterator[Result]:
    """A line for each pause; `ratio` is the first card's p99 at the Gradio page over that at the API."""
    loads = chosen(os.environ)
    noted: dict[Front, dict[str, Waits]] = {}
    # Not forked: a process with a shop's threads in it can't be.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as crowd:

        def loaded(front: Front, port: int) -> dict[str, Waits]:
            found = {}
            for name, load in loads.items():
                shop.say(f"  {front}, {name}: {load.shoppers} shoppers for {load.warm_up + load.seconds:.0f} s")
                found[name] = crowd.submit(let_loose, front, port, load).result()
            return found

        with _api(shop) as port:
            noted["api"] = loaded("api", port)
        with _gradio(shop) as port:
            noted["gradio"] = loaded("gradio", port)
    for name, load in loads.items():
        yield compared(name, load, noted["api"][name], noted["gradio"][name])


def chosen(environment: Mapping[str, str]) -> dict[str, Load]:
    """The loads, as long and as heavy as the environment asks for. Raises `ValueError` for a bad number."""
    shoppers = whole_number(environment, "BENCH_LOAD_SHOPPERS", SHOPPERS)
    seconds = whole_number(environment, "BENCH_LOAD_SECONDS", SECONDS)
    return {name: Load(shoppers, seconds, pause) for name, pause in PAUSES.items()}


def compared(name: str, load: Load, api: Waits, gradio: Waits) -> Result:
    """The line of one load. Raises `ValueError` where one side showed no card at all."""
    for side, waits in (("the API", api), ("Gradio", gradio)):
        if not waits.first_card:
            raise ValueError(f"{side} showed no card; errors: {dict(waits.errors)}")
    first_card = percentile(api.first_card, 99)
    return {
        "mode": name,
        "ratio": ratio(percentile(gradio.first_card, 99), first_card),
        "ratio_is": "first card p99 of gr.ChatInterface / of the API",
        "required": REQUIRED,
        "first_card_ms_p99_allowed": ALLOWED_MS,
        "is_quick_enough": first_card <= ALLOWED_MS,
        "shoppers": load.shoppers,
        "seconds": load.seconds,
        "pause_s": load.pause,
        "concurrency": CONCURRENCY,
        **told("api", load, api),
        **told("gradio", load, gradio),
    }


def told(side: str, load: Load, waits: Waits) -> Mapping[str, object]:
    """The figures of one side."""
    return {
        **_spread(f"{side}_first_card_ms", waits.first_card),
        **_spread(f"{side}_turn_ms", waits.whole),
        f"{side}_turns": len(waits.whole),
        f"{side}_turns_per_s": round(len(waits.whole) / load.seconds, 1),
        f"{side}_errors": waits.errors.total(),
        f"{side}_errors_were": dict(waits.errors.most_common(3)),
    }


def _spread(name: str, values: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p{percent}": round(percentile(values, percent), 1) for percent in (50, 95, 99)}


@contextmanager
def _api(shop: BenchShop) -> Iterator[int]:
    """The real server in a process of its own; gives its port."""
    port = free_port()
    command = [*shop.command, "serve", "--host", "127.0.0.1", "--port", str(port), "--no-llm"]
    with serving(command, {**shop.environment, **_SETTINGS}) as process:
        wait_for(process, f"http://127.0.0.1:{port}/readyz", lambda answer: bool(answer["ready"]))
        yield port


@contextmanager
def _gradio(shop: BenchShop) -> Iterator[int]:
    """The Gradio page in this process, which does nothing else meanwhile; gives its port."""
    # Seconds of imports, and much memory: no other benchmark is to have them in its process.
    from bench.load_gradio import gradio_page

    port = free_port()
    with gradio_page(shop.open_assistant(False), port, CONCURRENCY):
        yield port
