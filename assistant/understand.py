"""Understanding: from a shopper's message to a frame, by an encoder, by rules or by a language model that rules check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.reading.context import Context, Reader, talked_after
from assistant.reading.lexical import LexicalReader
from assistant.reading.llm import LlmReader
from assistant.vocabulary import Vocabulary

if TYPE_CHECKING:
    from assistant.reading.encoder.reader import EncoderReader

__all__ = ["Context", "LexicalReader", "LlmReader", "Reader", "open_encoder_reader", "talked_after"]


def open_encoder_reader(vocabulary: Vocabulary, base_folder: Path, fallback: Reader | None = None) -> EncoderReader:
    """The encoder reader with the committed weights on the base model in `base_folder`.

    Turns that it is not sure of go to `fallback` where there is one. Raises `WeightsError` if the weights are missing or
    belong to another base model.
    """
    from assistant.reading.encoder.reader import EncoderReader  # the other readers do without OpenVINO

    return EncoderReader(vocabulary, base_folder, fallback=fallback)
