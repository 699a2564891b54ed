from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.synthetic import SyntheticShop
from bench.whole import MadeUpEmbedder, main, run
from tests.bench.fakes_bench import closed_shop


def test_a_size_has_a_line_with_times_seconds_and_memory(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--products", "300"])
    line = json.loads(capsys.readouterr().out)
    assert (line["products"], line["queries"]) == (300, 60)
    for name in ("search_ms", "rank_ms"):
        assert 0 < line[f"{name}_p50"] <= line[f"{name}_p95"]
    assert line["peak_memory_mb"] > line["memory_mb"] >= 0


def test_a_kind_is_embedded_near_its_products() -> None:
    shop = SyntheticShop.of(400)
    vector = MadeUpEmbedder(shop).encode(["kind3"])[0]
    similarities = shop.matrix @ vector
    assert shop.kinds[int(similarities.argmax())] == 3
    assert np.linalg.norm(MadeUpEmbedder(shop).encode(["a soft thing", ""]), axis=1) == pytest.approx([1, 1])


def test_each_size_is_compared_with_the_first(tmp_path: Path) -> None:
    said: list[str] = []
    small, large = run(closed_shop(tmp_path, said), sizes=[200, 400])
    assert small["ratio"] == 1
    assert large["ratio"] == pytest.approx(large["search_ms_p50"] / small["search_ms_p50"], rel=0.01)
    assert large["ratio_is"] == "search p50 / search p50 at 200 products"
    assert said == ["  whole searches of 200 made-up products", "  whole searches of 400 made-up products"]
