from retrieval.filters import Columns, violations
from retrieval.types import Need
from tests.fakes_retrieval import product

NAMED = product(id="named", title="Acme Kettle", brand="")
BRANDED = product(id="branded", title="Kettle", brand="Acme")
FITTING = product(id="fitting", title="Lid", brand="Other", description="Fits an Acme kettle.")
PRODUCTS = (NAMED, BRANDED, FITTING)


def allowed(need: Need) -> list[str]:
    mask = Columns(PRODUCTS).mask(need)
    assert [not violations(p, need) for p in PRODUCTS] == list(mask)
    return [p.id for p, fits in zip(PRODUCTS, mask, strict=True) if fits]


def test_a_brand_that_only_the_title_names_is_found_and_excluded() -> None:
    assert allowed(Need(brand=("acme",))) == ["named", "branded"]
    assert allowed(Need(brand_exclude=("Acme",))) == ["fitting"]
