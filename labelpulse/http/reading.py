"""Reading a tool's API: JSON in, bounded in size and time, gentle where the tool is busy.

An address the operator configured may lead anywhere, this machine included. Neither it nor a token
stands in an error, log line or repr of ours; a path below it may, its query never.

A server that asks to be left alone (``Retry-After``) is, by every reader of this process, until
then: for at most an hour.
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
from labelpulse.core.deadline import within
from labelpulse.core.errors import RetryLater, SourceError, StopSource
from labelpulse.http import (
    ATTEMPTS,
    BUSY,
    LONGEST_WAIT_S,
    Timely,
    _asked,
    _Busy,
    _class_of,
    _trusted,
    _worth_it,
)

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
ANSWER_S = 120.0
"""For the whole of one answer, however slowly it comes."""

MAX_BYTES = 64 * 1024 * 1024
LONGEST_QUIET_S = 3600.0

_quiet: dict[str, float] = {}  # host and port -> until when it is left alone

Query = Mapping[str, str | int]


class Refused(StopSource):
    """The tool understood and said no. status: HTTP, so that a collector may know better."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class TooLarge(StopSource):
    """An answer is larger than `Reader` takes; a smaller page may do."""


class Reader:
    """Asks one API; a context manager that keeps its connections.

    Attributes:
        headers: sent with every request; a collector sets ``Authorization`` in it.
        calls: how many requests were sent, repeats included.
        clock: the server's own, microseconds UTC and never behind, as its last answer told it in
            whole seconds; None = it does not tell.

    Args:
        url: the address of the tool, to which paths are added.
        source: the source's name, for messages.
        transport: in place of sockets, for tests.
        max_bytes: of one answer, unpacked.

    Raises:
        StopSource: the address is none of http or https.
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
        self._base = _plain(url, source)
        self._max_bytes = max_bytes
        self.headers: dict[str, str] = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        self.calls = 0
        self.clock: int | None = None
        self._transport = transport
        self._http: httpx.Client | None = None

    def __enter__(self) -> "Reader":
        """Keep connections open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self.close()

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def get(self, path: str, query: Query | None = None) -> Any:
        """Return the JSON value at a path, which begins with a slash.

        Raises:
            RetryLater: the tool is busy, away or asks to be left alone.
            Refused: it answered with another status than 2xx. TooLarge: see there.
            StopSource: what it answers is no JSON, or its certificate is not trusted.
        """
        return self._json("GET", path, query, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post JSON that changes nothing (a query, an exchange of tokens); as `get` otherwise."""
        return self._json("POST", path, None, body)

    def bytes(self, path: str, query: Query | None = None) -> bytes:
        """Return what is at a path as it is, of any kind; errors as of `get`."""
        return self._answer("GET", path, query, None).content

    # --- one question ---

    def _json(self, method: str, path: str, query: Query | None, body: Any) -> Any:
        answer = self._answer(method, path, query, body)
        text = answer.content.removeprefix(b"\xef\xbb\xbf")
        if text.lstrip()[:1] == b"<":
            raise self._stopped(
                "answers with a web page where data should be: give the address of the tool's own "
                "start page, without a path behind it, and let no login of a proxy stand before it"
            )
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._stopped(f"answers {path} with what is no JSON") from None

    def _answer(self, method: str, path: str, query: Query | None, body: Any) -> httpx.Response:
        self._leave_alone()
        if not all(one.isascii() and one.isprintable() for one in self.headers.values()):
            raise self._stopped("has a token or login with signs that no request can carry")
        try:
            for attempt in stamina.retry_context(
                on=_worth_it, attempts=ATTEMPTS, timeout=90.0, wait_initial=0.5, wait_max=10.0
            ):
                with attempt:
                    return self._once(method, path, query, body)
        except _Busy as error:
            self._remember(error.after)
            raise self._later(f"answers {error}: {_again(error.after)}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreached(error) from None
        raise AssertionError("stamina tries once at least")

    def _once(self, method: str, path: str, query: Query | None, body: Any) -> httpx.Response:
        self.calls += 1
        asked = self._connected().stream(
            method, self._base + path, params=query, json=body, headers=self.headers
        )
        with within(ANSWER_S), asked as answer:
            if answer.status_code in BUSY:
                raise _Busy(answer.status_code, _asked(answer.headers))
            if not answer.is_success:
                raise self._refused(answer, path)
            self.clock = _date(answer.headers.get("date", "")) or self.clock
            return self._whole(answer, path)

    def _connected(self) -> httpx.Client:
        if self._http is None:
            self._http = httpx.Client(
                timeout=TIMEOUT,
                follow_redirects=False,
                transport=self._transport or Timely(verify=_trusted(), trust_env=False),
                trust_env=False,
            )
        return self._http

    def _whole(self, answer: httpx.Response, path: str) -> httpx.Response:
        parts, size = [], 0
        for part in answer.iter_bytes():
            size += len(part)
            if size > self._max_bytes:
                raise TooLarge(
                    f"url of source {self._source!r} answers {path} with more than "
                    f"{self._max_bytes // 2**20} MiB at once, which is refused"
                )
            parts.append(part)
        return httpx.Response(answer.status_code, content=b"".join(parts))

    # --- being left alone ---

    @property
    def _server(self) -> str:
        url = httpx.URL(self._base)
        return f"{url.host}:{url.port}"

    def _leave_alone(self) -> None:
        rest = _quiet.get(self._server, 0.0) - time.monotonic()
        if rest > 0:
            raise self._later(f"asked to be left alone for another {rest:.0f} s, which is kept")

    def _remember(self, after: float | None) -> None:
        if after is not None:
            until = time.monotonic() + min(after, LONGEST_QUIET_S)
            _quiet[self._server] = max(until, _quiet.get(self._server, 0.0))

    # --- errors ---

    def _stopped(self, what: str) -> StopSource:
        return StopSource(f"url of source {self._source!r} {what}")

    def _later(self, what: str) -> RetryLater:
        return RetryLater(f"url of source {self._source!r} {what}")

    def _refused(self, answer: httpx.Response, path: str) -> Refused:
        status = answer.status_code
        said = _SAID.get(status, f"answers {path} with HTTP status {status}")
        if answer.is_redirect:
            said = (
                "leads to another address, which is not followed: give the one that a browser "
                "ends at (https instead of http, or with its www)"
            )
        return Refused(f"url of source {self._source!r} {said.format(path=path)}", status)

    def _unreached(self, error: Exception) -> SourceError:
        why, lasting = _class_of(error)
        if not lasting:
            return self._later(
                f"cannot be reached ({why}): the next poll tries again. If it stays so, correct "
                "host and port, or start the tool"
            )
        if "Cert" in why:
            return self._stopped(
                "has a certificate that is not trusted here: let the variable SSL_CERT_FILE name "
                "a file with your own authority's, or correct the host"
            )
        return self._stopped(_NO_ADDRESS)


_NO_ADDRESS = "is no address of an API: write https://host or http://host:port"
_SAID: Mapping[int, str] = {
    401: "refuses its token: make a new one in the tool and set token, token_env or token_file",
    403: (
        "has a token that may not read {path}: use the token of an account that may read the "
        "projects"
    ),
    404: "has nothing at {path}: give the address of the tool's start page, without a path behind",
}


def _date(text: str) -> int | None:
    """The end of the second that a header Date names."""
    with suppress(ValueError, TypeError):
        return to_us(parsedate_to_datetime(text)) + SECOND - 1
    return None


def _again(after: float | None) -> str:
    if after is None or after <= LONGEST_WAIT_S:
        return "the tool is busy or restarting, and the next poll tries again"
    return f"it asked to be left alone for {min(after, LONGEST_QUIET_S):.0f} s, which is kept"


def _plain(url: str, source: str) -> str:
    """Return an address without slashes at its end; it may hold no user, query or fragment."""
    try:
        parsed = httpx.URL(url.strip())
        host = parsed.host
    except (httpx.InvalidURL, ValueError):  # the latter of a host that names no letters
        raise StopSource(f"url of source {source!r} {_NO_ADDRESS}") from None
    if parsed.scheme not in ("http", "https") or not host:
        raise StopSource(f"url of source {source!r} {_NO_ADDRESS}")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise StopSource(
            f"url of source {source!r} holds more than an address: the token goes to token, "
            "token_env or token_file, and nothing stands behind a ? or a #"
        )
    return str(parsed).rstrip("/")
