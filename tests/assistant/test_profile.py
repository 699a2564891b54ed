from __future__ import annotations

from assistant.profile import ShopperStore, is_guest
from assistant.shop import KnownShopper
from retrieval.sql import open_engine

MIA = {"shopper_id": "mia", "name": "Mia Holm", "persona": "hikes"}
JONAS = {"shopper_id": "jonas", "name": "Jonas Berg", "persona": "cooks"}


def test_shoppers_are_kept_in_their_order_and_replaced_as_a_whole() -> None:
    store = ShopperStore(open_engine("sqlite://"))
    assert store.all() == () and store.get("mia") is None
    assert store.replace_all([MIA, JONAS]) == 2
    assert store.all() == (KnownShopper("mia", "Mia Holm", "hikes"), KnownShopper("jonas", "Jonas Berg", "cooks"))
    assert store.all(limit=1) == (KnownShopper("mia", "Mia Holm", "hikes"),)
    assert store.get("mia") == KnownShopper("mia", "Mia Holm", "hikes")
    assert store.replace_all([]) == 0
    assert store.all() == ()


def test_guests_are_told_by_their_id() -> None:
    assert is_guest("guest-0a1b")
    assert not is_guest("mia")
