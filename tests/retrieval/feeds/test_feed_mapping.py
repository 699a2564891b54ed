from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.feeds.formats import read_feed
from retrieval.feeds.rows import FeedError

FIELDS = 'id = "No"\ntitle = "Name"\n'


def written(folder: Path, mapping: str, table: str = "No,Name,Cost\n1,Pot,5\n") -> tuple[Path, Path]:
    (folder / "map.toml").write_text(mapping, encoding="utf-8")
    (folder / "table.csv").write_text(table, encoding="utf-8")
    return folder / "table.csv", folder / "map.toml"


def test_a_mapping_in_toml_and_in_json_mean_the_same(tmp_path: Path) -> None:
    table, mapping = written(tmp_path, f'ignore = ["Cost"]\n[fields]\n{FIELDS}')
    expected = [(2, {"id": "1", "title": "Pot"})]
    assert list(read_feed(table, mapping=mapping)) == expected
    mapping.write_text(json.dumps({"ignore": ["Cost"], "fields": {"id": "No", "title": {"column": "Name"}}}))
    assert list(read_feed(table, mapping=mapping)) == expected
    mapping.write_text(f"[fields]\n{FIELDS}")
    assert list(read_feed(table, "csv", mapping=mapping)) == [(2, {"id": "1", "title": "Pot", "attributes": {"cost": "5"}})]


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ("id: No\n", "the mapping is neither TOML nor JSON"),
        ('{"fields": ', "the mapping is neither TOML nor JSON"),
        (f'colums = "a"\n[fields]\n{FIELDS}', "colums: is no part of a mapping; expected one of attributes, decimal"),
        (f'[fields]\n{FIELDS}prise = "Cost"\n', "fields.prise: is no field; expected one of id, title"),
        ('[fields]\nid = "No"\n', "fields.title: is missing; every product needs it"),
        (f"[fields]\n{FIELDS}price = 5\n", "fields.price: 5 says no source; expected a column, or one of"),
        (f'[fields]\n{FIELDS}price = {{ columm = "Cost" }}\n', "fields.price: .* says no source"),
        (f'[fields]\n{FIELDS}price = {{ column = "Cost", value = "5" }}\n', "fields.price: .* says no source"),
        (f'decimal = "x"\n[fields]\n{FIELDS}', "decimal: 'x' is neither"),
        (f"group = 5\n[fields]\n{FIELDS}", "group: 5 is not the name of a column"),
        (f'ignore = "Cost"\n[fields]\n{FIELDS}', "ignore: 'Cost' is not a list of columns"),
        ('fields = "all"\n', "fields: 'all' is not a table of names and columns"),
        (f'[fields]\n{FIELDS}price = "Price"\n', "names the column 'Price', which table.csv lacks; it has No, Name, Cost"),
    ],
)
def test_a_wrong_mapping_is_told(mapping: str, reason: str, tmp_path: Path) -> None:
    table, path = written(tmp_path, mapping)
    with pytest.raises(FeedError, match=reason) as error:
        list(read_feed(table, mapping=path))
    assert error.value.path == path


def test_a_mapping_is_for_tables_alone(tmp_path: Path) -> None:
    table, mapping = written(tmp_path, f"[fields]\n{FIELDS}")
    with pytest.raises(FeedError, match="a mapping is for the format csv, not acp"):
        list(read_feed(table, "acp", mapping=mapping))
    with pytest.raises(FeedError, match="the mapping can't be read .No such file"):
        list(read_feed(table, mapping=tmp_path / "none.toml"))
