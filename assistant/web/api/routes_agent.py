"""What the shop's agents call from a front of their own. The key says who it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from assistant.handoff.states import NotWaiting, NotYours, TakenBy
from assistant.types import Conversation
from assistant.web.api.asked import AgentMessage, AgentStatus
from assistant.web.api.problems import Problem, unknown
from assistant.web.api.routes_shopper import thread_of
from assistant.web.api.shop import Served
from assistant.web.api.told import Queue, Thread, told_handover

_BEARER = [Security(HTTPBearer(scheme_name="agent key", description="One of SHELFWISE_AGENT_KEYS.", auto_error=False))]
Status = Annotated[AgentStatus | None, Query(description="Those that wait, or those that a person has; all without it.")]


def agent_routes(served: Served) -> APIRouter:
    """The agents' calls."""
    calls = _Calls(served)
    router = APIRouter(prefix="/v1/agent/conversations", tags=["agent"], dependencies=_BEARER)
    router.add_api_route("", calls.queue, methods=["GET"], response_model_exclude_none=True, summary="The queue")
    for path, call, summary in (
        ("accept", calls.accept, "Join, and silence the assistant"),
        ("messages", calls.say, "Write to the shopper"),
        ("release", calls.release, "Give back to the assistant"),
        ("transfer", calls.transfer, "Give back to the queue"),
        ("resolve", calls.resolve, "Settle the matter"),
    ):
        route = f"/{{conversation_id}}/{path}"
        router.add_api_route(route, call, methods=["POST"], response_model_exclude_none=True, summary=summary)
    return router


class _Calls:
    """The calls themselves; they run in threads."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def queue(self, request: Request, status: Status = None) -> Queue:
        """Who waits or is served: first whom no help desk was told of, then dangers, then the longest."""
        self._served.callers.agent(request)
        every = [told_handover(episode.conversation_id, episode) for episode in self._served.desk.queue()]
        return Queue(conversations=[each for each in every if status in (None, each.status)])

    def accept(self, request: Request, conversation_id: str) -> Thread:
        """Of two who accept at once one wins; the other is told who has it (409)."""
        return self._changed(request, conversation_id, lambda agent: self._served.desk.accept(conversation_id, agent))

    def say(self, request: Request, conversation_id: str, body: AgentMessage) -> Thread:
        """The agent's words, and products that come onto the shopper's shelf with them."""

        def said(agent: str) -> Conversation:
            with_id, ids = body.message_id, body.product_ids
            return self._served.desk.say(conversation_id, agent, body.text, message_id=with_id, product_ids=ids)

        return self._changed(request, conversation_id, said)

    def release(self, request: Request, conversation_id: str) -> Thread:
        """The assistant answers again."""
        return self._changed(request, conversation_id, lambda agent: self._served.desk.release(conversation_id, agent))

    def transfer(self, request: Request, conversation_id: str) -> Thread:
        """The conversation keeps its place in the queue, for somebody else."""
        return self._changed(request, conversation_id, lambda agent: self._served.desk.transfer(conversation_id, agent))

    def resolve(self, request: Request, conversation_id: str) -> Thread:
        """What the shopper writes next opens with the assistant."""
        return self._changed(request, conversation_id, lambda agent: self._served.desk.resolve(conversation_id, agent))

    def _changed(self, request: Request, conversation_id: str, change: Callable[[str], Conversation]) -> Thread:
        agent = self._served.callers.agent(request)
        with self._refusals_told(conversation_id):
            return thread_of(self._served, change(agent), to_agent=True)

    @contextmanager
    def _refusals_told(self, conversation_id: str) -> Iterator[None]:
        try:
            yield
        except KeyError:
            raise unknown("conversation") from None
        except TakenBy as taken:
            detail = f"{taken.agent} has this conversation"
            raise Problem(HTTPStatus.CONFLICT, "taken", detail, agent=taken.agent) from None
        except NotWaiting:
            raise Problem(HTTPStatus.CONFLICT, "not_waiting", "this conversation waits for no person") from None
        except NotYours:
            handover = self._served.desk.conversation(conversation_id).handover
            agent = handover.agent if handover else ""
            detail = f"{agent or 'nobody'} has this conversation; expected one that you have accepted"
            raise Problem(HTTPStatus.CONFLICT, "not_yours", detail, agent=agent) from None
        except ValueError as error:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", str(error)) from None
