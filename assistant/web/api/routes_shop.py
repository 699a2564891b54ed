"""What the shop's own servers call: events in, products and searches out. A shopper's page may tell of its own events."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from assistant.types import Conversation
from assistant.web.api.asked import Events, Search
from assistant.web.api.problems import Problem, invalid, unknown
from assistant.web.api.routes_shopper import conversation_or_404
from assistant.web.api.shop import Served
from assistant.web.api.told import Found, Taken, product_row, told_found
from ranking.events import BadEvent, parse_event
from ranking.types import Event
from retrieval.sql import storable

_BEARER = [Security(HTTPBearer(scheme_name="shop key", description="SHELFWISE_SHOP_KEY.", auto_error=False))]
# Only the shop knows what was really bought and sent back; what sells is learnt from it.
_OF_THE_SHOP_ALONE = frozenset({"purchase", "return"})
_MOST_AHEAD = 300.0
_MOST_BEHIND = 7 * 86_400.0
ProductId = Annotated[str, Path(max_length=100)]


def shop_routes(served: Served) -> APIRouter:
    """The shop's calls."""
    calls = _Calls(served)
    router = APIRouter(prefix="/v1", tags=["shop"], dependencies=_BEARER)
    router.add_api_route("/events", calls.take, methods=["POST"], summary="Tell of what shoppers did")
    router.add_api_route("/products/{product_id:path}", calls.product, methods=["GET"], summary="A product, format 1")
    router.add_api_route("/search", calls.search, methods=["POST"], response_model_exclude_none=True, summary="Search")
    return router


class _Calls:
    """The calls themselves; they run in threads."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def take(self, request: Request, body: Events) -> Taken:
        """Takes one event or up to 500, all or none; one whose `event_id` is known is not counted again.

        With a conversation's token only that shopper's own events are taken, and none that the shop alone can know.
        """
        conversation_id = self._served.callers.conversation_of(request)
        if conversation_id is None:
            events = [self._event(row, number) for number, row in enumerate(body.events)]
        else:
            self._served.limits.message(f"events of {conversation_id}")
            conversation = conversation_or_404(self._served, conversation_id)
            events = [self._own(row, number, conversation) for number, row in enumerate(body.events)]
        added = self._served.events.add(events)
        return Taken(added=added, repeated=len(events) - added)

    def product(self, request: Request, product_id: ProductId) -> dict[str, Any]:
        """The product as the catalogue has it now."""
        self._served.callers.shop(request)
        found = self._served.shop.products([product_id]) if storable(product_id) == product_id else {}
        if product_id not in found:
            raise unknown("product")
        return product_row(found[product_id])

    def search(self, request: Request, body: Search) -> Found:
        """The best products for a shopper's words; prices, brands and what is not wanted are obeyed."""
        self._served.callers.shop(request)
        finds = self._served.find(body.query, body.limit)
        return told_found(finds.need, finds.candidates, self._served.shop.currency)

    def _event(self, row: Mapping[str, Any], number: int) -> Event:
        known = {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}
        try:
            return parse_event(known, self._served.shop.currency)
        except BadEvent as error:
            raise _wrong(number, error.field, row.get(error.field, "missing"), error.reason) from None

    def _own(self, row: Mapping[str, Any], number: int, conversation: Conversation) -> Event:
        """An event of the conversation's own shopper, under an id that can't take the place of anybody else's."""
        event = self._event({"shopper_id": conversation.shopper_id, "conversation_id": conversation.id} | dict(row), number)
        if event.shopper_id != conversation.shopper_id:
            raise _wrong(number, "shopper_id", event.shopper_id, "expected this conversation's own shopper, or nothing")
        if event.conversation_id != conversation.id:
            raise _wrong(number, "conversation_id", event.conversation_id, "expected this conversation, or nothing")
        if event.type in _OF_THE_SHOP_ALONE:
            raise _wrong(number, "type", event.type, "expected an event that a page can know; this one needs the shop's key")
        if not -_MOST_BEHIND <= event.time - self._served.now() <= _MOST_AHEAD:
            raise _wrong(number, "time", row.get("time"), "expected a time within the last seven days")
        own = hashlib.sha256(f"{conversation.id}\0{event.event_id}".encode()).hexdigest()
        return replace(event, event_id=own)


def _wrong(number: int, field: str, value: object, expected: str) -> Problem:
    return invalid(f"events.{number}.{field}", value, expected[:1].lower() + expected[1:])
