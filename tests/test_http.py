"""Addresses that somebody enters on a page: what is refused goes nowhere, what passes is pinned."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
import stamina
from pytest_httpserver import HTTPServer

from labelpulse import http
from labelpulse.core.addresses import is_public, refusal_reason
from labelpulse.core.errors import DeliveryFailed
from labelpulse.http import Client, PublicTransport
from tests.support.certificates import certificate
from tests.support.trickle import trickling

PUBLIC, OTHER = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Repeats come at once."""
    with stamina.set_testing(True, attempts=3):
        yield


class Wire(httpx.BaseTransport):
    """In place of sockets: keeps what would have been sent, and to which address."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | None = None) -> None:
        self.sent: list[httpx.Request] = []
        self._answer = answer or (lambda _: httpx.Response(204))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self._answer(request)


class Names:
    """In place of the resolver: what each name means, one answer after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def entered(monkeypatch: pytest.MonkeyPatch, wire: Wire, names: Names) -> Client:
    """A client for addresses of a page, on a wire and with names of our own."""
    monkeypatch.setattr(http, "_addresses", names)
    return Client(attempts=1, transport=wire, public_only=True)


UNASKED = [  # refused by the address alone: not even a name is looked up
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",  # decimal
    "https://017700000001/x",  # octal
    "https://0177.0.0.1/x",
    "https://0x7f000001/x",  # hexadecimal
    "https://0x7f.0x0.0x0.0x1/x",
    "https://hooks.example.org.0x7f/x",
    "https://127.0.0.1./x",  # trailing dots
    "https://hooks.example.org./x",
    "https://0.0.0.0/x",
    "https://10.0.0.7/x",
    "https://172.16.3.4/x",
    "https://192.168.1.1/x",
    "https://169.254.169.254/latest/meta-data",  # metadata of clouds
    "https://100.100.100.200/x",
    "https://168.63.129.16/x",
    "https://192.0.0.192/x",
    "https://[fd00:ec2::254]/x",
    "https://metadata.google.internal/x",
    "https://100.64.0.1/x",  # carrier NAT
    "https://198.18.0.1/x",
    "https://224.0.0.1/x",  # multicast
    "https://240.0.0.1/x",
    "https://255.255.255.255/x",
    "https://192.88.99.1/x",
    "https://[::]/x",
    "https://[::1]/x",
    "https://[::127.0.0.1]/x",  # IPv4-compatible
    "https://[::ffff:127.0.0.1]/x",  # mapped
    "https://[::ffff:7f00:1]/x",
    "https://[64:ff9b::a9fe:a9fe]/x",  # NAT64
    "https://[64:ff9b:1::7f00:1]/x",
    "https://[2002:7f00:1::]/x",  # 6to4
    "https://[2001:0:5ef5:79fd:0:59d:80ff:fffe]/x",  # Teredo
    "https://[fe80::1]/x",
    "https://[fe80::1%25eth0]/x",  # zone ids
    "https://[::1%25lo]/x",
    "https://[fc00::1]/x",
    "https://[ff02::1]/x",
    "https://[2001:db8::1]/x",
    "https://１２７.0.0.1/x",  # unicode digits
    "https://127。0。0。1/x",  # unicode full stops
    "https://ｌocalhost/x",
    "https://localhost/x",
    "https://LOCALHOST/x",
    "https://localhost.localdomain/x",
    "https://app.localhost/x",
    "https://printer.local/x",
    "https://database/x",
    "https://svc.cluster.local/x",
    f"https://{PUBLIC}@127.0.0.1/x",  # users
    "https://hooks.example.org@127.0.0.1/x",
    "https://ann:word@hooks.example.org/x",
    "https://hooks.example.org\\@127.0.0.1/x",
    "https://hooks.example.org%40127.0.0.1/x",
    "https://hooks.example.org%2f@127.0.0.1/x",
    "https://hooks.example.org /x",
    "https://hooks.example.org\t/x",
    "https://hooks.example.org\r\nHost: database/x",
    "http://hooks.example.org/x",  # not by HTTPS
    "ftp://hooks.example.org/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/x",
    "//hooks.example.org/x",
    "hooks.example.org",
    "",
    "https:///x",
    "https://hooks.example.org:22/x",  # ports
    "https://hooks.example.org:80/x",
    "https://hooks.example.org:6379/x",
    "https://hooks.example.org:0/x",
]


@pytest.mark.parametrize("address", UNASKED)
def test_such_an_address_is_refused_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    wire, names = Wire(), Names([PUBLIC])
    with entered(monkeypatch, wire, names) as client, pytest.raises(DeliveryFailed) as told:
        client.post(address, b"{}", {}, "the channel")
    assert (wire.sent, names.asked) == ([], [])
    assert told.value.lasting
    shown = f"{told.value!r} {told.value.why}"
    assert len(address) < 8 or address not in shown
    assert "example" not in shown


def test_the_corpus_is_as_long_as_was_promised() -> None:
    assert len(set(UNASKED)) >= 40


@pytest.mark.parametrize(
    "found",
    [
        [],
        ["127.0.0.1"],
        ["::1"],
        ["fe80::1%eth0"],
        [PUBLIC, "10.0.0.1"],  # one of several is enough
        [OTHER, "64:ff9b::7f00:1"],
        ["::ffff:169.254.169.254"],
        ["no address"],
    ],
)
def test_a_name_that_leads_inside_is_refused(
    monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    wire, names = Wire(), Names(found)
    with entered(monkeypatch, wire, names) as client, pytest.raises(DeliveryFailed, match="public"):
        client.post("https://hooks.example.org/x", b"{}", {}, "the channel")
    assert (wire.sent, names.asked) == ([], ["hooks.example.org"])


def test_a_name_that_changes_its_meaning_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire, names = Wire(), Names([PUBLIC], ["127.0.0.1"])
    with entered(monkeypatch, wire, names) as client:
        assert client.post("https://hooks.example.org:8443/x?y=1", b"{}", {}, "it") == 204
        with pytest.raises(DeliveryFailed):
            client.post("https://hooks.example.org:8443/x?y=1", b"{}", {}, "it")
    (sent,) = wire.sent
    assert names.asked == ["hooks.example.org"] * 2  # once for each
    assert str(sent.url) == f"https://{PUBLIC}:8443/x?y=1"
    assert sent.headers["host"] == "hooks.example.org:8443"
    assert sent.extensions["sni_hostname"] == "hooks.example.org"
    assert sent.read() == b"{}"


def test_each_repeat_is_checked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(lambda _: httpx.Response(503))
    monkeypatch.setattr(http, "_addresses", names := Names([PUBLIC], ["127.0.0.1"]))
    with Client(transport=wire, public_only=True) as client, pytest.raises(DeliveryFailed):
        client.post("https://hooks.example.org/x", b"{}", {}, "it")
    assert (len(wire.sent), len(names.asked)) == (1, 2)


def test_a_redirect_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(lambda _: httpx.Response(307, headers={"location": "https://127.0.0.1/x"}))
    with (
        entered(monkeypatch, wire, Names([PUBLIC])) as client,
        pytest.raises(DeliveryFailed, match="redirects elsewhere") as told,
    ):
        client.post("https://hooks.example.org/x", b"{}", {}, "it")
    assert len(wire.sent) == 1
    assert (told.value.why, told.value.lasting) == ("HTTP status 307", True)


def test_the_next_address_is_tried_where_one_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == OTHER:
            raise httpx.ConnectError("no such route")
        return httpx.Response(200)

    wire = Wire(answer)
    with entered(monkeypatch, wire, Names([OTHER, PUBLIC])) as client:
        assert client.post("https://hooks.example.org/x", b"{}", {}, "it") == 200
    assert [one.url.host for one in wire.sent] == [OTHER, PUBLIC]


@pytest.mark.parametrize("address", [PUBLIC, OTHER, "64:ff9b::5db8:d822", f"::ffff:{PUBLIC}"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)
    host = address
    assert refusal_reason("https", host, 443) == ""


def test_an_unknown_name_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise OSError("hooks.example.org is not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with Client(1, Wire(), public_only=True) as client, pytest.raises(DeliveryFailed) as told:
        client.post("https://hooks.example.org/x", b"{}", {}, "it")
    assert "example" not in str(told.value)
    assert not told.value.lasting


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of hooks.example.org that signs itself, and a server's context with it."""
    return certificate(tmp_path, "DNS:hooks.example.org")


@pytest.fixture
def secure(certified: tuple[Path, ssl.SSLContext]) -> Iterator[HTTPServer]:
    """A receiver by HTTPS on loopback."""
    with HTTPServer(ssl_context=certified[1]) as server:
        server.expect_request("/x").respond_with_data()
        yield server


@pytest.mark.parametrize("name", ["hooks.example.org", "other.example.org"])
def test_the_certificate_must_be_the_names_own(
    monkeypatch: pytest.MonkeyPatch,
    certified: tuple[Path, ssl.SSLContext],
    secure: HTTPServer,
    name: str,
) -> None:
    """On a real socket, with loopback allowed for once."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certified[0]))
    monkeypatch.setattr(http, "is_public", lambda _: True)
    monkeypatch.setattr("labelpulse.core.addresses.PORTS", {secure.port})
    with Client(1, PublicTransport(resolve=lambda *_: ["127.0.0.1"])) as client:
        address = f"https://{name}:{secure.port}/x"
        if name == "hooks.example.org":
            assert client.post(address, b"{}", {}, "it") == 200
            assert secure.log[0][0].headers["host"] == f"{name}:{secure.port}"
            return
        with pytest.raises(DeliveryFailed) as told:
            client.post(address, b"{}", {}, "it")
    assert (told.value.why, told.value.lasting) == ("SSLCertVerificationError", True)
    assert secure.log == []


def test_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    httpserver.expect_request("/x").respond_with_data()
    with Client(1) as client:
        assert client.get(httpserver.url_for("/x"), "it") == 200


def test_the_body_of_an_answer_is_not_read() -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("it was read")

    with Client(1, Wire(lambda _: httpx.Response(200, stream=Endless()))) as client:
        assert client.get("http://receiver/x", "it") == 200


DATE = "Tue, 24 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "Tue, 24 Nov 2026 09:02:00 GMT", "date": DATE}, 120.0),
        ({"retry-after": "Tue, 24 Nov 2026 08:02:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": DATE}, None),  # by whose clock?
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_what_a_receiver_asks_for_is_told(headers: dict[str, str], after: float | None) -> None:
    wire = Wire(lambda _: httpx.Response(429, headers=headers))
    with Client(1, wire) as client, pytest.raises(DeliveryFailed) as told:
        client.post("http://receiver/x", b"", {}, "it")
    assert (told.value.why, told.value.after) == ("HTTP status 429", after)
    assert not told.value.lasting


@pytest.mark.parametrize("pinned", [False, True])
def test_a_try_ends_however_slowly_the_answer_comes(
    monkeypatch: pytest.MonkeyPatch, pinned: bool
) -> None:
    monkeypatch.setattr(http, "is_public", lambda _: True)
    monkeypatch.setattr(http, "refusal_reason", lambda *_: "")
    transport = PublicTransport(resolve=lambda *_: ["127.0.0.1"]) if pinned else None
    with trickling(b"HTTP/1.1 200 OK\r\nx: ") as port:
        client = Client(1, transport, try_s=0.1)
        with client, pytest.raises(DeliveryFailed, match="cannot be reached") as told:
            client.post(f"http://127.0.0.1:{port}/x", b"{}", {}, "it")
    assert told.value.why.endswith("Timeout")  # of reading, unless we are slow ourselves
    assert not told.value.lasting


def test_a_try_ends_however_slowly_tls_goes_on(
    monkeypatch: pytest.MonkeyPatch, certified: tuple[Path, ssl.SSLContext]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified[0]))
    monkeypatch.setattr(http, "is_public", lambda _: True)
    monkeypatch.setattr(http, "refusal_reason", lambda *_: "")
    begins = b"HTTP/1.1 200 OK\r\nx: "
    with trickling(begins, tls=certified[1]) as port:
        client = Client(1, PublicTransport(resolve=lambda *_: ["127.0.0.1"]), try_s=0.3)
        with client, pytest.raises(DeliveryFailed) as told:
            client.post(f"https://hooks.example.org:{port}/x", b"{}", {}, "it")
    assert told.value.why.endswith("Timeout")


def test_a_try_ends_however_slowly_the_body_is_taken() -> None:
    """More than the buffers between us hold, so that the other side's pace is ours."""
    with (
        trickling(b"") as port,
        Client(1, try_s=0.3) as client,
        pytest.raises(DeliveryFailed) as told,
    ):
        client.post(f"http://127.0.0.1:{port}/x", bytes(50_000_000), {}, "it")
    assert told.value.why.endswith("Timeout")
