"""Send HTTP requests with short timeouts and retries, without redirects and proxies.

An address may be a secret, so no error, log line or traceback contains one. This module posts
messages; `labelpulse.http.reading` reads the APIs of tools.
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

from labelpulse.core.addresses import is_plain, is_public, refusal_reason
from labelpulse.core.deadline import TRY_S, remaining, time_limit
from labelpulse.core.errors import DeliveryFailed

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
ATTEMPTS = 4
_WRITE_BYTES = 16_384
MAX_WAIT_S = 30.0
"""A longer ``Retry-After`` ends the retries."""

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request is tried again."""

for _name in ("httpx", "httpcore"):  # they log addresses
    logging.getLogger(_name).setLevel(logging.WARNING)


stamina.instrumentation.set_on_retry_hooks([])  # the default hooks log to standard output

Resolve = Callable[[str, int], Sequence[str]]
"""Resolve a host name, for a port, to IP addresses."""


class _Busy(Exception):
    """A response after which the request is tried again; after: seconds in ``Retry-After``."""

    def __init__(self, status: int, after: float | None) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status
        self.after = after


class _Refused(Exception):
    """A failure that a retry would not change; why: a short reason, "" = the message."""

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why or message


class Client:
    """Posts messages.

    Args:
        attempts: the maximum number of attempts for a message.
        transport: replaces the network in tests.
        public_only: only connect to public addresses, for addresses that users enter on a page;
            see `PublicTransport`.
        try_s: time limit of one attempt, in seconds.
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
            transport = PublicTransport(transport)
        self._http = httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=False,
            transport=transport or TimedTransport(verify=_ssl_context(), trust_env=False),
            trust_env=False,
        )

    def __enter__(self) -> "Client":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def post(self, address: str, body: bytes, headers: Mapping[str, str], what: str) -> int:
        """Post a body, with retries; return the status, which is 2xx.

        Args:
            what: the receiver's name in errors, such as ``channel 'quality-team'``.

        Raises:
            DeliveryFailed: it was not accepted; the message contains neither address nor body.
        """
        try:
            return self._send("POST", address, body, headers)
        except DeliveryFailed as error:
            raise error.with_message(
                f"{what} did not accept the message: {error}. Nothing was marked as sent"
            ) from None

    def get(self, address: str, what: str) -> int:
        """Request an address, with retries; return the status, which is 2xx.

        Raises:
            DeliveryFailed: it failed; the message does not contain the address.
        """
        try:
            return self._send("GET", address, b"", {})
        except DeliveryFailed as error:
            raise error.with_message(f"{what} cannot be requested: {error}") from None

    def _send(self, method: str, address: str, body: bytes, headers: Any) -> int:
        if self._public_only and not is_plain(address):
            raise DeliveryFailed(
                "its address has characters that programs read differently", lasting=True
            )
        try:
            for attempt in stamina.retry_context(
                on=_should_retry,
                attempts=self._attempts,
                timeout=60.0,
                wait_initial=0.2,
                wait_max=10.0,
            ):
                with attempt:
                    return self._attempt(method, address, body, headers)
        except _Busy as error:
            raise DeliveryFailed(
                f"it answered {error}", why=str(error), after=error.after
            ) from None
        except _Refused as error:
            raise DeliveryFailed(str(error), why=error.why, lasting=True) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why, lasting = _error_class(error)
            raise DeliveryFailed(
                f"it cannot be reached ({why})", why=why, lasting=lasting
            ) from None
        raise AssertionError("stamina makes at least one attempt")

    def _attempt(self, method: str, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        request = self._http.stream(method, address, content=body, headers=dict(headers))
        with time_limit(self._try_s), request as response:
            pass  # the body is not read: it may be endless or slow
        if response.is_success:
            return response.status_code
        if response.status_code in BUSY:
            raise _Busy(response.status_code, _retry_after(response.headers))
        status = f"HTTP status {response.status_code}"
        if response.is_redirect:
            remedy = "it redirects elsewhere, which is not followed: give its new address"
            raise _Refused(remedy, status)
        raise _Refused(f"it answered {status}", status)


class TimedTransport(httpx.HTTPTransport):
    """A transport whose steps share the limit of `labelpulse.core.deadline.time_limit`.

    The timeouts of httpx limit each read and write, so a server that sends one byte a second could
    hold a worker forever. httpx has no argument for a network backend, hence the private attribute.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._pool._network_backend = _Backend()  # noqa: SLF001


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *rest: Any, **more: Any
    ) -> httpcore.NetworkStream:
        with _raising(httpcore.ConnectTimeout):
            timeout = remaining(timeout)
        return _Stream(super().connect_tcp(host, port, timeout, *rest, **more))


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _raising(httpcore.ReadTimeout):
            timeout = remaining(timeout)
        return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for at in range(0, len(buffer), _WRITE_BYTES):  # one large write could exceed the limit
            with _raising(httpcore.WriteTimeout):
                step_s = remaining(timeout)
            self._inner.write(buffer[at : at + _WRITE_BYTES], step_s)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> httpcore.NetworkStream:
        with _raising(httpcore.ConnectTimeout):
            timeout = remaining(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@contextmanager
def _raising(kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise kind(str(error)) from None


class PublicTransport(httpx.BaseTransport):
    """A transport that only connects to the public internet, by HTTPS.

    It prevents server-side request forgery. A name is resolved once and all its addresses must be
    public. The connection goes to a checked address, so that a second DNS answer cannot redirect it
    to an internal host (DNS rebinding). The certificate must still match the name.

    Args:
        inner: makes the connections.
        resolve: resolves names to IP addresses.
    """

    def __init__(
        self, inner: httpx.BaseTransport | None = None, resolve: Resolve | None = None
    ) -> None:
        # No keep-alive: httpx would reuse a connection to the same IP address for another name.
        self._inner = inner or TimedTransport(
            verify=_ssl_context(), trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._resolve = resolve or _addresses

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or refuse it before anything is sent."""
        url = request.url
        why = refusal_reason(url.scheme, url.host, url.port)
        if why or url.userinfo:
            raise _Refused(f"address refused: {why or 'it names a user'}")
        addresses = self._resolve(url.host, url.port or 443)
        if not addresses or not all(map(is_public, addresses)):
            raise _Refused("address refused: it is not on the public internet")
        *first, last = addresses[:3]
        for address in first:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent
                return self._inner.handle_request(_with_ip(request, address))
        return self._inner.handle_request(_with_ip(request, last))

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _with_ip(request: httpx.Request, address: str) -> httpx.Request:
    """Return a request to an IP address; the Host header and the certificate keep the name."""
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )


def _addresses(host: str, port: int) -> Sequence[str]:
    try:
        results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpx.ConnectError("the host name cannot be resolved") from None
    return list(dict.fromkeys(str(result[4][0]) for result in results))


def _ssl_context() -> ssl.SSLContext:
    """Return the trusted authorities; SSL_CERT_FILE may add an organization's own."""
    return httpx.create_ssl_context(trust_env=True)


def _error_class(error: Exception) -> tuple[str, bool]:
    """Return the class name of an error, and whether retries later are useless."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return type(cause).__name__, True
        cause = cause.__cause__ or cause.__context__
    is_lasting = isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL)
    return type(error).__name__, is_lasting


def _should_retry(error: BaseException) -> bool | float:
    """Return whether another attempt may help; a number = seconds to wait before it."""
    if isinstance(error, _Busy):
        if error.after is None:
            return True
        return error.after if error.after <= MAX_WAIT_S else False
    return isinstance(error, httpx.TransportError) and not isinstance(
        error, httpx.UnsupportedProtocol
    )


def _retry_after(headers: Mapping[str, Any]) -> float | None:
    """Return the seconds of ``Retry-After``; a date is compared with the response's own date."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    with suppress(ValueError, TypeError):
        until, now = map(parsedate_to_datetime, (value, headers.get("date", "")))
        return max((until - now).total_seconds(), 0.0)
    return None
