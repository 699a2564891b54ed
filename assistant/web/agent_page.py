"""The agent console: where the shop's people see who waits, read what matters, and write in the same thread.

One Gradio component whose script calls the functions of `AgentHandlers`. The browser names the conversation and how much of
it it has, and gets what is new; this process remembers nothing that another one would miss.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount

from assistant.handoff.canned import Canned
from assistant.handoff.log import Episode
from assistant.handoff.states import NotWaiting, NotYours, TakenBy
from assistant.handoff.suggest import Suggestion
from assistant.handoff.summary import Brief
from assistant.types import CartView, Conversation
from assistant.web.agent_login import AgentLogin, Gate, add_login
from assistant.web.agent_views import (
    REASONS,
    URGENT,
    AgentRenderer,
    Preview,
    QueueRow,
    ThreadView,
    preview_of,
    queue_row,
    shopper_label,
)
from assistant.web.fields import BadCall, Data, bad_calls_refused, count_field, fields_of, ids_field, text_field
from assistant.web.mounting import mount_blocks
from retrieval.types import Product

HERE = Path(__file__).parent
SCRIPTS = ("agent_thread.js", "agent.js")
MOST_PRODUCTS = 8
MOST_CHARACTERS = 5000
SEEN_SECONDS = 15.0
Value = dict[str, Any]


class AgentDesk(Protocol):
    """What the console asks of the shop. Every call is safe from several threads; ids that are unknown raise `KeyError`."""

    @property
    def name(self) -> str:
        """The shop's name."""

    @property
    def currency(self) -> str:
        """ISO 4217 code of the shop's money."""

    def now(self) -> float:
        """Seconds since 1970."""

    def queue(self) -> Sequence[Episode]:
        """Who waits, the one to serve next first; after them who is being served."""

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as saved last."""

    def version(self, conversation_id: str) -> int:
        """How often it has been saved: tells cheaply whether anything is new."""

    def accept(self, conversation_id: str, agent: str) -> Conversation:
        """`agent` joins. Raises `NotWaiting`, or `TakenBy` for the slower of two."""

    def take(self, conversation_id: str, agent: str) -> Conversation:
        """`agent` joins though nobody asked. Raises `TakenBy` where another has it."""

    def say(
        self, conversation_id: str, agent: str, text: str, *, message_id: str = "", product_ids: Sequence[str] = ()
    ) -> Conversation:
        """Sends text and products; once for each message id. Raises `NotYours`, and `ValueError` for what can't be sent."""

    def release(self, conversation_id: str, agent: str) -> Conversation:
        """Gives it back to the assistant. Raises `NotYours`."""

    def resolve(self, conversation_id: str, agent: str) -> Conversation:
        """Settles the matter. Raises `NotYours`."""

    def transfer(self, conversation_id: str, agent: str) -> Conversation:
        """Back into the queue for somebody else. Raises `NotYours`."""

    def seen(self, agent: str, *, is_away: bool) -> None:
        """The agent's console is open."""

    def is_away(self, agent: str) -> bool:
        """Whether the agent has said that they take no conversations."""

    def brief(self, conversation: Conversation) -> Brief:
        """What an agent must know before they answer."""

    def suggestion(self, conversation: Conversation) -> Suggestion:
        """A reply that the agent may change and send; one without text where there is none. May take seconds."""

    def canned(self) -> Sequence[Canned]:
        """Ready sentences."""

    def search(self, text: str) -> Sequence[Product]:
        """Products about `text`, best first."""

    def products(self, product_ids: Sequence[str]) -> Mapping[str, Product]:
        """Those of the products that the shop has, as the catalogue has them now."""

    def cart(self, conversation: Conversation) -> CartView:
        """The shopper's cart with what it costs now."""

    def shopper_name(self, shopper_id: str) -> str:
        """What a shopper is called; empty for one whom the shop does not know."""


class AgentHandlers:
    """What the console may ask. Every method takes the agent's name and what the page's script sent."""

    def __init__(self, desk: AgentDesk, render: AgentRenderer) -> None:
        """Everything is asked of `desk` and shown by `render`."""
        self._desk = desk
        self._render = render
        self._previews: dict[tuple[str, int], Preview] = {}
        self._seen_at: dict[str, float] = {}

    def news(self, agent: str, data: Data) -> Value:
        """The queue, unless the page has it already (`queue`), and what is new in the open thread after `count` messages."""
        is_away = self._desk.is_away(agent)
        self._keep_present(agent, is_away)
        rows = [asdict(row) for row in self._rows(agent)]
        digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]
        return {
            "now": self._desk.now(),
            "agent": agent,
            "away": is_away,
            "digest": digest,
            "queue": None if digest == text_field(data, "queue") else rows,
            "thread": self._thread(data),
        }

    def act(self, agent: str, data: Data) -> Value:
        """Accepts, takes, releases, resolves or transfers; then as `news`, with a `problem` if there is one."""
        changes: dict[str, Callable[[str, str], Conversation]] = {
            "accept": self._desk.accept,
            "take": self._desk.take,
            "release": self._desk.release,
            "resolve": self._desk.resolve,
            "transfer": self._desk.transfer,
        }
        kind = text_field(data, "kind")
        if kind not in changes:
            raise BadCall(f"kind is {kind!r}, expected one of {', '.join(changes)}")
        problem = told_problem(lambda: changes[kind](text_field(data, "id"), agent))
        return self.news(agent, data) | {"problem": problem}

    def say(self, agent: str, data: Data) -> Value:
        """Sends the agent's words and products; then as `news`, with a `problem` if they could not be sent."""
        text, ids = text_field(data, "text"), ids_field(data, "products", MOST_PRODUCTS) or []
        if len(text) > MOST_CHARACTERS:
            raise BadCall(f"text has {len(text)} characters, expected up to {MOST_CHARACTERS}")
        message = text_field(data, "message")
        problem = told_problem(
            lambda: self._desk.say(text_field(data, "id"), agent, text, message_id=message, product_ids=ids)
        )
        return self.news(agent, data) | {"problem": problem}

    def away(self, agent: str, data: Data) -> Value:
        """Says whether the agent takes conversations; then as `news`."""
        self._desk.seen(agent, is_away=data.get("away") is True)
        self._seen_at[agent] = self._desk.now()
        return self.news(agent, data)

    def brief(self, agent: str, data: Data) -> Value:
        """The panel that says what is to be decided, and the canned answers as they are for this shopper."""
        conversation = self._desk.conversation(text_field(data, "id"))
        first_name = next(iter(self._desk.shopper_name(conversation.shopper_id).split()), "")
        canned = [{"title": each.title, "text": each.text_for(first_name)} for each in self._desk.canned()]
        return {"html": self._render.brief(self._desk.brief(conversation)), "canned": canned}

    def suggest(self, agent: str, data: Data) -> Value:
        """A suggested reply to the shopper's last words, where it comes from, and the products to go with it."""
        conversation = self._desk.conversation(text_field(data, "id"))
        suggested = self._desk.suggestion(conversation)
        products = self._desk.products(suggested.product_ids) if suggested.product_ids else {}
        chips = [self._render.chip(products[each]) for each in suggested.product_ids if each in products]
        return {"text": suggested.text, "why": suggested.why, "products": chips}

    def search(self, agent: str, data: Data) -> Value:
        """Products for the words that were typed."""
        text = text_field(data, "text").strip()[:200]
        return {"text": text, "html": self._render.results(self._desk.search(text)) if text else ""}

    def _keep_present(self, agent: str, is_away: bool) -> None:
        now = self._desk.now()
        if now - self._seen_at.get(agent, 0.0) >= SEEN_SECONDS:
            self._seen_at[agent] = now
            self._desk.seen(agent, is_away=is_away)

    def _rows(self, agent: str) -> list[QueueRow]:
        previews = {}
        rows = []
        for episode in self._desk.queue():
            key = (episode.conversation_id, self._desk.version(episode.conversation_id))
            previews[key] = self._previews.get(key) or self._preview(episode.conversation_id)
            rows.append(queue_row(episode, previews[key], agent))
        self._previews = previews  # only those that are still in the queue
        return rows

    def _preview(self, conversation_id: str) -> Preview:
        conversation = self._desk.conversation(conversation_id)
        return preview_of(conversation, self._label(conversation))

    def _label(self, conversation: Conversation) -> str:
        return shopper_label(conversation.shopper_id, self._desk.shopper_name(conversation.shopper_id))

    def _thread(self, data: Data) -> Value | None:
        """The open thread where it is newer than the version that the page has; None where not, or where none is open."""
        conversation_id = text_field(data, "id")
        count, version = count_field(data, "count"), count_field(data, "version")
        if not conversation_id:
            return None
        try:
            if self._desk.version(conversation_id) == version:
                return None
            conversation = self._desk.conversation(conversation_id)
        except KeyError:
            return {"id": conversation_id, "gone": True}
        return self._thread_view(conversation, count).as_value()

    def _thread_view(self, conversation: Conversation, start: int) -> ThreadView:
        news = conversation.messages[start:]
        ids = [shown.id for shown in conversation.shown]
        ids += [product_id for message in news for product_id in message.product_ids]
        products = self._desk.products(list(dict.fromkeys(ids))) if ids else {}
        handover = conversation.handover
        return ThreadView(
            id=conversation.id,
            version=conversation.version,
            start=start,
            lines=tuple(self._render.line(message, products) for message in news),
            status=conversation.status,
            agent=handover.agent if handover else "",
            reason=REASONS[handover.reason] if handover else "",
            urgent=handover is not None and handover.reason in URGENT,
            requested_at=handover.requested_at if handover else None,
            shopper=self._label(conversation),
            screen=self._render.screen(conversation, products, self._desk.cart(conversation)),
        )


def told_problem(change: Callable[[], object]) -> str:
    """Makes the change; what to tell the agent where it could not be made, empty where it was."""
    try:
        change()
    except TakenBy as taken:
        return f"{taken.agent} has taken this one."
    except NotWaiting:
        return "This one no longer waits: the shopper went on with the assistant."
    except NotYours:
        return "You don't have this conversation any more, so nothing was changed."
    except KeyError:
        return "This conversation is no longer kept."
    except ValueError as error:
        return f"This could not be sent: {error}."
    return ""


def server_functions(handlers: AgentHandlers, login: AgentLogin) -> list[Callable[..., Any]]:
    """The handlers as the page's script calls them.

    They don't go through Gradio's queue and run in threads of their own: no shopper's turn keeps an agent waiting.
    """

    def exposed(handle: Callable[[str, Data], Value]) -> Callable[..., Any]:
        async def call(data: Any, request: gr.Request) -> Value:
            agent = login.current_agent(request)  # type: ignore[arg-type]  # a request of Starlette's, here
            with bad_calls_refused():
                if agent is None:
                    raise BadCall("the call comes from nobody, expected an agent")
                return await asyncio.to_thread(handle, agent, fields_of(data))

        call.__name__ = handle.__name__
        return call

    names = ("news", "act", "say", "away", "brief", "suggest", "search")
    return [exposed(getattr(handlers, name)) for name in names]


def build_agent_page(desk: AgentDesk, login: AgentLogin, *, locale: str = "en_US") -> gr.Blocks:
    """The console as Gradio blocks, for the agents whom `login` knows."""
    handlers = AgentHandlers(desk, AgentRenderer(desk.currency, locale))
    blocks: gr.Blocks = gr.Blocks(title=f"Agent desk – {desk.name}", analytics_enabled=False, fill_width=True)
    with blocks:
        gr.HTML(
            value=None,
            html_template=(HERE / "templates" / "agent_page.html").read_text("utf-8"),
            js_on_load="\n".join((HERE / name).read_text("utf-8") for name in SCRIPTS),
            setup={"shop": desk.name, "most_products": MOST_PRODUCTS},
            server_functions=server_functions(handlers, login),
            apply_default_css=False,
            elem_id="agent-page",
        )
    return blocks


def mount_agent_page(app: FastAPI, page: gr.Blocks, login: AgentLogin, shop_name: str, path: str = "/agent") -> FastAPI:
    """`app` with the login and the console at `path`. To be called before the chat page takes all that is left."""
    add_login(app, login, shop_name, path)
    mounted = mount_blocks(app, page, path, ("style.css", "agent.css"), login.current_agent)
    # Not all that Gradio answers asks for its `auth_dependency`; nothing passes the gate.
    mount = next(route for route in mounted.routes if isinstance(route, Mount) and route.path == path)
    mount.app = Gate(mount.app, login)
    return mounted
