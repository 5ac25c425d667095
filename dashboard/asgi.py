"""The app as a server runs it: compressed, with security headers, and errors that have a code.

`labelpulse dashboard` serves it, as `streamlit run dashboard/asgi.py` does; pages are in app.py.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from dashboard.broken import failed
from dashboard.kiosk import refresh

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

LOOPBACK = ("127.0.0.1", "localhost")

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


class Headers:
    """Adds to every answer what the page never does, and where a screen on the wall goes next."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app
        self._added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, and add to its answer what it does not say itself."""
        again = scope["type"] == "http" and refresh(scope["path"], scope["query_string"].decode())
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


def hosts() -> list[str]:
    """Return the names under which the server may be asked.

    On this machine only its own: a page elsewhere whose name is made to point here would be
    another site with our names of people.
    """
    return list(LOOPBACK) if st.get_option("server.address") in LOOPBACK else ["*"]


app = st.App(
    Path(__file__).resolve().with_name("app.py"),
    routes=[Route("/api/ready", ready)],
    middleware=[
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts(), www_redirect=False),
        Middleware(Headers),
        Middleware(GZipMiddleware, minimum_size=1024, compresslevel=4),
    ],
    on_script_error=failed,
)
