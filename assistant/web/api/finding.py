"""Search as the API offers it: the constraints in the words are read and obeyed, and the words themselves rank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assistant.need import apply
from assistant.reading.sayable import sayable
from assistant.understand import Context, Reader
from assistant.web.api.shop import Finds
from retrieval.search import Searcher
from retrieval.types import Need, Query


def finder(searcher: Searcher, reader: Reader, currency: str) -> Callable[[str, int], Finds]:
    """What finds products for a shopper's words, at most so many."""

    def find(text: str, limit: int) -> Finds:
        frame = sayable(reader.read(text, Context(currency=currency))).frame
        need = apply(Need(), frame, ())
        # A search box has a kind in it even where the words were not taken for a search.
        need = need if need.query else replace(need, query=text)
        return Finds(need, searcher.search(Query(need, limit)).candidates)

    return find
