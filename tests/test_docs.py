"""The documentation says what is true of settings and commands."""

import re
from pathlib import Path

from typer.main import get_command

from app import command_line
from assistant.settings import describe_settings

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_guide_as_it_is() -> None:
    for name, default, what in describe_settings():
        shown = f"`{default}`" if default else ""
        assert f"| `{name}` | {shown} | {what} |" in GUIDE


def test_every_command_is_in_the_guide() -> None:
    for name in get_command(command_line).commands:  # type: ignore[attr-defined]
        assert f"| `{name}" in GUIDE


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
