"""The storefront's pages, asked for as a browser would."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient

from assistant.web.server import listening_socket
from demo.generate import generate
from demo.storefront.beside import served_beside
from demo.storefront.pages import build_storefront
from demo.storefront.shelves import PAGE_SIZE

ASSISTANT = "http://127.0.0.1:7860"
SMALL = {"products": 300, "shoppers": 30, "visits": 120, "orders": 25}
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src http://127.0.0.1:7860; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
BOOT = {
    "id": "boot",
    "title": "Ridge Boot",
    "description": "Keeps water out.",
    "category": ["Shoes", "Hiking boots"],
    "brand": "Fellside",
    "price": 89.5,
    "list_price": 120,
    "currency": "USD",
    "availability": "in_stock",
    "attributes": {"material": "suede", "feature": ["waterproof", "wide"]},
    "options": {"size": ["8", "9"], "color": ["olive", "black"]},
    "variants": [
        {"id": "b8o", "options": {"size": "8", "color": "olive"}, "price": 89.5, "availability": "in_stock", "stock": 3},
        {"id": "b9k", "options": {"size": "9", "color": "black"}, "price": 91.1, "availability": "out_of_stock", "stock": 0},
    ],
    "rating": 4.5,
    "rating_count": 12,
    "image_url": "/images/boot.svg",
}
MUG = {"id": "mug", "title": "Mug", "category": ["Kitchen"], "price": 10.1, "currency": "USD", "availability": "in_stock"}
PAYLOADS = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "' onmouseover='window.hacked=1",
    '" autofocus onfocus="window.hacked=1',
    "</title><script>window.hacked=1</script>",
    "</textarea></option></select><script>window.hacked=1</script>",
    "javascript:window.hacked=1",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<a href=javascript:window.hacked=1>",
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "\u2028</script><base href=//evil.example>",
)


class Markup(HTMLParser):
    """What a page is made of, its texts left out: every tag with the names of its attributes, and where it leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shop(*rows: dict[str, Any], images: Path | None = None) -> TestClient:
    return TestClient(build_storefront(rows, shop_name="Fernhill Store", assistant=ASSISTANT, images=images))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("storefront")
    generate(folder, **SMALL)
    return folder


@pytest.fixture(scope="module")
def rows(made: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (made / "products.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def demo(rows: list[dict[str, Any]], made: Path) -> Iterator[TestClient]:
    with shop(*rows, images=made / "images") as client:
        yield client


def texts(html: str) -> str:
    return " ".join(" ".join(Markup(html).texts).split())


def test_every_product_has_its_page(demo: TestClient, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        answer = demo.get(row["url"])
        assert answer.status_code == 200, row["id"]
        read = texts(answer.text)
        assert row["title"] in read and row["description"] in read
        assert f'data-product="{row["id"]}"' in answer.text
        assert f'src="{row["image_url"]}"' in answer.text


def test_every_product_is_listed_once(demo: TestClient, rows: list[dict[str, Any]]) -> None:
    found: list[str] = []
    pages = -(-len(rows) // PAGE_SIZE)
    for page in range(1, pages + 1):
        found += re.findall(r'<h[23]><a href="/products/([^"]+)"', demo.get("/", params={"page": page}).text)
    assert sorted(found) == sorted(row["id"] for row in rows)


def test_every_category_can_be_walked_to(demo: TestClient, rows: list[dict[str, Any]]) -> None:
    for root in {row["category"][0] for row in rows}:
        page = demo.get("/", params={"category": root}).text
        for kind in {row["category"][1] for row in rows if row["category"][0] == root}:
            answer = demo.get("/", params={"category": [root, kind]})
            expected = sum(row["category"] == [root, kind] for row in rows)
            assert f"{expected} product" in texts(answer.text)
            assert f">{kind.replace(chr(39), '&#39;')} <span" in page


@pytest.mark.parametrize(("sort", "descending"), [("price_asc", False), ("price_desc", True)])
def test_sorted_by_price(sort: str, descending: bool) -> None:
    mugs = [MUG | {"id": f"m{price}", "price": price} for price in (20, 5, 100.5, 12.99)]
    gone = MUG | {"id": "gone", "price": 1, "availability": "out_of_stock"}
    page = shop(*mugs, gone).get("/", params={"sort": sort}).text
    found = re.findall(r'href="/products/m([\d.]+)"', page)
    assert [float(price) for price in found] == sorted((20, 5, 100.5, 12.99), reverse=descending)
    assert page.index('href="/products/gone"') > page.index(f"/products/m{found[-1]}")


@pytest.mark.parametrize(
    "path",
    [
        "/products/none",
        "/products/",
        "/nowhere",
        "/?page=2",
        "/?page=0",
        "/?page=-1",
        "/?page=x",
        "/?page=" + "9" * 5000,
        "/?sort=shuffled",
        "/?category=Boats",
        "/?category=Shoes&category=Boats",
        "/assets/none.js",
        "/assets/..%2fpages.py",
        "/images/none.svg",
    ],
)
def test_what_is_not_there_is_told_in_the_look_of_the_shop(path: str, tmp_path: Path) -> None:
    answer = shop(BOOT, MUG, images=tmp_path).get(path)
    assert answer.status_code == 404
    assert "There is nothing on this shelf" in answer.text and "/assets/storefront.css" in answer.text


def test_a_product_page_tells_price_choice_stock_and_details() -> None:
    page = shop(BOOT, MUG).get("/products/boot").text
    read = texts(page)
    for told in ("$89.50", "instead of $120.00", "Only 3 left", "Rated 4.5 out of 5 by 12 shoppers", "waterproof, wide"):
        assert told in read
    assert ("select", ("name",)) in Markup(page).tags
    pieces = json.loads(re.search(r'data-pieces="([^"]+)"', page)[1].replace("&#34;", '"'))
    assert [(piece["id"], piece["price"], piece["most"], piece["told"]) for piece in pieces] == [
        ("b8o", "$89.50", 3, "Only 3 left"),
        ("b9k", "$91.10", 0, "Sold out"),
    ]


@pytest.mark.parametrize("path", ["/", "/products/boot", "/basket", "/how-this-page-is-made", "/nowhere"])
def test_pages_have_a_strict_policy_with_a_nonce_of_their_own(path: str) -> None:
    client, nonces = shop(BOOT), set()
    for _ in range(3):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        nonce = re.search(r"'nonce-([\w-]{20,})'", policy)[1]
        assert policy == POLICY.format(nonce=nonce)
        scripts = re.findall(r"<script([^>]*)>", answer.text)
        assert len(scripts) == 2 and all(f'nonce="{nonce}"' in script for script in scripts)
        assert f'src="{ASSISTANT}/widget.js" async' in scripts[1] and 'data-cart="/basket"' in scripts[1]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        nonces.add(nonce)
    assert len(nonces) == 3


def test_the_widget_is_told_of_the_product_only_on_its_page() -> None:
    client = shop(BOOT)
    assert 'data-product="boot"' in client.get("/products/boot").text
    assert "data-product=" not in client.get("/").text


@pytest.mark.parametrize("path", ["/assets/storefront.css", "/assets/storefront.js", "/assets/icon.svg", "/images/boot.svg"])
def test_what_is_no_page_has_the_bare_policy(path: str, tmp_path: Path) -> None:
    (tmp_path / "boot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    answer = shop(BOOT, images=tmp_path).get(path)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/products/boot", "/basket", "/how-this-page-is-made"])
def test_nothing_comes_from_elsewhere_but_the_widget(path: str) -> None:
    page = shop(BOOT, BOOT | {"id": "far", "image_url": "https://pictures.example/boot.png"}).get(path).text
    assert not re.search(r"\sstyle=|\son\w+=|<style", page)
    elsewhere = {address for address in Markup(page).addresses if not address.startswith(("/", "#"))}
    assert elsewhere == {f"{ASSISTANT}/widget.js", f"{ASSISTANT}/"}
    code = "".join(file.read_text() for file in assets())
    assert not re.search(r"https?://(?!www\.w3\.org)|@import|url\(", code)


def assets() -> list[Path]:
    return sorted((Path(__file__).parents[2] / "demo/storefront/assets").iterdir())


def test_the_script_uses_nothing_that_makes_markup_of_text() -> None:
    code = next(path for path in assets() if path.suffix == ".js").read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|cookie", code)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_never_becomes_markup(payload: str) -> None:
    def full_of(text: str) -> dict[str, Any]:
        variants = [{"id": text + each, "options": {text: each, "size": text + each}} for each in "ab"]
        return BOOT | {
            "title": text,
            "description": text,
            "brand": text,
            "category": [text, text],
            "attributes": {text: text},
            "image_url": text,
            "options": {},
            "variants": [variant | {"price": 5, "availability": "in_stock", "stock": 9} for variant in variants],
        }

    def asked(path: str, text: str) -> httpx.Response:
        both = (full_of(text), full_of(text) | {"id": "other"})
        return shop(*both).get(path.format(quote(text), quote(text)))

    for path in ("/products/boot", "/", "/?category={}&category={}"):
        plain, evil = (asked(path, text) for text in ("Plain", payload))
        assert evil.status_code == 200
        assert Markup(evil.text).tags == Markup(plain.text).tags
        assert all(address.startswith(("/", "#", "http://127.0.0.1:7860/")) for address in Markup(evil.text).addresses)
        # And it is read as it was written.
        assert " ".join(payload.split()) in texts(evil.text)


@pytest.mark.parametrize("product_id", ["a/b", "a b?c#d", '"><b>', "é", "100%"])
def test_any_id_has_its_page(product_id: str) -> None:
    client = shop(MUG | {"id": product_id})
    address = re.search(r'<h[23]><a href="([^"]+)"', client.get("/").text)[1]
    assert address.startswith("/products/")
    answer = client.get(address)
    assert answer.status_code == 200 and "Add to basket" in answer.text


def lines(client: TestClient, *wanted: tuple[str, str, int]) -> dict[str, Any]:
    body = [{"product_id": product, "variant_id": variant, "quantity": count} for product, variant, count in wanted]
    answer = client.post("/basket/lines", json=body)
    assert answer.status_code == 200
    return answer.json()


def test_the_basket_has_the_shops_own_prices() -> None:
    told = lines(shop(BOOT, MUG), ("boot", "b8o", 2), ("mug", "", 3))
    assert [(line["title"], line["options"], line["each"], line["sum"], line["problem"]) for line in told["lines"]] == [
        ("Ridge Boot", "8, olive", "$89.50", "$179.00", ""),
        ("Mug", "", "$10.10", "$30.30", ""),
    ]
    assert told["total"] == "$209.30"


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (("boot", "b9k", 1), "This is sold out just now."),
        (("boot", "b8o", 4), "We have only 3 of these."),
        (("boot", "", 1), "Please choose size and color on its page first."),
        (("boot", "none", 1), "We don't sell this any more."),
        (("none", "", 1), "We don't sell this any more."),
        (("mug", "", 100), "We send up to 99 of one thing at a time."),
    ],
)
def test_what_cannot_be_bought_says_why_and_costs_nothing(wanted: tuple[str, str, int], problem: str) -> None:
    told = lines(shop(BOOT, MUG), wanted, ("mug", "", 1))
    assert told["lines"][0]["problem"] == problem and told["lines"][0]["sum"] == ""
    assert told["total"] == "$10.10"


@pytest.mark.parametrize(
    "body",
    [{}, [{}], [{"product_id": "mug", "quantity": 0}], [{"product_id": "", "quantity": 1}], [{"product_id": "mug"}] * 101],
)
def test_a_basket_that_is_none_is_refused(body: object) -> None:
    assert shop(MUG).post("/basket/lines", json=body).status_code == 422


def test_an_empty_shop_opens() -> None:
    answer = shop().get("/")
    assert answer.status_code == 200 and "The shelves are empty just now." in answer.text


@pytest.mark.parametrize(
    "assistant",
    [
        "",
        "127.0.0.1:7860",
        "ftp://shop.example",
        "http://shop.example/",
        "http://shop.example; script-src *",
        "http://a:b@shop.example",
        "http://shop.example:port",
        "http://shop.example *",
        "HTTP://shop.example",
    ],
)
def test_an_assistant_that_is_no_origin_is_refused(assistant: str) -> None:
    with pytest.raises(ValueError, match=r"assistant is .*, expected an origin such as"):
        build_storefront([], shop_name="Shop", assistant=assistant, images=None)


@pytest.mark.parametrize("assistant", ["http://127.0.0.1:7860", "https://help.shop.example", "http://[::1]:7860"])
def test_an_origin_is_taken(assistant: str) -> None:
    client = TestClient(build_storefront([], shop_name="Shop", assistant=assistant, images=None))
    assert f"frame-src {assistant};" in client.get("/").headers["content-security-policy"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (MUG | {"id": ""}, "id is '', expected a text that is not empty"),
        (MUG | {"title": 7}, "title is 7, expected a text that is not empty"),
        (MUG | {"price": "free"}, "price is 'free', expected a number of at least 0"),
        (MUG | {"price": -1}, "price is -1, expected a number of at least 0"),
        (MUG | {"id": "euro", "currency": "EUR"}, "expected the same one for all products"),
    ],
)
def test_a_row_that_cannot_be_sold_is_refused(row: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        shop(MUG, row)


def test_it_is_served_beside_another_server_and_ends_with_it() -> None:
    listener = listening_socket("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    app = build_storefront([MUG], shop_name="Shop", assistant=ASSISTANT, images=None)
    with served_beside(app, listener):
        assert httpx.get(address).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
