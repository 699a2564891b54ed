from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from retrieval.feeds.jsonl import LINE_LIMIT, read_jsonl
from retrieval.feeds.rows import BadRow, FeedError


def test_plain_and_gzipped_files_read_alike(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"id": "a"}\n\n{"id": "b"}'
    (tmp_path / "plain.jsonl").write_bytes(content)
    (tmp_path / "zipped-by-another-name.txt").write_bytes(gzip.compress(content))
    for path in tmp_path.iterdir():
        assert list(read_jsonl(path)) == [(1, {"id": "a"}), (3, {"id": "b"})]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": ', "is not JSON"),
        (b'["a"]', "is not a JSON object"),
        (b'{"id": "\xff"}', "is not UTF-8 (byte 9)"),
        (b'{"price": NaN}', "NaN is not a JSON number"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"id": "' + b"x" * LINE_LIMIT + b'"}', "is longer than 1,000,000 bytes"),
    ],
)
def test_a_bad_line_is_told_and_the_rest_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'{"id": "a"}\n' + line + b'\n{"id": "b"}\n')
    first, bad, last = read_jsonl(path)
    assert (first, last) == ((1, {"id": "a"}), (3, {"id": "b"}))
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.field) == (2, "line")
    assert reason in bad.reason


def test_what_was_read_before_a_cut_stays(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.gz"
    rows = "".join(f'{{"id": "p{number}", "title": "{number * 7919 % 10_007}"}}\n' for number in range(20_000))
    path.write_bytes(gzip.compress(rows.encode())[:-20_000])
    read = []
    with pytest.raises(FeedError, match="cut off before its end"):
        for row in read_jsonl(path):
            read.append(row)
    assert 1_000 < len(read) < 20_000
    assert read[0] == (1, {"id": "p0", "title": "0"})


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no such file"):
        next(read_jsonl(tmp_path / "missing.jsonl"))
    with pytest.raises(FeedError, match="is a folder"):
        next(read_jsonl(tmp_path))
    broken = tmp_path / "broken.gz"
    broken.write_bytes(b"\x1f\x8bnot gzip at all")
    with pytest.raises(FeedError, match="is not a sound gzip file"):
        next(read_jsonl(broken))
