"""Small copies of a Chatwoot account and of a Zendesk one: what the connectors use of them, with their rules.

Each is an application for `DeskServer`, and has an agent's side for tests. `hooks` collects the bodies of the webhooks
that they would send, and `sign` gives the headers that go with one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes_desk import Received, Reply

TOKEN = "api-token"
SECRET = "hook-secret"
INBOX = 3
EMAIL = "bot@shop.example"
MISSING = Reply(404, data={"error": "not found"})


@dataclass
class FakeChatwoot:
    """Account 1 with the API inbox 3."""

    clock: Callable[[], float]
    hooks: list[bytes] = field(default_factory=list)
    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    conversations: dict[int, dict[str, Any]] = field(default_factory=dict)
    messages: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    page: int = 100
    _last_id: int = 100

    # ---- the agents' side ----

    def say(self, thread: str, agent: str, text: str, **fields: Any) -> int:
        sender = {"id": 7, "name": agent, "type": "user"}
        return self._add(int(thread), {"content": text, "message_type": 1, "sender": sender, **fields})["id"]

    def set(self, thread: str, status: str) -> None:
        conversation = self.conversations[int(thread)]
        if conversation["status"] != status:
            conversation["status"] = status
            self._hook({"event": "conversation_status_changed", **conversation})

    def assign(self, thread: str, agent: str) -> None:
        conversation = self.conversations[int(thread)]
        conversation["meta"] = {"assignee": {"name": agent}} if agent else {}
        self._hook({"event": "conversation_updated", **conversation})

    # ---- what tests look at ----

    def threads(self, conversation_id: str) -> list[str]:
        mine = [each["id"] for each in self.contacts.values() if each["identifier"] == f"shelfwise:{conversation_id}"]
        return [str(each["id"]) for each in self.conversations.values() if each["contact_id"] in mine]

    def status(self, thread: str) -> str:
        return self.conversations[int(thread)]["status"]

    def heard(self, thread: str) -> list[str]:
        return [each["content"] for each in self.messages[int(thread)] if each["message_type"] == 0]

    def notes(self, thread: str) -> list[str]:
        return [each["content"] for each in self.messages[int(thread)] if each.get("private")]

    def replies(self, thread: str) -> list[dict[str, Any]]:
        return [each for each in self.messages[int(thread)] if each["message_type"] == 1 and not each.get("private")]

    # ---- the API ----

    def __call__(self, request: Received) -> Reply:
        if request.headers.get("api_access_token") != TOKEN:
            return Reply(401, data={"error": "Invalid Access Token"})
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        path = url.path.removeprefix("/api/v1/accounts/1")
        data = json.loads(request.body) if request.body else {}
        number = re.sub(r"\D+", "", path)
        route = f"{request.method} {re.sub(r'/[0-9]+', '/N', path)}"
        return self._answer(route, int(number or 0), query, data)

    def _answer(self, route: str, number: int, query: dict[str, str], data: dict[str, Any]) -> Reply:
        if "/conversations/N" in route and number not in self.conversations:
            return MISSING
        match route:
            case "GET /contacts/search":
                found = [each for each in self.contacts.values() if query["q"] in each["identifier"]]
                return Reply(data={"meta": {}, "payload": found})
            case "POST /contacts":
                return self._new_contact(data)
            case "GET /contacts/N/conversations":
                found = [each for each in self.conversations.values() if each["contact_id"] == number]
                return Reply(data={"payload": found})
            case "POST /conversations":
                return self._new_conversation(data)
            case "GET /conversations/N":
                return Reply(data=self.conversations[number])
            case "POST /conversations/N/toggle_status":
                self.set(str(number), data["status"])
                return Reply(data={"payload": {"success": True, "current_status": data["status"]}})
            case "GET /conversations/N/messages":
                newer = [each for each in self.messages[number] if each["id"] > int(query["after"])]
                return Reply(data={"meta": {}, "payload": newer[: self.page]})
            case "POST /conversations/N/messages":
                return self._new_message(number, data)
        return MISSING

    def _new_contact(self, data: dict[str, Any]) -> Reply:
        if any(each["identifier"] == data["identifier"] for each in self.contacts.values()):
            return Reply(422, data={"message": "Identifier has already been taken"})
        contact = {"id": self._next_id(), "identifier": data["identifier"], "name": data["name"]}
        self.contacts[contact["id"]] = contact
        return Reply(data={"payload": {"contact": contact, "contact_inbox": {"source_id": data["source_id"]}}})

    def _new_conversation(self, data: dict[str, Any]) -> Reply:
        if data["contact_id"] not in self.contacts or data["inbox_id"] != INBOX:
            return MISSING
        conversation = {"id": self._next_id(), "inbox_id": INBOX, "status": data["status"], "meta": {}}
        self.conversations[conversation["id"]] = conversation | {"contact_id": data["contact_id"]}
        self.messages[conversation["id"]] = []
        return Reply(data=conversation)

    def _new_message(self, number: int, data: dict[str, Any]) -> Reply:
        incoming = data["message_type"] == "incoming"
        sender = {"name": "Shopper", "type": "contact"} if incoming else {"name": "Shelfwise", "type": "user"}
        kept = {name: data.get(name) for name in ("content", "private", "source_id")}
        message = self._add(number, kept | {"message_type": 0 if incoming else 1, "sender": sender})
        if incoming and self.status(str(number)) == "resolved":
            self.set(str(number), "open")
        return Reply(data=message)

    def _add(self, number: int, message: dict[str, Any]) -> dict[str, Any]:
        message = {"id": self._next_id(), "private": False, "source_id": None, **message}
        self.messages[number].append(message)
        kind = "incoming" if message["message_type"] == 0 else "outgoing"
        about = {"conversation": self.conversations[number], "message_type": kind, "event": "message_created"}
        self._hook(message | about)
        return message

    def _hook(self, event: dict[str, Any]) -> None:
        self.hooks.append(json.dumps(event).encode())

    def sign(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self.clock()))
        signature = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {"x-chatwoot-timestamp": timestamp, "x-chatwoot-signature": f"sha256={signature}"}

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


@dataclass
class FakeTickets:
    """An account with tickets. Its trigger calls for public comments of agents and for changes of the status."""

    clock: Callable[[], float]
    hooks: list[bytes] = field(default_factory=list)
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    audits: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    users: dict[int, dict[str, Any]] = field(default_factory=lambda: {1: {"id": 1, "name": "Shelfwise", "role": "agent"}})
    keys: dict[str, Reply] = field(default_factory=dict)
    _last_id: int = 100

    # ---- the agents' side ----

    def say(self, thread: str, agent: str, text: str, **fields: Any) -> int:
        known = next((each["id"] for each in self.users.values() if each["name"] == agent), None)
        author = known or self._new_user(agent, "agent")
        return self._comment(int(thread), {"body": text, "public": True, "author_id": author, **fields}, None)

    def set(self, thread: str, status: str) -> None:
        ticket = self.tickets[int(thread)]
        if ticket["status"] != status:
            ticket["status"] = status
            self._hook(ticket)

    # ---- what tests look at ----

    def threads(self, conversation_id: str) -> list[str]:
        name = f"Shopper {conversation_id[:6]}"
        mine = [each["id"] for each in self.users.values() if each["name"] == name]
        return [str(each["id"]) for each in self.tickets.values() if each["requester_id"] in mine]

    def status(self, thread: str) -> str:
        return self.tickets[int(thread)]["status"]

    def heard(self, thread: str) -> list[str]:
        requester = self.tickets[int(thread)]["requester_id"]
        return [each["body"] for each in self.comments[int(thread)] if each["author_id"] == requester and each["public"]]

    def notes(self, thread: str) -> list[str]:
        return [each["body"] for each in self.comments[int(thread)] if not each["public"]]

    def replies(self, thread: str) -> list[dict[str, Any]]:
        requester = self.tickets[int(thread)]["requester_id"]
        return [each for each in self.comments[int(thread)] if each["author_id"] != requester and each["public"]]

    # ---- the API ----

    def __call__(self, request: Received) -> Reply:
        credentials = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {credentials}":
            return Reply(401, data={"error": "Couldn't authenticate you"})
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        path = url.path.removeprefix("/api/v2")
        number = int(re.sub(r"\D+", "", path) or 0)
        route = f"{request.method} {re.sub(r'/[0-9]+', '/N', path)}"
        ticket = json.loads(request.body)["ticket"] if request.body else {}
        if route == "POST /tickets.json":
            return self._create(ticket, request.headers["idempotency-key"])
        return self._answer(route, number, query, ticket)

    def _answer(self, route: str, number: int, query: dict[str, str], ticket: dict[str, Any]) -> Reply:
        if "/N" in route and number not in self.tickets:
            return MISSING
        match route:
            case "GET /tickets.json":
                found = [each for each in self.tickets.values() if each["external_id"] == query["external_id"]]
                return Reply(data={"tickets": found})
            case "GET /tickets/N.json":
                return Reply(data={"ticket": self.tickets[number]})
            case "PUT /tickets/N.json":
                return self._update(number, ticket)
            case "GET /tickets/N/comments.json":
                newest = self.comments[number][::-1][:100]
                return Reply(data={"comments": newest, "users": list(self.users.values())})
            case "GET /tickets/N/audits.json":
                return Reply(data={"audits": self.audits[number][::-1][:100]})
        return MISSING

    def _create(self, data: dict[str, Any], key: str) -> Reply:
        if key in self.keys:
            return self.keys[key]
        ticket = {name: data[name] for name in ("subject", "external_id", "tags")}
        requester = self._new_user(data["requester"]["name"], "end-user")
        ticket |= {"id": self._next_id(), "status": "new", "requester_id": requester, "assignee_id": None}
        self.tickets[ticket["id"]] = ticket
        self.comments[ticket["id"]], self.audits[ticket["id"]] = [], []
        self._comment(ticket["id"], data["comment"], data["metadata"])
        self.keys[key] = Reply(201, data={"ticket": dict(ticket)})
        return self.keys[key]

    def _update(self, number: int, data: dict[str, Any]) -> Reply:
        ticket = self.tickets[number]
        if ticket["status"] == "closed":
            return Reply(422, data={"error": "RecordInvalid"})
        if data.get("assignee_email") == EMAIL:
            ticket["assignee_id"] = 1
        if data.get("status") == "solved" and ticket["assignee_id"] is None:
            return Reply(422, data={"error": "Assignee is required"})
        if "comment" in data:
            self._comment(number, data["comment"], data["metadata"])
            if data["comment"].get("author_id") == ticket["requester_id"] and ticket["status"] == "solved":
                self.set(str(number), "open")
        if "status" in data:
            self.set(str(number), data["status"])
        return Reply(data={"ticket": ticket, "audit": {}})

    def _comment(self, number: int, comment: dict[str, Any], metadata: dict[str, Any] | None) -> int:
        comment = {"id": self._next_id(), "author_id": 1, "public": True, **comment}
        self.comments[number].append(comment)
        self.audits[number].append({"id": self._next_id(), "metadata": {"system": {}, "custom": metadata or {}}})
        if comment["public"] and self.users[comment["author_id"]]["role"] == "agent":
            self._hook(self.tickets[number])
        return comment["id"]

    def _hook(self, ticket: dict[str, Any]) -> None:
        self.hooks.append(json.dumps({"ticket_id": str(ticket["id"]), "external_id": ticket["external_id"]}).encode())

    def sign(self, body: bytes) -> dict[str, str]:
        timestamp = datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        signature = hmac.new(SECRET.encode(), timestamp.encode() + body, hashlib.sha256).digest()
        return {
            "x-zendesk-webhook-signature-timestamp": timestamp,
            "x-zendesk-webhook-signature": base64.b64encode(signature).decode(),
        }

    def _new_user(self, name: str, role: str) -> int:
        number = self._next_id()
        self.users[number] = {"id": number, "name": name, "role": role}
        return number

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id
