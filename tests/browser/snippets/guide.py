"""The snippets of docs/widget.md, taken out of the page itself."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")
SERVER = "https://assistant.example"  # how the page calls the address of the assistant's server
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    """What stands under a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/widget.md has no heading {heading!r}"
    return found[1]


def snippet(heading: str, language: str = "", number: int = 0, server: str = SERVER) -> str:
    """A fenced block under a heading, the first in its language or a later one; `server` takes the place of the address."""
    found = [body for name, body in _FENCE.findall(section(heading)) if name == language]
    assert len(found) > number, f"docs/widget.md has no such snippet in {language!r} under {heading!r}"
    return str(found[number].replace(SERVER, server))


def names(heading: str, head: str) -> list[str]:
    """What stands in code in the first column of the table under a heading whose first column is called `head`."""
    table = section(heading).partition(f"| {head} |")[2].partition("\n\n")[0]
    return [name for row in re.findall(r"^\| ([^|]*) \|", table, re.MULTILINE) for name in re.findall(r"`([\w-]+)", row)]
