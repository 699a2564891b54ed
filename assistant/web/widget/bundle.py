"""Several script modules as one script, so that a browser waits for one file instead of a chain of them.

Each module is put after those that it imports, without its imports and exports and without its comments. They share one
scope then, so no two may give different things the same name: a browser refuses a script in which they do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

_IMPORT = re.compile(r"^import\s*\{[^}]*\}\s*from\s*'\./([\w-]+\.js)';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function\b|const |let |class )", re.MULTILINE)
_EXPORTED_AGAIN = re.compile(r"^export \{[^}]*\};$", re.MULTILINE)
_CSS_COMMENT = re.compile(r"^ */\*.*?\*/\n|(?<=[;}]) /\*.*?\*/$", re.MULTILINE)
_LEFT = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)


def bundled(modules: Mapping[str, str], entry: str) -> str:
    """The script that `entry` is with all that it imports; `modules` has each module's text by its name ("panel.js").

    Raises `ValueError` for a module that is missing, imports itself by a round about way, or imports or exports in
    another form than `import { a, b } from './c.js';` and `export function`, `const`, `let`, `class` or `{ a };`.
    """
    ordered: dict[str, str] = {}
    _add(entry, modules, ordered, ())
    return "\n".join(ordered.values())


def without_comments(script: str) -> str:
    """A script without lines that are comments and without indentation."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def without_css_comments(style: str) -> str:
    """A style sheet without its comments."""
    return _CSS_COMMENT.sub("", style)


def _add(name: str, modules: Mapping[str, str], ordered: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"{' → '.join((*above, name))}: expected no module to import itself")
    if name in ordered:
        return
    if name not in modules:
        raise ValueError(f"{PurePosixPath(above[-1] if above else name)} imports {name}, which is not there")
    text = modules[name]
    for imported in _IMPORT.findall(text):
        _add(imported, modules, ordered, (*above, name))
    script = _EXPORTED_AGAIN.sub("", _EXPORT.sub("", _IMPORT.sub("", text)))
    if left := _LEFT.search(script):
        raise ValueError(f"{name}: {left[0].strip()!r} can't be bundled; expected named imports and exports")
    ordered[name] = without_comments(script)
