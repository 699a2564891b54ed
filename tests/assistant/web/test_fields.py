from __future__ import annotations

import pytest
from fastapi import HTTPException

from assistant.web.fields import BadCall, bad_calls_refused, count_field, fields_of, ids_field, text_field


def test_fields_that_are_missing_have_a_plain_value() -> None:
    assert (text_field({}, "text"), count_field({}, "count"), ids_field({}, "ids", 2)) == ("", 0, None)


def test_fields_as_they_were_sent() -> None:
    data = {"text": " a ", "version": -1, "ids": ["b", "a", "b"]}
    assert text_field(data, "text") == " a "
    assert count_field(data, "version", least=-1) == -1
    assert ids_field(data, "ids", 3) == ["b", "a"]


@pytest.mark.parametrize("value", [-1, True, "2", 1.0, None])
def test_what_is_no_count(value: object) -> None:
    with pytest.raises(BadCall, match=r"count is .*, expected a whole number from 0 on"):
        count_field({"count": value}, "count")


@pytest.mark.parametrize("value", ["a", [1], {"a": 1}, ["a", "b", "c"]])
def test_what_are_no_ids(value: object) -> None:
    with pytest.raises(BadCall, match=r"ids is .*, expected a list of up to 2 ids"):
        ids_field({"ids": value}, "ids", 2)


def test_bad_calls_are_answered_with_400() -> None:
    with pytest.raises(HTTPException, match="expected an object") as refused, bad_calls_refused():
        fields_of(["not", "an", "object"])
    assert refused.value.status_code == 400
