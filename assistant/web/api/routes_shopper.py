"""What a shopper's browser calls: a conversation is opened, talked in, read, followed, and handed to a person."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPBearer
from starlette.requests import Request

from assistant.shop import Button
from assistant.types import Conversation, TurnEvent
from assistant.web.api import answers, sse
from assistant.web.api.asked import MESSAGE_ID, Action, NewConversation, NewFeedback, NewMessage, Page, Slot
from assistant.web.api.door import address_of
from assistant.web.api.problems import Problem, invalid, unknown
from assistant.web.api.shop import Served
from assistant.web.api.told import Opened, Thread, ToldFeedback, sent_products, told_thread
from retrieval.sql import storable

_STREAM: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {200: {"description": "Server-sent events.", "content": {"text/event-stream": {}}}},
}
_TOKEN = HTTPBearer(scheme_name="conversation token", description="From POST /v1/conversations.", auto_error=False)
_BEARER = [Security(_TOKEN)]
LastEventId = Annotated[str, Header(description="The id of the last event that was heard.", max_length=40)]
DropId = Annotated[str, Query(pattern=MESSAGE_ID, description="Your own id of it, as a message has one.")]
Value = Annotated[str, Path(max_length=200, description="Which of the values of a list; ignored for the other slots.")]
JudgedId = Annotated[str, Path(max_length=100, description="The answer's id.")]


def shopper_routes(served: Served) -> APIRouter:
    """The shopper's calls."""
    calls = _Calls(served)
    router = APIRouter(prefix="/v1/conversations", tags=["shopper"])
    router.add_api_route("", calls.open, methods=["POST"], status_code=HTTPStatus.CREATED, summary="Open a conversation")
    secured = APIRouter(prefix="/{conversation_id}", dependencies=_BEARER)
    secured.add_api_route("", calls.thread, methods=["GET"], response_model_exclude_none=True, summary="The whole thread")
    secured.add_api_route("/messages", calls.say, methods=["POST"], summary="Say something", **_STREAM)
    secured.add_api_route("/actions", calls.press, methods=["POST"], summary="Press a button of a product", **_STREAM)
    secured.add_api_route("/stream", calls.follow, methods=["GET"], summary="What comes in from now on", **_STREAM)
    secured.add_api_route("/feedback", calls.judge, methods=["POST"], summary="Say whether an answer was helpful")
    judged_no_more: dict[str, Any] = {"status_code": HTTPStatus.NO_CONTENT, "summary": "Take feedback back"}
    secured.add_api_route("/feedback/{message_id}", calls.judge_no_more, methods=["DELETE"], **judged_no_more)
    back = "Take back what was wanted"
    secured.add_api_route("/need/{slot}", calls.drop_slot, methods=["DELETE"], summary=back, **_STREAM)
    secured.add_api_route("/need/{slot}/{value:path}", calls.drop, methods=["DELETE"], summary=back, **_STREAM)
    plain: dict[str, Any] = {"response_model_exclude_none": True}
    secured.add_api_route("/handoff", calls.ask_person, methods=["POST"], summary="Ask for a person", **plain)
    secured.add_api_route("/handoff", calls.wait_no_more, methods=["DELETE"], summary="Wait no more", **plain)
    router.include_router(secured)
    return router


class _Calls:
    """The calls themselves. Those that are not `async` run in threads."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def open(self, request: Request, body: NewConversation) -> Opened:
        """Opens a conversation. Its token is the bearer token of all its calls; keep it, it is not told again.

        A shopper whom the shop knows is named with the shop's word for them; everybody else is a new guest.
        """
        served = self._served
        served.limits.opens(address_of(request))
        shopper = body.shopper
        if shopper is not None and not served.vouched(shopper.id, shopper.hash):
            detail = (
                "shopper.hash is not the shop's word for shopper.id; expected HMAC-SHA256 of the id with the shop's secret"
            )
            raise Problem(HTTPStatus.FORBIDDEN, "not_signed", detail)
        conversation = served.shop.open(shopper.id if shopper else None, body.locale or "")
        token = served.tokens.issue(conversation.id)
        conversation = self._seen_at(conversation, body.page)
        place = str(sse.place_of(conversation))
        return Opened(conversation_id=conversation.id, token=token, status=conversation.status, last_event_id=place)

    async def say(self, request: Request, conversation_id: str, body: NewMessage) -> StreamingResponse:
        """Answers a message, cards before prose.

        Events, in this order: `products`, `text` (pieces), `cart`, `need`, `suggestions`, `status`, `done`; `error` at any
        point. While a person has the conversation there is no text: their words come in by the stream.
        """
        return await self._answer(
            request,
            conversation_id,
            body.message_id,
            lambda message_id: lambda: self._served.shop.say(conversation_id, body.text, message_id),
            body.page,
        )

    async def press(self, request: Request, conversation_id: str, body: Action) -> StreamingResponse:
        """Presses a button; answers like a message. A `click` says that a product was looked at, and changes nothing."""
        button = Button(body.kind, body.product_id, body.variant_id)
        return await self._press(request, conversation_id, body.message_id, button)

    async def drop(
        self, request: Request, conversation_id: str, slot: Slot, value: Value, message_id: DropId = ""
    ) -> StreamingResponse:
        """Takes a value of the need back; answers like a message."""
        return await self._press(request, conversation_id, message_id, Button("drop_need", slot=slot, value=value))

    async def drop_slot(
        self, request: Request, conversation_id: str, slot: Slot, message_id: DropId = ""
    ) -> StreamingResponse:
        """Takes a whole slot of the need back; answers like a message."""
        return await self._press(request, conversation_id, message_id, Button("drop_need", slot=slot))

    def thread(self, request: Request, conversation_id: str) -> Thread:
        """The whole thread with need, shelf, cart and status: what a page shows when it comes back."""
        caller = self._served.callers.shopper_or_agent(request, conversation_id)
        return self._told(self._conversation(conversation_id), to_agent=bool(caller.agent))

    async def follow(self, request: Request, conversation_id: str, last_event_id: LastEventId = "") -> StreamingResponse:
        """What comes in from now on, or since the event of that id: `message`, `products`, `cart`, `need`, `status`.

        `message` is told once; the others stand for what they replace. Closed after ten minutes without news.
        """
        served = self._served
        await run_in_threadpool(served.callers.shopper_or_agent, request, conversation_id)
        heard = sse.read_place(last_event_id) if last_event_id else None
        await run_in_threadpool(self._conversation, conversation_id)
        served.streams.check_room(conversation_id)
        return sse.stream(served.streams.follow(served.shop, conversation_id, heard))

    def ask_person(self, request: Request, conversation_id: str) -> Thread:
        """Asks for a person; where one is asked for already, nothing changes."""
        self._served.callers.shopper(request, conversation_id)
        self._served.limits.message(conversation_id)
        return self._told(self._served.desk.request(conversation_id, "asked_for_human", "shopper"))

    def wait_no_more(self, request: Request, conversation_id: str) -> Thread:
        """Gives up waiting; once a person has joined, nothing changes."""
        self._served.callers.shopper(request, conversation_id)
        self._served.limits.message(conversation_id)
        return self._told(self._served.desk.withdraw(conversation_id))

    def judge(self, request: Request, conversation_id: str, body: NewFeedback) -> ToldFeedback:
        """Says whether an answer of the assistant was helpful; the last word about an answer counts."""
        conversation = self._judging(request, conversation_id)
        message = next((each for each in conversation.messages if each.id == body.message_id), None)
        if message is None:
            raise unknown("message in this conversation")
        if message.role != "assistant":
            raise invalid("message_id", body.message_id, "expected an answer of the assistant")
        said = self._served.feedback.put(conversation_id, message.id, body.value, body.note.strip())
        return ToldFeedback(message_id=said.message_id, value=said.value, note=said.note)

    def judge_no_more(self, request: Request, conversation_id: str, message_id: JudgedId) -> None:
        """Takes back what was said of an answer; where nothing was, nothing changes."""
        self._judging(request, conversation_id)
        self._served.feedback.take_back(conversation_id, storable(message_id))

    def _judging(self, request: Request, conversation_id: str) -> Conversation:
        """The conversation, for its shopper alone and not too often; what is said of answers takes away no messages."""
        self._served.callers.shopper(request, conversation_id)
        self._served.limits.message(f"feedback on {conversation_id}")
        return self._conversation(conversation_id)

    async def _press(self, request: Request, conversation_id: str, message_id: str, button: Button) -> StreamingResponse:
        def pressed(known_as: str) -> Callable[[], Iterator[TurnEvent]]:
            with_id = Button(button.kind, button.product_id, button.variant_id, button.slot, button.value, known_as)
            return lambda: self._served.shop.press(conversation_id, with_id)

        return await self._answer(request, conversation_id, message_id, pressed, None)

    async def _answer(
        self,
        request: Request,
        conversation_id: str,
        message_id: str,
        turn_of: Callable[[str], Callable[[], Iterator[TurnEvent]]],
        page: Page | None,
    ) -> StreamingResponse:
        served = self._served
        before = await run_in_threadpool(self._let_in, request, conversation_id, page)
        message_id = message_id or uuid.uuid4().hex
        running = served.turns.begin(answers.written(served.shop, before, message_id, turn_of(message_id)))
        return sse.stream(answers.sent(running, sse.place_of(before)))

    def _let_in(self, request: Request, conversation_id: str, page: Page | None) -> Conversation:
        """The conversation before a turn, for its shopper alone and not too often."""
        self._served.callers.shopper(request, conversation_id)
        self._served.limits.message(conversation_id)
        return self._seen_at(self._conversation(conversation_id), page)

    def _seen_at(self, conversation: Conversation, page: Page | None) -> Conversation:
        if page is None or page.product_id is None:
            return conversation
        return self._served.shop.viewing(conversation.id, page.product_id)

    def _conversation(self, conversation_id: str) -> Conversation:
        return conversation_or_404(self._served, conversation_id)

    def _told(self, conversation: Conversation, *, to_agent: bool = False) -> Thread:
        return thread_of(self._served, conversation, to_agent=to_agent)


def conversation_or_404(served: Served, conversation_id: str) -> Conversation:
    """The conversation as saved last. Raises `Problem` for an unknown id."""
    try:
        return served.shop.conversation(conversation_id)
    except KeyError:
        raise unknown("conversation") from None


def thread_of(served: Served, conversation: Conversation, *, to_agent: bool) -> Thread:
    """A conversation as it is told to its shopper, or to an agent."""
    shop, place = served.shop, str(sse.place_of(conversation))
    cards, cart, feedback = shop.cards(conversation), shop.cart(conversation.id), served.feedback.of(conversation.id)
    sent = sent_products(shop, conversation.messages)
    return told_thread(conversation, cards, cart, sent, feedback, place, to_agent=to_agent)
