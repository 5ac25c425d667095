"""A page names the scripts that it is going to need."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from dashboard.hints import PARTS, STATIC, Hints, scripts

PAGE, JSON = b"text/html; charset=utf-8", b"application/json"


@pytest.mark.parametrize("part", PARTS)
def test_streamlit_has_a_script_of_that_name(part: str) -> None:
    assert any(name.startswith(f"{part}.") for name in scripts())


def test_scripts_come_with_all_that_they_import_and_none_twice() -> None:
    page, folder = (STATIC / "index.html").read_text("utf-8"), STATIC / "static" / "js"
    there = {*scripts()} | {one.name for one in folder.iterdir() if f"/{one.name}" in page}
    for name in scripts():
        text = (folder / name).read_text("utf-8")
        for other in folder.iterdir():
            if f'"./{other.name}"' in text or f"`./{other.name}`" in text:
                assert other.name in there, f"{name} imports {other.name}"
    assert len({*scripts()}) == len(scripts())
    assert not any(f"/{name}" in page for name in scripts())


def asked(kind: bytes, parts: Sequence[bytes], method: str = "GET", status: int = 200) -> Any:
    """Return headers and body of an answer that came through."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        length = str(sum(map(len, parts))).encode()
        headers = [(b"content-type", kind), (b"content-length", length), (b"etag", b"one")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for at, part in enumerate(parts, 1):
            more = at < len(parts)
            await send({"type": "http.response.body", "body": part, "more_body": more})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    asyncio.run(Hints(app)({"type": "http", "method": method}, receive, send))
    return dict(sent[0]["headers"]), b"".join(one.get("body", b"") for one in sent[1:])


def test_they_stand_in_the_head_of_a_page_that_comes_in_parts() -> None:
    headers, body = asked(PAGE, [b"<head><title>x</ti", b"tle></he", b"ad><body></head></body>"])
    head, _, rest = body.partition(b"</head>")
    assert head.startswith(b"<head><title>x</title>")
    assert rest == b"<body></head></body>"
    for name in scripts():
        tag = f'<link rel="modulepreload" crossorigin href="./static/js/{name}">'
        assert head.count(tag.encode()) == 1
    assert headers == {
        b"content-type": PAGE,
        b"etag": b"one",
        b"content-length": str(len(body)).encode(),
    }


@pytest.mark.parametrize(
    ("kind", "method", "status"),
    [(JSON, "GET", 200), (PAGE, "HEAD", 200), (PAGE, "GET", 404)],
)
def test_other_answers_pass_as_they_are(kind: bytes, method: str, status: int) -> None:
    parts = [b"<head></head>", b"more"]
    headers, body = asked(kind, parts, method, status)
    assert body == b"".join(parts)
    assert headers[b"content-length"] == b"17"
