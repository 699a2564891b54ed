"""Which pages may call the API from a browser: those of the origins that the shop names, letter by letter."""

from __future__ import annotations

from urllib.parse import urlsplit


def read_origins(written: str) -> tuple[str, ...]:
    """The origins in a list with commas. Raises `ValueError` for one with a path, a wildcard, capitals or no scheme."""
    origins = tuple(filter(None, (origin.strip() for origin in written.split(","))))
    for origin in origins:
        if not _is_origin(origin):
            raise ValueError(f"{origin!r} is no origin; expected one such as https://shop.example, without a path")
    return origins


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    # Exactly what a browser sends, or it would never match.
    is_plain = text == f"{parts.scheme}://{parts.netloc}".lower() and "*" not in text and "@" not in text
    return is_plain and parts.scheme in ("http", "https") and bool(parts.hostname)
