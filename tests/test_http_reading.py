"""Reading a tool's API: what is repeated, what stops, what is said, and what never is."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
from pytest_httpserver import HTTPServer

from labelpulse.core.errors import RetryLater, SourceError, StopSource
from labelpulse.http import reading
from labelpulse.http.reading import Reader, Refused, TooLarge
from tests.support.certificates import certificate
from tests.support.trickle import trickling

SECRET = "sesame-0815"
PAGE = b"<!doctype html><title>Sign in</title>"
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Repeats come at once, and no server is left alone because of another test."""
    monkeypatch.setattr(reading, "_paused_until", {})
    with stamina.set_testing(True, attempts=3):
        yield


def asking(
    *answers: Answer | httpx.Response, url: str = "http://tool.example:8080", **more: Any
) -> Reader:
    """A reader of a tool that gives these answers, one after the other, the last for ever."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        found = left.pop(0) if len(left) > 1 else left[0]
        return found if isinstance(found, httpx.Response) else found(request)

    reader = Reader(url, "tool", transport=httpx.MockTransport(answer), **more)
    reader.headers["Authorization"] = f"Token {SECRET}"
    return reader


def failing(kind: type[Exception]) -> Answer:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise kind(f"http://tool.example:8080 {SECRET}")

    return answer


def test_an_answer_comes_as_its_value(httpserver: HTTPServer) -> None:
    """On a real socket of this machine, packed, with the token and the query."""
    httpserver.expect_request(
        "/deep/api/x", query_string="a=1&b=2", headers={"Authorization": f"Token {SECRET}"}
    ).respond_with_data(gzip.compress(b'{"n": [1]}'), headers={"Content-Encoding": "gzip"})
    with Reader(httpserver.url_for("/deep/"), "tool") as reader:
        reader.headers["Authorization"] = f"Token {SECRET}"
        assert reader.get("/api/x", {"a": 1, "b": 2}) == {"n": [1]}
    assert reader.calls == 1


def test_a_closed_reader_opens_anew(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data("1")
    reader = Reader(httpserver.url_for(""), "tool")
    for _ in range(2):
        assert reader.get("/x") == 1
        reader.close()


def test_a_question_may_have_a_body() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201, content=request.content)

    assert asking(echo).post("/api/x", {"refresh": "a"}) == {"refresh": "a"}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_tool_is_asked_again(status: int) -> None:
    reader = asking(httpx.Response(status), httpx.Response(200, json=1))
    assert (reader.get("/x"), reader.calls) == (1, 2)


@pytest.mark.parametrize(
    "kind", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError]
)
def test_what_breaks_off_is_asked_again(kind: type[Exception]) -> None:
    reader = asking(failing(kind), httpx.Response(200, json=1))
    assert (reader.get("/x"), reader.calls) == (1, 2)


def told(reader: Reader, kind: type[SourceError]) -> str:
    """What the error says, which is no secret."""
    with pytest.raises(kind) as error:
        reader.get("/api/x", {"secret": SECRET})
    said = str(error.value)
    assert said.startswith("url of source 'tool' ")
    assert error.value.__cause__ is None
    assert error.value.__context__ is None or error.value.__suppress_context__
    for never in (SECRET, "tool.example", "8080"):
        assert never not in said
        assert never not in repr(reader)
    return said


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (httpx.Response(503), RetryLater, "HTTP status 503"),
        (failing(httpx.ConnectError), RetryLater, "cannot be reached (ConnectError)"),
        (failing(httpx.UnsupportedProtocol), StopSource, "is not the address of an API"),
        (httpx.Response(400), Refused, "/api/x with HTTP status 400"),
        (httpx.Response(401), Refused, "set token, token_env or token_file"),
        (httpx.Response(403), Refused, "may not read /api/x"),
        (httpx.Response(404, content=PAGE), Refused, "has nothing at /api/x"),
        (httpx.Response(302, headers={"Location": "/login"}), Refused, "another address"),
        (httpx.Response(200, content=PAGE), StopSource, "a web page"),
        (httpx.Response(200, content=b'{"n": '), StopSource, "not JSON"),
        (httpx.Response(200, content=b"[" * 200_000), StopSource, "not JSON"),
    ],
)
def test_an_error_says_what_to_do_and_no_secret(
    answer: Answer | httpx.Response, kind: type[SourceError], says: str
) -> None:
    assert says in told(asking(answer), kind)


@pytest.mark.parametrize("sign", ["ü", "\n", "\ud800"])
def test_a_token_that_no_request_can_carry_is_not_sent(sign: str) -> None:
    reader = asking(httpx.Response(200, json=1))
    reader.headers["Authorization"] = f"Token {SECRET}{sign}"
    assert "has a token" in told(reader, StopSource)
    assert reader.calls == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_repeated(status: int) -> None:
    reader = asking(httpx.Response(status))
    with pytest.raises(Refused) as error:
        reader.get("/x")
    assert (error.value.status, reader.calls) == (status, 1)


def test_a_large_answer_is_not_taken_in() -> None:
    reader = asking(httpx.Response(200, content=b"1" * 1025), max_bytes=1024)
    assert "at once" in told(reader, TooLarge)


def test_bytes_are_counted_unpacked() -> None:
    packed = httpx.Response(
        200, content=gzip.compress(b"1" * 5000), headers={"Content-Encoding": "gzip"}
    )
    with pytest.raises(TooLarge):
        asking(packed, max_bytes=1024).bytes("/x")


# --- a tool that wants to be left alone -----------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the module sees, in seconds; its only element may be changed."""
    now = [1000.0]
    monkeypatch.setattr("labelpulse.http.reading.time.monotonic", lambda: now[0])
    return now


def test_who_asks_to_be_left_alone_is(clock: list[float]) -> None:
    busy = asking(httpx.Response(429, headers={"Retry-After": "600"}))
    assert "asked for a pause of 600 s" in told(busy, RetryLater)
    assert busy.calls == 1, "ten minutes are not waited for within a poll"
    again = asking(httpx.Response(200, json=1))
    clock[0] += 599
    assert "in 1 s" in told(again, RetryLater)
    assert again.calls == 0
    other = asking(httpx.Response(200, json=1), url="http://tool.example:9090")
    assert other.get("/x") == 1
    clock[0] += 1
    assert again.get("/x") == 1


def test_nobody_is_left_alone_for_ever(clock: list[float]) -> None:
    with pytest.raises(RetryLater):
        asking(httpx.Response(503, headers={"Retry-After": "9999999"})).get("/x")
    clock[0] += 3600
    assert asking(httpx.Response(200, json=1)).get("/x") == 1


# --- addresses, certificates, slow answers --------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tool.example",
        "ftp://tool.example",
        "postgresql://tool.example/x",
        "http://[::1",
        "http://xn--a/",
    ],
)
def test_no_address_is_told_so(url: str) -> None:
    with pytest.raises(StopSource, match="is not the address of an API"):
        Reader(url, "tool")


@pytest.mark.parametrize(
    "url", [f"https://a:{SECRET}@tool.example", f"https://tool.example/?token={SECRET}"]
)
def test_an_address_with_a_secret_in_it_is_refused_without_it(url: str) -> None:
    with pytest.raises(StopSource, match="token_env") as error:
        Reader(url, "tool")
    assert SECRET not in str(error.value)


def test_an_untrusted_certificate_stops(tmp_path: Path) -> None:
    context = certificate(tmp_path, "IP:127.0.0.1")[1]
    with HTTPServer(ssl_context=context) as server, pytest.raises(StopSource, match="SSL_CERT"):
        Reader(server.url_for("/"), "tool").get("/x")
    assert server.log == []


def test_an_answer_that_never_ends_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ANSWER_S", 0.1)
    monkeypatch.setattr(reading, "ATTEMPTS", 1)
    with (
        stamina.set_testing(True, attempts=1),
        trickling(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n[") as port,
        pytest.raises(RetryLater, match="cannot be reached"),
    ):
        Reader(f"http://127.0.0.1:{port}", "tool").get("/x")


def test_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    httpserver.expect_request("/x").respond_with_data("1")
    with Reader(httpserver.url_for(""), "tool") as reader:
        assert reader.get("/x") == 1
