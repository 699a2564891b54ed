from __future__ import annotations

import re

import pytest

from retrieval.packed_texts import PackedTexts, packed


def test_texts_come_back_as_they_were() -> None:
    texts = [packed(text) for text in ("boots", "", "café 靴", "a broken \ud83d escape", "x" * 10_000)]
    kept = PackedTexts()
    for text in texts:
        kept.append(text)
    assert len(kept) == len(texts)
    assert [kept[row] for row in range(len(texts))] == texts
    with pytest.raises(IndexError):
        kept[len(texts)]


def test_a_pattern_is_found_in_its_own_text_alone() -> None:
    kept = PackedTexts()
    for text in (b" red boot ", b" green boot ", b""):
        kept.append(text)
    assert [kept.have(row, re.compile(b" red(?= )")) for row in range(3)] == [True, False, False]
    assert [kept.have(row, re.compile(b" boot  green")) for row in range(3)] == [False, False, False]
