"""What tests everywhere may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.turn import Assistant
from tests.fakes import small_shop


@pytest.fixture
def shop(tmp_path: Path) -> Assistant:
    """The real assistant over the small catalogue, speaking in templates."""
    return small_shop(tmp_path)
