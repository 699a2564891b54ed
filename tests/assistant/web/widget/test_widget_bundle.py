from __future__ import annotations

import pytest

from assistant.web.widget.bundle import bundled, without_css_comments

PANEL = """// The panel.

import { greet, HOW } from './greet.js';
import {
  node,
} from './parts.js';

export { greet };

// Why it is so.
export function start() {
  greet(node(HOW)); // 'https://shop.example'
}
start();
"""
GREET = """import { node } from './parts.js';

export const HOW = 'calmly';
export async function greet(what) { node(what); }
"""
PARTS = "export class Part {}\nexport function* all() {}\nexport function node(what) { return what; }\n"
MODULES = {"panel.js": PANEL, "greet.js": GREET, "parts.js": PARTS, "other.js": "never()"}


def test_each_module_comes_once_after_those_that_it_imports() -> None:
    assert bundled(MODULES, "panel.js").splitlines() == [
        "class Part {}",
        "function* all() {}",
        "function node(what) { return what; }",
        "const HOW = 'calmly';",
        "async function greet(what) { node(what); }",
        "function start() {",
        "greet(node(HOW)); // 'https://shop.example'",
        "}",
        "start();",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "import parts from './parts.js';",
        "import * as parts from './parts.js';",
        "import './parts.js';",
        "import { node } from 'parts';",
        "export default node;",
        "export { node } from './parts.js';",
        "  export const node = 1;",
    ],
)
def test_another_form_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(ValueError, match=r"panel\.js: .*expected named imports and exports") as refused:
        bundled({"panel.js": line, "parts.js": PARTS}, "panel.js")
    assert line.strip() in str(refused.value)


def test_a_module_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match=r"greet\.js imports parts\.js, which is not there"):
        bundled({"panel.js": PANEL, "greet.js": GREET}, "panel.js")


def test_a_round_of_imports_is_told() -> None:
    again = {"parts.js": "import { start } from './panel.js';"}
    with pytest.raises(ValueError, match=r"panel\.js → greet\.js → parts\.js → panel\.js"):
        bundled(MODULES | again, "panel.js")


def test_a_word_within_a_text_is_no_import() -> None:
    script = "const told = 'we import and export';"
    assert bundled({"panel.js": script}, "panel.js") == script


def test_a_style_sheet_loses_its_comments_alone() -> None:
    style = """/* What it is. */
a { color: red; } /* why */
/* ---- Part ---- */
b { mask: url("data:image/svg+xml,%3Csvg /*/ %3E"); }
"""
    assert (
        without_css_comments(style)
        == """a { color: red; }
b { mask: url("data:image/svg+xml,%3Csvg /*/ %3E"); }
"""
    )
