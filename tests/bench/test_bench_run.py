from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.environment import cpu_name, environment
from bench.run import BENCHMARKS, run_benchmarks
from bench.shop import UnknownBenchmark
from tests.bench.fakes_bench import closed_shop, refuse


def test_an_unknown_name_is_refused_before_the_shop_is_opened() -> None:
    with pytest.raises(UnknownBenchmark, match="no benchmark 'speed'; expected one of start, turn, search") as problem:
        list(run_benchmarks(["turn", "speed"], refuse))
    assert all(name in str(problem.value) for name in BENCHMARKS)


def test_a_benchmark_without_its_data_says_so_in_its_line(tmp_path: Path) -> None:
    said: list[str] = []
    [line] = run_benchmarks(["relevance"], lambda: closed_shop(tmp_path, said))
    row = json.loads(line)
    assert row["benchmark"] == "relevance"
    assert "products.jsonl.gz" in row["skipped"] and "SHELFWISE_DATA" in row["skipped"]
    assert row["environment"]["cpus"] >= 1
    assert said == ["bench relevance"]


def test_the_environment_names_machine_and_versions() -> None:
    where = environment()
    assert where["python"].count(".") == 2
    assert where["packages"]["numpy"]
    assert where["cpu"]


def test_the_processor_is_named_where_the_system_tells(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\nmodel name\t: Other\n", encoding="utf-8")
    assert cpu_name(info) == "Fast CPU @ 3 GHz"
    assert cpu_name(tmp_path / "missing") != ""
