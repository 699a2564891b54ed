from assistant.reading.kinds import settle_kind
from assistant.types import Frame
from assistant.vocabulary import Vocabulary
from tests.fakes_retrieval import product

SHOP = Vocabulary.from_products(
    [product(id="1", category=("Lighting", "Desk lamps")), product(id="2", category=("Shoes", "Rain boots"))]
)


def test_a_kind_of_the_shop_starts_a_new_search() -> None:
    frame = settle_kind(Frame("refine", include=("rain boots", "warm")), SHOP)
    assert frame == Frame("search", query="rain boots", include=("warm",))
    assert settle_kind(Frame("refine", include=("lamp",)), SHOP).query == "lamp"


def test_a_property_stays_one() -> None:
    for frame in (Frame("refine", include=("waterproof",)), Frame("refine", query="boots", include=("lamp",))):
        assert settle_kind(frame, SHOP) == frame
