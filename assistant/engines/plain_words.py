"""Which tokens may stand in prose that spells no fact: no digit, no currency, no markup, no name.

Facts come into the text by reference (`[A]`, `[A.price]`), so a model that cannot write a digit or begin a name cannot
misstate a price or invent a product. The rule is one of single tokens, so that it is a constant added to the logits: it
costs nothing, it cannot be argued with, and it holds at any temperature. What tokens spell together is for the audit.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

VERSION = 1
"""Goes into the names of cached models; to be raised whenever the rule changes."""

OPENINGS = frozenset(
    """
    A About Above Across After All Also Although Among An And Another Any Anyone Apart Are As Ask At Away Back Based Because
    Before Behind Being Below Besides Between Beyond Both Bring Built But By Can Care Check Choose Close Come Comes
    Compare Compared Comfort Consider Could Cut Despite Do Does Down During Each Easy Either Else Even Every Expect Extra
    Far Fewer Fill Find First Fit For From Full Get Give Given Go Going Good Got Great Had Half Happy Has Have Having Here
    High How However I If In Inside Instead Into Is It Its Just Keep Keeping Last Later Lean Leave Less Let Light Like
    Little Long Look Looking Love Low Made Make Many May Maybe Might Mind More Much My Need Needs Neither New Next Nice No
    None Nor Not Nothing Now Of Off On Once One Open Or Other Others Otherwise Our Out Over Own People Perhaps Pick Plus
    Prefer Put Quick Quiet Quite Rather Reach Read Ready Same Save Say See Set Shall Short Should Simple Since Size Small
    So Soft Some Someone Something Spend Start Starting Stay Step Still Such Suit Take Taken Taking Tell Than That The
    Their Them Then There These They Think This Those Though Through To Together Too Try Turn Two Under Unless Until Up
    Use Used Using Very Want Warm Was Water Way We Wear Weight Well Were What Whatever When Where Wherever Whether Which
    Whichever While Who Whoever Whose Why Will With Within Without Work Worth Would Yes Yet You Your
    """.split()
)
"""Words that a sentence may begin with. Common words alone, so that no brand is among them."""

REFERENCE_LETTERS = "ABCDEFGHIJ"

_PLAIN = re.compile(r"[A-Za-z ,;:.?'()\[\]_-]+")
_REFERENCE_LETTER = re.compile(rf" ?\(?\[(?:[{REFERENCE_LETTERS}][.\]]?)?|[{REFERENCE_LETTERS}][.\]]?")
_AFTER_LETTER = re.compile(r"[a-z_]*\][a-z,;:.?')]*")
_ATTRIBUTE = re.compile(r"[a-z]*(?:_[a-z]+)*_?")
_WORD = re.compile(r"[A-Za-z]+")
_MARKS = re.compile(r"[^A-Za-z ]{2,}")
_MARKS_TOGETHER = frozenset({"),", ").", ");", "):", "],", "].", "];", "]:", "]?", "])", "]),", "]).", "]'", "--", "..."})


def is_plain(token: str, openings: Collection[str] = OPENINGS) -> bool:
    """Whether a token's text, with the space before it, may stand in plain prose. Tokens without a text may not."""
    if _REFERENCE_LETTER.fullmatch(token):
        return True
    if not _PLAIN.fullmatch(token) or "  " in token or not _MARKS_TOGETHER.issuperset(_MARKS.findall(token)):
        return False
    if "[" in token or ("]" in token and not _AFTER_LETTER.fullmatch(token)):
        return False
    if "_" in token and "]" not in token and not _ATTRIBUTE.fullmatch(token):
        return False
    return all(word.islower() or word in openings for word in _WORD.findall(token))


def forbidden_ids(tokens: Sequence[str], ends: Collection[int], size: int | None = None) -> list[int]:
    """The ids that plain prose may not have, in order.

    `tokens` has each id's text as it stands behind another token, "" for control tokens; `ends` are the ids that end an
    answer, which are always allowed. `size` is the width of the logits where it exceeds the vocabulary.
    """
    width = max(size or 0, len(tokens))
    return [
        number for number in range(width) if number not in ends and not (number < len(tokens) and is_plain(tokens[number]))
    ]


def regex(openings: Collection[str] = OPENINGS) -> str:
    """The same rule for servers that take a regular expression: a flat one, without counted repetition."""
    words = "|".join(sorted(openings, key=lambda word: (-len(word), word)))
    return rf"([a-z ,;:.?'()-]|\[[{REFERENCE_LETTERS}](\.[a-z_]+)?\]|({words})[ ,'])+"
