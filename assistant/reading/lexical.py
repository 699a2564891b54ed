"""The lexical reader: closed word classes, patterns, the screen and the shop's own words; no model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from assistant.need import to_minor
from assistant.reading import acts, amounts, corrections, drops, negation, references, signals, slots
from assistant.reading.context import Context
from assistant.reading.kinds import settle_kind
from assistant.reading.references import References
from assistant.reading.text import Text, phrases, read
from assistant.reading.words import COLORS, DISLIKES, LIKES, SIZES
from assistant.types import Act, Frame, PriceRelation, Reading
from assistant.vocabulary import Vocabulary, normal
from retrieval.types import Sort

_REPLACES_KIND = phrases("instead", "rather")
_DETERMINERS = frozenset({"the", "that", "this", "those", "these", "your"})
_TAKES_REFS = frozenset({"compare", "ask_product", "cart_add", "cart_remove", "return_request", "like", "dislike"})
_BY_NAME = frozenset({"compare", "ask_product", "cart_add", "cart_remove", "like", "dislike"})
_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pure parts found in one turn, before the act is known."""

    text: Text
    dropped: drops.Dropped
    prices: amounts.Prices
    rating: amounts.Rating
    measures: tuple[range, ...]
    sort: Sort | None
    sort_refers: bool
    price_rel: PriceRelation | None
    refs: References
    order_id: str
    used: frozenset[int]

    @property
    def states_numbers(self) -> bool:
        """Whether the turn states a price, a rating or an order of sorting."""
        prices = self.prices.price_min is not None or self.prices.price_max is not None
        return (
            prices
            or self.rating.rating_min is not None
            or (self.sort is not None and not self.sort_refers)
            or self.price_rel is not None
        )


@dataclass(frozen=True, slots=True)
class Content:
    """What is wanted and unwanted: phrases as token ranges, brands as typed."""

    phrases: tuple[range, ...]
    brand: tuple[str, ...]
    exclude: tuple[str, ...]
    brand_exclude: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the turn names nothing."""
        return not (self.phrases or self.brand or self.exclude or self.brand_exclude)


class LexicalReader:
    """Reads a turn by rules, in about a millisecond. Always answers; its confidence says how much to trust it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """`vocabulary` holds the shop's words; an empty one will do."""
        self._vocabulary = vocabulary

    def read(self, text: str, context: Context) -> Reading:
        """What `text` says in this context. Never raises."""
        parts = take_apart(read(text), context)
        if not any(character.isalnum() for character in parts.text.source):
            return _wordless(parts.text, context)
        act = acts.act_on_focus(parts.text, context) or acts.service_act(parts.text, context, bool(parts.order_id))
        if act == "out_of_scope":
            return Reading(Frame("out_of_scope"), 0.9)
        if act is None or act == "cart_add":
            act = _about_shown(parts, context) or act
        if act is None and not parts.states_numbers and acts.only_talks(parts.text) and not _likes_shown(parts):
            return Reading(Frame("smalltalk"), 0.85)
        if act is not None:
            return Reading(_service_frame(act, parts, context), 0.85)
        reading = _need_reading(parts, context, self._vocabulary)
        return replace(reading, frame=settle_kind(reading.frame, self._vocabulary))


def take_apart(text: Text, context: Context) -> Parts:
    """Runs the parts that do not depend on the act."""
    text = _blanked(text, corrections.discarded(text))
    dropped = drops.find(text, context.need)
    has_limit = context.need.price_max is not None or context.need.price_min is not None
    rating = amounts.rating(text)
    prices = amounts.prices(text, has_limit)
    taken = dropped.used | prices.used
    price_rel, rel_used = signals.price_relation(text, taken)
    refs = references.find(text, context.shown, context.focus_position)
    sort, sort_used = signals.sort(text, taken)
    sort_refers = bool(sort_used & refs.used)  # "the cheapest" is an order of sorting or an item, as the act has it
    if rating.rating_min is not None and sort == "rating":
        sort = None  # "better rated, 4.5 and up" is a limit
    used = taken | rating.used | sort_used | rel_used | refs.used
    order_id = amounts.order_id(text)
    return Parts(text, dropped, prices, rating, amounts.measures(text), sort, sort_refers, price_rel, refs, order_id, used)


def content_of(parts: Parts, context: Context, vocabulary: Vocabulary) -> Content:
    """What the turn wants and does not want, from the words that nothing else has used."""
    text = parts.text
    names = frozenset(normal(item.title.split(" ")[0]) for item in context.shown if item.title)
    counted = amounts.quantity(text)[1] if _counted(parts, text) else frozenset()
    used = parts.used | acts.idea_words(text) | counted
    unwanted = negation.find(text, used)
    found = slots.find(text, used | unwanted.used, parts.measures, vocabulary, names)
    exclude: list[str] = []
    brand_exclude: list[str] = []
    for item in unwanted.items:
        is_brand = slots.is_brand(text, item, vocabulary, names)
        (brand_exclude if is_brand else exclude).append(text.slice(item.start, item.stop - 1))
    brand = tuple(text.slice(span.start, span.stop - 1) for span in found.brands)
    return Content(found.phrases, _distinct(brand), _distinct(map(str.lower, exclude)), _distinct(brand_exclude))


def _blanked(text: Text, gone: frozenset[int]) -> Text:
    """The text with discarded tokens as commas, so that places stay the same."""
    if not gone:
        return text
    return Text(text.source, tuple(replace(t, word=",") if at in gone else t for at, t in enumerate(text.tokens)))


def _wordless(text: Text, context: Context) -> Reading:
    """A turn without a letter or a digit: a thumb for the item last talked about, or nothing that can be read."""
    place = context.focus_position or (1 if len(context.shown) == 1 else None)
    if acts.likes(text) or acts.dislikes(text):
        act: Act = "like" if acts.likes(text) else "dislike"
        return Reading(Frame(act, refs=(place,)) if place else Frame("smalltalk"), 0.6)
    return Reading(Frame("out_of_scope"), 0.1)


def _about_shown(parts: Parts, context: Context) -> Act | None:
    """Acts on what is shown: taking it, comparing, asking, an opinion."""
    text, refs = parts.text, parts.refs
    if not context.shown:
        return None
    if acts.puts_in_cart(text):
        return "cart_add"
    if acts.orders_comparison(text):
        return "compare"
    if acts.adds(text) and (refs or _by_name(parts, context)) and not acts.asks(text) and parts.price_rel is None:
        return "cart_add"
    if acts.asks(text) and not parts.states_numbers and not acts.wants_ideas(text):
        meant = refs or _by_name(parts, context)
        if len(meant.positions) > 1 or (acts.compares(text) and not (refs and len(refs.positions) == 1)):
            return "compare"
        return "ask_product" if meant else None
    if acts.compares(text) and len((refs or _by_name(parts, context)).positions) > 1:
        return "compare"
    return _opinion(parts, context)


def _likes_shown(parts: Parts) -> bool:
    return bool(parts.refs) and acts.likes(parts.text)


def _opinion(parts: Parts, context: Context) -> Act | None:
    text = parts.text
    if parts.states_numbers or acts.requests(text) or not (parts.refs or _by_name(parts, context)):
        return None
    words = frozenset(text.words)
    if acts.dislikes(text) or words & DISLIKES:
        return "dislike"
    return "like" if acts.likes(text) or words & LIKES else None


def _by_name(parts: Parts, context: Context) -> References:
    """Shown items named by words of their titles; words after "the" or "that" count first."""
    text = parts.text
    led = {at + ahead for at, word in enumerate(text.words) if word in _DETERMINERS for ahead in (1, 2, 3)}
    others = frozenset(range(len(text.words))) - led
    return references.by_title(text, context.shown, others) or references.by_title(text, context.shown, parts.used)


def _service_frame(act: Act, parts: Parts, context: Context) -> Frame:
    """The frame of an act that leaves the need as it is."""
    text = parts.text
    frame = Frame(act)
    if act == "policy_question":
        return replace(frame, topic=acts.topic(text))
    if act in _TAKES_REFS:
        frame = replace(frame, refs=_refs_of(act, parts, context))
    if act in ("cart_add", "cart_remove", "return_request"):
        variant = _variant(parts, act, context)
        frame = replace(frame, include=variant)
    if act in ("cart_add", "cart_remove"):
        frame = replace(frame, quantity=amounts.quantity(text)[0])
    if act in ("order_status", "return_request", "human"):
        frame = replace(frame, order_id=parts.order_id)
    return frame


def _refs_of(act: Act, parts: Parts, context: Context) -> tuple[int, ...]:
    named = _by_name(parts, context) if act in _BY_NAME and not parts.refs.strong else References()
    refs = parts.refs.positions if parts.refs.strong else named.positions or parts.refs.positions
    if act == "compare" and len(refs) < 2:
        return tuple(range(1, len(context.shown) + 1))
    if not refs and context.focus_position is not None and act == acts.act_on_focus(parts.text, context):
        return (context.focus_position,)
    if act == "return_request" and references.means_all(parts.text):
        return ()  # "these don't fit" are the shopper's own, not those on the screen
    return refs


def _variant(parts: Parts, act: Act, context: Context) -> tuple[str, ...]:
    """The variant wanted: a size, or a color after "in"."""
    text = parts.text
    spans = [span for span in parts.measures if text.words[span.start] == "size"]
    for at, word in enumerate(text.words[:-1]):
        if word == "in" and (text.words[at + 1] in COLORS or text.words[at + 1] in SIZES) and at not in parts.refs.used:
            spans.append(range(at + 1, at + 2))
    if not spans and act == "return_request" and context.last_act == act and not parts.order_id:
        spans = [range(a.start, a.end) for a in amounts.amounts(text)]
    return _distinct(text.slice(span.start, span.stop - 1).lower() for span in spans)


def _need_reading(parts: Parts, context: Context, vocabulary: Vocabulary) -> Reading:
    """A turn about the need: a search, a refinement, a wish for ideas; or talk, if it names nothing."""
    content = content_of(parts, context, vocabulary)
    changes = bool(parts.dropped.used) or parts.states_numbers
    if content.is_empty and not changes:
        return _empty_handed(parts, context)
    head = _head(parts, content, vocabulary)
    act = _need_act(parts, content, head, context, vocabulary)
    frame = _need_frame(act, parts, content, head, context, vocabulary)
    return Reading(frame, _confidence(parts.text, content, vocabulary))


def _empty_handed(parts: Parts, context: Context) -> Reading:
    """A turn that names nothing: ideas, talk, more of the same, an item pointed at, or not to be read."""
    text = parts.text
    if acts.wants_ideas(text):
        return Reading(Frame("recommend"), 0.8)
    if acts.talks(text) and not parts.refs:
        return Reading(Frame("smalltalk"), 0.8)
    if parts.refs:
        return Reading(Frame("refine" if acts.narrows(text) else "like", refs=parts.refs.positions), 0.5)
    if acts.narrows(text) and not context.need.is_empty:
        return Reading(Frame("refine"), 0.6)
    if acts.talks(text):
        return Reading(Frame("smalltalk"), 0.7)
    return Reading(Frame("out_of_scope"), 0.2)


def _head(parts: Parts, content: Content, vocabulary: Vocabulary) -> range | None:
    """The phrase that names the kind of thing: one with a kind the shop knows, else the first that is no property."""
    text = parts.text
    measured = {span.start for span in parts.measures}
    named = [phrase for phrase in content.phrases if phrase.start not in measured]
    things = [phrase for phrase in named if not slots.is_modifier(text, phrase, vocabulary)]
    known = [phrase for phrase in things if slots.has_kind(text, phrase, vocabulary)]
    return next(iter(known or things), None)


def _need_act(parts: Parts, content: Content, head: range | None, context: Context, vocabulary: Vocabulary) -> Act:
    text, need = parts.text, context.need
    if head is not None and acts.starts_afresh(text):
        return "search"
    if acts.wants_ideas(text) and (need.is_empty or head is None) and not _names_kind(text, head, vocabulary):
        return "recommend"
    if need.is_empty and not context.shown:
        return "search" if head is not None or content.brand else "recommend"
    if head is None or parts.dropped.names or parts.refs or parts.price_rel or acts.narrows(text):
        return "refine" if context.shown or not need.is_empty else "search"
    if need.is_empty or acts.requests_thing(text) or _names_kind(text, head, vocabulary):
        return "search"
    several = len(content.phrases) + len(content.exclude) + len(content.brand) > 1
    return "search" if several and len(head) > 1 else "refine"


def _names_kind(text: Text, head: range | None, vocabulary: Vocabulary) -> bool:
    return head is not None and slots.has_kind(text, head, vocabulary)


def _need_frame(
    act: Act, parts: Parts, content: Content, head: range | None, context: Context, vocabulary: Vocabulary
) -> Frame:
    text = parts.text
    query, include = _query_and_include(act, parts, content, head, vocabulary)
    exclude = tuple(value for value in content.exclude if value not in include)
    replaced = drops.replaced(include, context.need, vocabulary) if act == "refine" else ()
    taken_back = parts.dropped.names if act != "search" else ()
    return Frame(
        act,
        query=query,
        include=include,
        exclude=exclude,
        brand=content.brand,
        brand_exclude=tuple(brand for brand in content.brand_exclude if brand not in content.brand),
        price_min=_minor(parts.prices.price_min, context),
        price_max=_minor(parts.prices.price_max, context),
        price_rel=parts.price_rel if context.shown and not _has_bound(parts) else None,
        rating_min=parts.rating.rating_min,
        sort=parts.sort,
        refs=_refs_of_need(parts),
        drop=_distinct((*taken_back, *replaced)),
        quantity=_counted(parts, text),
    )


def _refs_of_need(parts: Parts) -> tuple[int, ...]:
    if parts.sort_refers or not (parts.refs.strong or references.points_at(parts.text)):
        return ()
    return parts.refs.positions


def _query_and_include(
    act: Act, parts: Parts, content: Content, head: range | None, vocabulary: Vocabulary
) -> tuple[str, tuple[str, ...]]:
    """The kind of thing and the properties; only a search, or a kind put in the place of another, has a query."""
    text = parts.text
    swaps = act == "refine" and head is not None and bool(text.find(_REPLACES_KIND)) and len(content.phrases) == 1
    query, include = "", []
    for phrase in content.phrases:
        if phrase == head and (act == "search" or swaps):
            taken = slots.split_head(text, phrase, vocabulary)
            query = text.slice(taken.query.start, taken.query.stop - 1).lower()
            include += [text.slice(part.start, part.stop - 1).lower() for part in taken.modifiers]
        else:
            include.append(text.slice(phrase.start, phrase.stop - 1).lower())
    return query, _distinct(value for value in include if value != query)


def _counted(parts: Parts, text: Text) -> int | None:
    number, tokens = amounts.quantity(text)
    taken = parts.used | frozenset(at for span in parts.measures for at in span)
    return None if tokens & taken else number


def _has_bound(parts: Parts) -> bool:
    return parts.prices.price_min is not None or parts.prices.price_max is not None


def _minor(amount: float | None, context: Context) -> int | None:
    return None if amount is None else to_minor(amount, context.currency)


def _confidence(text: Text, content: Content, vocabulary: Vocabulary) -> float:
    """Lower the more of the turn's words look like no words."""
    words = [word for word in text.words if word[0].isalpha()]
    odd = sum(_is_odd(word) for word in words)
    if words and odd * 2 >= len(words):
        return 0.2
    known = any(vocabulary.is_kind(word) or vocabulary.is_value(word) for word in words)
    return 0.85 if known or content.brand else 0.7


def _is_odd(word: str) -> bool:
    """A word without a vowel, or with five consonants in a row; other scripts are not judged."""
    if not word.isascii() or not word.isalpha() or len(word) < 4:
        return False
    run = longest = 0
    for letter in word:
        run = 0 if letter in _VOWELS else run + 1
        longest = max(longest, run)
    return longest >= 5 or longest == len(word)


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
