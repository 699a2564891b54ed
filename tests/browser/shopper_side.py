"""A shopper at the widget's panel: what they see there, type and press; the panel stands in a frame of the shop's page."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page, Request, Route, expect

from tests.browser.widget_world import WidgetWorld

# What the shop's page does with its own cart: remembers what it was told, and refuses with `window.refusal`.
HOOK = """
(window.Shelfwise ||= []).push((assistant) => {
  for (const name of ['addtocart', 'removefromcart']) {
    assistant.on(name, async ({ product_id, variant_id, quantity, price }) => {
      window.told.push([name, [product_id, variant_id, quantity, price]]);
      if (window.refusal) throw new Error(window.refusal);
    });
  }
});
"""


class ShopperSide:
    """Somebody on a page of the shop with the widget's panel open."""

    def __init__(self, page: Page, world: WidgetWorld) -> None:
        self.page = page
        self.world = world

    @property
    def panel(self) -> FrameLocator:
        """The panel, also after a reload."""
        return self.page.frame_locator("iframe")

    @property
    def body(self) -> Locator:
        return self.panel.locator("body[data-ready]")

    @property
    def box(self) -> Locator:
        return self.panel.get_by_label("Your message")

    @property
    def launcher(self) -> Locator:
        """The button of the shop's page that opens and closes the panel."""
        return self.page.locator("button[aria-expanded]")

    def goto(self, path: str = "/") -> None:
        """Opens a page of the shop; the panel is there once it was open before."""
        self.page.goto(self.world.page_url + path)

    def open(self) -> None:
        self.launcher.click()
        expect(self.body).to_have_count(1)

    def close(self) -> None:
        self.press("Close the assistant")
        expect(self.page.locator("iframe")).to_be_hidden()

    def write(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def ask(self, text: str) -> None:
        """Says it, and waits until it is answered and the panel rests."""
        self.write(text)
        expect(self.messages("shopper").last).to_contain_text(text)
        self.rests()

    def press(self, name: str) -> None:
        self.panel.get_by_role("button", name=name, exact=True).first.click()

    def rests(self) -> None:
        expect(self.body).to_have_attribute("data-phase", "idle")

    def messages(self, role: str) -> Locator:
        return self.panel.locator(f".message.{role}")

    def cards(self) -> Locator:
        return self.panel.locator(".shelf .card")

    def banner(self, text: str) -> None:
        expect(self.panel.locator("[data-banner-text]")).to_have_text(text)

    def thread(self) -> list[tuple[str, str]]:
        """(role, text) of every message that stands in the thread."""
        script = "all => all.map(one => [one.dataset.role, one.querySelector('.text')?.textContent ?? ''])"
        return [(role, text) for role, text in self.panel.locator("[data-thread] .message").evaluate_all(script)]

    def told(self, *names: str) -> list[Any]:
        """What the shop's page was told under these names, in order."""
        return [detail for name, detail in self.page.evaluate("window.told") if name in names]

    def waits_told(self, name: str, expected: list[Any]) -> None:
        """Waits until the page has been told exactly this."""
        for _ in range(100):
            if self.told(name) == expected:
                return
            self.page.wait_for_timeout(50)
        assert self.told(name) == expected

    def kept(self) -> dict[str, Any]:
        """What the browser remembers of the conversation that its tabs share."""
        script = (
            "() => Object.entries(localStorage).find(([key]) => key.startsWith('shelfwise ') && !key.includes(' tab '))?.[1]"
        )
        return json.loads(self.panel.locator("body").evaluate(script) or "{}")

    def conversation(self) -> str:
        return self.kept()["conversation"]

    def saved(self) -> list[tuple[str, str]]:
        """(role, text) of every message as the shop has it."""
        return [(each.role, each.text) for each in self.world.shop.conversation(self.conversation()).messages]

    def assert_shown_as_saved(self) -> None:
        """Nothing lost, nothing twice, nothing out of order."""
        expect(self.panel.locator("[data-thread] .message")).to_have_count(len(self.saved()))
        assert self.thread() == self.saved()


def is_turn(request: Request) -> bool:
    """Whether it says or presses something."""
    return request.method == "POST" and is_turn_url(request.url)


def is_turn_url(url: str) -> bool:
    """Whether something is said or pressed there."""
    return url.endswith(("/messages", "/actions"))


def cut_off_after(route: Route, event: str) -> None:
    """Lets the shop answer, and loses what it says after the first event of that name."""
    answer = route.fetch()
    text = answer.text()
    end = text.index("\n\n", text.index(f"event: {event}")) + 2
    route.fulfill(status=200, headers={"content-type": "text/event-stream"}, body=text[:end])
