"""The one HTTP client: short timeouts, repeats where that helps, no redirects, no proxies.

An address may be a secret, so no error, log line or traceback of ours names one. Messages are
posted from here; a tool's API is read by `labelpulse.http.reading`.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
import httpx
import stamina

from labelpulse.core.addresses import is_plain, is_public, why_not
from labelpulse.core.deadline import TRY_S, left, within
from labelpulse.core.errors import DeliveryFailed

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
ATTEMPTS = 4
_PIECE = 16_384
LONGEST_WAIT_S = 30.0
"""A receiver that wants to be left alone for longer than this is given up for now."""

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may be welcome a moment later."""

for _name in ("httpx", "httpcore"):  # they log addresses
    logging.getLogger(_name).setLevel(logging.WARNING)


stamina.instrumentation.set_on_retry_hooks([])  # they would write to standard output

Resolve = Callable[[str, int], Sequence[str]]
"""The IP addresses of a name, for a port."""


class _Busy(Exception):
    """An answer after which it is worth trying again. after: seconds that were asked for."""

    def __init__(self, status: int, after: float | None) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status
        self.after = after


class _Refused(Exception):
    """What trying again at once would not change. why: in a word or two, "" = as the message."""

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why or message


class Client:
    """Posts messages; it may be used for many.

    Args:
        attempts: how often a message is tried in all.
        transport: in place of sockets, for tests.
        public_only: for addresses that somebody entered on a page: `Pinned`.
        try_s: seconds for the whole of one try.
    """

    def __init__(
        self,
        attempts: int = ATTEMPTS,
        transport: httpx.BaseTransport | None = None,
        *,
        public_only: bool = False,
        try_s: float = TRY_S,
    ) -> None:
        self._attempts = attempts
        self._try_s = try_s
        self._public_only = public_only
        if public_only:
            transport = Pinned(transport)
        self._http = httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=False,
            transport=transport or Timely(verify=_trusted(), trust_env=False),
            trust_env=False,
        )

    def __enter__(self) -> "Client":
        """Keep connections open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self._http.close()

    def post(self, address: str, body: bytes, headers: Mapping[str, str], what: str) -> int:
        """Post a body until it is taken; return the status, which is 2xx.

        Args:
            what: how to call the receiver in an error, like ``channel 'quality-team'``.

        Raises:
            DeliveryFailed: it was not taken; the message names neither address nor body.
        """
        try:
            return self._until_taken("POST", address, body, headers)
        except DeliveryFailed as error:
            raise error.told(
                f"{what} did not take the message: {error}. Nothing was marked as sent"
            ) from None

    def get(self, address: str, what: str) -> int:
        """Ask for an address until it answers well; return the status, which is 2xx.

        Raises:
            DeliveryFailed: it does not; the message does not name the address.
        """
        try:
            return self._until_taken("GET", address, b"", {})
        except DeliveryFailed as error:
            raise error.told(f"{what} cannot be asked: {error}") from None

    def _until_taken(self, method: str, address: str, body: bytes, headers: Any) -> int:
        if self._public_only and not is_plain(address):
            raise DeliveryFailed("its address is not plain", lasting=True)
        try:
            for attempt in stamina.retry_context(
                on=_worth_it, attempts=self._attempts, timeout=60.0, wait_initial=0.2, wait_max=10.0
            ):
                with attempt:
                    return self._once(method, address, body, headers)
        except _Busy as error:
            raise DeliveryFailed(
                f"it answered {error}", why=str(error), after=error.after
            ) from None
        except _Refused as error:
            raise DeliveryFailed(str(error), why=error.why, lasting=True) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why, lasting = _class_of(error)
            raise DeliveryFailed(
                f"it cannot be reached ({why})", why=why, lasting=lasting
            ) from None
        raise AssertionError("stamina tries once at least")

    def _once(self, method: str, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        asked = self._http.stream(method, address, content=body, headers=dict(headers))
        with within(self._try_s), asked as answer:
            pass  # its body is not read, however long it is or however slowly it comes
        if answer.is_success:
            return answer.status_code
        if answer.status_code in BUSY:
            raise _Busy(answer.status_code, _asked(answer.headers))
        said = f"HTTP status {answer.status_code}"
        if answer.is_redirect:
            remedy = "it redirects elsewhere, which is not followed: give its new address"
            raise _Refused(remedy, said)
        raise _Refused(f"it answered {said}", said)


class Timely(httpx.HTTPTransport):
    """Sockets whose steps end together: see `labelpulse.core.deadline.within`."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._pool._network_backend = _Backend()  # noqa: SLF001 - httpx has no argument for it


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *rest: Any, **more: Any
    ) -> httpcore.NetworkStream:
        with _told_as(httpcore.ConnectTimeout):
            timeout = left(timeout)
        return _Stream(super().connect_tcp(host, port, timeout, *rest, **more))


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _told_as(httpcore.ReadTimeout):
            timeout = left(timeout)
        return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for at in range(0, len(buffer), _PIECE):  # who takes it in slowly is slow, too
            with _told_as(httpcore.WriteTimeout):
                piece = left(timeout)
            self._inner.write(buffer[at : at + _PIECE], piece)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> httpcore.NetworkStream:
        with _told_as(httpcore.ConnectTimeout):
            timeout = left(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@contextmanager
def _told_as(kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise kind(str(error)) from None


class Pinned(httpx.BaseTransport):
    """Connects to the public internet only, by HTTPS, to the address that was checked.

    A name is resolved once; every address of it must be public, and the connection goes to one of
    them, so that a name that means another host a moment later leads nowhere. Its certificate is
    still that of the name.

    Args:
        inner: makes the connections. resolve: names to IP addresses.
    """

    def __init__(
        self, inner: httpx.BaseTransport | None = None, resolve: Resolve | None = None
    ) -> None:
        # Connections are not kept: they are told apart by IP address, and names share those.
        self._inner = inner or Timely(
            verify=_trusted(), trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._resolve = resolve or _addresses

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or refuse it before anything is sent."""
        url = request.url
        why = why_not(url.scheme, url.host, url.port)
        if why or url.userinfo:
            raise _Refused(f"address refused: {why or 'it names a user'}")
        found = self._resolve(url.host, url.port or 443)
        if not found or not all(map(is_public, found)):
            raise _Refused("address refused: it is not on the public internet")
        return self._at_one_of(found, request)

    def _at_one_of(self, found: Sequence[str], request: httpx.Request) -> httpx.Response:
        """Ask the first that a connection can be made to; nothing was sent to those before it."""
        *others, last = found[:3]
        for one in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return self._inner.handle_request(_pinned(request, one))
        return self._inner.handle_request(_pinned(request, last))

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    """Return the request to an IP address; its header Host and its certificate stay the name's."""
    named = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=named,
    )


def _addresses(host: str, port: int) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpx.ConnectError("the name is not known") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _trusted() -> ssl.SSLContext:
    """Return whom we believe: SSL_CERT_FILE may name a house's own authority; proxies may not."""
    return httpx.create_ssl_context(trust_env=True)


def _class_of(error: Exception) -> tuple[str, bool]:
    """Return the class of an error, and whether it stays until somebody acts."""
    told: BaseException | None = error
    while told is not None:
        if isinstance(told, ssl.SSLCertVerificationError):
            return type(told).__name__, True
        told = told.__cause__ or told.__context__
    wrong = isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL)
    return type(error).__name__, wrong


def _worth_it(error: Exception) -> bool | float:
    """True where another try may help; a number = how many seconds to wait for it."""
    if isinstance(error, _Busy):
        if error.after is None:
            return True
        return error.after if error.after <= LONGEST_WAIT_S else False
    return isinstance(error, httpx.TransportError) and not isinstance(
        error, httpx.UnsupportedProtocol
    )


def _asked(headers: Mapping[str, Any]) -> float | None:
    """Return the seconds that a receiver asks for; a date counts from the answer's own date."""
    wanted = headers.get("retry-after", "").strip()
    if wanted.isdecimal():
        return float(wanted)
    with suppress(ValueError, TypeError):
        until, now = map(parsedate_to_datetime, (wanted, headers.get("date", "")))
        return max((until - now).total_seconds(), 0.0)
    return None
