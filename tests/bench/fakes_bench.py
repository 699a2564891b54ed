"""A shop for benchmarks that opens nothing."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from bench.shop import BenchShop


def refuse(*_: object) -> NoReturn:
    raise AssertionError("must not be opened")


def closed_shop(folder: Path, said: list[str], command: tuple[str, ...] = ()) -> BenchShop:
    """What it says goes to `said`; it has no data."""
    return BenchShop(
        open_assistant=refuse,
        open_chat_model=refuse,
        open_catalog=refuse,
        open_embedder=refuse,
        open_index=refuse,
        command=command,
        environment={"BENCH_SHOP": str(folder)},
        data=folder / "data",
        scratch=folder / "scratch",
        say=said.append,
    )
