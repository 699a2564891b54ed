"""What the properties of a schema.org Product mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from retrieval.feeds import values
from retrieval.feeds.drafts import Draft, first
from retrieval.feeds.json_ld import Node
from retrieval.products import BadProduct

_IDS = ("productGroupID", "sku", "productID", "@id", "url")
_CHOICES = ("color", "size", "material", "pattern")
# Whole pages of policy and of other products; a shop's policies have their own place, and reviews keep their words.
_LEFT_AWAY = frozenset(
    {"@context", "@type", "@id", "hasVariant", "isVariantOf", "inProductGroupWithID", "variesBy", "mainEntityOfPage"}
    | {"isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "isConsumableFor", "potentialAction", "subjectOf"}
    | {"shippingDetails", "hasMerchantReturnPolicy", "eligibleRegion", "areaServed", "acceptedPaymentMethod"}
)
_NAMES = ("name", "value", "@value", "text", "reviewBody", "url", "contentUrl", "@id")


def draft(line: int, node: Node) -> Draft:
    """Returns the product that a node describes.

    Raises:
        BadProduct: A value means nothing.
    """
    made = Draft(line)
    taken = {"productGroupID", "sku", "productID", "url"}
    made.put("id", str(first({name: one(node.get(name)) for name in _IDS}, *_IDS) or ""))
    for name, read in _READERS.items():
        if name in node:
            taken.add(name)
            read(made, node[name])
    made.put("url", one(node.get("url")))
    for name in ("sku", "productID"):
        made.note(name, *(_texts(node.get(name)) if one(node.get(name)) != made.fields.get("id") else ()))
    for name, value in node.items():
        if name not in taken | _LEFT_AWAY:
            made.note(name, *_texts(value))
    return made


def group_of(node: Node) -> str:
    """Returns the id of the group that a product says it is a variant of, or ""."""
    group = node.get("isVariantOf")
    group = group[0] if isinstance(group, list) and group else group
    if isinstance(group, dict):
        return str(first({name: one(group.get(name)) for name in _IDS}, *_IDS) or "")
    return one(node.get("inProductGroupWithID"))


def varying(node: Node) -> list[str]:
    """Returns the names of what a group's variants vary by."""
    return [values.label(_last(name)) for name in _texts(node.get("variesBy"))]


def one(value: object) -> str:
    """Returns a value's first text."""
    return next(iter(_texts(value)), "")


def _texts(value: object) -> list[str]:
    """Returns the texts of a value, those of an object by its name or value, else of all its parts."""
    match value:
        case None | "":
            return []
        case bool():
            return ["yes" if value else "no"]
        case str() | int() | float():
            return [values.plain_text(str(value))]
        case list():
            return [text for item in value for text in _texts(item)]
        case dict():
            return _object_texts(value)
    return []


def _object_texts(value: dict[str, Any]) -> list[str]:
    if "unitText" in value or "unitCode" in value:
        unit = {"KGM": "kg", "GRM": "g", "LBR": "lb", "ONZ": "oz", "CMT": "cm", "MTR": "m", "MMT": "mm", "INH": "in"}
        code = one(value.get("unitText")) or unit.get(one(value.get("unitCode")), one(value.get("unitCode")))
        return [f"{one(value.get('value'))} {code}".strip()]
    for name in _NAMES:
        if found := _texts(value.get(name)):
            return found
    return [text for name, item in value.items() if not name.startswith("@") for text in _texts(item)]


def _last(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[-1]


def _words(address: object) -> str:
    """Returns the words of schema.org's own terms: "https://schema.org/NewCondition" is "new"."""
    return values.label(_last(one(address))).removesuffix(" condition")


# ---- properties --------------------------------------------------------------------------------------------------------


def _image(made: Draft, value: object) -> None:
    addresses = [
        str(item.get("contentUrl") or item.get("url") or item.get("@id") or "") if isinstance(item, dict) else str(item)
        for item in (value if isinstance(value, list) else [value])
    ]
    for address in filter(None, addresses):
        made.put("image_url", address, label="images")


def _category(made: Draft, value: object) -> None:
    for text in _texts(value):
        mark = ">" if ">" in text else "/"
        steps = [step for step in (part.strip() for part in text.split(mark)) if step]
        if "category" in made.fields:
            made.note("category", text)
        else:
            made.put("category", steps)


def _rating(made: Draft, value: object) -> None:
    """Ratings out of another number of stars are brought to five."""
    found = value[0] if isinstance(value, list) and value else value
    if not isinstance(found, dict):
        raise BadProduct("aggregateRating", value, "is not an object with a ratingValue")
    made.read("rating", "aggregateRating.ratingValue", _plain(found.get("ratingValue")), values.number)
    best = one(found.get("bestRating"))
    if best and "rating" in made.fields:
        highest = _number("aggregateRating.bestRating", best)
        if highest > 0 and highest != 5:
            made.fields["rating"] = round(made.fields["rating"] * 5 / highest, 2)
            made.note("rating out of", best)
    given = first(found, "ratingCount", "reviewCount")
    made.read("rating_count", "aggregateRating.ratingCount", _plain(given), values.count)


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else one(value)


def _number(column: str, value: str) -> float:
    try:
        return values.number(value)
    except ValueError as error:
        raise BadProduct(column, value, str(error)) from None


def _properties(made: Draft, value: object) -> None:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict) or not item.get("name"):
            raise BadProduct("additionalProperty", item, "is not a PropertyValue with a name and a value")
        texts = _object_texts({key: found for key, found in item.items() if key not in ("name", "propertyID")})
        made.note(one(item["name"]), *texts)


def _audience(made: Draft, value: object) -> None:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            made.note("audience", *_texts(item))
            continue
        for name, found in item.items():
            if name == "suggestedGender":
                made.choices.setdefault("gender", _words(found))
            elif not name.startswith("@"):
                made.note(name, *_texts(found))


def _choice(name: str) -> Callable[[Draft, object], None]:
    def read(made: Draft, value: object) -> None:
        found = _texts(value)
        if len(found) == 1:
            made.choices[name] = found[0]
        else:
            made.note(name, *found)

    return read


def _put(field: str) -> Callable[[Draft, object], None]:
    def read(made: Draft, value: object) -> None:
        found = _texts(value)
        made.put(field, found[0] if found else "")
        made.note(field, *found[1:])

    return read


def _release(made: Draft, value: object) -> None:
    made.read("created_at", "releaseDate", one(value), values.timestamp)


# ---- offers ------------------------------------------------------------------------------------------------------------


def _offers(made: Draft, value: object) -> None:
    """The cheapest offer that can be had is the product's; the prices of the others are kept as attributes."""
    offers = list(_each_offer(value))
    drafts = [_offer(made.line, offer) for offer in offers]
    if not drafts:
        return
    best = min(drafts, key=lambda d: (_is_gone(d), d.fields.get("price") is None, d.fields.get("price") or 0))
    for other in [best, *(d for d in drafts if d is not best)]:
        if "price" in other.fields and other is not best:
            currency = other.fields.get("currency", "")
            made.note("other offer", f"{other.fields['price']:g} {currency} {' '.join(other.attributes.get('seller', []))}")
        elif other is best:
            for name, found in other.fields.items():
                made.put(name, found)
        for name, texts in other.attributes.items():
            made.note(name, *texts)


def _each_offer(value: object) -> Iterator[Node]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            raise BadProduct("offers", item, "is not an Offer")
        nested = item.get("offers")
        if nested:
            yield from _each_offer(nested)
        else:
            yield item


def _is_gone(offer: Draft) -> bool:
    return offer.fields.get("availability") in ("out_of_stock", "discontinued")


def _offer(line: int, node: Node) -> Draft:
    made = Draft(line)
    currency = one(node.get("priceCurrency")).upper()
    made.put("currency", currency)
    made.price("price", "offers.price", _plain(first(node, "price", "lowPrice")))
    _specifications(made, node.get("priceSpecification"), currency)
    if one(node.get("highPrice")) not in ("", one(node.get("lowPrice"))):
        made.note("highest price", one(node.get("highPrice")))
    made.read("availability", "offers.availability", one(node.get("availability")), values.availability)
    level = node.get("inventoryLevel")
    made.read("stock", "offers.inventoryLevel", one(level.get("value") if isinstance(level, dict) else level), values.stock)
    if node.get("itemCondition"):
        made.note("condition", _words(node["itemCondition"]))
    made.put("url", one(node.get("url")))
    for name, value in node.items():
        if name not in _OFFER_TAKEN | _LEFT_AWAY:
            made.note(name, *_texts(value))
    return made


_OFFER_TAKEN = frozenset(
    {"price", "lowPrice", "highPrice", "priceCurrency", "priceSpecification", "availability", "inventoryLevel"}
    | {"itemCondition", "url", "itemOffered", "offerCount"}
)
_LIST_PRICES = frozenset({"ListPrice", "StrikethroughPrice", "SRP", "MSRP", "RegularPrice"})


def _specifications(made: Draft, value: object, currency: str) -> None:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        price = _plain(first(item, "price", "minPrice"))
        made.put("currency", currency or one(item.get("priceCurrency")).upper())
        kind = _last(one(item.get("priceType")))
        if kind in _LIST_PRICES:
            made.price("list_price", "offers.priceSpecification.price", price)
        elif "referenceQuantity" in item and "price" in made.fields:
            made.note("unit price", f"{price} / {one(item['referenceQuantity'])}")
        else:
            made.price("price", "offers.priceSpecification.price", price)


_READERS: dict[str, Callable[[Draft, Any], None]] = {
    "name": _put("title"),
    "description": _put("description"),
    "brand": _put("brand"),
    "image": _image,
    "category": _category,
    "offers": _offers,
    "aggregateRating": _rating,
    "additionalProperty": _properties,
    "audience": _audience,
    "releaseDate": _release,
    "itemCondition": lambda made, value: made.note("condition", _words(value)),
    **{name: _choice(name) for name in _CHOICES},
}
