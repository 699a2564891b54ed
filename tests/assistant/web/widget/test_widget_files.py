from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from assistant.web.widget.files import WidgetFiles, read_locales

ENGLISH = {"launcher": {"open": "Open the chat"}, "panel": {"send": "Send", "cart": {"empty": "Your cart is empty."}}}
CHINESE = {"launcher": {"open": "打开聊天"}, "panel": {"send": "发送", "cart": {"empty": "购物车是空的。"}}}
LOADER = """// What this is.
(() => {
  const $texts = LAUNCHER_TEXTS;
  // why
  go('https://shop.example', $texts);
})();
"""
PANEL = """<html lang="{{ language }}"><script type="application/json">{{ setup | tojson }}</script>
{{ texts.send }} {{ base }}</html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locales").mkdir()
    write(tmp_path, "en", ENGLISH)
    write(tmp_path, "zh", CHINESE)
    for name, text in {
        "loader.js": LOADER,
        "panel.html": PANEL,
        "panel.js": "import { go } from './go.js';\ngo();",
        "go.js": "export const go = () => 1;",
        "panel.css": "p {}",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def write(folder: Path, language: str, texts: object) -> None:
    (folder / "locales" / f"{language}.json").write_text(json.dumps(texts), "utf-8")


def test_the_loader_has_the_launcher_s_texts_and_no_comments(folder: Path) -> None:
    script = WidgetFiles(folder).loader.body.decode()
    expected = '{"en":{"lang":"en","open":"Open the chat"},"zh":{"lang":"zh","open":"打开聊天"}}'
    assert script == f"(()=>{{const a={expected};go('https://shop.example',a)}})();"


def test_a_file_is_packed_and_named_by_what_is_in_it(folder: Path) -> None:
    before = WidgetFiles(folder)
    (folder / "panel.js").write_text("stop();", "utf-8")
    after = WidgetFiles(folder)
    assert gzip.decompress(after.parts["panel.js"].packed) == b"stop();" == after.parts["panel.js"].body
    assert before.parts["panel.js"].etag != after.parts["panel.js"].etag
    assert before.parts["panel.css"] == after.parts["panel.css"]
    assert before.version != after.version


def test_the_panel_has_one_script_and_one_style(folder: Path) -> None:
    parts = WidgetFiles(folder).parts
    assert {name: part.body for name, part in parts.items()} == {
        "panel.js": b"const go = () => 1;\ngo();",
        "panel.css": b"p {}",
    }


def test_the_panel_speaks_the_language_and_what_it_is_told_stays_data(folder: Path) -> None:
    files = WidgetFiles(folder)
    page = files.panel("zh", {"shop": "</script><script>alert(1)</script>"}).body.decode()
    assert 'lang="zh"' in page and "发送" in page
    assert f"/widget/{files.version}</html>" in page
    assert page.count("</script>") == 1


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("ZH_hans_cn", "zh"),
        ("en-GB", "en"),
        ("de", "en"),
        ("", "en"),
        ("z", "en"),
        ("-zh", "en"),
    ],
)
def test_the_language_nearest_to_a_locale(folder: Path, locale: str, language: str) -> None:
    assert WidgetFiles(folder).language_of(locale) == language


def test_a_region_with_texts_of_its_own_comes_before_its_language(folder: Path) -> None:
    write(folder, "zh-TW", CHINESE)
    files = WidgetFiles(folder)
    assert files.language_of("zh_tw") == "zh-TW"
    assert files.language_of("zh-HK") == "zh"


def test_a_locale_that_lacks_a_text_is_told_with_its_name(folder: Path) -> None:
    write(folder, "zh", CHINESE | {"panel": {"send": "发送", "kart": "?"}})
    with pytest.raises(
        ValueError, match=r"locales/zh\.json: panel\.cart\.empty, panel\.kart: expected the keys of en\.json"
    ):
        read_locales(folder / "locales")


def test_every_packaged_locale_is_whole() -> None:
    assert {"en", "zh"} <= set(WidgetFiles().locales)


def test_the_packaged_widget_is_small() -> None:
    files = WidgetFiles()
    panel = files.panel(
        "zh", {"shop": "Shop", "currency": "USD", "examples": ["Boots"] * 4, "origin": "https://shop.example"}
    )
    assert len(files.loader.packed) <= 2048
    assert len(panel.packed) + sum(len(part.packed) for part in files.parts.values()) <= 30 * 1024
