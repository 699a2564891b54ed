"""The encoder reader: reads a turn in milliseconds, says how sure it is, and never raises."""

from __future__ import annotations

import math
from pathlib import Path

import torch

from assistant.reading import acts
from assistant.reading.context import Context, Reader
from assistant.reading.encoder import weights
from assistant.reading.encoder.decode import Decoded, Scores, decode
from assistant.reading.encoder.inputs import Encoded, Encoder
from assistant.reading.encoder.model import ReaderModel, collate
from assistant.reading.text import Text, read
from assistant.types import Frame, Reading
from assistant.vocabulary import Vocabulary

FOLDER = Path(__file__).parent.parent / "weights"
"""Where the committed weights are."""

_SURE = 0.99
_UNREADABLE = 0.05
_LEAST_LATIN = 0.5


class EncoderReader:
    """A fine-tuned encoder with the shop's words at hand; turns below `threshold` go to `fallback` where there is one."""

    def __init__(
        self, vocabulary: Vocabulary, base_folder: Path, folder: Path = FOLDER, fallback: Reader | None = None
    ) -> None:
        """Loads the weights in `folder` onto the base model. Raises `WeightsError` if they can't be used."""
        self._model, card = weights.load(base_folder, folder)
        self._encoder = Encoder.from_folder(base_folder)
        self._vocabulary = vocabulary
        self._fallback = fallback
        confidence = card.get("confidence", {})
        self._slope, self._offset = float(confidence.get("slope", 1.0)), float(confidence.get("offset", 0.0))
        self.threshold = float(confidence.get("threshold", 0.0))
        """Below this confidence a turn is better asked about, or read by another reader."""

    def read(self, text: str, context: Context) -> Reading:
        """What `text` says in this context. Never raises."""
        certainty, frame = self.certainty(text, context)
        reading = Reading(frame, self._confidence(certainty))
        if self._fallback is None or reading.confidence >= self.threshold:
            return reading
        other = self._fallback.read(text, context)
        return Reading(other.frame, other.confidence, "encoder: unsure")

    def certainty(self, text: str, context: Context) -> tuple[float, Frame]:
        """The share that the network gives its least sure part, before it is calibrated, and the frame."""
        message = read(text)
        if acts.is_attack(message):
            return _SURE, Frame("out_of_scope")
        if not _is_readable(message):
            return _UNREADABLE, Frame("out_of_scope")
        decoded = self._decoded(message, context)
        return decoded.certainty, decoded.frame

    def _decoded(self, message: Text, context: Context) -> Decoded:
        encoded = self._encoder.encode(message, context)
        return decode(scores_of(self._model, encoded), encoded, message, context, self._vocabulary)

    def _confidence(self, certainty: float) -> float:
        """The share of turns read right at this certainty, as measured on turns not trained on."""
        bounded = min(max(certainty, 1e-6), 1 - 1e-6)
        return 1.0 / (1.0 + math.exp(-(self._slope * math.log(bounded / (1 - bounded)) + self._offset)))


def scores_of(model: ReaderModel, encoded: Encoded) -> Scores:
    """What every head says about one turn."""
    with torch.inference_mode():
        scores = model(collate([encoded]))
    return {name: values[0].float().numpy() for name, values in scores.items()}


def _is_readable(message: Text) -> bool:
    """Whether there is something to read: letters, digits or pictures, and mostly in the script the reader knows."""
    letters = [character for character in message.source if character.isalpha()]
    if not letters:
        return any(ord(character) > 0x2000 or character.isdigit() for character in message.source)
    latin = sum(character.isascii() or "\u00c0" <= character <= "\u024f" for character in letters)
    return latin >= _LEAST_LATIN * len(letters)
