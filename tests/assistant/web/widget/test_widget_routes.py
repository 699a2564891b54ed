from __future__ import annotations

import json
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.web.server import SafeHeaders
from assistant.web.widget.files import WidgetFiles
from assistant.web.widget.routes import mount_widget

SHOP = "https://shop.example"
SETUP = {"shop": "Small <b>Shop</b>", "currency": "USD", "examples": ["Boots"]}


@pytest.fixture(scope="module")
def files() -> WidgetFiles:
    return WidgetFiles()


@pytest.fixture(scope="module")
def client(files: WidgetFiles) -> TestClient:
    app = FastAPI()
    app.add_middleware(SafeHeaders)
    mount_widget(app, files, SETUP, [SHOP, "http://localhost:7861"])
    return TestClient(app, base_url="https://assistant.example")


def setup_of(page: str) -> dict[str, object]:
    found = re.search(r'id="setup"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_script_is_for_every_page(client: TestClient, files: WidgetFiles) -> None:
    answer = client.get("/widget.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == files.loader.body


def test_who_takes_no_gzip_gets_it_plain(client: TestClient, files: WidgetFiles) -> None:
    answer = client.get("/widget.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == files.loader.body
    assert answer.headers["vary"] == "accept-encoding"


def test_what_a_browser_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/widget.js")
    again = client.get("/widget.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/widget.js", headers={"if-none-match": '"other"'}).status_code == 200


def test_the_panel_may_be_framed_by_the_page_that_asked_alone(client: TestClient) -> None:
    answer = client.get("/widget/panel", params={"origin": SHOP})
    policy = answer.headers["content-security-policy"]
    assert policy.endswith(f"; frame-ancestors {SHOP}")
    assert "'unsafe" not in policy and "require-trusted-types-for 'script'" in policy
    assert {"base-uri 'none'", "form-action 'none'", "connect-src 'self'"} <= set(policy.split("; "))
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert answer.headers["cache-control"] == "no-cache"
    assert setup_of(answer.text) == {**SETUP, "origin": SHOP}
    assert "<b>Shop" not in answer.text


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example/",
        "https://SHOP.example",
        "https://shop.example.evil.example",
        "https://sub.shop.example",
        "null",
        "*",
        f"{SHOP}; script-src *",
        f"{SHOP} https://evil.example",
    ],
)
def test_no_other_page_gets_a_panel(client: TestClient, origin: str) -> None:
    answer = client.get("/widget/panel", params={"origin": origin})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert "SHELFWISE_ORIGINS" in answer.text and (origin or "no origin") in answer.text


def test_pages_of_the_server_s_own_may_frame_it(client: TestClient) -> None:
    answer = client.get("/widget/panel", params={"origin": "https://assistant.example"})
    assert answer.headers["content-security-policy"].endswith("frame-ancestors https://assistant.example")


def test_a_host_that_is_none_allows_nothing(client: TestClient) -> None:
    host = "x;script-src"
    answer = client.get("/widget/panel", params={"origin": f"https://{host}"}, headers={"host": host})
    assert answer.status_code == 403


def test_the_panel_is_in_the_language_asked_for(client: TestClient) -> None:
    assert '<html lang="zh"' in client.get("/widget/panel", params={"origin": SHOP, "locale": "zh-CN"}).text
    for odd in ("xx", "xx-invalid-!!", "", "x" * 300, "<html lang=zh>"):
        assert '<html lang="en"' in client.get("/widget/panel", params={"origin": SHOP, "locale": odd}).text


def test_every_file_that_the_panel_names_is_there_for_good(client: TestClient) -> None:
    named = re.findall(r'(?:src|href)="(/widget/[^"]+)"', client.get("/widget/panel", params={"origin": SHOP}).text)
    assert any(name.endswith("panel.css") for name in named) and any(name.endswith("panel.js") for name in named)
    for name in named:
        answer = client.get(name)
        assert answer.status_code == 200, name
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_page_of_before_an_update_gets_a_script_that_is_not_kept(client: TestClient, files: WidgetFiles) -> None:
    answer = client.get("/widget/000000000000/panel.js")
    assert answer.content == files.parts["panel.js"].body
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["nothing.js", "loader.js", "thread.js", "panel.html", "..%2ffiles.py", "files.py", "en.json"]
)
def test_nothing_else_is_given_out(client: TestClient, files: WidgetFiles, name: str) -> None:
    assert client.get(f"/widget/{files.version}/{name}").status_code == 404


def test_other_pages_may_not_be_framed_elsewhere(client: TestClient) -> None:
    assert "frame-ancestors 'self'" in client.get("/anything").headers["content-security-policy"]
