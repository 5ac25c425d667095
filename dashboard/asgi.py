"""The app as a server runs it: compressed, with security headers, and errors that have a code.

`labelpulse dashboard` serves it, as `streamlit run dashboard/asgi.py` does; pages are in app.py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from dashboard.broken import failed
from dashboard.kiosk import base_path, refresh
from labelpulse.config.dashboard import LOOPBACK_NAMES
from labelpulse.processes import end_with_parent

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Vega compiles its expressions
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""Nothing is asked of any other machine, and no other site may frame the page."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


class AddedHeaders:
    """Adds to every answer what the page never does, and where a screen on the wall goes next."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app
        self._added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, and add to its answer what it does not say itself."""
        query = scope["query_string"].decode()
        again = scope["type"] == "http" and refresh(scope["path"], query, base_path())
        turned = [(b"refresh", again.encode())] if again else []

        async def answer(message: "Message") -> None:
            if message["type"] == "http.response.start":
                told = {name.lower() for name, _ in message["headers"]}
                more = [one for one in (*self._added, *turned) if one[0] not in told]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)


def ready(_request: "Request") -> JSONResponse:
    """Answer 200 where the warehouse can be read, else 503: for a probe, without details."""
    from dashboard import context  # its caches want a server that runs

    problem = context.trouble()
    return JSONResponse({"ready": problem is None}, 200 if problem is None else 503)


class AllowedHosts:
    """Refuses requests for other hosts than the server's own, and says what to configure.

    Without it any site whose name is made to point at this machine could read the pages.
    """

    def __init__(self, app: "ASGIApp", hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass on a request for an allowed host; answer 400 to any other."""
        asked = scope["type"] in ("http", "websocket")
        if not asked or _host(Headers(scope=scope).get("host", "")) in self._hosts:
            await self._app(scope, receive, send)
            return
        await PlainTextResponse(_UNKNOWN_HOST, status_code=400)(scope, receive, send)


def _host(header: str) -> str | None:
    """Return the host of a Host header, without port and brackets; None = it is malformed."""
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None


_UNKNOWN_HOST = (
    "Invalid host header: this dashboard is not served under the address that you opened.\n"
    "If people should reach it there, set public_url under [dashboard] in labelpulse.toml, for "
    'example\n  public_url = "https://labels.example.org/pulse"\nand start labelpulse again.\n'
)

end_with_parent()
app = st.App(
    Path(__file__).resolve().with_name("app.py"),
    routes=[Route(f"{base_path()}/api/ready", ready)],
    middleware=[
        Middleware(AllowedHosts, hosts=st.get_option("server.allowedHosts") or LOOPBACK_NAMES),
        Middleware(AddedHeaders),
        Middleware(GZipMiddleware, minimum_size=1024, compresslevel=4),
    ],
    on_script_error=failed,
)
