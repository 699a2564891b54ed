"""The Gradio theme: the system's own fonts, so that the page fetches none, and the background in both schemes."""

from __future__ import annotations

import gradio as gr

SYSTEM_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONOSPACE_FONTS = ("ui-monospace", "Menlo", "Consolas", "monospace")


def shop_theme() -> gr.themes.Base:
    """A plain theme; all that is seen is styled by the style sheets beside this."""
    theme = gr.themes.Base(font=SYSTEM_FONTS, font_mono=MONOSPACE_FONTS)
    return theme.set(body_background_fill="#f6f4ef", body_background_fill_dark="#15181a")
