"""The one HTTP client: short timeouts, repeats where that helps, no redirects.

An address may be a secret, so no error, log line or traceback of ours names one.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
import stamina

from labelpulse.core.errors import DeliveryFailed

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
ATTEMPTS = 4
LONGEST_WAIT_S = 30.0
"""A receiver that wants to be left alone for longer than this is given up for now."""

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may be welcome a moment later."""

for _name in ("httpx", "httpcore"):  # they log addresses
    logging.getLogger(_name).setLevel(logging.WARNING)


stamina.instrumentation.set_on_retry_hooks([])  # they would write to standard output


class _Busy(Exception):
    """An answer after which it is worth trying again. after: seconds that were asked for."""

    def __init__(self, status: int, after: float | None) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status
        self.after = after


class Client:
    """Posts messages; it may be used for many.

    Args:
        attempts: how often a message is tried in all.
        transport: in place of sockets, for tests.
    """

    def __init__(
        self, attempts: int = ATTEMPTS, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._attempts = attempts
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=False, transport=transport)

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
            for attempt in stamina.retry_context(
                on=_worth_it, attempts=self._attempts, timeout=60.0, wait_initial=0.2, wait_max=10.0
            ):
                with attempt:
                    return self._once(address, body, headers)
        except _Busy as error:
            raise _failed(what, f"it answered {error}") from None
        except _Refused as error:
            raise _failed(what, str(error)) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _failed(what, f"it cannot be reached ({type(error).__name__})") from None
        raise AssertionError("stamina tries once at least")

    def _once(self, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        answer = self._http.post(address, content=body, headers=dict(headers))
        if answer.is_success:
            return answer.status_code
        if answer.status_code in BUSY:
            raise _Busy(answer.status_code, _asked(answer.headers))
        if answer.is_redirect:
            raise _Refused("it redirects elsewhere, which is not followed: give its new address")
        raise _Refused(f"it answered HTTP status {answer.status_code}")


class _Refused(Exception):
    """An answer that trying again would not change."""


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
    """Return the seconds that a receiver asks for; None where it names none, or a date."""
    with suppress(ValueError):
        return max(float(headers.get("retry-after", "")), 0.0)
    return None


def _failed(what: str, why: str) -> DeliveryFailed:
    return DeliveryFailed(f"{what} did not take the message: {why}. Nothing was marked as sent")
