"""Who makes a call, by the bearer token that it carries: the shopper of a conversation, an agent, or the shop itself."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request

from assistant.web.agent_login import TRIES_SECONDS, Tries
from assistant.web.api.door import address_of
from assistant.web.api.limits import Limits
from assistant.web.api.problems import Problem
from assistant.web.api.tokens import PREFIX, ConversationTokens

_CONVERSATION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who may see a conversation: its shopper, or the agent of this name."""

    agent: str = ""


class Callers:
    """Knows tokens and keys. Wrong keys of an address are counted; tokens are too long to be guessed."""

    def __init__(
        self,
        tokens: ConversationTokens,
        limits: Limits,
        tries: Tries,
        *,
        agent_with: Callable[[str], str | None],
        shop_key: str = "",
        seen: Callable[[str], object] = lambda agent: None,
    ) -> None:
        """`agent_with` says whose key one is; `seen` is told of agents who call. Without `shop_key` nobody is the shop."""
        self._tokens = tokens
        self._limits = limits
        self._tries = tries
        self._agent_with = agent_with
        self._shop_key = shop_key
        self._seen = seen

    def shopper(self, request: Request, conversation_id: str) -> Caller:
        """Lets the conversation's own shopper through. Raises `Problem`, the same for every other conversation."""
        if not self._opens(bearer_of(request), conversation_id):
            raise _unauthorized("expected the token of this conversation as bearer token")
        return Caller()

    def shopper_or_agent(self, request: Request, conversation_id: str) -> Caller:
        """Lets the conversation's own shopper and every agent through. Raises `Problem`."""
        token = bearer_of(request)
        if self._opens(token, conversation_id):
            return Caller()
        if token.startswith(PREFIX):
            raise _unauthorized("expected the token of this conversation, or an agent's key, as bearer token")
        return Caller(self.agent(request))

    def agent(self, request: Request) -> str:
        """The name of the agent whose key the call carries. Raises `Problem`."""
        with_key = self._with_key(request, self._agent_with, "an agent's key")
        self._limits.agent(with_key)
        self._seen(with_key)
        return with_key

    def shop(self, request: Request) -> None:
        """Lets the shop through. Raises `Problem`."""
        self._with_key(request, self._shop_with, "the shop's key")
        self._limits.shop()

    def conversation_of(self, request: Request) -> str | None:
        """The conversation whose token the call carries, None where it is the shop that calls. Raises `Problem`."""
        token = bearer_of(request)
        if not token.startswith(PREFIX):
            self.shop(request)
            return None
        conversation_id = self._tokens.conversation_of(token)
        if conversation_id is None:
            raise _unauthorized("expected the token of a conversation, or the shop's key, as bearer token")
        return conversation_id

    def _opens(self, token: str, conversation_id: str) -> bool:
        is_id = _CONVERSATION_ID.fullmatch(conversation_id) is not None
        return is_id and token.startswith(PREFIX) and self._tokens.opens(token, conversation_id)

    def _shop_with(self, key: str) -> str | None:
        is_shop = bool(self._shop_key) and hmac.compare_digest(self._shop_key.encode(), key.encode("utf-8", "replace"))
        return "shop" if is_shop else None

    def _with_key(self, request: Request, whose: Callable[[str], str | None], what: str) -> str:
        address, key = address_of(request), bearer_of(request)
        if self._tries.are_over(address):
            detail = "too many wrong keys came from this address; try later"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_keys", detail, retry_after=TRIES_SECONDS)
        name = whose(key) if key else None
        if name is None:
            # A forgotten key, or a token where a key belongs, is nobody's guess.
            if key and not key.startswith(PREFIX):
                self._tries.failed(address)
            raise _unauthorized(f"expected {what} as bearer token")
        return name


def bearer_of(request: Request) -> str:
    """The bearer token of a call; empty where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _unauthorized(detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", detail)
