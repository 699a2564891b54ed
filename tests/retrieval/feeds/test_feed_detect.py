from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from retrieval.feeds.formats import FORMATS, NAMES, by_name, detect, read_feed
from retrieval.feeds.rows import FeedError

SAMPLES = Path(__file__).parent / "samples"
FORMAT_OF = {
    "google.xml": "google-xml",
    "google-atom.xml": "google-xml",
    "google.tsv": "google-tsv",
    "acp.jsonl": "acp",
    "acp-products.jsonl": "acp",
    "schema-org.html": "schema-org",
    "schema-org-list.html": "schema-org",
    "shopify.csv": "shopify-csv",
    "shopify-new.csv": "shopify-csv",
    "woocommerce.csv": "woocommerce-csv",
    "native.csv": "csv",
    "native.jsonl": "jsonl",
}


@pytest.mark.parametrize(("name", "expected"), FORMAT_OF.items())
@pytest.mark.parametrize("ending", ["", ".gz", ".xml", ".csv", ".jsonl", ".html", ".dat"])
def test_a_file_is_told_by_what_is_in_it(name: str, expected: str, ending: str, tmp_path: Path) -> None:
    misleading = tmp_path / f"feed{ending}"
    shutil.copy(SAMPLES / name, misleading)
    assert detect(misleading).name == expected


@pytest.mark.parametrize(("name", "expected"), FORMAT_OF.items())
def test_a_gzipped_file_is_told_by_what_is_packed(name: str, expected: str, tmp_path: Path) -> None:
    packed = tmp_path / "plain.txt"
    packed.write_bytes(gzip.compress((SAMPLES / name).read_bytes()))
    assert detect(packed).name == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("name", ["shopify.csv", "google.tsv", "schema-org.html"])
def test_encodings_are_told_by_the_bytes(name: str, encoding: str, tmp_path: Path) -> None:
    text = (
        (SAMPLES / name).read_text(encoding="utf-8").replace("Linen", "Été").replace("Plain", "Été").replace("Fjell", "Été")
    )
    content = text.encode(encoding)
    path = tmp_path / name
    path.write_bytes(b"\xff\xfe" + content if encoding == "utf-16-le" else content)
    assert detect(path).name == FORMAT_OF[name]
    titles = [row[1].get("title") for row in read_feed(path) if isinstance(row, tuple)]
    assert any(str(title).startswith("Été") for title in titles)


def test_an_xml_says_its_encoding_itself(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    text = (SAMPLES / "google.xml").read_text(encoding="utf-8").replace("Skerry tent", "Tente d'été")
    for encoding in ("windows-1252", "iso-8859-1", "utf-16"):
        path.write_bytes(text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding))
        (first, *_) = read_feed(path)
        assert isinstance(first, tuple)
        assert first[1]["title"] == "Tente d'été for two"


def test_a_folder_is_a_catalogue_of_pages(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    shutil.copy(SAMPLES / "schema-org.html", tmp_path / "a.html")
    (tmp_path / "about.html").write_text("<html><p>We sell jackets.</p></html>")
    (tmp_path / "sub" / "b.html.gz").write_bytes(gzip.compress((SAMPLES / "schema-org-list.html").read_bytes()))
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\x00")
    (tmp_path / "sub" / "c.htm").write_text('<script type="application/ld+json">{"@type": "Product", "name"</script>')
    found = list(read_feed(tmp_path))
    assert sorted(str(row[1]["id"]) for row in found if isinstance(row, tuple)) == ["FUEL", "JACKET", "STOVE"]
    (bad,) = (str(row) for row in found if not isinstance(row, tuple))
    assert bad.startswith("sub/c.htm, line 1: script: ") and "is not JSON" in bad


def test_the_table_of_formats_is_what_the_command_line_offers() -> None:
    assert set(FORMAT_OF.values()) == {format.name for format in FORMATS}
    assert NAMES == ("auto", *(format.name for format in FORMATS))
    assert all(by_name(name).name == name for name in NAMES[1:])
    with pytest.raises(ValueError, match="'excel' is no format; expected one of auto, schema-org"):
        by_name("excel")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\n ", "is empty"),
        (b"PK\x03\x04rest", "ZIP archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"%PDF-1.7", "is a PDF"),
        (b"BZh91AY", "compressed with bzip2"),
        (b"PAR1abc", "is a Parquet file"),
        (b"a\x00b\x00c\x00", "holds zero bytes"),
        (b"<catalogue><product/></catalogue>", "begins with <catalogue>"),
        (b'[{"id": "a", "title": "b"}]', "is one JSON list, expected one JSON object a line"),
        (b'{\n  "id": "a",\n  "title": "b"\n', "its first line is no whole JSON object"),
        (b'{"sku": "a", "name": "b"}\n', "its first line is JSON with name, sku"),
        (b"sku,name,cost\na,b,1\n", "a table with the columns cost, name, sku, which need a mapping file"),
        (b"Dear all,\nplease find attached", "it begins with .Dear all,"),
        (b"hello", "it begins with 'hello'"),
        (b"id,title\n\xc3\xa9,\x81\xff\n", r"is neither UTF-8 \(byte 13\) nor Windows-1252"),
        (b"id,title\n\xc3\xa9,\xe9t\xe9\n", r"is neither UTF-8 \(byte 13\) nor Windows-1252"),
    ],
)
def test_what_is_no_feed_is_refused_with_what_it_is(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(content)
    with pytest.raises(FeedError, match=reason):
        next(read_feed(path))
