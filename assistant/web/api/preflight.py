"""What a browser asks before a page of another origin may call, and what a page that may not is told."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from assistant.web.api.problems import Problem, clipped


class Pages(CORSMiddleware):
    """Lets the pages of some origins call, as `CORSMiddleware` does; what it refuses is told as problem details."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser's question: whether a page of that origin may make such a call."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == HTTPStatus.OK:
            return answer
        refused = self._refusal(request_headers["origin"]).response()
        # The headers are what the browser goes by: those of the refusal stay as they are.
        refused.headers.update({name: value for name, value in answer.headers.items() if not name.startswith("content-")})
        return refused

    def _refusal(self, origin: str) -> Problem:
        if not self.is_allowed_origin(origin):
            detail = f"Origin is {clipped(origin)}; expected one of the origins that the shop has named in SHELFWISE_ORIGINS"
            return Problem(HTTPStatus.FORBIDDEN, "origin_not_allowed", detail)
        methods, headers = ", ".join(self.allow_methods), ", ".join(self.allow_headers)
        detail = f"a page may not call like this; expected one of {methods}, with no other headers than {headers}"
        return Problem(HTTPStatus.BAD_REQUEST, "preflight_refused", detail)
