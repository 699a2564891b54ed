"""Model folders as OpenVINO reads them: from a GGUF, an adapter in the weights, the rule of plain words baked in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.chat_models import ChatModelUnavailable
from assistant.engines import plain_words
from assistant.engines.merge import fingerprint, is_rounded, read_adapter, rewrite_gguf
from assistant.engines.prepared import cache_name, prepared
from retrieval import quiet_openvino

MODEL = "openvino_model.xml"
VERSION = 1
"""Goes into the names of cached models; to be raised whenever they are made in another way."""
FORBIDDEN = -1e4
"""What is added to the logit of a forbidden token: its probability is 0 in any precision, and it still is a number."""
_SENTENCEPIECE_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"


@contextmanager
def model_folder(
    library: ModuleType, model: Path, cache_folder: Path, *, plain: bool, adapter: Path | None
) -> Iterator[Path]:
    """The folder to load for a GGUF file or a model folder; made and kept in the cache at the first call.

    `library` is `openvino_genai`. `plain` bakes the rule of plain words in. Raises `ChatModelUnavailable`.
    """
    is_gguf = model.suffix.lower() == ".gguf"
    if adapter is not None and not is_gguf:
        raise ChatModelUnavailable(f"the adapter {adapter} is for a GGUF file; the language model is {model}")
    if not is_gguf and not plain:
        yield model
        return
    made_from = (
        VERSION,
        library.get_version(),
        plain_words.VERSION if plain else None,
        fingerprint(adapter) if adapter else None,
    )

    def make(folder: Path) -> None:
        if is_gguf:
            _convert(library, model, adapter, folder)
        else:
            shutil.copytree(model, folder, dirs_exist_ok=True)
        if plain:
            _bake(library, folder)

    with prepared(cache_folder, cache_name(model, *made_from), make) as folder:
        yield folder


def open_pipeline(library: ModuleType, path: Path, properties: Mapping[str, Any], device: str, **tokenizer: Any) -> Any:
    """A continuous-batching pipeline with a prefix cache. Raises `ChatModelUnavailable`."""
    scheduler = library.SchedulerConfig()
    scheduler.enable_prefix_caching = True
    scheduler.cache_size = 1  # gigabytes
    try:
        return library.ContinuousBatchingPipeline(str(path), scheduler, device, dict(properties), tokenizer)
    except RuntimeError as error:
        raise ChatModelUnavailable(f"OpenVINO cannot load the language model {path}: {error}") from error


def _convert(library: ModuleType, gguf: Path, adapter: Path | None, folder: Path) -> None:
    """Saves a GGUF in OpenVINO's own format, which loads in half the time: model, tokenizer and chat template."""
    # OpenVINO writes next to the GGUF, which need not be a place for writing.
    beside = folder / gguf.name
    if adapter is not None or is_rounded(gguf):
        rewrite_gguf(gguf, beside, read_adapter(adapter) if adapter else None)
    else:
        beside.symlink_to(gguf.resolve())
    pipeline = open_pipeline(library, beside, {"enable_save_ov_model": True}, "CPU", enable_save_ov_model=True)
    beside.unlink()
    template = {"chat_template": pipeline.get_tokenizer().chat_template}
    (folder / "tokenizer_config.json").write_text(json.dumps(template), encoding="utf-8")


def _bake(library: ModuleType, folder: Path) -> None:
    """Adds the rule to the model's logits: one addition of a constant, which costs no time."""
    try:
        openvino = quiet_openvino.load("openvino")
        tokenizer = library.Tokenizer(str(folder))
        model = openvino.Core().read_model(folder / MODEL)
    except (ImportError, RuntimeError) as error:
        raise ChatModelUnavailable(f"OpenVINO cannot read the language model {folder}: {error}") from error
    ends = {int(tokenizer.get_eos_token_id()), *_ends(folder)}
    _mask(openvino, model, token_texts(tokenizer.get_vocab()), ends)
    # The file that is being read cannot be the one that is written.
    openvino.save_model(model, folder / f"masked_{MODEL}", compress_to_fp16=False)
    del model
    for suffix in (".xml", ".bin"):
        (folder / f"masked_{MODEL}").with_suffix(suffix).replace((folder / MODEL).with_suffix(suffix))


def _mask(openvino: ModuleType, model: Any, tokens: Sequence[str], ends: set[int]) -> None:
    """Puts an addition between the last product and the result.

    That is a place where OpenVINO GenAI still knows the model's last product, and computes it for one token of a prompt.
    """
    import numpy as np

    result = model.output(0).get_node()
    logits = result.input_value(0)
    size = logits.get_partial_shape()[-1]
    if size.is_dynamic:
        raise ChatModelUnavailable("the language model does not tell how many tokens it knows")
    bias = np.zeros((1, 1, size.get_length()), np.float32)
    bias[..., plain_words.forbidden_ids(tokens, ends, bias.shape[-1])] = FORBIDDEN
    constant = openvino.opset13.constant(bias, dtype=logits.get_element_type())
    masked = openvino.opset13.add(logits, constant).output(0)
    names = logits.get_names()
    logits.get_tensor().set_names(set())
    masked.get_tensor().set_names(names)
    result.input(0).replace_source_output(masked)


def token_texts(vocabulary: Mapping[bytes, int]) -> list[str]:
    """Each id's text, "" where there is none; half a character does not become one."""
    texts = [""] * (max(vocabulary.values(), default=-1) + 1)
    for token, number in vocabulary.items():
        texts[number] = token.decode("utf-8", errors="replace").replace(_SENTENCEPIECE_SPACE, " ")
    return texts


def _ends(folder: Path) -> set[int]:
    """The tokens that end an answer, as the folder's settings of generation have them."""
    try:
        ends = json.loads((folder / "generation_config.json").read_text(encoding="utf-8")).get("eos_token_id")
    except (OSError, ValueError, AttributeError):
        return set()
    return {end for end in (ends if isinstance(ends, list) else [ends]) if isinstance(end, int)}
