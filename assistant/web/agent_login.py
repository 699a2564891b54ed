"""Who may see the agent console: a key for each of the shop's people, a signed cookie after it, and a gate for the rest.

The cookie is signed with a secret that is derived from the agent's own key: it holds in every process of the shop, and a
key that is changed ends the sessions that were opened with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.server import UNFRAMED_POLICY

HERE = Path(__file__).parent
COOKIE = "shelfwise_agent"
SESSION_SECONDS = 12 * 60 * 60
MOST_TRIES = 10
TRIES_SECONDS = 300.0
_MOST_BYTES = 4096
# No other page may show the console within itself and lead an agent's clicks astray.
_UNFRAMED = ((b"content-security-policy", UNFRAMED_POLICY.encode()), (b"x-frame-options", b"DENY"))
_MOST_ADDRESSES = 10_000


class Tries:
    """Counts wrong keys of each address, and says when there have been too many of late."""

    def __init__(self, now: Callable[[], float], most: int = MOST_TRIES, seconds: float = TRIES_SECONDS) -> None:
        """`most` wrong keys are allowed within `seconds`. `now` tells seconds since 1970."""
        self._now = now
        self._most = most
        self._seconds = seconds
        self._failed: dict[str, deque[float]] = {}

    def are_over(self, address: str) -> bool:
        """Whether no more keys are looked at from this address for now."""
        return len(self._recent(address)) >= self._most

    def failed(self, address: str) -> None:
        """A wrong key came from this address."""
        if address not in self._failed and len(self._failed) >= _MOST_ADDRESSES:
            self._failed = {each: times for each in list(self._failed) if (times := self._recent(each))}
        self._failed.setdefault(address, deque(maxlen=self._most)).append(self._now())

    def _recent(self, address: str) -> deque[float]:
        times = self._failed.get(address, deque())
        while times and times[0] <= self._now() - self._seconds:
            times.popleft()
        return times


class AgentLogin:
    """Knows the agents by their keys and their cookies."""

    def __init__(self, agents: Mapping[str, str], now: Callable[[], float], tries: Tries | None = None) -> None:
        """`agents` maps names to keys; `now` tells seconds since 1970.

        Raises `ValueError` for a name or a key that is empty, and for two agents with one key.
        """
        for name, key in agents.items():
            if not name.strip() or not key:
                raise ValueError(f"agents has {name!r} with {'a' if key else 'no'} key; expected a name and a key for each")
        if len(set(agents.values())) < len(agents):
            raise ValueError("agents has one key twice; expected a key of their own for each, as the key says who it is")
        self._keys = {name: key.encode() for name, key in agents.items()}
        self._now = now
        self.tries = tries or Tries(now)

    def agent_with(self, key: str) -> str | None:
        """Whose key this is; takes as long for a wrong key as for a right one."""
        found = None
        for name, known in self._keys.items():
            if hmac.compare_digest(known, key.encode()):
                found = name
        return found

    def session(self, agent: str) -> str:
        """The cookie of an agent who logs in now. Raises `KeyError` for one that there is not."""
        expires = str(int(self._now()) + SESSION_SECONDS)
        name = base64.urlsafe_b64encode(agent.encode()).decode()
        return f"{name}.{expires}.{self._signature(agent, expires)}"

    def agent_of(self, session: str) -> str | None:
        """Whose cookie this is, None for one that is forged, over, or of an agent that there is no more."""
        try:
            encoded, expires, signature = session.split(".")
            agent = base64.urlsafe_b64decode(encoded.encode()).decode()
            is_over = int(expires) <= self._now()
        except ValueError:
            return None
        if agent not in self._keys or is_over:
            return None
        genuine = hmac.compare_digest(signature.encode(), self._signature(agent, expires).encode())
        return agent if genuine else None

    def current_agent(self, request: HTTPConnection) -> str | None:
        """Who makes this request, by its cookie."""
        return self.agent_of(request.cookies.get(COOKIE, ""))

    def _signature(self, agent: str, expires: str) -> str:
        secret = hashlib.sha256(b"shelfwise agent session\0" + self._keys[agent]).digest()
        return hmac.new(secret, f"{agent}\0{expires}".encode(), hashlib.sha256).hexdigest()


def is_own_page(headers: Headers) -> bool:
    """Whether a browser says that one of this server's own pages makes the request; what is no browser is let through.

    A cookie alone does not tell: for it, another port of the same machine is the same site.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


class Gate:
    """ASGI application that lets only agents through: others are led to the login, or refused where it is no page."""

    def __init__(self, app: ASGIApp, login: AgentLogin) -> None:
        """Stands before `app`, which is mounted somewhere below the main application."""
        self._app = app
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the call on, or answers it."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return

        async def send_unframed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_UNFRAMED]}
            await send(message)

        await (self._refusal(Request(scope)) or self._app)(scope, receive, send_unframed)

    def _refusal(self, request: Request) -> Response | None:
        if request.method not in ("GET", "HEAD") and not is_own_page(request.headers):
            return JSONResponse({"error": "expected a request from the console's own page"}, 403)
        if self._login.current_agent(request) is not None:
            return None
        if request.method == "GET" and request.url.path.rstrip("/") == request.scope.get("root_path", "").rstrip("/"):
            return RedirectResponse("login", 303)
        return JSONResponse({"error": "not logged in"}, 401)


def add_login(app: FastAPI, login: AgentLogin, shop_name: str, path: str = "/agent") -> None:
    """Adds `path`/login and `path`/logout to `app`. Must come before what is mounted at `path`."""
    page = _LoginPage(shop_name)

    @app.get(path, include_in_schema=False)
    def console() -> Response:
        return RedirectResponse(f"{path.rsplit('/', 1)[1]}/", 307)

    @app.get(f"{path}/login", include_in_schema=False)
    def show(request: Request) -> Response:
        return RedirectResponse("./", 303) if login.current_agent(request) else page.answer("")

    @app.post(f"{path}/login", include_in_schema=False)
    async def enter(request: Request) -> Response:
        if not is_own_page(request.headers):
            return page.answer("This form was sent from another page. Please enter your key here.", 403)
        address = request.client.host if request.client else ""
        if login.tries.are_over(address):
            return page.answer("Too many wrong keys came from here. Please wait five minutes and try again.", 429)
        agent = login.agent_with(await _sent_key(request))
        if agent is None:
            login.tries.failed(address)
            return page.answer("That key is not known. Please look whether it is complete.", 403)
        answer = RedirectResponse("./", 303)
        _set_cookie(answer, login.session(agent), request, path, SESSION_SECONDS)
        return answer

    @app.post(f"{path}/logout", include_in_schema=False)
    def leave(request: Request) -> Response:
        answer = RedirectResponse("login", 303)
        if is_own_page(request.headers):
            _set_cookie(answer, "", request, path, 0)
        return answer


class _LoginPage:
    """The form that asks for the key."""

    def __init__(self, shop_name: str) -> None:
        environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
        self._template = environment.get_template("agent_login.html")
        style = "\n".join((HERE / name).read_text("utf-8") for name in ("style.css", "agent.css"))
        self._values = {"shop": shop_name, "style": Markup(style)}

    def answer(self, problem: str, status: int = 200) -> Response:
        """The page, with what was wrong if anything was."""
        html = self._template.render(problem=problem, **self._values)
        return HTMLResponse(html, status, headers={"cache-control": "no-store"})


async def _sent_key(request: Request) -> str:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return ""
    fields = parse_qs(body.decode("utf-8", "replace"))
    return fields.get("key", [""])[0].strip()


def _set_cookie(answer: Response, value: str, request: Request, path: str, seconds: int) -> None:
    answer.set_cookie(
        COOKIE,
        value,
        max_age=seconds,
        path=request.scope.get("root_path", "") + path,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
