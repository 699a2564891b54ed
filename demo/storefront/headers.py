"""The headers of the storefront: a content policy as strict as a shop's can be, under which the widget has to work."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What is no page runs nothing and shows nothing, even where somebody opens it by itself.
BARE_POLICY = "default-src 'none'; frame-ancestors 'none'"
SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
)


def page_policy(nonce: str, assistant: str) -> str:
    """The content policy of one response.

    Scripts run by the nonce alone, and of the assistant's origin nothing is let in but its frame.
    """
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; frame-src {assistant}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    )


def checked_origin(assistant: str) -> str:
    """`assistant`, which goes into a header. Raises ValueError where it is anything but an http(s) origin."""
    problem = ValueError(f"assistant is {assistant!r}, expected an origin such as http://127.0.0.1:7860")
    try:
        parts = urlsplit(assistant)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise problem from error
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    plain = all(character.isalnum() or character in ".-:[]" for character in named)
    if parts.scheme not in ("http", "https") or not host or not plain or assistant != f"{parts.scheme}://{named}{port}":
        raise problem
    return assistant


class SafeHeaders:
    """ASGI middleware that adds the headers that every response has, and the bare policy where a response has none."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the call on and adds the headers to the response's start."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = [*message["headers"], *SAFE]
                if all(name != b"content-security-policy" for name, _ in told):
                    told.append((b"content-security-policy", BARE_POLICY.encode()))
                message = {**message, "headers": told}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
