"""axe-core in the browser: what an automatic check of accessibility has against a page as it stands."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Frame, Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_SCRIPT = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
_RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
  return found.violations.flatMap(({id, help, nodes}) => nodes.map(({html, any, all, none}) => (
    {id, help, html, why: [...any, ...all, ...none].map((check) => check.message).join('; ')}
  )));
}"""


def violations(shown: Page | Frame) -> list[dict[str, Any]]:
    """One `{id, help, html, why}` for each element that breaks a rule of WCAG 2.2 A and AA or of good practice."""
    # As a debugger would: a page's policy against foreign scripts does not hold for it.
    shown.evaluate(_SCRIPT)
    found: list[dict[str, Any]] = shown.evaluate(_RUN, list(TAGS))
    return found
