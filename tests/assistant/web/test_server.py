from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.web.server import PortTaken, build_app, listening_socket, serve
from tests.fakes_shop import FakeShop


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    shop = FakeShop()
    return TestClient(build_app(shop, cards_of=shop.cards_of, images=tmp_path, ready=lambda: {"catalogue": "ok"}))


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "parts": {"catalogue": "ok"}}


def test_not_ready_is_503() -> None:
    shop = FakeShop()
    parts = {"catalogue": "ok, 12 products", "index": "built by another model"}
    app = build_app(shop, cards_of=shop.cards_of, images=None, ready=lambda: parts)
    answer = TestClient(app).get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "parts": parts}


def test_images_cannot_do_anything(client: TestClient) -> None:
    answer = client.get("/images/a.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/images/%2e%2e/secret").status_code == 404


def test_page_is_served_without_other_origins(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "connect-src 'self'" in answer.headers["content-security-policy"]
    assert "fonts.googleapis" not in answer.text
    assert "cdnjs" not in answer.text


def test_taken_port_is_said_before_anything_starts() -> None:
    shop = FakeShop()
    app = build_app(shop, cards_of=shop.cards_of, images=None, ready=dict)
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} on 127.0.0.1 is in use"):
            serve(app, "127.0.0.1", port)
