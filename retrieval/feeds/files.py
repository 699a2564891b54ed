"""Opens feed files: plain or gzipped by their first bytes, in whatever encoding they turn out to be."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from retrieval.feeds.rows import FeedError

HEAD = 65_536
"""Bytes that are enough to tell what a file is."""

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
# The longer mark first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A letter with an accent or a typographic mark in UTF-8; in Windows-1252 the same bytes are pairs that no language has.
_UTF8_LETTER = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]")
# What people send by mistake, told by its first bytes, and what to send instead.
_FOREIGN = (
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook; save the sheet as CSV (UTF-8)"),
    (b"%PDF", "is a PDF; a feed is needed"),
    (b"BZh", "is compressed with bzip2; unpack it or use gzip"),
    (b"\xfd7zXZ", "is compressed with xz; unpack it or use gzip"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it or use gzip"),
    (b"PAR1", "is a Parquet file; export it as CSV or JSON lines"),
    (b"SQLite format 3", "is an SQLite database; export it as CSV or JSON lines"),
)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Gives the file's bytes, unzipped where it is gzipped, whatever its name.

    Raises:
        FeedError: The file is missing, is a folder, may not be read, or is no sound .gz; also while it is being read.
    """
    try:
        with path.open("rb") as file:
            is_gzip = file.read(2) == _GZIP
            file.seek(0)
            yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if is_gzip else file
    except FileNotFoundError:
        raise FeedError(path, "no such file") from None
    except IsADirectoryError:
        raise FeedError(path, "is a folder, expected a file") from None
    except EOFError:
        raise FeedError(path, "the gzip file is cut off before its end; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FeedError(path, f"is not a sound gzip file ({error})") from None
    except OSError as error:
        raise FeedError(path, f"can't be read ({error.strerror or error})") from None


@contextmanager
def open_text(path: Path, encoding: str = "") -> Iterator[TextIO]:
    """Gives the file's text, its line endings as they are. `encoding` is asked of the file itself where it is empty.

    Raises:
        FeedError: As `open_bytes`; or the file is no text, or not in `encoding`.
    """
    name = encoding or find_encoding(path)
    with open_bytes(path) as file:
        try:
            with io.TextIOWrapper(file, encoding=name, newline="") as text:
                yield text
        except UnicodeError as error:
            raise FeedError(path, f"is not {name} throughout ({error})") from None
        except LookupError:
            raise FeedError(path, f"can't be read as {name!r}, which is no encoding; expected one such as cp1252") from None


def head_of(path: Path) -> bytes:
    """Returns the first bytes of what is in the file.

    Raises:
        FeedError: As `open_bytes`; or the file is empty, or is of a kind that no reader knows.
    """
    with open_bytes(path) as file:
        head = file.read(HEAD)
    if not head.strip(b"\x00\t\r\n "):
        raise FeedError(path, "is empty")
    for magic, reason in _FOREIGN:
        if head.startswith(magic):
            raise FeedError(path, reason)
    if b"\x00" in head and not _mark_of(head):
        raise FeedError(path, "holds zero bytes: it is no text, or UTF-16 without its mark; save it as UTF-8")
    return head


def find_encoding(path: Path) -> str:
    """Returns the file's encoding: that of its byte order mark, else UTF-8, else Windows-1252.

    A file that is neither is refused: to guess further would put wrong letters into names without anybody noticing.

    Raises:
        FeedError: As `head_of`; or no encoding fits.
    """
    head = head_of(path)
    if marked := _mark_of(head):
        return marked
    broken = _first_byte_not_utf8(path)
    if broken is None:
        return "utf-8"
    if _is_windows(path):
        return "cp1252"
    raise FeedError(path, f"is neither UTF-8 (byte {broken + 1:,}) nor Windows-1252; save it as UTF-8, or name its encoding")


def _mark_of(head: bytes) -> str:
    return next((name for mark, name in _MARKS if head.startswith(mark)), "")


def decoded_head(path: Path, encoding: str = "") -> str:
    """Returns the start of the file as text. Raises `FeedError` as `find_encoding`."""
    name = encoding or _encoding_of_head(head_of(path)) or find_encoding(path)
    with open_text(path, name) as text:
        return text.read(HEAD // 4)


def _encoding_of_head(head: bytes) -> str:
    """Returns the encoding that the start of a file has, "" if that takes the whole of it to tell."""
    if marked := _mark_of(head):
        return marked
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return ""
    return "utf-8"


def _first_byte_not_utf8(path: Path) -> int | None:
    try:
        with open_bytes(path) as file:
            return _first_bad_byte(file)
    except FeedError:
        # A file that is cut off tells so when its rows are read; those before the cut are sound.
        return None


def _first_bad_byte(file: BinaryIO) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    seen = 0
    while True:
        chunk = file.read(_CHUNK)
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return seen - pending + error.start
        if not chunk:
            return None
        seen += len(chunk)


def _is_windows(path: Path) -> bool:
    """Whether every byte is a Windows-1252 letter and none begins a UTF-8 one: mixed files are nobody's encoding."""
    with open_bytes(path) as file:
        while chunk := file.read(_CHUNK):
            try:
                chunk.decode("cp1252")
            except UnicodeDecodeError:
                return False
            if _UTF8_LETTER.search(chunk):
                return False
    return True
