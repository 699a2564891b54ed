from __future__ import annotations

import csv
import gzip
import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from retrieval.feeds.base import ReadOptions
from retrieval.feeds.formats import read_feed
from retrieval.feeds.json_ld import read_scripts
from retrieval.feeds.rows import BadRow
from retrieval.products import parse_product, to_row

SAMPLES = Path(__file__).parent / "samples"
OPTIONS = ReadOptions(now=datetime(2024, 5, 15, tzinfo=UTC))
EXPECTED = [json.loads(line) for line in (SAMPLES / "expected.jsonl").read_text(encoding="utf-8").splitlines()]
NAMES = sorted({row["sample"] for row in EXPECTED})

# Columns, elements and properties whose values a reader leaves away on purpose, as docs/feeds.md says; and the words of a
# format that are read into other words, such as "in stock" and TRUE.
LEFT_AWAY = {
    "google.xml": {"cost_of_goods_sold", "custom_label_0", "availability", "pubDate"},
    "google-atom.xml": set(),
    "google.tsv": {"custom label 0", "availability"},
    "acp.jsonl": {"is_eligible_search", "is_eligible_checkout", "enable_search", "listing_has_variations", "return_rate"},
    "acp-products.jsonl": {"feed_id", "account_id", "target_merchant", "target_country", "available", "taxonomy"}
    | {"amount"},
    "schema-org.html": {
        "@context",
        "@type",
        "@id",
        "availability",
        "itemCondition",
        "suggestedGender",
        "priceType",
        "variesBy",
    }
    | {"bestRating", "ratingValue", "reviewCount", "position", "item", "unitCode"},
    "schema-org-list.html": {"@context", "@type", "@id", "position", "isRelatedTo", "availability", "offerCount"},
    "shopify.csv": {
        "Published",
        "Cost per item",
        "SEO Title",
        "Image Position",
        "Gift Card",
        "Status",
        "Variant Inventory Tracker",
    }
    | {"Variant Inventory Policy", "Variant Inventory Qty", "Variant Compare At Price", "Variant Grams"},
    "shopify-new.csv": {"Published on online store", "Status", "Cost per item", "Inventory tracker", "Price"}
    | {"Continue selling when out of stock"},
    "woocommerce.csv": {"Type", "Published", "Is featured?", "Visibility in catalog", "Tax status", "In stock?", "Position"}
    | {"Backorders allowed?", "Purchase note", "Meta: _wc_cog_cost", "Download 1 URL", "Parent", "Stock"}
    | {"Attribute 1 visible", "Attribute 1 global"},
    "mapped.csv": {"Einkauf", "Verfügbar", "Preis", "Alter Preis"},
    "native.csv": set(),
    "native.jsonl": set(),
}


def products(path: Path, mapping: Path | None = None) -> Iterator[dict[str, object]]:
    for row in read_feed(path, options=OPTIONS, mapping=mapping):
        assert not isinstance(row, BadRow), str(row)
        yield {"line": row[0], "product": to_row(parse_product(row[1]))}


def mapping_of(name: str) -> Path | None:
    return SAMPLES / "mapping.toml" if name == "mapped.csv" else None


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_becomes_the_products_it_describes(name: str) -> None:
    expected = [{"line": row["line"], "product": row["product"]} for row in EXPECTED if row["sample"] == name]
    assert list(products(SAMPLES / name, mapping_of(name))) == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_gzipped_sample_is_read_alike(name: str, tmp_path: Path) -> None:
    packed = tmp_path / name
    packed.write_bytes(gzip.compress((SAMPLES / name).read_bytes()))
    assert list(products(packed, mapping_of(name))) == list(products(SAMPLES / name, mapping_of(name)))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_sample_is_lost(name: str) -> None:
    kept = words(json.dumps(list(products(SAMPLES / name, mapping_of(name))), ensure_ascii=False))
    told = [(column, value) for column, value in leaves(SAMPLES / name) if column not in LEFT_AWAY[name]]
    assert len(told) > 3
    assert [f"{column}: {value}" for column, value in told if value != "Default Title" and words(value) - kept] == []


def test_what_a_reader_leaves_away_on_purpose_is_nowhere() -> None:
    texts = [json.dumps(row["product"], ensure_ascii=False) for row in EXPECTED]
    for secret in ("high margin", "120", "21.0", "secret.zip", "Thanks", "Buy linen", "_wc_cog_cost"):
        assert not any(re.search(rf'[" ]{re.escape(secret)}[" ,]', text) for text in texts if "120 kg" not in text), secret


def words(text: str) -> set[str]:
    """The words and numbers of a text, without its markup; 20.00 and 20 are the same number."""
    plain = html.unescape(re.sub(r"</?\w+>", " ", text.replace("\\n", " ").replace("\\", " ")))
    found = re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", plain.casefold())
    return {f"{float(word):g}" if word[0].isdigit() else word for word in found}


def leaves(path: Path) -> Iterator[tuple[str, str]]:
    """Every value of a sample with the name it has there."""
    if path.suffix == ".xml":
        for item in ElementTree.parse(path).iter():
            if item.tag.endswith(("item", "entry")):
                for element in item.iter():
                    yield element.tag.rpartition("}")[2], (element.text or "") + " " + element.get("href", "")
    elif path.suffix in (".csv", ".tsv"):
        mark = {"google.tsv": "\t", "mapped.csv": ";"}.get(path.name, ",")
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter=mark):
                yield from row.items()
    elif path.suffix == ".html":
        for script in read_scripts(path):
            assert not isinstance(script, BadRow)
            nodes = script[1].get("@graph", [script[1]])
            yield from json_leaves("", [node for node in nodes if node.get("@type") != "BreadcrumbList"])
    else:
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from json_leaves("", json.loads(line))


def json_leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "isRelatedTo":
                yield from json_leaves(key, item)
    elif isinstance(value, list):
        for item in value:
            yield from json_leaves(name, item)
    else:
        yield name, str(value)
