"""What is wrong with a feed is said clearly: of a row its line, the field, the value and what was expected."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retrieval.feeds.base import ReadOptions
from retrieval.feeds.formats import read_feed
from retrieval.feeds.rows import BadRow, FeedError
from retrieval.feeds.xml_items import ITEM_LIMIT
from retrieval.products import BadProduct, parse_product

OPTIONS = ReadOptions(now=datetime(2024, 5, 15, tzinfo=UTC))
GOOD = "<g:id>ok</g:id><g:title>Sound</g:title><g:price>1 USD</g:price>"
SHOPIFY = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Published\n"
WOO = (
    "ID,Type,SKU,Name,Published,In stock?,Stock,Sale price,Regular price,Parent,Date sale price ends,"
    "Attribute 1 name,Attribute 1 value(s)\n"
)


def xml(*items: str) -> str:
    body = "\n".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n{body}\n</channel></rss>'


def acp(**fields: object) -> str:
    return json.dumps({"item_id": "a", "title": "A", "price": "1.00 USD", "availability": "in_stock"} | fields)


def acp_variant(**fields: object) -> str:
    sound = {"id": "v0", "title": "A", "price": {"amount": 100, "currency": "USD"}}
    return json.dumps({"id": "a", "title": "A", "variants": [sound, {"id": "v1", "title": "B"} | fields]})


def page(product: object) -> str:
    return f'<html>\n<script type="application/ld+json">{json.dumps(product)}</script></html>'


def schema(**fields: object) -> str:
    return page({"@type": "Product", "sku": "a", "name": "A"} | fields)


def tsv(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]).replace("|", "\t")


G = "id|title|link|image_link|price|availability"

BAD_ROWS = {
    "google: a price without a number": (
        xml(GOOD, "<g:id>a</g:id><g:title>A</g:title><g:price>on request</g:price>"),
        "line 3: price: 'on request' is not a price such as 19.99 USD",
    ),
    "google: a price of two numbers": (
        xml(GOOD, "<g:id>a</g:id><g:title>A</g:title><g:price>10-20 USD</g:price>"),
        "line 3: price: '10-20 USD' is not a price such as 19.99 USD",
    ),
    "google: a price that may be two": (
        xml(GOOD, "<g:id>a</g:id><g:title>A</g:title><g:price>1.299 USD</g:price>"),
        "line 3: price: '1.299 USD' may mean 1299 or 1.299; expected a price such as 1.29",
    ),
    "google: a price below zero": (
        xml(GOOD, "<g:id>a</g:id><g:title>A</g:title><g:price>-5 USD</g:price>"),
        "line 3: price: '-5 USD' is below zero",
    ),
    "google: a sale in another currency": (
        xml("<g:id>a</g:id><g:title>A</g:title><g:price>9 USD</g:price><g:sale_price>8 EUR</g:sale_price>"),
        "line 2: sale_price: '8 EUR' is not in USD, the currency of the product's other prices",
    ),
    "google: a sale without an end": (
        xml(
            f"{GOOD}<g:sale_price>1 USD</g:sale_price><g:sale_price_effective_date>2024-05-01</g:sale_price_effective_date>"
        ),
        "line 2: sale_price_effective_date: '2024-05-01' is not two times such as 2024-05-01T00:00Z/2024-05-31T23:59Z",
    ),
    "google: an unknown availability": (
        xml(GOOD, "<g:id>a</g:id><g:title>A</g:title><g:availability>maybe</g:availability>"),
        "line 3: availability: 'maybe' is no availability; expected one such as in_stock, out_of_stock, preorder, backorder",
    ),
    "google: a missing title": (xml(GOOD, "<g:id>a</g:id><g:price>1 USD</g:price>"), "line 3: title: None is missing"),
    "google: a missing id": (xml(GOOD, "<g:title>A</g:title>"), "line 3: id: None is missing"),
    "google: an id too long": (xml(f"<g:id>{'x' * 101}</g:id><g:title>A</g:title>"), "is not 1 to 100 characters long"),
    "google: a currency that is none": (
        xml("<g:id>a</g:id><g:title>A</g:title><g:price>5 dollars</g:price>"),
        "line 2: price: '5 dollars' is not a price such as 19.99 USD",
    ),
    "google: a detail without a name": (
        xml(f"{GOOD}<g:product_detail><g:attribute_value>oak</g:attribute_value></g:product_detail>"),
        "line 2: product_detail: 'oak' has no attribute_name",
    ),
    "google: an item too long": (
        xml(GOOD, f"<g:id>a</g:id><g:description>{'x' * ITEM_LIMIT}</g:description>"),
        "line 3: item: <…> is longer than 1,000,000 characters",
    ),
    "google: a date that is none": (
        xml(f"{GOOD}<pubDate>yesterday</pubDate>"),
        "is not a time such as 2024-05-31T12:00:00Z",
    ),
    "google: a variant with a bad price": (
        xml("<g:id>a</g:id><g:title>A</g:title><g:item_group_id>G</g:item_group_id><g:price>free</g:price>"),
        "line 2: price: 'free' is not a price such as 19.99 USD",
    ),
    "google: a variant without a title": (
        xml("<g:id>a</g:id><g:item_group_id>G</g:item_group_id><g:price>1 USD</g:price>"),
        "line 2: title: None is missing",
    ),
    "google: a variant's id given twice": (
        xml(*(f"<g:id>a</g:id><g:item_group_id>G</g:item_group_id><g:title>{t}</g:title>" for t in "AB")),
        "line 3: id: 'a' is the id of an earlier variant (line 2)",
    ),
    "google: variants in two currencies": (
        xml(
            *(
                f"<g:id>{c}</g:id><g:item_group_id>G</g:item_group_id><g:title>A</g:title><g:price>1 {c}</g:price>"
                for c in ("USD", "EUR")
            )
        ),
        "line 3: currency: 'EUR' is not USD, that of the product's other variants",
    ),
    "tsv: a row cut short": (tsv(G, "a|A|l|i|1 USD|in stock", "b|B|l"), "line 3: row: 'b\\tB\\tl' has 3 cells, expected 6"),
    "tsv: a row with too much": (tsv(G, "a|A|l|i|1 USD|in stock|x|y"), "has 8 cells, expected 6"),
    "tsv: an open quotation inside a cell": (
        tsv(G, 'a|"5" pipe"|l|i|1 USD|in stock', "b|B|l|i|1 USD|in stock"),
        "line 2: row: '\"' has a quotation mark inside a quoted cell; expected it doubled",
    ),
    "acp: a line that is no JSON": (acp() + '\n{"item_id": "b",\n' + acp(), "line 2: line: "),
    "acp: a line that is a list": (acp() + "\n[1]", "line 2: line: '[1]' is not a JSON object"),
    "acp: a line in another encoding": (
        acp().encode() + b'\n{"item_id": "\xe9"}',
        'line 2: line: \'{"item_id": "\\\\xe9"}\' is not UTF-8',
    ),
    "acp: half an option": (
        acp(variant_dict="size=9"),
        "line 1: variant_dict: 'size=9' is not a JSON object of names and values",
    ),
    "acp: a title that is an object": (acp(title={"en": "A"}), "line 1: title: {'en': 'A'} is not a single value"),
    "acp: stock that is a word": (acp(inventory_quantity="plenty"), "line 1: quantity: 'plenty' is not a number"),
    "acp: half a unit in stock": (acp(inventory_quantity=2.5), "line 1: quantity: '2.5' is not a whole number"),
    "acp: stars out of ten": (acp(star_rating="8.5"), "line 1: rating: 8.5 is not a number from 0 to 5"),
    "acp: ratings that are no count": (acp(review_count="many"), "line 1: review_count: 'many' is not a number"),
    "acp: a price in major units": (
        acp_variant(price={"amount": 19.99, "currency": "USD"}),
        "variants.1.price: {'amount': 19.99, 'currency': 'USD'} is not an object such as {\"amount\": 1999",
    ),
    "acp: a price without a currency": (
        acp_variant(price={"amount": 1}),
        "variants.1.price.currency: '' is not an ISO 4217 code",
    ),
    "acp: an availability that is a word": (
        acp_variant(availability="in_stock"),
        "variants.1.availability: 'in_stock' is not an object",
    ),
    "acp: an option without a value": (acp_variant(variant_options=[{"name": "Size"}]), "variants.1.variant_options"),
    "acp: no variants": (
        '{"feed_id": "f", "target_merchant": "m"}\n{"id": "a", "title": "A", "variants": []}',
        "line 2: variants: []",
    ),
    "schema.org: JSON that is none": (
        '<html>\n<script type="application/ld+json">{"@type": "Product",}</script></html>',
        "line 2: script: ",
    ),
    "schema.org: no id at all": (
        page({"@type": "Product", "name": "A"}),
        "line 2: id: 'A' is missing; expected one of productGroupID, sku",
    ),
    "schema.org: an offer that is none": (schema(offers="19.99"), "line 2: offers: '19.99' is not an Offer"),
    "schema.org: a price that is none": (
        schema(offers={"price": "call us"}),
        "line 2: offers.price: 'call us' is not a price",
    ),
    "schema.org: a rating that is none": (
        schema(aggregateRating={"ratingValue": "good"}),
        "aggregateRating.ratingValue: 'good' is not a number",
    ),
    "schema.org: a property without a name": (
        schema(additionalProperty=[{"value": 1}]),
        "additionalProperty: {'value': 1} is not a PropertyValue",
    ),
    "schema.org: a variant with a bad price": (
        page(
            {
                "@type": "ProductGroup",
                "productGroupID": "g",
                "name": "G",
                "hasVariant": [{"sku": "v", "offers": {"price": "?"}}],
            }
        ),
        "line 2: hasVariant.offers.price: '?' is not a price such as 19.99 USD",
    ),
    "shopify: no handle": (
        SHOPIFY + ",Shirt,,,,1,5.00,TRUE\n",
        "line 2: Handle: '' is missing; it tells which rows are one product",
    ),
    "shopify: a price that is none": (
        SHOPIFY + "h,Shirt,,,,1,five,TRUE\n",
        "line 2: Variant Price: 'five' is not a price such as 19.99 USD",
    ),
    "shopify: stock that is none": (
        SHOPIFY + "h,Shirt,,,,some,5.00,TRUE\n",
        "line 2: Variant Inventory Qty: 'some' is not a number",
    ),
    "shopify: published or not": (
        SHOPIFY + "h,Shirt,,,,1,5.00,perhaps\n",
        "line 2: Published: 'perhaps' is neither true nor false",
    ),
    "shopify: a product without a title": (SHOPIFY + "h,,,,,1,5.00,TRUE\n", "line 2: title: None is missing"),
    "shopify: one variant twice": (
        SHOPIFY + "h,Shirt,Size,S,,1,5.00,TRUE\nh,,,S,,2,6.00,\nh,,,M,,2,6.00,\n",
        "line 3: id: 'h/S' is the id of an earlier variant (line 2)",
    ),
    "woocommerce: an unknown type": (
        WOO + "1,bundle-x,A,A,1,1,,,5,,,,\n",
        "line 2: Type: 'bundle-x' is no product type; expected one of",
    ),
    "woocommerce: a variation without a parent": (
        WOO + "2,variation,B,A,1,1,,,5,NOPE,,,\n",
        "line 2: Parent: 'NOPE' names no variable product",
    ),
    "woocommerce: a variation of a bad product": (
        WOO + "1,variable,P,A,maybe,1,,,,,,,\n2,variation,B,A,1,1,,,5,P,,Size,S\n",
        "line 3: Parent: '1' is a product that could not be read",
    ),
    "woocommerce: an attribute without a name": (
        WOO + "1,simple,A,A,1,1,,,5,,,,Red\n",
        "line 2: Attribute 1 name: '' is missing for the value 'Red'",
    ),
    "woocommerce: a sale that ends never": (
        WOO + "1,simple,A,A,1,1,,4,5,,soon,,\n",
        "line 2: Date sale price starts: ' / soon' is not a time",
    ),
    "woocommerce: stock that is none": (WOO + "1,simple,A,A,1,1,lots,,5,,,,\n", "line 2: Stock: 'lots' is not a number"),
    "csv: attributes that are no JSON": ('id,title,attributes\na,A,"{oak}"\n', "line 2: attributes: '{oak}' is not JSON"),
    "csv: a rating that is none": ("id,title,rating\na,A,good\n", "line 2: rating: 'good' is not a number"),
    "csv: a currency that is none": (
        "id,title,currency\na,A,Dollar\n",
        "line 2: currency: 'DOLLAR' is not an ISO 4217 code such as USD",
    ),
    "jsonl: a price that is text": ('{"id": "a", "title": "A", "price": "12"}', "line 1: price: '12' is not a number >= 0"),
}


def problems(path: Path) -> list[str]:
    """What reading and then judging the rows of a feed tells."""
    told = []
    for row in read_feed(path, options=OPTIONS):
        if isinstance(row, BadRow):
            told.append(str(row))
            continue
        try:
            parse_product(row[1])
        except BadProduct as bad:
            told.append(str(BadRow(row[0], bad.field, bad.value, bad.reason)))
    return told


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_is_told(kind: str, tmp_path: Path) -> None:
    content, expected = BAD_ROWS[kind]
    path = tmp_path / "feed"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = problems(path)
    assert any(expected in problem for problem in told), told
    assert len(told) <= 2


def test_rows_beside_a_bad_one_are_read(tmp_path: Path) -> None:
    path = tmp_path / "feed"
    path.write_text(
        xml("<g:id>a</g:id><g:title>A</g:title><g:price>x</g:price>", GOOD, "<g:id>b</g:id><g:title>B</g:title>")
    )
    assert [row[1]["id"] for row in read_feed(path) if isinstance(row, tuple)] == ["ok", "b"]
    path.write_text(SHOPIFY + "h,Shirt,Size,S,,1,five,TRUE\ni,Hat,,,,1,5.00,TRUE\n")
    assert [row[1]["id"] for row in read_feed(path) if isinstance(row, tuple)] == ["i"]
    path.write_text(acp_variant(price="free"))
    (bad, good) = read_feed(path, "acp")
    assert isinstance(bad, BadRow) and isinstance(good, tuple)
    assert good[1]["variants"] == [{"id": "v0", "price": 1.0, "options": {}}]


BROKEN_FILES = {
    "xml: cut off": (xml(GOOD)[:-25], "line 2: is not sound XML .unclosed token."),
    "xml: a tag never closed": (xml("<g:id>a</g:title>"), "line 2: is not sound XML .mismatched tag."),
    "xml: a prefix that is never declared": (
        xml(GOOD).replace(' xmlns:g="http://base.google.com/ns/1.0"', ""),
        "unbound prefix",
    ),
    "xml: entities that blow up": (
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + xml("<g:id>&b;</g:id>"),
        "DOCTYPE",
    ),
    "xml: a file of the server": (
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + xml("<g:id>&x;</g:id>"),
        "DOCTYPE",
    ),
    "xml: an entity of HTML": (xml(f"{GOOD}<g:description>a&nbsp;b</g:description>"), "undefined entity"),
    "xml: an encoding nobody knows": ('<?xml version="1.0" encoding="klingon"?>' + xml(GOOD), "unknown encoding"),
    "xml: letters of another encoding": (xml(f"{GOOD}<g:brand>\u00e9</g:brand>").encode("latin-1"), "not well-formed"),
    "xml: nothing in it": (xml(), r"holds no products \(Google Merchant XML\)"),
    "table: a quotation mark never closed": (
        SHOPIFY + 'h,"Shirt,,,,1,5.00,TRUE\ni,Hat,,,,1,5.00,TRUE\n',
        "opened at line 2 is never closed",
    ),
    "table: a cell without an end": (
        SHOPIFY + 'h,"' + "x" * 140_000 + '",,,,1,5.00,TRUE\n',
        "is never closed .field larger",
    ),
    "table: a column twice": ("id,title,Title\na,A,B\n", "has two columns called 'Title'; expected names that differ"),
    "table: a header alone": (SHOPIFY, r"holds no products \(Shopify product CSV\)"),
    "page: no product in it": ("<html><p>Hello</p></html>", "holds no JSON-LD of a schema.org Product"),
}


@pytest.mark.parametrize("kind", BROKEN_FILES)
def test_a_broken_file_is_told(kind: str, tmp_path: Path) -> None:
    content, expected = BROKEN_FILES[kind]
    path = tmp_path / "feed"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FeedError, match=expected) as error:
        list(read_feed(path))
    assert error.value.path == path


def test_a_format_named_by_hand_is_held_to_it(tmp_path: Path) -> None:
    path = tmp_path / "feed"
    path.write_text("id\n")
    for name, reason in {
        "google-xml": "is not sound XML",
        "google-tsv": "is no header",
        "shopify-csv": "is no header",
        "csv": "has no column 'title'",
        "schema-org": "holds no JSON-LD",
    }.items():
        with pytest.raises(FeedError, match=reason):
            list(read_feed(path, name))
    path.write_bytes('{"id": "a", "title": "b"}'.encode("utf-16"))
    with pytest.raises(FeedError, match="is UTF-16, expected UTF-8"):
        list(read_feed(path, "jsonl"))
    with pytest.raises(FeedError, match="'rot26', which is no encoding"):
        list(read_feed(path, options=ReadOptions(encoding="rot26")))
    with pytest.raises(FeedError, match="is not ascii throughout"):
        list(read_feed(path, options=ReadOptions(encoding="ascii")))
    with pytest.raises(FeedError, match="is a folder without pages"):
        list(read_feed(_empty(tmp_path)))


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def test_what_was_read_before_a_cut_stays_but_no_group_that_may_lack_variants(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml.gz"
    items = [
        f"<g:id>p{n}</g:id><g:title>T {n * 7919 % 10_007}</g:title>"
        + ("<g:item_group_id>G</g:item_group_id>" if n % 2 else "")
        for n in range(8_000)
    ]
    path.write_bytes(gzip.compress(xml(*items).encode())[:-8_000])
    read = []
    with pytest.raises(FeedError, match="cut off before its end"):
        for row in read_feed(path):
            read.append(row)
    assert 500 < len(read) < 4_000
    assert all(isinstance(row, tuple) and row[1]["id"] != "G" for row in read)
