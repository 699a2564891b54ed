"""The widget's files as they are sent: read once, packed once, and named by what is in them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.web.widget.bundle import bundled, without_css_comments
from assistant.web.widget.shortened import shortened

HERE = Path(__file__).parent
LOADER = "loader.js"
PANEL, SCRIPT, STYLE = "panel.html", "panel.js", "panel.css"
FALLBACK = "en"
_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}
_LAUNCHER_TEXTS = "LAUNCHER_TEXTS"  # in the loader, where the texts go

Texts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent: `packed` is `body` gzipped, `etag` changes with it."""

    body: bytes
    packed: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, text: str, suffix: str) -> File:
        """`text` in UTF-8; `suffix` (".js") tells what it is."""
        body = text.encode()
        return cls(body, gzip.compress(body, 9, mtime=0), _MEDIA_TYPES[suffix], f'"{hashlib.sha256(body).hexdigest()[:20]}"')


class WidgetFiles:
    """The launcher's script, the panel's page, and the script and style of the panel, which bear one `version`.

    `locales` has the widget's texts by language; English stands in for those that there are none for.
    """

    def __init__(self, folder: Path = HERE) -> None:
        """Reads everything in `folder`.

        Raises `ValueError` for a locale that lacks a text which the English one has, and for modules that can't be bundled.
        """
        self.locales = read_locales(folder / "locales")
        launcher = {language: {"lang": language, **texts["launcher"]} for language, texts in self.locales.items()}
        written = json.dumps(launcher, ensure_ascii=False, separators=(",", ":"))
        texts = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in (".js", ".css")}
        self.loader = File.of(shortened(texts[LOADER]).replace(_LAUNCHER_TEXTS, written), ".js")
        style = without_css_comments(texts[STYLE])
        self.parts = {SCRIPT: File.of(bundled(texts, SCRIPT), ".js"), STYLE: File.of(style, ".css")}
        self.version = hashlib.sha256(b"".join(file.body for file in self.parts.values())).hexdigest()[:12]
        environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
        self._panel = environment.get_template(PANEL)

    def panel(self, language: str, setup: Mapping[str, object]) -> File:
        """The panel's page in one of the `locales`; `setup` is what its script is to know from the start."""
        page = self._panel.render(
            language=language,
            texts=self.locales[language]["panel"],
            setup=setup,
            base=f"/widget/{self.version}",
        )
        return File.of(page, ".html")

    def language_of(self, locale: str) -> str:
        """Which of the `locales` serves a shopper's locale ("zh_CN", "de-AT"): that one, its language, or English."""
        wanted = locale.replace("_", "-").lower()
        known = {language.lower(): language for language in self.locales}
        return known.get(wanted) or known.get(wanted.partition("-")[0]) or FALLBACK


def read_locales(folder: Path) -> dict[str, Texts]:
    """The texts by language, from `LANGUAGE.json`. Raises `ValueError` where one has other keys than the English one."""
    locales: dict[str, Texts] = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
    expected = set(_keys(locales[FALLBACK]))
    for language, texts in locales.items():
        if wrong := expected ^ set(_keys(texts)):
            raise ValueError(f"locales/{language}.json: {', '.join(sorted(wrong))}: expected the keys of {FALLBACK}.json")
    return locales


def _keys(texts: Texts, above: str = "") -> Iterable[str]:
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from _keys(value, f"{above}{key}.")
        else:
            yield above + key
