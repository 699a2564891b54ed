"""One call to somebody else's HTTP server, and what its failure means for trying again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from assistant.handoff.outbox import DeliveryFailed

SECONDS = 10.0
"""How long a server may take to connect, to take the request, and for each piece of its answer."""
LONGEST_ANSWER = 64_000
_SHOWN_OF_AN_ERROR = 200
# Of the client's errors these may pass: time-out, conflict with another request, too early, too many requests.
_PASSING = frozenset({408, 409, 425, 429})


def checked_url(field: str, url: str) -> str:
    """`url`. Raises `ValueError` naming the field where it is no address that can be called."""
    try:
        is_url = url.startswith(("https://", "http://")) and bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        is_url = False
    if not is_url:
        raise ValueError(f"{field}: the URL {url!r} is not one; expected https://host/path")
    return url


def exchange(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes = b"",
    seconds: float = SECONDS,
    limit: int = LONGEST_ANSWER,
    clock: Callable[[], float] = time.time,
) -> bytes:
    """Sends a request and returns up to `limit` bytes of the answer; with 0 the body is not waited for.

    Redirects are not followed. Raises `DeliveryFailed`: to be tried again after time-outs, broken connections, redirects,
    408, 409, 425, 429 and 5xx, and not after any other status. The text never holds the URL, which may be a secret itself.
    """
    with (
        _failures_told(),
        client.stream(
            method, url, headers=dict(headers), content=content, timeout=seconds, follow_redirects=False
        ) as response,
    ):
        if response.is_success:
            return _start_of(response, limit, seconds)
        raise _refused(response, clock())


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise DeliveryFailed(True, "no answer in time") from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise DeliveryFailed(True, f"no connection: {error}") from error


def _start_of(response: httpx.Response, limit: int, seconds: float) -> bytes:
    if not limit:
        return b""
    end = time.monotonic() + seconds
    start = b""
    for piece in response.iter_bytes():
        start += piece
        if len(start) >= limit:
            break
        # A server that sends a byte now and then never runs into the time-out of one read.
        if time.monotonic() > end:
            raise DeliveryFailed(True, "the answer took too long")
    return start[:limit]


def _refused(response: httpx.Response, now: float) -> DeliveryFailed:
    status = response.status_code
    retryable = status in _PASSING or not 400 <= status < 500
    said = "redirects are not followed" if response.is_redirect else _said(response)
    return DeliveryFailed(retryable, f"HTTP {status}: {said}".rstrip(": "), retry_after=_retry_after(response, now))


def _said(response: httpx.Response) -> str:
    try:
        start = _start_of(response, _SHOWN_OF_AN_ERROR, SECONDS)
    except (httpx.HTTPError, httpx.StreamError, DeliveryFailed):
        return ""  # The status is what counts.
    return " ".join(start.decode(errors="replace").split())


def _retry_after(response: httpx.Response, now: float) -> float | None:
    """The seconds that the server asks to be left alone for, however it wrote them; None if it did not say."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
