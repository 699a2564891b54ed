"""How fast the shop's prose is made: by our engine, by transformers `generate`, and by llama.cpp where it is installed.

All have the same packaged weights and the same prompts: the shop's rules, then facts that are new each time. The prompts
are asked of each in turn, so that whatever else the machine does falls on all of them.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.answer import messages
from assistant.chat_models import ChatModel, Request
from assistant.engines.hugging_face import HuggingFaceChatModel
from assistant.engines.packaged import packaged_adapter, packaged_model
from assistant.facts import Told
from bench.figures import percentile, ratio
from bench.shop import BenchShop, Result

PROMPTS = 9
TOKENS = 48
SECONDS = 300.0
CONVERSATIONS = 8
LLAMA_CPP = "llama_cpp"
_WORDS = (
    "rain wool quiet steel oak porch linen folding spare washable brass rubber cedar broad slim padded woven matte hollow"
    " sturdy cork zip lined pocket handle lid spout shade cable drawer hinge strap buckle brim cuff sole seam quilted ribbed"
).split()


@dataclass(frozen=True, slots=True)
class Run:
    """One answer: seconds to its first piece, pieces in all (a token each, near enough), and seconds to the last."""

    first: float
    pieces: int
    last: float

    @property
    def rate(self) -> float:
        """Tokens per second after the first."""
        return (self.pieces - 1) / max(self.last - self.first, 1e-9)


def run(shop: BenchShop) -> Iterator[Result]:
    """A line for each claim: first token and decoding beside each other engine, the rule's cost, many at once."""
    with ExitStack() as stack:
        ours, free = shop.open_chat_model("prose"), shop.open_chat_model("reading")
        if ours is None or free is None:
            yield {"skipped": "there is no language model in the settings"}
            return
        sides: dict[str, ChatModel] = {"ours": ours, "ours_free": free}
        shop.say("  opening transformers")
        sides["generate"] = HuggingFaceChatModel(packaged_model(), cache_folder=shop.scratch, adapter=packaged_adapter())
        if importlib.util.find_spec(LLAMA_CPP) is not None:
            shop.say("  opening llama.cpp")
            sides["llama_cpp"] = LlamaCpp(packaged_model())
        for model in sides.values():
            stack.enter_context(closing(model))
        runs = side_by_side(sides, requests(PROMPTS + 1), shop.say)
        yield from compared(runs)
        if "llama_cpp" not in sides:
            yield {"skipped": "llama-cpp-python is not installed, so llama.cpp was not measured"}
        shop.say(f"  {CONVERSATIONS} conversations at once")
        yield at_once(ours, requests(3 * CONVERSATIONS + 3, seed=1))


def requests(count: int, seed: int = 0) -> list[Request]:
    """Requests as answers make them, each with facts of its own: made-up products, so that none was seen before."""
    drawn = random.Random(seed)
    return [
        Request(messages(_products(drawn), " ".join(drawn.sample(_WORDS, 4))), TOKENS, time.monotonic() + SECONDS)
        for _ in range(count)
    ]


def _products(drawn: random.Random) -> list[Told]:
    def words(count: int) -> str:
        return " ".join(drawn.sample(_WORDS, count))

    return [
        Told(letter, words(1), tuple(f"{words(1)}: {words(3)}" for _ in range(4)), f"A {words(12)} keeps the {words(3)}.")
        for letter in "ABC"
    ]


def side_by_side(sides: Mapping[str, ChatModel], asked: Sequence[Request], say: Any) -> dict[str, list[Run]]:
    """Asks every side each request before the next request; the first, which fills caches, does not count."""
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    order = list(sides)
    for number, request in enumerate(asked):
        for name in order:
            runs[name].append(timed(sides[name], replace(request, plain_words=name == "ours")))
        order = [*order[1:], order[0]]
        say(f"  prompt {number + 1} of {len(asked)}")
    return {name: of_side[1:] for name, of_side in runs.items()}


def timed(model: ChatModel, request: Request) -> Run:
    """Asks one request."""
    started = time.perf_counter()
    times = [time.perf_counter() - started for piece in model.stream(request) if piece]
    return Run(times[0], len(times), times[-1]) if times else Run(time.perf_counter() - started, 0, 0)


def compared(runs: Mapping[str, Sequence[Run]]) -> Iterator[Result]:
    """The lines of what was measured side by side."""
    ours = runs["ours"]
    for other, at_most in (("generate", 0.12), ("llama_cpp", 1.0)):
        if other in runs:
            yield {
                "mode": f"first_token_vs_{other}",
                "ratio": ratio(_first(ours), _first(runs[other])),
                "ratio_is": f"our time to the first token / that of {other}, p50; at most",
                "required": at_most,
                "ours_ms": round(_first(ours) * 1000, 1),
                "other_ms": round(_first(runs[other]) * 1000, 1),
            }
    for side, other, at_least in (
        ("ours", "generate", 3.0),
        ("ours", "llama_cpp", 0.95),
        ("ours", "ours_free", 0.8),
    ):
        if other in runs:
            yield {
                "mode": f"decode_vs_{other}",
                "ratio": ratio(_rate(runs[side]), _rate(runs[other])),
                "ratio_is": f"our tokens/s in plain words / those of {other}, p50",
                "required": at_least,
                "ours_tokens_s": round(_rate(runs[side]), 1),
                "other_tokens_s": round(_rate(runs[other]), 1),
            }


def _first(runs: Sequence[Run]) -> float:
    return percentile([one.first for one in runs], 50)


def _rate(runs: Sequence[Run]) -> float:
    return percentile([one.rate for one in runs if one.pieces > 1], 50)


def at_once(model: ChatModel, asked: Sequence[Request]) -> Result:
    """Whole answers, one after another and `CONVERSATIONS` at a time, in turns; tokens per second of all together."""
    plain = [replace(request, plain_words=True) for request in asked]
    alone, together = [], []
    with ThreadPoolExecutor(CONVERSATIONS) as threads:
        for start in range(0, len(plain), CONVERSATIONS + 1):
            one, *many = plain[start : start + CONVERSATIONS + 1]
            alone.append(_throughput([timed(model, one)]))
            together.append(_throughput(list(threads.map(lambda request: timed(model, request), many))))
    return {
        "mode": "at_once",
        "ratio": ratio(percentile(together, 50), percentile(alone, 50)),
        "ratio_is": f"tokens/s of {CONVERSATIONS} conversations at once / of one, p50",
        "required": 4.0,
        "conversations": CONVERSATIONS,
        "one_tokens_s": round(percentile(alone, 50), 1),
        "all_tokens_s": round(percentile(together, 50), 1),
    }


def _throughput(runs: Sequence[Run]) -> float:
    return sum(one.pieces for one in runs) / max(one.last for one in runs)


class LlamaCpp:
    """llama.cpp on the same file, with its own reuse of what prompts share, as a chat model."""

    name = "llama.cpp"

    def __init__(self, model: Path) -> None:
        """Loads the model with the library's defaults, but for room for the prompt."""
        self._model: Any = importlib.import_module(LLAMA_CPP).Llama(str(model), n_ctx=2048, verbose=False)

    def stream(self, request: Request) -> Generator[str]:
        """Yields pieces as they come, a token each; greedy."""
        chat = [{"role": message.role, "content": message.content} for message in request.messages]
        chunks = self._model.create_chat_completion(chat, stream=True, max_tokens=request.max_tokens, temperature=0.0)
        for chunk in chunks:
            yield chunk["choices"][0]["delta"].get("content") or ""

    def close(self) -> None:
        """Frees the model."""
        self._model.close()
