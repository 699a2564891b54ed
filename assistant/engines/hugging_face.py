"""transformers: the engine for a GPU, and for any model of the Hugging Face hub, a model folder or a GGUF file.

A GGUF is dequantised once into safetensors under the cache folder, an adapter merged (some 20 s for 135 million weights;
then it loads in under a second). Plain words are a bias on the logits. This engine knows no grammars: `json_schema` and
`regex` are not enforced, so callers check the text.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.chat_models import ChatModelRefused, ChatModelTimeout, ChatModelUnavailable, Request
from assistant.engines.merge import add_to, fingerprint, read_adapter
from assistant.engines.plain_words import forbidden_ids
from assistant.engines.prepared import cache_name, prepared
from assistant.engines.relay import Relay
from assistant.engines.standstill import Pulse
from assistant.engines.text import text_of, without_control_tokens

if TYPE_CHECKING:
    import torch

CLOSE_SECONDS = 5.0


class HuggingFaceChatModel:
    """A transformers model, one generation at a time."""

    def __init__(
        self,
        model: str | Path,
        *,
        cache_folder: Path,
        adapter: Path | None = None,
        device: str = "auto",
        max_waiting: int = 16,
    ) -> None:
        """Loads the model, downloading it if it is a hub id.

        `adapter` is a LoRA for a GGUF. `device` is a torch device or `auto`: CUDA, then Apple's, then the CPU. Raises
        `ChatModelUnavailable` if the model or the adapter cannot be loaded.
        """
        self.name = f"transformers:{Path(model).stem if Path(model).exists() else model}"
        self._device = _device(device)
        self._tokenizer, self._model = _load(model, cache_folder, adapter, self._device)
        self._places = threading.BoundedSemaphore(max_waiting)
        self._max_waiting = max_waiting
        self._turn = threading.Lock()
        self._closed = threading.Event()
        self._pulse = Pulse()

    def stream(self, request: Request) -> Generator[str]:
        """Yields pieces of text as they come. Closing the iterator stops the generation at its next token.

        Raises `ChatModelTimeout` past the deadline, `ChatModelRefused` if too many wait or the model fails,
        `ChatModelUnavailable` after `close` and while the generation before it hangs.
        """
        if self._closed.is_set():
            raise ChatModelUnavailable("the language model is closed")
        self._pulse.check()
        if not self._places.acquire(blocking=False):
            raise ChatModelRefused(f"busy: {self._max_waiting} generations are under way already")
        try:
            yield from text_of(self._tokens(request), self._decode, request.stop)
        finally:
            self._places.release()

    def close(self) -> None:
        """Ends the generation under way."""
        self._closed.set()
        if self._turn.acquire(timeout=CLOSE_SECONDS):
            self._turn.release()

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def _tokens(self, request: Request) -> Generator[list[int]]:
        relay: Relay[list[int]] = Relay()
        if not self._turn.acquire(timeout=max(request.deadline - time.monotonic(), 0)):
            raise ChatModelTimeout("the language model was still busy at the deadline")
        threading.Thread(target=self._generate, args=(request, relay), name="chat-model-torch", daemon=True).start()
        yield from relay.items(request.deadline)

    def _generate(self, request: Request, relay: Relay[list[int]]) -> None:
        """Runs in its own thread, which holds the turn until the model is really done."""
        self._pulse.beat()
        try:
            self._run(request, relay)
        except (RuntimeError, ValueError, IndexError) as error:
            relay.end(ChatModelRefused(f"the language model failed: {error}"))
        else:
            relay.end(ChatModelUnavailable("the language model was closed") if self._closed.is_set() else None)
        finally:
            self._pulse.end()
            self._turn.release()

    @cached_property
    def _plain_words(self) -> list[Any]:
        """What `generate` takes to write plain words; the bias is made at the first request for them."""
        import torch
        from transformers import LogitsProcessorList

        ends = self._model.generation_config.eos_token_id
        size = self._model.get_output_embeddings().weight.shape[0]
        bias = torch.zeros(size, device=self._device)
        allowed_ends = {self._tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}
        bias[forbidden_ids(token_texts(self._tokenizer), allowed_ends, size)] = -torch.inf
        return LogitsProcessorList([lambda _ids, scores: scores + bias])

    def _run(self, request: Request, relay: Relay[list[int]]) -> None:
        import torch

        if request.temperature > 0:
            torch.manual_seed(request.seed)
            sampling: dict[str, Any] = {"do_sample": True, "temperature": request.temperature, "top_p": 0.9}
        else:
            sampling = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        history = [{"role": item.role, "content": without_control_tokens(item.content)} for item in request.messages]
        prompt = self._tokenizer.apply_chat_template(history, add_generation_prompt=True, tokenize=False)
        # The template has written the special tokens already.
        inputs = self._tokenizer(prompt, add_special_tokens=False, return_tensors="pt").to(self._device)
        with torch.inference_mode():
            self._model.generate(
                **inputs,
                **sampling,
                max_new_tokens=request.max_tokens,
                pad_token_id=self._tokenizer.eos_token_id,
                streamer=_TokenStreamer(relay),
                logits_processor=self._plain_words if request.plain_words else None,
                stopping_criteria=[self._stopping(request.deadline, relay)],
            )

    def _stopping(self, deadline: float, relay: Relay[list[int]]) -> Any:
        def stopping(input_ids: torch.Tensor, _scores: torch.Tensor, **_: object) -> torch.Tensor:
            self._pulse.beat()
            done = relay.cancelled.is_set() or self._closed.is_set() or time.monotonic() > deadline
            return input_ids.new_full((input_ids.shape[0],), done, dtype=_bool())

        return stopping


class _TokenStreamer:
    """What `generate` calls with each token; the first call carries the prompt."""

    def __init__(self, relay: Relay[list[int]]) -> None:
        self._relay = relay
        self._prompt_seen = False

    def put(self, ids: torch.Tensor) -> None:
        if self._prompt_seen:
            self._relay.put(ids.reshape(-1).tolist())
        self._prompt_seen = True

    def end(self) -> None:
        """The thread ends the relay, once it knows how the generation went."""


def _bool() -> Any:
    import torch

    return torch.bool


def _device(device: str) -> str:
    import torch

    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def token_texts(tokenizer: Any) -> list[str]:
    """Each id's text as it stands behind another token."""
    # Alone, some tokenizers give a token without the space in front of it.
    before = tokenizer.encode("a", add_special_tokens=False)
    start = len(tokenizer.decode(before))
    both = tokenizer.batch_decode(
        [[*before, number] for number in range(len(tokenizer))], clean_up_tokenization_spaces=False
    )
    return [text[start:] for text in both]


def _load(model: str | Path, cache_folder: Path, adapter: Path | None, device: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    is_gguf = str(model).lower().endswith(".gguf")
    if adapter is not None and not is_gguf:
        raise ChatModelUnavailable(f"the adapter {adapter} is for a GGUF file; the language model is {model}")
    try:
        with ExitStack() as stack:
            source = stack.enter_context(_dequantised(Path(model), cache_folder, adapter)) if is_gguf else model
            local = Path(source).exists()
            tokenizer = AutoTokenizer.from_pretrained(str(source), local_files_only=local)
            loaded: Any = AutoModelForCausalLM.from_pretrained(str(source), dtype=torch.bfloat16, local_files_only=local)
    except (OSError, ValueError, RuntimeError) as error:
        raise ChatModelUnavailable(f"transformers cannot load the language model {model}: {error}") from error
    if not tokenizer.chat_template:
        raise ChatModelUnavailable(f"the language model {model} has no chat template")
    return tokenizer, loaded.to(device).eval()


def _dequantised(gguf: Path, cache_folder: Path, adapter: Path | None) -> AbstractContextManager[Path]:
    """The folder with the dequantised copy of a GGUF, the adapter merged; made at the first call."""

    def make(folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

        where: dict[str, Any] = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
        AutoTokenizer.from_pretrained(**where).save_pretrained(folder)
        dense = GgufConfig(dequantize=True)
        model: Any = AutoModelForCausalLM.from_pretrained(**where, quantization_config=dense, dtype=torch.float32)
        if adapter is not None:
            add_to(model, read_adapter(adapter))
        model.to(torch.bfloat16).save_pretrained(folder)

    name = cache_name(gguf, "bf16", fingerprint(adapter) if adapter else None)
    return prepared(cache_folder, name, make)
