"""Understanding: from a shopper's message to a frame, by rules or by a language model that the rules check."""

from __future__ import annotations

from assistant.reading.context import Context, Reader, focus_after
from assistant.reading.lexical import LexicalReader
from assistant.reading.llm import LlmReader

__all__ = ["Context", "LexicalReader", "LlmReader", "Reader", "focus_after"]
