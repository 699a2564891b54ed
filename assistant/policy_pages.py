"""The pages of a shop's rules, cut into passages that can be quoted: what stands under a heading, in one piece if short."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ENDINGS = (".md", ".txt")
"""What the file name of a page ends in."""

_LONGEST = 600
"""Characters of a passage, unless a single paragraph is longer."""
_LONGEST_TITLE = 70
_UNDER = " › "
_TITLE_LEVEL, _BOLD_LEVEL = 1, 7
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_HEADING = re.compile(r"(#{1,6})\s*(.+?)\s*#*")
_BOLD = re.compile(r"(?:\*\*|__)([^*_]+)(?:\*\*|__):?")
_UNDERLINE = re.compile(r"=+|-{3,}")
_CAPITALS = re.compile(r"[^a-z]*[A-Z]{2}[^a-z]*(?<![.,;])")
_BULLET = re.compile(r"^[-*+•]\s+")
_NUMBERED = re.compile(r"\d+[.)]\s")
_RULE = re.compile(r"[-*_=\s]{3,}")
_TABLE_RULE = re.compile(r"[|:\-\s]+")
_DATED = re.compile(r"(?:this page was )?(?:last )?(?:updated|modified|revised|effective)\b.{0,40}", re.I)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"<[^>]*>|\[[A-Za-z]\w*(?:\.\w+)?\]|[<>{}`|]|\*+|(?<!\w)_+|_+(?!\w)")
_LOOSE_MARK = re.compile(r" ([.,;:!?])(?=\s|$)")
_ENDS = (".", "!", "?", ":", ";", ",")


@dataclass(frozen=True, slots=True)
class Passage:
    """What a page says under one heading, or a part of it. `topic` names the page's file, `page` is its title.

    `heading` has the headings above it before it: `Returns › Electronics`.
    """

    topic: str
    heading: str
    text: str
    page: str = ""

    @property
    def title(self) -> str:
        """What the page is called: its title, or the name of its file as words."""
        return self.page or self.topic.replace("-", " ").replace("_", " ").capitalize()


def read_page(path: Path) -> tuple[Passage, ...]:
    """The passages of a page in Markdown or plain text, in their order. Raises `OSError` or `UnicodeDecodeError`."""
    return cut(path.read_text(encoding="utf-8-sig"), path.stem)


def cut(source: str, topic: str) -> tuple[Passage, ...]:
    """The passages of a page's source."""
    found: list[Passage] = []
    # The headings that stand above the place, by level.
    above: dict[int, str] = {}
    texts: list[str] = []
    for block in _blocks(source):
        title = _title(block, is_first=not above and not found and not texts)
        if title is None:
            texts += _readable(block)
            continue
        found += _passages(topic, above, texts)
        texts, level = [], title[0]
        above = {other: name for other, name in above.items() if other < level} | {level: title[1]}
    return (*found, *_passages(topic, above, texts))


def words_only(text: str) -> str:
    """The text of a page in one line, without links, tags, emphasis and brackets."""
    return _LOOSE_MARK.sub(r"\1", " ".join(_MARKUP.sub(" ", _LINK.sub(r"\1", text)).split()))


def _blocks(source: str) -> Iterator[list[str]]:
    """Runs of lines between blank ones; a heading is one of its own."""
    plain = _COMMENT.sub("", _FRONT_MATTER.sub("", source.replace("\r\n", "\n")))
    for run in re.split(r"\n\s*\n", plain):
        block: list[str] = []
        for line in map(str.strip, run.strip().splitlines()):
            if _HEADING.fullmatch(line):
                yield from filter(None, (block, [line]))
                block = []
            elif len(block) == 1 and _UNDERLINE.fullmatch(line):
                yield [*block, line]
                block = []
            else:
                block.append(line)
        if block:
            yield block


def _title(block: Sequence[str], is_first: bool) -> tuple[int, str] | None:
    """Level and words of a heading, marked as Markdown has it, by a line under it, in bold or in capitals."""
    first = block[0]
    if len(block) == 1 and (marked := _HEADING.fullmatch(first)):
        return len(marked.group(1)), words_only(marked.group(2))
    if len(first) > _LONGEST_TITLE or len(block) > 2:
        return None
    if len(block) == 2:
        return (_TITLE_LEVEL + (block[1][0] == "-"), words_only(first)) if _UNDERLINE.fullmatch(block[1]) else None
    if bold := _BOLD.fullmatch(first):
        return _BOLD_LEVEL, words_only(bold.group(1)).rstrip(":")
    if "|" not in first and _CAPITALS.fullmatch(first):
        return _TITLE_LEVEL + (not is_first), first.capitalize()
    if is_first and not first.endswith(_ENDS):
        return _TITLE_LEVEL, words_only(first)
    return None


def _readable(block: Sequence[str]) -> list[str]:
    """A paragraph, list or table as running text; nothing for a line drawn across or the date of the page."""
    if _RULE.fullmatch("".join(block)) or _DATED.fullmatch(words_only(" ".join(block))):
        return []
    text = _table(block) if len(block) > 2 and all("|" in line for line in block) else _listed(block)
    return [words_only(text)] if words_only(text) else []


def _listed(block: Sequence[str]) -> str:
    """The lines joined; the items of a list that end in no mark are parted by one."""
    items: list[str] = []
    for line in block:
        bare = _BULLET.sub("", line.lstrip("> "), count=1)
        if items and bare == line.lstrip("> ") and not _NUMBERED.match(bare):
            items[-1] += f" {bare}"
        else:
            items.append(bare)
    is_list = len(items) > 1
    ended = [item if not is_list or item.endswith(_ENDS) else f"{item};" for item in items[:-1]]
    return " ".join([*ended, *items[-1:]])


def _table(rows: Sequence[str]) -> str:
    """Each row as `its first cell: name of the column and cell, …`."""
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if not _TABLE_RULE.fullmatch(row)]
    names, *others = cells
    told = []
    for first, *rest in others:
        named = (f"{name} {cell}".strip() for name, cell in zip(names[1:], rest, strict=False) if cell)
        told.append(f"{first}: {'; '.join(named)}.")
    return " ".join(told)


def _passages(topic: str, above: dict[int, str], texts: Sequence[str]) -> Iterator[Passage]:
    """What stands under a heading, in pieces that are not too long."""
    page, headings = above.get(_TITLE_LEVEL, ""), [above[level] for level in sorted(above) if level > _TITLE_LEVEL]
    piece = ""
    for text in _announced(texts):
        if piece and len(piece) + len(text) > _LONGEST:
            yield Passage(topic, _UNDER.join(headings) or page, piece, page)
            piece = ""
        piece = f"{piece} {text}".strip()
    if piece:
        yield Passage(topic, _UNDER.join(headings) or page, piece, page)


def _announced(texts: Sequence[str]) -> Iterator[str]:
    """The texts; one that ends in a colon goes with what it announces."""
    before = ""
    for text in texts:
        before = f"{before} {text}".strip()
        if not before.endswith(":"):
            yield before
            before = ""
    if before:
        yield before
