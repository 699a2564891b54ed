from pathlib import Path

from assistant.handoff.presence import BELIEVED_SECONDS, Presence
from retrieval.sql import open_engine


def test_who_has_said_so_lately_and_is_not_away_is_there(tmp_path: Path) -> None:
    now = [1000.0]
    presence = Presence(open_engine(f"sqlite:///{tmp_path / 'shop.db'}"), lambda: now[0])
    assert presence.available() == 0 and not presence.is_away("Mia")
    presence.seen("Mia")
    presence.seen("Tom")
    presence.seen("Tom")
    assert presence.available() == 2
    presence.seen("Tom", is_away=True)
    assert presence.available() == 1 and presence.is_away("Tom")
    now[0] += BELIEVED_SECONDS + 1
    assert presence.available() == 0
    presence.seen("Tom")
    assert presence.available() == 1
