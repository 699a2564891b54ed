"""The calls by which a page gets the widget: its script, and the panel that the script frames.

A panel may be framed by the one page origin that it was asked for with, and only if the shop allows that origin. So the
panel knows whom it talks to, and no other site can put it under its own buttons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from assistant.web.widget.files import File, WidgetFiles

_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_A_WHILE = "public, max-age=300"
_ASK_AGAIN = "no-cache"
# The panel is this server's own scripts and styles; pictures may be kept elsewhere by the shop's catalogue. No text can
# become markup, as the browser refuses to make any of strings.
_PANEL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: http: https:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors {}"
)
_PLAIN_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")

Origin = Annotated[str, Query(max_length=300, description="Of the page that frames the panel.")]
Locale = Annotated[str, Query(description="The shopper's; English where there are no texts in it, whatever it is.")]


def mount_widget(app: FastAPI, files: WidgetFiles, setup: Mapping[str, object], origins: Sequence[str]) -> None:
    """Puts the widget on a server. Pages of `origins`, and of the server's own, may frame its panel.

    `setup` is what the panel knows from the start, the same for every shopper.
    """

    # Rendered and packed once for each of the few that there are.
    @lru_cache(64)
    def page_of(language: str, origin: str) -> File:
        return files.panel(language, {**setup, "origin": origin})

    @app.get("/widget.js", include_in_schema=False)
    def loader(request: Request) -> Response:
        return _sent(request, files.loader, _FOR_A_WHILE)

    @app.get("/widget/panel", include_in_schema=False)
    def panel(request: Request, origin: Origin = "", locale: Locale = "") -> Response:
        if origin not in origins and not _is_own(request, origin):
            return _refused(origin)
        page = page_of(files.language_of(locale), origin)
        return _sent(request, page, _ASK_AGAIN, {"content-security-policy": _PANEL_POLICY.format(origin)})

    @app.get("/widget/{version}/{name}", include_in_schema=False)
    def part(request: Request, version: str, name: str) -> Response:
        if name not in files.parts:
            return PlainTextResponse("There is no such file.", HTTPStatus.NOT_FOUND)
        # A page of before an update still gets a script, which it must not keep under the old name.
        return _sent(request, files.parts[name], _FOR_EVER if version == files.version else "no-store")


def _is_own(request: Request, origin: str) -> bool:
    """Whether a page of this server asks. What stands in its `Host` is the caller's word, so it must look like an origin."""
    return origin == f"{request.url.scheme}://{request.url.netloc}" and bool(_PLAIN_ORIGIN.fullmatch(origin))


def _refused(origin: str) -> Response:
    """What a shop's developer sees in the frame of a page that is not allowed."""
    told = (
        f"The assistant can't be shown here: {origin or 'no origin'} is not among the origins that SHELFWISE_ORIGINS allows."
    )
    # Nothing but this text is in it, so anybody may frame it.
    return PlainTextResponse(told, HTTPStatus.FORBIDDEN, {"content-security-policy": "default-src 'none'"})


def _sent(request: Request, file: File, kept: str, headers: Mapping[str, str] | None = None) -> Response:
    told = {
        "cache-control": kept,
        "etag": file.etag,
        "vary": "accept-encoding",
        # For pages that load nothing from elsewhere unless it says that they may.
        "cross-origin-resource-policy": "cross-origin",
        **(headers or {}),
    }
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=told)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.media_type, headers={**told, "content-encoding": "gzip"})
    return Response(file.body, media_type=file.media_type, headers=told)
