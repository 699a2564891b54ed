"""Opens the chat model that the settings ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from assistant.chat_models import ChatModel, ChatModelUnavailable, Request
from assistant.engines.packaged import packaged_model

EngineName = Literal["auto", "openvino", "transformers", "openai", "none"]
Purpose = Literal["prose", "reading"]


@dataclass(frozen=True, slots=True)
class ChatModelChoice:
    """Which model to open, and how.

    A model for `prose` writes plain words, and where it is the packaged one it is tuned for that by `adapter`, a LoRA; one
    for `reading` writes what a schema or a regex asks for. `model` is a path, for `transformers` also a hub id, for
    `openai` the server's name of it; empty is the packaged model. `base_url` and `api_key` are for `openai`. `threads` None
    leaves the number of CPU threads to the engine.
    """

    engine: EngineName
    cache_folder: Path
    model: str = ""
    base_url: str = ""
    api_key: str | None = None
    threads: int | None = None
    purpose: Purpose = "prose"
    adapter: Path | None = None


def open_chat_model(choice: ChatModelChoice) -> ChatModel:
    """Opens the model, which may take seconds.

    `auto` is transformers where there is an NVIDIA GPU that torch can use, OpenVINO elsewhere. Raises
    `ChatModelUnavailable` if the model cannot be opened, or if the engine is `none`.
    """
    engine = choice.engine
    if engine == "auto":
        engine = "transformers" if gpu_is_usable() else "openvino"
    if engine == "openvino":
        return _openvino(choice)
    if engine == "transformers":
        return _transformers(choice)
    if engine == "openai":
        return _openai(choice)
    raise ChatModelUnavailable("the language model is switched off")


def warm_up(model: ChatModel, request: Request) -> None:
    """Runs one token of a request, so that the next such request is quick.

    OpenVINO then has its kernels, the grammar and the beginning of the prompt in memory: 40 ms to the first token in place
    of a second. Raises what `stream` raises.
    """
    for _ in model.stream(replace(request, max_tokens=1)):
        pass


def gpu_is_usable(device_folder: Path = Path("/dev")) -> bool:
    """Whether torch can use an NVIDIA GPU. Imports torch only where the driver shows one, as that takes seconds."""
    if not any((device_folder / name).exists() for name in ("nvidia0", "nvidiactl", "dxg")):
        return False
    import torch

    return torch.cuda.is_available()


def _openvino(choice: ChatModelChoice) -> ChatModel:
    from assistant.engines.openvino import OpenVinoChatModel

    return OpenVinoChatModel(
        Path(choice.model) if choice.model else packaged_model(),
        cache_folder=choice.cache_folder,
        plain_words=choice.purpose == "prose",
        adapter=_adapter(choice),
        threads=choice.threads,
    )


def _transformers(choice: ChatModelChoice) -> ChatModel:
    from assistant.engines.hugging_face import HuggingFaceChatModel

    model = choice.model or packaged_model()
    return HuggingFaceChatModel(model, cache_folder=choice.cache_folder, adapter=_adapter(choice))


def _adapter(choice: ChatModelChoice) -> Path | None:
    """The adapter is for the packaged model, and for prose."""
    return choice.adapter if choice.purpose == "prose" and not choice.model else None


def _openai(choice: ChatModelChoice) -> ChatModel:
    from assistant.engines.openai_server import OpenAiChatModel

    for field in ("base_url", "model"):
        if not getattr(choice, field):
            raise ChatModelUnavailable(f"{field} is empty; the engine `openai` needs it")
    return OpenAiChatModel(choice.base_url, choice.model, api_key=choice.api_key)
