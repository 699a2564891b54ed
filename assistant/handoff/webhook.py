"""The signed webhook: every event of a hand-over as a POST to one address of the shop's."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

import httpx

from assistant.handoff.exchange import SECONDS, checked_url, exchange
from assistant.handoff.outbox import Delivery

_VERSION = "v1="


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a request: `v1=` and the hexadecimal HMAC-SHA256 of `timestamp.body`."""
    return _VERSION + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(secret: str, timestamp: str, body: bytes, signature: str, now: float, tolerance: float = 300) -> bool:
    """Whether a request with these headers was sent by whom shares the secret, and within `tolerance` seconds of `now`.

    `body` are the bytes as they came in, before any parsing. An empty secret verifies nothing.
    """
    if not (secret and timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    genuine = hmac.compare_digest(signature.encode(), sign(secret, timestamp, body).encode())
    return genuine and abs(now - int(timestamp)) <= tolerance


class WebhookTarget:
    """Posts events to a URL of the shop's settings, signed, and takes any 2xx for an answer."""

    def __init__(
        self,
        url: str,
        secret: str,
        client: httpx.Client,
        *,
        name: str = "webhook",
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`seconds` is how long the receiver may take. Raises `ValueError` for a URL that is none, or an empty secret."""
        if not secret:
            raise ValueError("webhook: the secret is empty; expected the one that the receiver verifies signatures with")
        self.name = name
        self._url = checked_url("webhook", url)
        self._secret = secret
        self._client = client
        self._seconds = seconds
        self._clock = clock

    def send(self, delivery: Delivery) -> None:
        """Posts the event. Raises `DeliveryFailed`."""
        body = delivery.body.encode()
        timestamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "X-Shelfwise-Event": delivery.event,
            "X-Shelfwise-Delivery": delivery.event_id,
            "X-Shelfwise-Sequence": str(delivery.sequence),
            "X-Shelfwise-Timestamp": timestamp,
            "X-Shelfwise-Signature": sign(self._secret, timestamp, body),
        }
        exchange(
            self._client,
            "POST",
            self._url,
            headers=headers,
            content=body,
            seconds=self._seconds,
            limit=0,
            clock=self._clock,
        )
