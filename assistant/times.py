"""Times as they are saved and told."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(seconds: float) -> str:
    """A time of so many seconds since 1970, in UTC: `2026-02-02T02:40:00+00:00`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
