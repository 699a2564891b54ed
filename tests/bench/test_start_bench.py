from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench.start import DidNotStart, free_port, is_loaded, peak_memory, start_once
from tests.bench.fakes_bench import closed_shop

SERVER = """
import http.server, json, os, pathlib, sys
folder = pathlib.Path(os.environ["BENCH_SHOP"])
(folder / "arguments").write_text(" ".join(sys.argv[1:]))
(folder / "pid").write_text(str(os.getpid()))
asked = []
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        loading = asked.count("/readyz") < 3
        body = json.dumps({"parts": {"language model": "ok: loading" if loading else "ok: small"}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
        (folder / "asked").write_text(" ".join(asked))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), Handler).serve_forever()
"""


def test_a_start_lasts_until_the_model_is_loaded_and_leaves_no_process(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER, encoding="utf-8")
    start = start_once(closed_shop(tmp_path, [], (sys.executable, str(script))), "--no-llm")
    assert 0 < start.healthy < start.loaded
    assert (tmp_path / "asked").read_text() == "/healthz /readyz /readyz /readyz"
    command, _, port, option = (tmp_path / "arguments").read_text().split()
    assert (command, option) == ("demo", "--no-llm")
    assert 1024 <= int(port) <= 65535
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_server_that_ends_is_an_error_at_once(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit(3)")
    with pytest.raises(DidNotStart, match="ended with code 3 before http://127.0.0.1:.*/healthz answered"):
        start_once(closed_shop(tmp_path, [], command), "--llm")


@pytest.mark.parametrize(
    ("state", "loaded"), [("ok: loading", False), ("ok: templates only", True), ("ok: openvino:small", True)]
)
def test_what_readyz_says_of_the_model(state: str, loaded: bool) -> None:
    assert is_loaded({"parts": {"language model": state}}) is loaded


def test_a_model_that_failed_to_load_is_an_error() -> None:
    with pytest.raises(DidNotStart, match="failed to load"):
        is_loaded({"parts": {"language model": "ok: failed to load"}})


def test_peak_memory_is_read_in_megabytes(tmp_path: Path) -> None:
    (tmp_path / "42").mkdir()
    (tmp_path / "42" / "status").write_text("Name:\tpython\nVmHWM:\t  204800 kB\nVmRSS:\t 100 kB\n", encoding="utf-8")
    assert peak_memory(42, tmp_path) == 200
    assert peak_memory(43, tmp_path) is None


def test_a_free_port_can_be_listened_on() -> None:
    assert 1024 <= free_port() <= 65535
