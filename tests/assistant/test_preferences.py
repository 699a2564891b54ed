from pathlib import Path

import pytest

from assistant.preferences import MOST_KEPT, Preference, Preferences, PreferenceStore, applied, guarded, named_in, searched
from assistant.turn import Assistant
from retrieval.search import SearchResult
from retrieval.sql import open_engine
from retrieval.types import Candidate, Need, Product, Query


def store(folder: Path) -> PreferenceStore:
    return PreferenceStore(open_engine(f"sqlite:///{folder / 'shop.db'}"))


def wants(value: str) -> Preference:
    return Preference(value, True, f"you want {value}")


def shuns(value: str) -> Preference:
    return Preference(value, False, f"you never wear {value}")


class ScriptedSearch:
    """A search over products with properties, which keeps those that meet most wishes, as the real one does."""

    def __init__(self, **products: tuple[str, ...]) -> None:
        self.products = products
        self.asked: list[Need] = []

    def __call__(self, query: Query) -> SearchResult:
        self.asked.append(query.need)
        allowed = {name: has for name, has in self.products.items() if not set(has) & set(query.need.exclude)}
        met = {name: len(set(has) & set(query.need.include)) for name, has in allowed.items()}
        best = [name for name in allowed if met[name] == max(met.values())]
        lost = [wish for wish in query.need.include if not all(wish in allowed[name] for name in best)]
        unstated = [wish for wish in lost if not any(wish in has for has in allowed.values())]
        found = tuple(Candidate(Product(name, name), 1.0, 1.0) for name in best)
        return SearchResult(found, tuple(lost), tuple(unstated))


def test_what_is_kept_survives_a_restart_and_belongs_to_one_shopper(tmp_path: Path) -> None:
    store(tmp_path).add("mia", [wants("vegan"), shuns("wool")])
    again = store(tmp_path)
    assert again.get("mia") == Preferences(("vegan",), ("wool",))
    assert again.get("jonas") == Preferences() and again.get("jonas").is_empty
    assert again.known("mia")[0].said == "you want vegan"


def test_what_is_told_anew_replaces_what_it_speaks_against(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.add("mia", [wants("size 9"), shuns("wool")])
    kept.add("mia", [wants("size 10"), wants("wool")])
    assert kept.get("mia") == Preferences(("size 10", "wool"))


def test_one_or_all_can_be_forgotten_and_what_went_is_told(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.add("mia", [wants("vegan"), shuns("wool"), shuns("fur")])
    assert kept.forget("mia", ["wool", "silk"]) == (shuns("wool"),)
    assert kept.forget("jonas", ["vegan"]) == ()
    assert kept.forget_all("mia") == (wants("vegan"), shuns("fur"))
    assert store(tmp_path).get("mia").is_empty


def test_the_oldest_make_room(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.add("mia", [wants(f"thing {number}") for number in range(MOST_KEPT)])
    kept.add("mia", [wants("one more")])
    assert len(kept.known("mia")) == MOST_KEPT
    assert kept.known("mia")[0].value == "thing 1" and kept.known("mia")[-1].value == "one more"


def test_a_need_takes_the_preferences_that_it_does_not_speak_against() -> None:
    lasting = Preferences(("organic", "size 9"), ("leather", "wool"))
    need = applied(Need("leather boots", include=("size 8",), exclude=("organic",)), lasting)
    assert need == Need("leather boots", include=("size 8",), exclude=("organic", "wool"))
    assert applied(Need("socks"), lasting) == Need("socks", include=("organic", "size 9"), exclude=("leather", "wool"))


@pytest.mark.parametrize(
    ("phrase", "text", "named"),
    [
        ("wool", "wool socks", True),
        ("boots", "a boot", True),
        ("leather", "leather-free boots", False),
        ("", "boots", False),
    ],
)
def test_a_phrase_is_named_by_all_of_its_words(phrase: str, text: str, named: bool) -> None:
    assert named_in(phrase, text) is named


def test_exclusions_are_hard_and_a_wish_that_products_meet_narrows() -> None:
    search = ScriptedSearch(a=("organic",), b=("wool", "organic"), c=())
    found = searched(search, Query(Need("shirt")), Preferences(("organic",), ("wool",)))
    assert [candidate.product.id for candidate in found.result.candidates] == ["a"]
    assert found.need == Need("shirt", include=("organic",), exclude=("wool",))


def test_a_wish_of_which_nothing_is_stated_is_left_out() -> None:
    search = ScriptedSearch(a=(), b=("steel",))
    found = searched(search, Query(Need("kettle")), Preferences(("size 9",)))
    assert found.need == Need("kettle")
    assert found.result == search(Query(Need("kettle")))
    assert found.result.relaxed == () and found.result.unstated == ()


def test_a_wish_never_costs_one_of_this_search() -> None:
    search = ScriptedSearch(a=("waterproof",), b=("organic",))
    found = searched(search, Query(Need("coat", include=("waterproof",))), Preferences(("organic",)))
    assert [candidate.product.id for candidate in found.result.candidates] == ["a"]
    assert found.need.include == ("waterproof",)


def test_without_preferences_there_is_one_search() -> None:
    search = ScriptedSearch(a=())
    assert searched(search, Query(Need("kettle")), Preferences()).need == Need("kettle")
    assert len(search.asked) == 1


def test_who_is_vegan_is_shown_no_leather_where_no_product_is_stated_to_be_vegan() -> None:
    search = ScriptedSearch(a=("leather",), b=("nylon",))
    found = searched(search, Query(Need("boots")), Preferences(("vegan",)))
    assert [candidate.product.id for candidate in found.result.candidates] == ["b"]
    stated = ScriptedSearch(a=("leather",), b=("nylon",), c=("vegan", "leather"))  # "vegan leather"
    found = searched(stated, Query(Need("boots")), Preferences(("vegan",)))
    assert [candidate.product.id for candidate in found.result.candidates] == ["c"]


def test_ideas_keep_to_exclusions_alone() -> None:
    assert guarded(Need(), Preferences(("organic",), ("wool",))) == Need(exclude=("wool",))
    assert "leather" in guarded(Need(), Preferences(("vegan",))).exclude


def test_the_real_search_agrees(shop: Assistant) -> None:
    search = shop.services.searcher.search
    found = searched(search, Query(Need("hiking boots")), Preferences(("size 9", "organic"), ("leather",)))
    assert found.need.include == ("size 9",)
    assert {candidate.product.id for candidate in found.result.candidates} == {"boot-1", "boot-3"}
    kettles = searched(search, Query(Need("kettle")), Preferences(("size 9", "organic"), ("leather",)))
    assert kettles.need.include == () and len(kettles.result.candidates) == 3
