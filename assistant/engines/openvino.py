"""OpenVINO GenAI: the default on a CPU. Reads a GGUF file or an OpenVINO model folder, no compiler and no hub needed.

`ContinuousBatchingPipeline` takes a GGUF as it is, chat template included. Reading one takes twice as long as reading
OpenVINO's own format, so the first start saves that (model, tokenizer and chat template) under the cache folder. The
compiled-model cache (`CACHE_DIR`) was tried as well: it saves nothing for a model of this size. The precision hint f32
decodes a fifth faster than bf16, as the weights stay in four bits either way. The compiler of grammars is quick (40 ms,
the first time only) unless a repetition is counted; a prompt's beginning that was seen before costs nothing again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.chat_models import ChatMessage, ChatModelRefused, ChatModelUnavailable, Request
from assistant.engines.batching import BatchingWorker
from assistant.engines.text import text_of, without_control_tokens
from retrieval import quiet_openvino

CACHE_GIGABYTES = 1
FREQUENCY_PENALTY = 0.3
SEED = 0
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
        threads: int | None = None,
        device: str = "CPU",
        max_waiting: int = 16,
    ) -> None:
        """Loads the model, which takes some seconds.

        Raises `ChatModelUnavailable` if the file is missing or cannot be read as a model.
        """
        if not model.exists():
            raise ChatModelUnavailable(f"the language model {model} does not exist")
        self._library = load_library()
        self.name = f"openvino:{model.stem}"
        self._pipeline = _open(self._library, model, cache_folder, _properties(device, threads), device)
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
            config.rng_seed = SEED
        if request.json_schema is None:
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


def _open(library: ModuleType, model: Path, cache_folder: Path, properties: Mapping[str, Any], device: str) -> Any:
    """Returns a pipeline; that of a GGUF comes from its saved copy, which the first start makes where it can."""
    if model.suffix.lower() != ".gguf":
        return _pipeline(library, model, properties, device)
    saved = cache_folder / _cache_name(library, model)
    if saved.exists():
        return _pipeline(library, saved, properties, device)
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="gguf-", dir=cache_folder))
    except OSError:
        # A cache that cannot be written makes the start slower, nothing else.
        return _pipeline(library, model, properties, device)
    try:
        return _save(library, model, draft, saved, properties, device)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _save(library: ModuleType, model: Path, draft: Path, saved: Path, properties: Mapping[str, Any], device: str) -> Any:
    # OpenVINO writes next to the GGUF, which need not be a place for writing: hence the link.
    link = draft / model.name
    link.symlink_to(model.resolve())
    keep = {"enable_save_ov_model": True}
    pipeline = _pipeline(library, link, {**properties, **keep}, device, keep)
    link.unlink()
    template = {"chat_template": pipeline.get_tokenizer().chat_template}
    (draft / "tokenizer_config.json").write_text(json.dumps(template), encoding="utf-8")
    # Another process may have been sooner; its copy is as good. A folder appears whole or not at all.
    with contextlib.suppress(OSError):
        draft.rename(saved)
    return pipeline


def _cache_name(library: ModuleType, model: Path) -> str:
    stat = model.stat()
    identity = f"{model.resolve()} {stat.st_size} {stat.st_mtime_ns} {library.get_version()}"
    return f"{model.stem}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def _pipeline(
    library: ModuleType,
    path: Path,
    properties: Mapping[str, Any],
    device: str,
    tokenizer: Mapping[str, Any] | None = None,
) -> Any:
    scheduler = library.SchedulerConfig()
    scheduler.enable_prefix_caching = True
    scheduler.cache_size = CACHE_GIGABYTES
    try:
        return library.ContinuousBatchingPipeline(str(path), scheduler, device, dict(properties), dict(tokenizer or {}))
    except RuntimeError as error:
        raise ChatModelUnavailable(f"OpenVINO cannot load the language model {path}: {error}") from error
