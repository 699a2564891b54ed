"""The encoder reader: reads a turn in milliseconds, says how sure it is, and never raises."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from assistant.reading import acts
from assistant.reading.context import Context, Reader
from assistant.reading.encoder import weights
from assistant.reading.encoder.decode import decode
from assistant.reading.encoder.hints import leaned
from assistant.reading.encoder.inputs import Encoder
from assistant.reading.encoder.readable import Words, is_readable
from assistant.reading.encoder.runtime import Network
from assistant.reading.kinds import settle_kind
from assistant.reading.lexical import LexicalReader
from assistant.reading.text import read
from assistant.types import Frame, Reading
from assistant.vocabulary import Vocabulary
from retrieval.bert import read_json

FOLDER = Path(__file__).parent.parent / "weights"
"""Where the committed weights are."""

_UNREADABLE = 0.05
_RULED = 0.9
"""At least, of what the rules leave no doubt of."""
_BARE, _BARE_WORDS, _BARE_LENGTH = 0.6, 3, 40
"""Of a bare noun: the confidence, and the most words and characters."""
_BARE_SEARCH = Frame("search")
_ASKS_FOR_ID = frozenset({"order_status", "return_request", "human"})


class EncoderReader:
    """A fine-tuned encoder with the shop's words at hand; turns below `threshold` go to `fallback` where there is one."""

    def __init__(
        self, vocabulary: Vocabulary, base_folder: Path, folder: Path = FOLDER, fallback: Reader | None = None
    ) -> None:
        """Loads the weights in `folder` onto the base model. Raises `WeightsError` if they can't be used."""
        trained, card = weights.load(base_folder, folder)
        self._network = Network(trained, read_json(base_folder / "config.json"))
        self._encoder = Encoder.from_folder(base_folder)
        self._words = Words(self._encoder.known_words())
        self._vocabulary = vocabulary
        self._fallback = fallback
        self._rules = LexicalReader(vocabulary)
        confidence = card.get("confidence", {})
        self._slope, self._offset = float(confidence.get("slope", 1.0)), float(confidence.get("offset", 0.0))
        self.threshold = float(confidence.get("threshold", 0.0))
        """Below this confidence a turn is better asked about, or read by another reader."""

    def read(self, text: str, context: Context) -> Reading:
        """What `text` says in this context. Never raises."""
        certainty, frame = self.certainty(text, context)
        reading = self._bare_noun(text, context, frame)
        if reading is not None:
            return reading
        reading = Reading(settle_kind(frame, self._vocabulary), self._confidence(certainty))
        if reading.frame.act == acts.act_on_focus(read(text), context):
            return replace(reading, confidence=max(reading.confidence, _RULED))
        if self._fallback is None or reading.confidence >= self.threshold:
            return reading
        other = self._fallback.read(text, context)
        return Reading(other.frame, other.confidence, "encoder: unsure")

    def _bare_noun(self, text: str, context: Context, frame: Frame) -> Reading | None:
        """A first message of nothing but a word or two, such as "fan", which the network is apt to take for noise."""
        read_already = frame.act == "search" and frame != _BARE_SEARCH
        if read_already or context.shown or not context.need.is_empty or len(text) > _BARE_LENGTH or not is_readable(text):
            return None
        message = read(text)
        if acts.is_service(message, context):
            return None
        words = [token for token in message.tokens if not token.is_mark]
        if not 0 < len(words) <= _BARE_WORDS or not self._words.all_known(words, self._vocabulary):
            return None
        ruled = self._rules.read(text, context).frame
        if ruled.act not in ("search", "recommend") or not (ruled.query or ruled.include or ruled.brand):
            return None
        # What is a value of some attribute here ("mouse" of an input device) is the kind of thing where it stands alone.
        query = ruled.query or " ".join(ruled.include)
        return Reading(Frame("search", query=query, brand=ruled.brand), _BARE)

    def certainty(self, text: str, context: Context) -> tuple[float, Frame]:
        """The share that the network gives its least sure part, before it is calibrated, and the frame."""
        message = read(text)
        if not is_readable(text):
            return _UNREADABLE, Frame("out_of_scope")
        encoded = self._encoder.encode(message, context)
        scores = leaned(self._network.scores(encoded), message, encoded, context)
        decoded = decode(scores, encoded, message, context, self._vocabulary)
        # An order number looks like nothing, so where one was asked for anything may be said.
        if context.last_act not in _ASKS_FOR_ID and decoded.frame.act != "smalltalk":
            heard = (*(item.title for item in context.shown), context.need.query, *context.need.include)
            if not self._words.make_sense(message, self._vocabulary, heard):
                return _UNREADABLE, Frame("out_of_scope")
        if decoded.frame == _BARE_SEARCH:  # would throw away the need for nothing
            spoken = any(token.raw.isalpha() for token in message.tokens)
            return min(decoded.certainty, _UNREADABLE), Frame("recommend" if spoken else "out_of_scope")
        return decoded.certainty, decoded.frame

    def _confidence(self, certainty: float) -> float:
        """The share of turns read right at this certainty, as measured on turns not trained on."""
        bounded = min(max(certainty, 1e-6), 1 - 1e-6)
        return 1.0 / (1.0 + math.exp(-(self._slope * math.log(bounded / (1 - bounded)) + self._offset)))
