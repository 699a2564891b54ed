"""The shop's people in a browser of their own: the console of a shop, and what an agent clicks and types there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from fastapi import FastAPI
from playwright.sync_api import Locator, Page, expect

from assistant.handoff.canned import read_canned
from assistant.handoff.console import Console
from assistant.handoff.desk import Desk
from assistant.handoff.log import HandoverLog
from assistant.handoff.matter import Sources
from assistant.handoff.mood import sentiment
from assistant.handoff.presence import Presence
from assistant.turn import Assistant
from assistant.web.agent_login import AgentLogin
from assistant.web.agent_page import build_agent_page, mount_agent_page

KEYS = {"Mia": "mia-key-0123456789", "Tom": "tom-key-0123456789"}


def console_of(shop: Assistant) -> Callable[[FastAPI], object]:
    """What puts the real console of a small shop on its server at /agent, for the agents of `KEYS`."""
    services, conversations = shop.services, shop.conversations
    assert services.reception is not None
    engine = conversations._engine
    desk = Desk(conversations, HandoverLog(engine, services.now), services.reception, services.catalog.get_many)
    sources = Sources(services.catalog.get_many, lambda _: (), sentiment, services.now)
    console = Console(shop.name, services, conversations, desk, Presence(engine, services.now), sources, read_canned())
    login = AgentLogin(KEYS, services.now)
    return lambda app: mount_agent_page(app, build_agent_page(console, login), login, console.name)


def log_in(page: Page, key: str) -> None:
    page.get_by_label("Your key").fill(key)
    page.keyboard.press("Enter")
    page.wait_for_selector(".console[data-ready]")


def case(page: Page, conversation_id: str) -> Locator:
    """A conversation in the console's queue."""
    return page.locator(f'.case[data-id="{conversation_id}"]')


class AgentSide:
    """Somebody at the console, at one conversation at a time; each step ends when the agent sees that it is done."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name

    def open(self, conversation_id: str) -> None:
        case(self.page, conversation_id).locator("button").click()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=re.compile(f"^{button}")).click()

    def accept(self, conversation_id: str) -> None:
        self.open(conversation_id)
        self.press("Accept")
        self.sees("yours")

    def say(self, text: str, products: Sequence[str] = ()) -> None:
        """Searches for each product by its title, takes it into the reply, and sends it with the text."""
        for title in products:
            self.page.get_by_role("button", name="Products", exact=False).click()
            self.page.keyboard.type(title)
            self.page.get_by_role("button", name=f"Put into the reply: {title}").first.click()
        self.page.get_by_label("Your reply").fill(text)
        self.page.keyboard.press("Control+Enter")
        expect(self.page.locator(".line.agent .text").last).to_have_text(text)

    def release(self) -> None:
        self.press("Back to assistant")
        self.sees("assistant")

    def resolve(self) -> None:
        self.press("Resolve")
        self.sees("assistant")

    def transfer(self) -> None:
        self.press("Transfer")
        self.sees("waiting")

    def sees(self, state: str) -> None:
        """Who has the conversation, as the console shows it: waiting, yours, others or assistant."""
        expect(self.page.locator(".console")).to_have_attribute("data-state", state)
