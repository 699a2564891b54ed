"""Help desks with tickets, in the way of Zendesk: a ticket for each hand-over.

What paths and fields are called there is in `TicketApi` and the classes above it, and nowhere else. A ticket is found again
by its external id, which is the hand-over's; what is posted carries its mark in the metadata of the audit.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import httpx
from pydantic import BaseModel, ValidationError

from assistant.handoff.help_desk import SECONDS, Anything, Hook, JsonApi, News, Packet, Post, Said, Standing
from retrieval.feeds.values import plain_text

_TAG = "shelfwise"
_DONE = frozenset({"solved", "closed"})
_UNDER_WAY = frozenset({"new", "open"})
_AGENTS = frozenset({"agent", "admin"})
_NEWEST = {"sort_order": "desc", "per_page": "100"}
_TOLERANCE = 300.0
_SUBJECT_REASONS = {
    "asked_for_human": "asks for a person",
    "complaint": "complaint",
    "refund_or_return": "refund or return",
    "order_problem": "problem with an order",
    "payment": "payment",
    "no_result": "nothing suitable found",
    "not_understood": "not understood",
    "low_confidence": "needs a second look",
    "policy_unknown": "question about a policy",
    "safety": "safety",
    "high_value": "large purchase",
    "failure": "something went wrong",
}


class _Ticket(BaseModel):
    id: int
    status: str = "new"
    requester_id: int | None = None
    assignee_id: int | None = None
    external_id: str | None = None


class _OneTicket(BaseModel):
    ticket: _Ticket


class _Tickets(BaseModel):
    tickets: list[_Ticket]


class _Comment(BaseModel):
    id: int
    author_id: int
    public: bool = True
    body: str | None = None
    html_body: str | None = None

    @property
    def text(self) -> str:
        return plain_text(self.html_body or self.body or "")


class _User(BaseModel):
    id: int
    name: str = ""
    role: str = ""


class _Comments(BaseModel):
    comments: list[_Comment]
    users: list[_User] = []


class _AuditMetadata(BaseModel):
    custom: dict[str, object] = {}


class _Audit(BaseModel):
    metadata: _AuditMetadata = _AuditMetadata()


class _Audits(BaseModel):
    audits: list[_Audit]


class _Event(BaseModel):
    """The body of a webhook, which the shop writes into a trigger: the numbers of the ticket."""

    ticket_id: int | str
    external_id: str = ""


class TicketApi:
    """The tickets of one account, as a `HelpDesk`."""

    keeps_threads = False

    def __init__(
        self,
        url: str,
        email: str,
        token: str,
        client: httpx.Client,
        *,
        requester_email: str = "",
        name: str = "tickets",
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`email` and `token` are those of the agent in whose name tickets are made.

        `requester_email` is the address of whom tickets are from; shoppers may have none. Raises `ValueError` for a bad
        URL, or without e-mail and token.
        """
        if not (email and token):
            raise ValueError("tickets: the e-mail or the API token is empty; expected those of an agent of the account")
        self.name = name
        self._email = email
        self._requester_email = requester_email
        credentials = base64.b64encode(f"{email}/token:{token}".encode()).decode()
        self._api = JsonApi(
            f"{url.rstrip('/')}/api/v2",
            {"Authorization": f"Basic {credentials}"},
            client,
            seconds=seconds,
            clock=clock,
        )

    def find(self, packet: Packet) -> str:
        """The ticket with the external id of the hand-over, or nothing."""
        query = {"external_id": packet.handover_id}
        found = self._api.call(_Tickets, "GET", "/tickets.json", query=query).tickets
        return next((str(ticket.id) for ticket in found if ticket.external_id == packet.handover_id), "")

    def create(self, packet: Packet, first: Post) -> str:
        """A ticket whose first comment is private: it is about the shopper, not for them."""
        reason = _SUBJECT_REASONS.get(packet.reason_code, packet.reason_code)
        requester = {"name": f"Shopper {packet.conversation_id[:6]}"}
        if self._requester_email:
            requester["email"] = self._requester_email
        ticket = {
            "subject": f"Chat: {reason}" if reason else "Chat",
            "comment": {"body": first.text or "A shopper asks for a person.", "public": False},
            "requester": requester,
            "tags": [_TAG, packet.reason_code] if packet.reason_code else [_TAG],
            "external_id": packet.handover_id,
            "metadata": {_TAG: first.mark},
        }
        headers = {"Idempotency-Key": f"{_TAG}-{packet.handover_id}"}
        made = self._api.call(_OneTicket, "POST", "/tickets.json", data={"ticket": ticket}, headers=headers)
        return str(made.ticket.id)

    def has(self, thread: str, mark: str) -> bool:
        """Whether one of the last hundred changes of the ticket has the mark."""
        audits = self._api.call(_Audits, "GET", f"/tickets/{thread}/audits.json", query=_NEWEST).audits
        return any(audit.metadata.custom.get(_TAG) == mark for audit in audits)

    def post(self, thread: str, post: Post) -> None:
        """The shopper's words as the requester's public comment, or a private one."""
        comment: dict[str, object] = {"body": post.text, "public": post.kind == "shopper"}
        if post.kind == "shopper":
            comment["author_id"] = self._ticket(thread).requester_id
        self._update(thread, {"comment": comment, "metadata": {_TAG: post.mark}})

    def stand(self, thread: str, standing: Standing) -> None:
        """Sets the status. A ticket that nobody has is solved by the agent in whose name we are there: somebody must."""
        ticket = self._ticket(thread)
        if standing == "open":
            if ticket.status not in _UNDER_WAY:
                self._update(thread, {"status": "open"})
        elif ticket.status not in _DONE:
            solved = {"status": "solved"}
            if ticket.assignee_id is None:
                solved["assignee_email"] = self._email
            self._update(thread, solved)

    def news(self, thread: str, cursor: str) -> News:
        """The status, then the agents' public comments among the last hundred: tickets need no cursor."""
        ticket = self._ticket(thread)
        query = {**_NEWEST, "include": "users"}
        read = self._api.call(_Comments, "GET", f"/tickets/{thread}/comments.json", query=query)
        agents = {user.id: user.name or "Support" for user in read.users if user.role in _AGENTS}
        replies = sorted(
            (each for each in read.comments if each.public and each.author_id in agents), key=lambda each: each.id
        )
        said = tuple(Said(str(each.id), agents[each.author_id], each.text) for each in replies if each.text)
        return News("solved" if ticket.status in _DONE else "open", said, cursor)

    def _ticket(self, thread: str) -> _Ticket:
        return self._api.call(_OneTicket, "GET", f"/tickets/{thread}.json").ticket

    def _update(self, thread: str, ticket: Mapping[str, object]) -> None:
        self._api.call(Anything, "PUT", f"/tickets/{thread}.json", data={"ticket": ticket})


def tickets_hook(
    hear: Callable[[str], bool], *, secret: str, name: str = "tickets", clock: Callable[[], float] = time.time
) -> Hook:
    """How the webhooks of tickets are received: `hear` is the `HelpDeskTarget`'s, `secret` what they are signed with.

    Raises `ValueError` without a secret.
    """
    if not secret:
        raise ValueError("tickets: the webhook's secret is empty; expected the one that the help desk signs with")

    def genuine(headers: Mapping[str, str], body: bytes, token: str) -> bool:
        timestamp = headers.get("x-zendesk-webhook-signature-timestamp", "")
        given = headers.get("x-zendesk-webhook-signature", "")
        is_right = hmac.compare_digest(given.encode(), sign(secret, timestamp, body).encode())
        return is_right and _is_recent(timestamp, clock())

    return Hook(name, genuine, _thread, hear)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """What Zendesk puts into `X-Zendesk-Webhook-Signature`."""
    return base64.b64encode(hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()).decode()


def _is_recent(timestamp: str, now: float) -> bool:
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        return False
    return at.tzinfo is not None and abs(now - at.timestamp()) <= _TOLERANCE


def _thread(body: bytes) -> str:
    try:
        return str(_Event.model_validate_json(body).ticket_id)
    except ValidationError as error:
        raise ValueError(f"the event can't be read: {error.errors()[0]['msg']}") from error
