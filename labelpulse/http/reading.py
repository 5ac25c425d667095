"""Read the JSON API of a tool, limited in size and time.

The address comes from the operator and may lead anywhere, also to this machine. No error, log line
or repr contains the address or a token. Errors may contain a path below it, but never a query.

After a response with ``Retry-After``, all readers of this process send nothing to the server for
that time, at most an hour.
"""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import stamina

from labelpulse.core.days import SECOND, to_us
from labelpulse.core.deadline import time_limit
from labelpulse.core.errors import RetryLater, SourceError, StopSource
from labelpulse.http import (
    ATTEMPTS,
    BUSY,
    MAX_WAIT_S,
    TimedTransport,
    _Busy,
    _error_class,
    _retry_after,
    _should_retry,
    _ssl_context,
)

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
ANSWER_S = 120.0
"""Time limit of one response, in seconds."""

MAX_BYTES = 64 * 1024 * 1024
MAX_PAUSE_S = 3600.0

_paused_until: dict[str, float] = {}  # by host and port, in monotonic seconds

Query = Mapping[str, str | int]


class Refused(StopSource):
    """The tool refused a request; status: the HTTP status, for collectors."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class TooLarge(StopSource):
    """A response is larger than `Reader` accepts; a smaller page may fit."""


class Reader:
    """Reads one API; a context manager that reuses its connections.

    Attributes:
        headers: sent with every request; a collector sets ``Authorization`` in it.
        calls: the number of requests sent, retries included.
        clock: the server's clock in its last response, microseconds UTC, rounded up to the end of
            the second; None = not stated.

    Args:
        url: the address of the tool; paths are appended to it.
        source: the name of the source, for messages.
        transport: replaces the network in tests.
        max_bytes: limit of one response, decompressed.

    Raises:
        StopSource: the address is not http or https.
    """

    def __init__(
        self,
        url: str,
        source: str,
        *,
        transport: httpx.BaseTransport | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._source = source
        self._base = _base_url(url, source)
        self._max_bytes = max_bytes
        self.headers: dict[str, str] = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        self.calls = 0
        self.clock: int | None = None
        self._transport = transport
        self._http: httpx.Client | None = None

    def __enter__(self) -> "Reader":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def get(self, path: str, query: Query | None = None) -> Any:
        """Return the JSON value at a path, which begins with a slash.

        Raises:
            RetryLater: the tool is busy, unreachable or asks to wait.
            Refused: the status is not 2xx.
            TooLarge: the response exceeds the limit.
            StopSource: the response is not JSON, or the certificate is not trusted.
        """
        return self._json("GET", path, query, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post JSON that changes nothing (a query, a token request); otherwise as `get`."""
        return self._json("POST", path, None, body)

    def bytes(self, path: str, query: Query | None = None) -> bytes:
        """Return the raw response at a path; errors as in `get`."""
        return self._request("GET", path, query, None).content

    # --- requests ---

    def _json(self, method: str, path: str, query: Query | None, body: Any) -> Any:
        response = self._request(method, path, query, body)
        text = response.content.removeprefix(b"\xef\xbb\xbf")
        if text.lstrip()[:1] == b"<":
            raise self._stopped(
                "answers with a web page instead of data: give the address of the tool's start "
                "page without a path, and make sure that no proxy asks for a login"
            )
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._stopped(f"answers {path} with text that is not JSON") from None

    def _request(self, method: str, path: str, query: Query | None, body: Any) -> httpx.Response:
        self._check_pause()
        if not all(text.isascii() and text.isprintable() for text in self.headers.values()):
            raise self._stopped("has a token or login with characters that HTTP does not allow")
        try:
            for attempt in stamina.retry_context(
                on=_should_retry, attempts=ATTEMPTS, timeout=90.0, wait_initial=0.5, wait_max=10.0
            ):
                with attempt:
                    return self._attempt(method, path, query, body)
        except _Busy as error:
            self._pause(error.after)
            raise self._later(f"answers {error}: {_next_attempt(error.after)}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from None
        raise AssertionError("stamina makes at least one attempt")

    def _attempt(self, method: str, path: str, query: Query | None, body: Any) -> httpx.Response:
        self.calls += 1
        request = self._client().stream(
            method, self._base + path, params=query, json=body, headers=self.headers
        )
        with time_limit(ANSWER_S), request as response:
            if response.status_code in BUSY:
                raise _Busy(response.status_code, _retry_after(response.headers))
            if not response.is_success:
                raise self._refused(response, path)
            self.clock = _date(response.headers.get("date", "")) or self.clock
            return self._read(response, path)

    def _client(self) -> httpx.Client:
        if self._http is None:
            self._http = httpx.Client(
                timeout=TIMEOUT,
                follow_redirects=False,
                transport=self._transport or TimedTransport(verify=_ssl_context(), trust_env=False),
                trust_env=False,
            )
        return self._http

    def _read(self, response: httpx.Response, path: str) -> httpx.Response:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self._max_bytes:
                raise TooLarge(
                    f"url of source {self._source!r} answers {path} with more than "
                    f"{self._max_bytes // 2**20} MiB at once, which is not accepted"
                )
            parts.append(part)
        return httpx.Response(response.status_code, content=b"".join(parts))

    # --- pauses ---

    @property
    def _server(self) -> str:
        url = httpx.URL(self._base)
        return f"{url.host}:{url.port}"

    def _check_pause(self) -> None:
        rest_s = _paused_until.get(self._server, 0.0) - time.monotonic()
        if rest_s > 0:
            raise self._later(f"asked for a pause: the next request is in {rest_s:.0f} s")

    def _pause(self, after: float | None) -> None:
        if after is not None:
            until = time.monotonic() + min(after, MAX_PAUSE_S)
            _paused_until[self._server] = max(until, _paused_until.get(self._server, 0.0))

    # --- errors ---

    def _stopped(self, what: str) -> StopSource:
        return StopSource(f"url of source {self._source!r} {what}")

    def _later(self, what: str) -> RetryLater:
        return RetryLater(f"url of source {self._source!r} {what}")

    def _refused(self, response: httpx.Response, path: str) -> Refused:
        status = response.status_code
        reason = _REASONS.get(status, f"answers {path} with HTTP status {status}")
        if response.is_redirect:
            reason = (
                "redirects to another address, which is not followed: give the address that a "
                "browser ends at (https instead of http, or with www)"
            )
        return Refused(f"url of source {self._source!r} {reason.format(path=path)}", status)

    def _unreachable(self, error: Exception) -> SourceError:
        why, lasting = _error_class(error)
        if not lasting:
            return self._later(
                f"cannot be reached ({why}): the next poll tries again. If this persists, correct "
                "host and port, or start the tool"
            )
        if "Cert" in why:
            return self._stopped(
                "has a certificate that is not trusted: set the variable SSL_CERT_FILE to a file "
                "with the certificate of your authority, or correct the host"
            )
        return self._stopped(_NO_ADDRESS)


_NO_ADDRESS = "is not the address of an API: write https://host or http://host:port"
_REASONS: Mapping[int, str] = {
    401: "refuses the token: create one in the tool and set token, token_env or token_file",
    403: (
        "has a token that may not read {path}: use the token of an account that may read the "
        "projects"
    ),
    404: "has nothing at {path}: give the address of the tool's start page, without a path",
}


def _date(text: str) -> int | None:
    """Return the end of the second in a Date header."""
    with suppress(ValueError, TypeError):
        return to_us(parsedate_to_datetime(text)) + SECOND - 1
    return None


def _next_attempt(after: float | None) -> str:
    if after is None or after <= MAX_WAIT_S:
        return "the tool is busy or restarting, and the next poll tries again"
    return f"it asked for a pause of {min(after, MAX_PAUSE_S):.0f} s"


def _base_url(url: str, source: str) -> str:
    """Return an address without a trailing slash; refuse a user, query or fragment."""
    try:
        parsed = httpx.URL(url.strip())
        host = parsed.host
    except (httpx.InvalidURL, ValueError):  # ValueError: an invalid host in IDNA
        raise StopSource(f"url of source {source!r} {_NO_ADDRESS}") from None
    if parsed.scheme not in ("http", "https") or not host:
        raise StopSource(f"url of source {source!r} {_NO_ADDRESS}")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise StopSource(
            f"url of source {source!r} is more than an address: put the token into token, "
            "token_env or token_file, and remove the user and everything after ? or #"
        )
    return str(parsed).rstrip("/")
