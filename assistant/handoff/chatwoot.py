"""Chatwoot: a conversation of an API inbox for each conversation of the shop.

Uses the application API with the access token of an administrator, and the webhook of the inbox. Our posts carry their mark
as `source_id`, which Chatwoot keeps and gives back with the message.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping

import httpx
from pydantic import BaseModel, ValidationError

from assistant.handoff.help_desk import SECONDS, Anything, Hook, JsonApi, News, Packet, Post, Said, Standing

_MARK = "shelfwise:"
_STATUSES: dict[Standing, str] = {"open": "open", "bot": "pending", "solved": "resolved"}
_STANDINGS: dict[str, Standing] = {"pending": "bot", "resolved": "solved"}
_OUTGOING = 1
# Pages have 100 messages, in older versions 20: a shorter one is the last.
_SHORTEST_PAGE = 20
# The last messages are read again each time: one with a lower number may turn up late.
_READ_AGAIN = 20
_TOLERANCE = 300.0
_STATUS_EVENTS = frozenset({"conversation_status_changed", "conversation_updated", "conversation_resolved"})


class _Contact(BaseModel):
    id: int
    identifier: str | None = None


class _Contacts(BaseModel):
    payload: list[_Contact]


class _NewContact(BaseModel):
    class Payload(BaseModel):
        contact: _Contact

    payload: Payload


class _Assignee(BaseModel):
    name: str | None = None
    available_name: str | None = None

    @property
    def shown(self) -> str:
        return self.available_name or self.name or "Support"


class _Meta(BaseModel):
    assignee: _Assignee | None = None


class _Conversation(BaseModel):
    id: int
    inbox_id: int | None = None
    status: str = "open"
    meta: _Meta = _Meta()


class _Conversations(BaseModel):
    payload: list[_Conversation]


class _Sender(_Assignee):
    type: str | None = None


class _Attachment(BaseModel):
    data_url: str | None = None


class _Message(BaseModel):
    id: int
    content: str | None = None
    message_type: int | str
    private: bool = False
    source_id: str | None = None
    sender: _Sender | None = None
    attachments: list[_Attachment] = []
    content_attributes: dict[str, object] | None = None

    @property
    def is_ours(self) -> bool:
        return (self.source_id or "").startswith(_MARK)

    @property
    def is_reply(self) -> bool:
        """Whether an agent wrote it for the shopper to read."""
        by_agent = self.sender is not None and self.sender.type in (None, "user")
        is_deleted = bool((self.content_attributes or {}).get("deleted"))
        return self.message_type in (_OUTGOING, "outgoing") and by_agent and not (self.private or self.is_ours or is_deleted)

    @property
    def text(self) -> str:
        """The words, and where what is attached to them can be seen."""
        pieces = [self.content or "", *(each.data_url or "" for each in self.attachments)]
        return "\n".join(piece.strip() for piece in pieces if piece.strip())


class _Messages(BaseModel):
    payload: list[_Message]


class _Event(BaseModel):
    """What is used of a webhook's body: `id` is the message's or the conversation's, as `event` says."""

    event: str
    id: int | None = None
    message_type: int | str = ""
    private: bool = False
    source_id: str | None = None
    conversation: _Conversation | None = None
    inbox_id: int | None = None


class ChatwootApi:
    """One API inbox of a Chatwoot account, as a `HelpDesk`."""

    keeps_threads = True

    def __init__(
        self,
        url: str,
        token: str,
        account_id: int,
        inbox_id: int,
        client: httpx.Client,
        *,
        name: str = "chatwoot",
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`token` is the access token of an administrator. Raises `ValueError` for a bad URL, or without a token."""
        if not token:
            raise ValueError("chatwoot: the access token is empty; expected that of an administrator of the account")
        self.name = name
        self._inbox_id = inbox_id
        self._api = JsonApi(
            f"{url.rstrip('/')}/api/v1/accounts/{account_id}",
            {"api_access_token": token},
            client,
            seconds=seconds,
            clock=clock,
        )

    def find(self, packet: Packet) -> str:
        """The conversation in the inbox of the contact that stands for the shop's conversation, or nothing."""
        contact = self._contact(packet)
        if contact is None:
            return ""
        found = self._api.call(_Conversations, "GET", f"/contacts/{contact.id}/conversations").payload
        return next((str(each.id) for each in found if each.inbox_id == self._inbox_id), "")

    def create(self, packet: Packet, first: Post) -> str:
        """A contact, unless there is one, and a conversation; the first note is not in it yet."""
        contact = self._contact(packet) or self._new_contact(packet)
        data = {
            "inbox_id": self._inbox_id,
            "contact_id": contact.id,
            "source_id": packet.conversation_id,
            "status": "open",
            "custom_attributes": {"shelfwise_conversation": packet.conversation_id, "reason": packet.reason_code},
        }
        return str(self._api.call(_Conversation, "POST", "/conversations", data=data).id)

    def has(self, thread: str, mark: str) -> bool:
        """Whether a message there has the mark as its `source_id`."""
        return any(message.source_id == _MARK + mark for message in self._messages(thread, 0))

    def post(self, thread: str, post: Post) -> None:
        """The shopper's words as an incoming message, or a private note."""
        data = {
            "content": post.text,
            "message_type": "incoming" if post.kind == "shopper" else "outgoing",
            "private": post.kind == "note",
            "source_id": _MARK + post.mark,
        }
        self._api.call(_Contact, "POST", f"/conversations/{thread}/messages", data=data)

    def stand(self, thread: str, standing: Standing) -> None:
        """Sets the status: open, pending (the assistant has it) or resolved."""
        self._api.call(Anything, "POST", f"/conversations/{thread}/toggle_status", data={"status": _STATUSES[standing]})

    def news(self, thread: str, cursor: str) -> News:
        """The status and assignee, then the agents' messages: so those of before a change of status are all in."""
        conversation = self._api.call(_Conversation, "GET", f"/conversations/{thread}")
        messages = tuple(self._messages(thread, int(cursor or 0)))
        replies = (message for message in messages if message.is_reply and message.text)
        assignee = conversation.meta.assignee
        return News(
            _STANDINGS.get(conversation.status, "open"),
            tuple(Said(str(each.id), each.sender.shown if each.sender else "Support", each.text) for each in replies),
            str(messages[-_READ_AGAIN - 1].id) if len(messages) > _READ_AGAIN else cursor,
            assignee.shown if assignee else "",
        )

    def _contact(self, packet: Packet) -> _Contact | None:
        identifier = _identifier(packet)
        found = self._api.call(_Contacts, "GET", "/contacts/search", query={"q": identifier}).payload
        return next((contact for contact in found if contact.identifier == identifier), None)

    def _new_contact(self, packet: Packet) -> _Contact:
        data = {
            "inbox_id": self._inbox_id,
            "name": f"Shopper {packet.conversation_id[:6]}",
            "identifier": _identifier(packet),
            "source_id": packet.conversation_id,
        }
        return self._api.call(_NewContact, "POST", "/contacts", data=data).payload.contact

    def _messages(self, thread: str, after: int) -> Iterator[_Message]:
        """Those with an id above `after`, oldest first."""
        while True:
            page = self._api.call(_Messages, "GET", f"/conversations/{thread}/messages", query={"after": str(after)})
            messages = sorted((each for each in page.payload if each.id > after), key=lambda each: each.id)
            yield from messages
            if len(messages) < _SHORTEST_PAGE:
                return
            after = messages[-1].id


def chatwoot_hook(
    hear: Callable[[str], bool],
    *,
    inbox_id: int,
    token: str = "",
    secret: str = "",
    name: str = "chatwoot",
    clock: Callable[[], float] = time.time,
) -> Hook:
    """How Chatwoot's webhooks are received: `hear` is the `HelpDeskTarget`'s.

    `token` is the last part of the webhook's URL, `secret` what Chatwoot signs with; each that is given has to be right.
    Raises `ValueError` without either.
    """
    if not (token or secret):
        raise ValueError("chatwoot: neither a token nor a secret; expected what webhooks prove themselves with")

    def genuine(headers: Mapping[str, str], body: bytes, given: str) -> bool:
        is_right = not token or hmac.compare_digest(given.encode(), token.encode())
        return is_right and (not secret or _is_signed(secret, headers, body, clock()))

    return Hook(name, genuine, lambda body: _thread(body, inbox_id), hear)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """What Chatwoot puts into `X-Chatwoot-Signature`."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    timestamp = headers.get("x-chatwoot-timestamp", "")
    given = headers.get("x-chatwoot-signature", "")
    is_right = hmac.compare_digest(given.encode(), sign(secret, timestamp, body).encode())
    return is_right and timestamp.isdecimal() and abs(now - int(timestamp)) <= _TOLERANCE


def _thread(body: bytes, inbox_id: int) -> str:
    """The conversation that a webhook is about; nothing for those that our own posts and the shopper caused."""
    try:
        event = _Event.model_validate_json(body)
    except ValidationError as error:
        raise ValueError(f"the event can't be read: {error.errors()[0]['msg']}") from error
    if event.event in _STATUS_EVENTS:
        return _of_inbox(event.id, event.inbox_id, inbox_id)
    if event.event != "message_created" or event.conversation is None:
        return ""
    is_for_shopper = event.message_type in (_OUTGOING, "outgoing") and not event.private
    if not is_for_shopper or (event.source_id or "").startswith(_MARK):
        return ""
    return _of_inbox(event.conversation.id, event.conversation.inbox_id, inbox_id)


def _of_inbox(thread: int | None, inbox: int | None, expected: int) -> str:
    return "" if thread is None or inbox not in (None, expected) else str(thread)


def _identifier(packet: Packet) -> str:
    return f"{_MARK}{packet.conversation_id}"
