from pathlib import Path

from assistant.handoff.trouble_log import Trouble, TroubleLog
from assistant.memory import ConversationStore
from tests.fakes import say, small_shop


def test_what_the_assistant_could_not_do_is_kept_once_without_secrets(tmp_path: Path) -> None:
    shop, now = small_shop(tmp_path), [1000.0]
    log = TroubleLog(shop.conversations._engine, lambda: now[0])
    watched = ConversationStore(shop.conversations._engine, (log.record,))
    shop = type(shop)(shop.name, shop.services, shop.reader, shop.voice, watched)
    conversation = shop.open()
    say(shop, conversation.id, "hello")
    assert log.since(0) == ()
    say(shop, conversation.id, "Talk to a person, my card 4111 1111 1111 1111 was charged twice")
    (trouble,) = log.since(0)
    assert "1111 1111" not in trouble.asked and "was charged twice" in trouble.asked
    say(shop, conversation.id, "hello")
    assert log.since(0) == (trouble,)
    assert isinstance(trouble, Trouble) and log.since(1001) == ()
