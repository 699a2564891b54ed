"""A shop that is full of attacks from its name to its last attribute, and a watch over the pages that show them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Frame, Route

from assistant.turn import Assistant
from assistant.types import CartLine, Conversation, Message, Shown
from retrieval.products import MAX_ID
from retrieval.types import Need, Product, Variant
from tests.browser.payloads import PAYLOADS, PICTURES
from tests.fakes import small_shop

EVERYTHING = " ".join(PAYLOADS)
CARDS = 10  # on a shelf, the most that there may be
CATEGORY = ("Shoes", "Hiking boots")
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="teal"/></svg>'
# In every frame from the start: what its policy has refused, and what somebody has put on all objects.
WATCH = """
window.refused = [];
window.plainNames = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
  window.refused.push(`${effectiveDirective} ${blockedURI} ${sample}`);
});
"""
# What there is in a frame that only an attack can have put there: a list of words, empty where all is well.
HARM = r"""
({ tags, ids }) => {
  const found = [...window.refused];
  if (window.hacked !== undefined) found.push(`hacked: ${window.hacked}`);
  if (JSON.stringify(Object.getOwnPropertyNames(Object.prototype)) !== window.plainNames) found.push('Object.prototype');
  for (const name of ['body', 'head', 'forms', 'getElementById', 'createElement', 'title']) {
    if (Object.hasOwn(document, name)) found.push(`document.${name}`);
  }
  const roots = [document];
  for (const root of roots) {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) roots.push(element.shadowRoot);
      if (element.matches('template')) roots.push(element.content);
      const name = element.localName;
      if (name in tags && (tags[name] -= 1) < 0) found.push(`<${name}> ${element.outerHTML.slice(0, 80)}`);
      if (ids && element.id && !ids.includes(element.id)) found.push(`#${element.id}`);
      for (const { name: attribute, value } of element.attributes) {
        const isAddress = ['href', 'src', 'action', 'formaction', 'data', 'xlink:href', 'srcdoc'].includes(attribute);
        const isSafe = /^(https?:\/\/|[/.#]|$)/.test(value) || value === 'data:,';
        const isOwn = attribute.startsWith('data-') && attribute !== 'data-xss';
        if (attribute === 'data-xss' || (attribute.startsWith('on') && !isOwn) || (isAddress && !isSafe)) {
          found.push(`<${name} ${attribute}=${value.slice(0, 60)}>`);
        }
      }
    }
  }
  return found;
}
"""
# How many of what may load or run something the panel has: its own script, the two blocks of data, the style, the form.
PANEL_TAGS = {"script": 3, "link": 1, "meta": 3, "form": 1, "template": 0}
PANEL_IDS = ("setup", "texts", "welcome-title", "details-title", "cart-title")
NOWHERE = dict.fromkeys(
    (
        "iframe",
        "object",
        "embed",
        "base",
        "style",
        "math",
        "noscript",
        "video",
        "audio",
        "table",
        "animate",
        "a:not([href])",
    ),
    0,
)


def product_id(number: int) -> str:
    """The id of a product that bears a payload everywhere: the payload, where it is short enough."""
    return PAYLOADS[number] if len(PAYLOADS[number]) <= MAX_ID else f"too-long-{number}"


def variant_id(number: int) -> str:
    """The variant that can be bought."""
    return f"{number} {PAYLOADS[number]}"[:MAX_ID].strip()


def hostile_product(number: int) -> Product:
    """A boot that has the payload of this number wherever a catalogue has text."""
    payload = PAYLOADS[number]
    return Product(
        product_id(number),
        payload,
        price=9_900,
        list_price=12_900,
        description=payload,
        category=(*CATEGORY, payload),
        brand=payload,
        attributes={payload: payload, "material": (payload, "nylon")},
        options={payload: (payload, "other")},
        variants=(Variant(variant_id(number), {payload: payload}), Variant(f"{number}-other", {payload: "other"}, 9_800)),
        rating=4.0,
        rating_count=10,
        image_url=payload,
        url=payload,
        created_at="2025-03-01T00:00:00Z",
    )


def hostile_shop(folder: Path) -> Assistant:
    """The real assistant over those products, ten of them on a shelf. Its name is all payloads, one after the other."""
    products = [hostile_product(number) for number in range(len(PAYLOADS))]
    return replace(small_shop(folder, products, cards=CARDS), name=EVERYTHING)


def filled(before: Conversation) -> Conversation:
    """A conversation with all payloads as messages of everybody, as wishes, in the cart and on the shelf."""
    numbers = range(len(PAYLOADS))
    every = tuple(product_id(number) for number in numbers)
    messages = [
        message
        for number, payload in enumerate(PAYLOADS)
        for message in (
            Message("shopper", payload, before_noon(number), id=f"s-{number}"),
            Message("assistant", payload, before_noon(number), id=f"s-{number}.answer"),
            Message("agent", payload, before_noon(number), (product_id(number),), f"g-{number}", payload),
            Message("notice", payload, before_noon(number), id=f"n-{number}"),
        )
    ]
    shelf = Message("assistant", "Here is everything.", before_noon(59), every, "last.answer")
    return replace(
        before,
        messages=(*messages, shelf),
        need=Need(EVERYTHING, PAYLOADS, PAYLOADS, PAYLOADS, PAYLOADS),
        shown=tuple(Shown(product_id(number), PAYLOADS[number], 9_900) for number in numbers),
        cart=tuple(CartLine(product_id(number), 1, variant_id(number)) for number in numbers),
    )


def before_noon(minute: int) -> str:
    """A time of RFC 3339."""
    return f"2026-02-02T11:{minute:02}:00Z"


def squeezed(text: str) -> str:
    """Text without what the title of a window leaves out."""
    return "".join(text.replace("\x01", "").split())


class Watch:
    """Sees all that a browser does: what it asks of whom, dialogs, and what its console tells."""

    def __init__(self, context: BrowserContext, *own: str) -> None:
        """`own` are the addresses of the servers under test. Everything else is kept from the network."""
        self.trouble: list[str] = []
        self.pictures: list[str] = []
        self._own = {urlsplit(address).netloc for address in own}
        context.add_init_script(WATCH)
        context.route(lambda url: urlsplit(url).netloc not in self._own, self._elsewhere)
        context.on("dialog", self._dialog)
        context.on("console", self._told)
        context.on("weberror", lambda error: self.trouble.append(f"error: {error.error}"))

    def _elsewhere(self, route: Route) -> None:
        """Pictures at an address that the catalogue gives may be fetched from anywhere; nothing else may."""
        request = route.request
        parts = urlsplit(request.url)
        if parts.scheme in ("data", "blob", "about"):
            route.continue_()
        elif request.method == "GET" and request.resource_type == "image" and parts.netloc == PICTURES:
            self.pictures.append(request.url)
            route.fulfill(content_type="image/svg+xml", body=DRAWING)
        else:
            self.trouble.append(f"{request.method} {request.resource_type} {request.url}")
            route.abort()

    def _dialog(self, dialog: Dialog) -> None:
        self.trouble.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(f"console: {message.text}")


def harm(frame: Frame, tags: dict[str, int], ids: tuple[str, ...] | None = None) -> list[Any]:
    """What an attack has left in a frame. `tags` says how many of which element it may have, `ids` which ids (or any)."""
    return frame.evaluate(HARM, {"tags": NOWHERE | tags, "ids": ids})


def panel_harm(frame: Frame) -> list[Any]:
    """What an attack has left in the widget's panel."""
    return harm(frame, dict(PANEL_TAGS), PANEL_IDS)
