from __future__ import annotations

import pytest

from assistant.web.widget.shortened import shortened


def test_comments_space_and_own_names_go_and_texts_stay() -> None:
    script = "// Why.\nconst $greeting = 'Hello there';\n  // More.\n  if ($greeting) {\n    say(`${$greeting} you`);\n  }\n"
    assert shortened(script) == "const a='Hello there';if(a){say(`${a}you`)}"


def test_a_name_is_the_same_letter_everywhere_and_part_of_none_other() -> None:
    assert shortened("$on; $once; $on.$once;") == "a;b;a.b;"


def test_more_names_than_letters_are_refused() -> None:
    with pytest.raises(ValueError, match=r"53 names begin with \$: expected at most 52"):
        shortened(" ".join(f"$name{number}" for number in range(53)))
