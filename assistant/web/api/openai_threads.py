"""Which conversation of the shop a call goes on with: such clients send the whole history each time, and no conversation.

So each answer ends with a mark, a line that Markdown does not show: the conversation, the place in it, a signature. It
comes back with the history, so nothing has to be kept for it, in this process or elsewhere. A hash of the history would not
do: canned answers are alike word for word, and two shoppers who began alike would share one cart.

Only the new message is ever answered. Where the history has no mark of this shop, it opens a conversation, and what was said
before stays unsaid: to go through old turns again would fill carts and call people again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from assistant.profile import is_guest
from assistant.shop import ShopFront
from assistant.types import Conversation
from assistant.web.api.openai_calls import ChatCall
from assistant.web.api.problems import Problem, clipped
from retrieval.sql import storable

Vouched = Callable[[str, str], bool]
CONVERSATION_HEADER = "X-Conversation-Id"
_MARK = re.compile(r"\[//\]: # \(chat ([A-Za-z0-9_-]{1,64})\.([0-9]{1,9})\.([A-Za-z0-9_-]{22})\)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIGNATURE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a call's new message goes: the conversation, and the id that makes the same message sent again harmless.

    `is_marked` says that the answer must bring a mark, as the client does not keep the conversation's id itself.
    """

    conversation_id: str
    message_id: str
    is_marked: bool


class Threads:
    """Finds and opens conversations, and marks answers."""

    def __init__(self, shop: ShopFront, keys: Sequence[str], vouched: Vouched) -> None:
        """Marks are signed with the first of `keys` and known by all; `vouched` checks the hash of a shopper's id."""
        self._shop = shop
        self._secrets = [hashlib.sha256(b"shelfwise chat mark\0" + key.encode()).digest() for key in keys]
        self._vouched = vouched

    def find(self, call: ChatCall, headers: Mapping[str, str]) -> Thread:
        """The thread that the call goes on with, or a new one.

        Raises `Problem` for a conversation that is named and that there is not, and for a shopper who is not vouched for.
        """
        shopper_id = self._shopper(call)
        message_key = headers.get("Idempotency-Key", "")
        named = headers.get(CONVERSATION_HEADER) or call.told.get("conversation_id")
        if named is not None:
            conversation_id = self._named(named, shopper_id) if named else self._shop.open(shopper_id or None).id
            return Thread(conversation_id, _message_id(message_key) if message_key else uuid.uuid4().hex, False)
        mark = self._last_mark(call)
        conversation = self._theirs(mark[1], shopper_id) if mark else None
        if mark is None or conversation is None:
            return Thread(self._shop.open(shopper_id or None).id, uuid.uuid4().hex, True)
        # The history names its place: the same history with the same message is that message sent again.
        return Thread(conversation.id, _message_id(message_key or f"{mark[0]}\0{call.said}"), True)

    def mark(self, conversation: Conversation) -> str:
        """The line for the end of an answer."""
        place = f"{conversation.id}.{len(conversation.messages)}"
        return f"[//]: # (chat {place}.{_signature(self._secrets[0], place)})"

    def _shopper(self, call: ChatCall) -> str:
        """The signed-in shopper for whom the call is, empty for a guest."""
        shopper_id, hash_ = call.told.get("shopper_id", ""), call.told.get("shopper_hash", "")
        is_text = storable(shopper_id + hash_) == shopper_id + hash_
        if shopper_id and not (is_text and self._vouched(shopper_id, hash_)):
            detail = f"metadata.shopper_hash is not the shop's word for the shopper {clipped(shopper_id)}"
            raise Problem(HTTPStatus.FORBIDDEN, "shopper_not_vouched", detail, param="metadata.shopper_hash")
        return shopper_id

    def _named(self, conversation_id: str, shopper_id: str) -> str:
        conversation = self._theirs(conversation_id, shopper_id) if _ID.fullmatch(conversation_id) else None
        if conversation is None:
            detail = f"conversation_id is {clipped(conversation_id)}; expected one of this shopper's conversations"
            raise Problem(HTTPStatus.NOT_FOUND, "conversation_not_found", detail, param="metadata.conversation_id")
        return conversation.id

    def _theirs(self, conversation_id: str, shopper_id: str) -> Conversation | None:
        """The conversation if there is one and it is this shopper's; a guest's for whom no shopper is named."""
        try:
            conversation = self._shop.conversation(conversation_id)
        except KeyError:
            return None
        owner = conversation.shopper_id
        is_theirs = owner == shopper_id if shopper_id else is_guest(owner)
        return conversation if is_theirs else None

    def _last_mark(self, call: ChatCall) -> tuple[str, str] | None:
        """The newest mark of this shop in the history, and the id of its conversation."""
        for message in reversed(call.messages):
            found = list(_MARK.finditer(message.text)) if message.role == "assistant" else []
            for mark in reversed(found):
                conversation_id, place, signature = mark.groups()
                if self._is_genuine(f"{conversation_id}.{place}", signature):
                    return mark.group(), conversation_id
        return None

    def _is_genuine(self, place: str, signature: str) -> bool:
        return any(hmac.compare_digest(_signature(secret, place), signature) for secret in self._secrets)


def _signature(secret: bytes, place: str) -> str:
    digest = hmac.new(secret, place.encode(), hashlib.sha256).digest()[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _message_id(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
