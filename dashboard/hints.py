"""Scripts that every page needs, fetched beside Streamlit's own instead of after them.

A browser learns only from the first parts of a page which further scripts of Streamlit's draw
them, waits for those, and then for theirs: half a second with empty frames. The page's head names
them, as it names Streamlit's own.
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PARTS = (
    "Metric",
    "ArrowVegaLiteChart",
    "Selectbox",
    "Html",
    "Checkbox",
    "LinkButton",
    "PageLink",
)
"""What Streamlit calls its scripts of tiles, charts, choices, attention, switches and links."""

STATIC = Path(st.__file__).with_name("static")
_IMPORTED = re.compile(r"""(?:from|import)\s*\(?["'`]\./([^"'`]+\.js)["'`]""")


@cache
def scripts() -> tuple[str, ...]:
    """Return the file names of the scripts of PARTS and all they import, but the page's own."""
    own, folder = (STATIC / "index.html").read_text("utf-8"), STATIC / "static" / "js"
    found: dict[str, None] = {}
    wanted = [file.name for part in PARTS for file in folder.glob(f"{part}.*.js")]
    while wanted:
        name = wanted.pop()
        if name not in found and f"/{name}" not in own:
            found[name] = None
            wanted += _IMPORTED.findall((folder / name).read_text("utf-8"))
    return tuple(found)


@cache
def _links() -> bytes:
    tag = '<link rel="modulepreload" crossorigin href="./static/js/{}">'
    return "".join(map(tag.format, scripts())).encode()


class Hints:
    """Names in the head of every page the scripts that it is going to need."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on; where a page comes back, hold it until it is whole and add to it."""
        begun: list[Message] = []

        async def answer(message: "Message") -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                begun.append(message)
            elif begun:
                begun.append(message)
                if not message.get("more_body"):
                    for one in _hinted(begun):
                        await send(one)
            else:
                await send(message)

        read = scope["type"] == "http" and scope["method"] == "GET"
        await self._app(scope, receive, answer if read else send)


def _is_page(start: "Message") -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return bool(start["status"] == 200 and kinds and kinds[0].startswith(b"text/html"))


def _hinted(answer: "list[Message]") -> "list[Message]":
    """Return a page's messages with the links before the end of its head, and its new length."""
    start, *parts = answer
    body = b"".join(one.get("body", b"") for one in parts)
    body = body.replace(b"</head>", _links() + b"</head>", 1)
    headers = [one for one in start["headers"] if one[0].lower() != b"content-length"]
    length = (b"content-length", str(len(body)).encode())
    return [{**start, "headers": [*headers, length]}, {"type": parts[-1]["type"], "body": body}]
