"""What a benchmark is given: the demo shop and the ways to open its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.chat_models import ChatModel
    from assistant.engines.choose import Purpose
    from assistant.turn import Assistant
    from retrieval.catalog import Catalog
    from retrieval.embed import Embedder
    from retrieval.index import VectorIndex

Result = Mapping[str, object]
"""One line of a benchmark: its `ratio`, what that is the ratio of (`ratio_is`), and the measurements behind it."""


class UnknownBenchmark(ValueError):
    """There is no benchmark of that name; the text lists those that there are."""


@dataclass(frozen=True, slots=True)
class BenchShop:
    """A copy of the demo shop that benchmarks may write to, and the ways to open its parts.

    `open_assistant` takes whether with the language model, and gives it loaded, as `open_chat_model` does; that is None
    where the settings have none. `command` starts the command line in a
    process of its own, which finds the shop through `environment`. `data` has the public data sets, `scratch` keeps
    from run to run what is dear to make. `say` tells a person how far things are.
    """

    open_assistant: Callable[[bool], Assistant]
    open_chat_model: Callable[[Purpose], ChatModel | None]
    open_catalog: Callable[[], Catalog]
    open_embedder: Callable[[], Embedder]
    open_index: Callable[[Embedder], VectorIndex]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    data: Path
    scratch: Path
    say: Callable[[str], None]
