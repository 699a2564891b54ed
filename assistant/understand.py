"""Understanding: from a shopper's message to a frame. The lexical reader, and the language model checked by it."""

from __future__ import annotations

from assistant.reading.context import Context, Reader, focus_after
from assistant.reading.lexical import LexicalReader

__all__ = ["Context", "LexicalReader", "Reader", "focus_after"]
