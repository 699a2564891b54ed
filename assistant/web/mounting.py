"""Putting a page of Gradio's on the server, without those of its extras that a shop does not need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, Request

from assistant.web.theme import shop_theme

HERE = Path(__file__).parent


def mount_blocks(
    app: FastAPI,
    page: gr.Blocks,
    path: str,
    styles: Sequence[str],
    who: Callable[[Request], str | None] | None = None,
) -> FastAPI:
    """`app` with the page at `path`, dressed in the named style sheets. `who` names its user, None for nobody allowed in."""
    style = "\n".join((HERE / name).read_text("utf-8") for name in styles)
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page,
        path=path,
        auth_dependency=who,
        theme=shop_theme(),
        # Not as `css=`: Gradio rewrites every selector of that, and breaks those with a comma inside brackets.
        head=f"<style>{style}</style>",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        max_file_size="1kb",
    )
    return mounted
