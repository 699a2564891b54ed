"""OpenVINO GenAI: the default on a CPU. Reads a GGUF file or an OpenVINO model folder, no compiler and no hub needed.

`ContinuousBatchingPipeline` takes a GGUF as it is, chat template included. Reading one takes twice as long as reading
OpenVINO's own format, so the first start saves that under the cache folder (`openvino_files`). The compiled-model cache
(`CACHE_DIR`) was tried as well: it saves nothing for a model of this size. The precision hint f32 decodes a fifth faster
than bf16, as the weights stay quantised either way. The compiler of grammars is quick (40 ms, the first time only) unless
a repetition is counted; a prompt's beginning that was seen before costs nothing again.
"""

from __future__ import annotations

import json
import re
import weakref
from collections.abc import Generator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.chat_models import ChatMessage, ChatModelRefused, ChatModelUnavailable, Request
from assistant.engines.batching import BatchingWorker
from assistant.engines.openvino_files import model_folder, open_pipeline
from assistant.engines.text import text_of, without_control_tokens
from retrieval import quiet_openvino

FREQUENCY_PENALTY = 0.3
COUNTED = re.compile(r"(?<!\\)\{\d*,?\d*\}")


def load_library() -> ModuleType:
    """Imports openvino_genai with its telemetry off. Raises `ChatModelUnavailable` if it is not installed."""
    try:
        return quiet_openvino.load("openvino_genai")
    except ImportError as error:
        raise ChatModelUnavailable(f"openvino-genai cannot be imported: {error}; run `make setup`") from error


class OpenVinoChatModel:
    """A local model in continuous batches: conversations share each step, and the cache of what their prompts share."""

    def __init__(
        self,
        model: Path,
        *,
        cache_folder: Path,
        plain_words: bool = False,
        adapter: Path | None = None,
        threads: int | None = None,
        device: str = "CPU",
        max_waiting: int = 16,
    ) -> None:
        """Loads the model, which takes some seconds, the first time more.

        `plain_words` makes it write nothing else, whatever is asked for; without, requests for that are refused. `adapter`
        is a LoRA for a GGUF. Raises `ChatModelUnavailable` if a file is missing or cannot be read as what it should be.
        """
        if not model.exists():
            raise ChatModelUnavailable(f"the language model {model} does not exist")
        self._library = load_library()
        self.name = f"openvino:{model.stem}"
        self._plain_words = plain_words
        with model_folder(self._library, model, cache_folder, plain=plain_words, adapter=adapter) as folder:
            self._pipeline = open_pipeline(self._library, folder, _properties(device, threads), device)
        self._tokenizer = self._pipeline.get_tokenizer()
        if not self._tokenizer.chat_template:
            raise ChatModelUnavailable(f"the language model {model} has no chat template")
        self._worker = BatchingWorker(self._pipeline, max_waiting=max_waiting)
        # A thread that is inside C++ while the interpreter ends brings the process down.
        self._finalizer = weakref.finalize(self, self._worker.close)

    def stream(self, request: Request) -> Generator[str]:
        """Yields pieces of text as they come. Closing the iterator stops the generation.

        Raises `ChatModelTimeout` past the deadline, `ChatModelRefused` if too many wait or the grammar is not
        understood, `ChatModelUnavailable` after `close`.
        """
        if request.plain_words and not self._plain_words:
            raise ChatModelRefused("the language model was not opened for plain words")
        generation = self._worker.submit(self._encode(request.messages), self._config(request))
        yield from text_of(generation.items(request.deadline), self._decode, request.stop)

    def close(self) -> None:
        """Ends the generations under way and the worker thread."""
        self._finalizer()

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids))) if ids else ""

    def _encode(self, messages: Sequence[ChatMessage]) -> Any:
        history = [{"role": item.role, "content": without_control_tokens(item.content)} for item in messages]
        prompt = self._tokenizer.apply_chat_template(history, True)
        # The template has written the special tokens already.
        return self._tokenizer.encode(prompt, add_special_tokens=False).input_ids

    def _config(self, request: Request) -> Any:
        config = self._pipeline.get_config()
        config.max_new_tokens = request.max_tokens
        if request.temperature > 0:
            config.do_sample, config.temperature, config.top_p = True, request.temperature, 0.9
            config.rng_seed = request.seed
        if request.json_schema is None and not request.plain_words:
            # In JSON it would fall on quotes and braces. A repetition penalty would fall on the prompt's facts as well.
            config.frequency_penalty = FREQUENCY_PENALTY
        if request.json_schema is not None or request.regex is not None:
            config.structured_output_config = self._grammar(request)
        return config

    def _grammar(self, request: Request) -> Any:
        grammar = self._library.StructuredOutputConfig()
        if request.json_schema is not None:
            grammar.json_schema = json.dumps(request.json_schema)
        else:
            grammar.regex = checked_regex(request.regex or "")
        return grammar


def checked_regex(regex: str) -> str:
    """Returns the regex, or raises `ChatModelRefused`.

    The compiler works inside a step: an error there ends everybody's generation, and a counted repetition can take a
    minute.
    """
    try:
        re.compile(regex)
    except re.error as error:
        raise ChatModelRefused(f"the regex {regex!r} is not understood: {error}") from error
    if COUNTED.search(regex):
        raise ChatModelRefused(f"the regex {regex!r} counts repetitions, which is very slow; use * or +")
    return regex


def _properties(device: str, threads: int | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"} if device == "CPU" else {}
    if threads is not None:
        properties["INFERENCE_NUM_THREADS"] = threads
    return properties
