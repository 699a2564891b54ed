"""Google Merchant product data: what its fields are called and what they mean, whatever file they come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from retrieval.feeds import values
from retrieval.feeds.drafts import Draft
from retrieval.products import BadProduct

Fields = Mapping[str, Sequence[str]]

CHOICES = ("color", "size", "material", "pattern", "gender", "age_group", "size_type", "size_system")
# How the shop advertises, taxes and calculates is nobody's business but its own, its costs least of all.
LEFT_AWAY = frozenset(
    "cost_of_goods_sold auto_pricing_min_price custom_label_0 custom_label_1 custom_label_2 custom_label_3 custom_label_4 "
    "ads_redirect adwords_redirect ads_grouping ads_labels excluded_destination included_destination pause promotion_id "
    "shopping_ads_excluded_country identifier_exists external_seller_id tax tax_category".split()
)
_DETAIL = "detail:"
_LISTS = frozenset({"additional_image_link", "product_type", "google_product_category"})
SINGLE = frozenset(
    {"id", "title", "description", "link", "image_link", "brand", "price", "sale_price", "sale_price_effective_date"}
    | {"availability", "quantity", "sell_on_google_quantity", "item_group_id", "item_group_title", *CHOICES}
)


def draft(line: int, fields: Fields, now: datetime) -> Draft:
    """Returns the product that an item's fields describe; a field may have several values.

    Raises:
        BadProduct: A value means nothing.
    """
    made = Draft(line)
    one = {name: found[0] for name, found in fields.items() if found}
    _texts(made, one)
    _categories(made, fields)
    made.price("price", "price", one.get("price"))
    made.sale("sale_price", one.get("sale_price"), _on_sale(made, one.get("sale_price_effective_date", ""), now))
    made.read("availability", "availability", one.get("availability"), values.availability)
    for name in ("quantity", "sell_on_google_quantity"):
        made.read("stock", name, one.get(name), values.stock)
    made.note("images", *(url for cell in fields.get("additional_image_link", ()) for url in values.parts(cell)))
    made.choices = {values.label(name): one[name] for name in CHOICES if one.get(name)}
    made.group = one.get("item_group_id", "")
    made.group_title = values.plain_text(one.get("item_group_title", ""))
    _rest(made, fields)
    return made


def detail(section: str, name: str) -> str:
    """Returns the field that stands for a `product_detail`, so that none is taken for a field of the same name."""
    return _DETAIL + f"{section} {name}".strip()


def _texts(made: Draft, one: Mapping[str, str]) -> None:
    made.put("id", one.get("id"))
    made.put("title", values.plain_text(one.get("title", "")))
    made.put("description", values.plain_text(one.get("description", "")))
    made.put("brand", values.plain_text(one.get("brand", "")))
    made.put("url", one.get("link"))
    made.put("image_url", one.get("image_link"))


def _categories(made: Draft, fields: Fields) -> None:
    """The shop's own path is the category; Google's stands in where there is none and it is a path, not a number."""
    own = [values.path(cell) for cell in fields.get("product_type", ())]
    theirs = [cell for cell in fields.get("google_product_category", ()) if cell]
    made.put("category", own[0] if own else [])
    made.note("product type", *(" > ".join(path) for path in own[1:]))
    for cell in theirs:
        if "category" not in made.fields and not cell.isdecimal():
            made.put("category", values.path(cell))
        else:
            made.note("google product category", values.plain_text(cell))


def _on_sale(made: Draft, period: str, now: datetime) -> bool:
    """Whether now is in the period, two times with a slash between, which is kept as an attribute."""
    if not period:
        return True
    start, slash, end = period.partition("/")
    try:
        is_on = bool(slash) and values.in_force(start, end, now)
    except ValueError:
        slash = ""
    if not slash:
        raise BadProduct("sale_price_effective_date", period, "is not two times such as 2024-05-01T00:00Z/2024-05-31T23:59Z")
    made.note("sale price effective date", period)
    return is_on


def _rest(made: Draft, fields: Fields) -> None:
    for name, found in fields.items():
        if name not in LEFT_AWAY | _LISTS:
            extra = found[1:] if name in SINGLE else found
            made.note(name.removeprefix(_DETAIL), *(values.plain_text(text) for text in extra))
