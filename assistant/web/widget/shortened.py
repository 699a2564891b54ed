"""A script as short as it goes out: every page of the shop loads it, and 2 KB is all that it may take."""

from __future__ import annotations

import re
from string import ascii_letters

_OWN_NAME = re.compile(r"\$[a-z]\w*")
_AROUND_SIGNS = re.compile(r"\s*([=?:&|+,;{}()<>]+)\s*")
_BEFORE_AN_END = re.compile(r"[;,]+(?=})")  # where the end says as much


def shortened(script: str) -> str:
    """`script` without lines that are comments and space that means nothing; names that begin with $ become letters.

    The script has no other names of one letter, no comments at the ends of lines, no text in which space around signs
    matters, and no loop without a body. Raises `ValueError` if it has more such names than there are letters.
    """
    lines = (line.strip() for line in script.splitlines())
    dense = _AROUND_SIGNS.sub(r"\1", "\n".join(line for line in lines if not line.startswith("//")))
    dense = _BEFORE_AN_END.sub("", dense)
    names = list(dict.fromkeys(_OWN_NAME.findall(dense)))
    if len(names) > len(ascii_letters):
        raise ValueError(f"{len(names)} names begin with $: expected at most {len(ascii_letters)}")
    letters = dict(zip(names, ascii_letters, strict=False))
    return _OWN_NAME.sub(lambda found: letters[found[0]], dense).strip()
