"""How long people worked on jobs, from CVAT's events: its database does not tell.

CVAT adds up the time between a person's actions on a job, pauses left out, and writes it down as
events ``send:working_time``. They are read from ClickHouse over HTTP, added up there, or as the CSV
of CVAT's own ``/api/events``, which holds all events and so suits small servers alone. Events get
lost and repeated on their way: equal ones are taken for one, and the sum is a lower bound.
"""

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

from labelpulse.core.days import SECOND
from labelpulse.core.errors import RetryLater, SourceError, StopSource
from labelpulse.http.reading import Query, Reader, Refused, TooLarge

EVERY_US = 600 * SECOND
PAUSE_S, TRIES = 1.0, 60
SCOPE = "send:working_time"

Times = Mapping[int, Mapping[str, int]]
"""Job -> native id of a person -> milliseconds."""

NONE: Times = {}

_SUMS = """
SELECT job_id, user_id, sum(ms) FROM (
  SELECT DISTINCT timestamp, scope, source, job_id, user_id, payload,
    greatest(duration, JSONExtractUInt(ifNull(payload, ''), 'working_time')) AS ms
  FROM cvat.events
  WHERE job_id > 0 AND user_id > 0 AND (scope = 'send:working_time'
    OR (source = 'client' AND JSONHas(ifNull(payload, ''), 'working_time')))
) GROUP BY job_id, user_id ORDER BY job_id, user_id FORMAT TSV
"""


class WorkingTime:
    """Reads working times, at most every ten minutes; what was read before holds meanwhile.

    Args:
        url: of ClickHouse's HTTP interface, or of CVAT itself where there is a token.
        source: the source's name, for messages.
        login: user and password of ClickHouse. token: of CVAT.
        pause: waits so many seconds while CVAT prepares its CSV.
    """

    def __init__(
        self,
        url: str,
        source: str,
        *,
        login: tuple[str, str] = ("", ""),
        token: str = "",
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._token = token
        self._login = login
        self._pause = pause
        self._url = url
        self._known: Times | None = None
        self._read_at = 0

    def read(self, now: int) -> Times:
        """Return all working times.

        Args:
            now: microseconds UTC.

        Raises:
            RetryLater: they cannot be read now, and never were. StopSource: until somebody acts.
        """
        if self._known is not None and now - self._read_at < EVERY_US:
            return self._known
        try:
            self._known = self._asked()
        except RetryLater:
            if self._known is None:
                raise
        self._read_at = now
        return self._known

    def _asked(self) -> Times:
        try:
            with Reader(self._url, self._source) as reader:
                if self._token:
                    reader.headers["Authorization"] = f"Token {self._token}"
                    return _of_events(self._exported(reader))
                user, password = self._login
                reader.headers |= {"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
                return _of_sums(reader.bytes("/", {"query": _SUMS.strip()}).decode())
        except TooLarge:
            raise self._stopped(
                "answers with more events than can be read at once: point it at ClickHouse's HTTP "
                "interface, which adds them up"
            ) from None
        except Refused as error:
            raise self._stopped(
                f"answers HTTP status {error.status}: correct the address, and events_user and "
                "events_password (ClickHouse) or events_token (CVAT)"
            ) from None
        except SourceError as error:
            raise type(error)(f"options.events_{error}") from None
        except (ValueError, KeyError, TypeError, OverflowError, csv.Error):
            raise self._stopped(
                "answers with what are no events of CVAT: give the address of ClickHouse's HTTP "
                "interface, or that of CVAT and events_token"
            ) from None

    def _exported(self, reader: Reader) -> str:
        """Return the CSV of all events: CVAT prepares it first, and says so in JSON or nothing."""
        query: Query = {"from": "1970-01-02", "action": "download", "query_id": str(uuid4())}
        for _ in range(TRIES):
            found = reader.bytes("/api/events", query).decode()
            if found and not found.startswith("{"):
                return found
            self._pause(PAUSE_S)
        raise RetryLater(
            f"url of source {self._source!r} is still preparing its events: the next poll asks "
            "again"
        )

    def _stopped(self, what: str) -> StopSource:
        return StopSource(f"options.events_url of source {self._source!r} {what}")


def _of_sums(text: str) -> Times:
    rows = (line.split("\t") for line in text.splitlines())
    return _added((int(job), user, int(ms)) for job, user, ms in rows)


def _of_events(text: str) -> Times:
    """Add up the events of a CSV; equal ones are one."""
    rows = {tuple(row.items()) for row in csv.DictReader(io.StringIO(text))}
    return _added(one for row in rows if (one := _of_event(dict(row))) is not None)


def _of_event(row: Mapping[str, str]) -> tuple[int, str, int] | None:
    scope, source, job, user = (row[name] for name in ("scope", "source", "job_id", "user_id"))
    told = _payload(row["payload"]).get("working_time")
    if not job or not user or not (scope == SCOPE or (source == "client" and told is not None)):
        return None
    return int(job), user, max(int(row["duration"] or 0), int(told or 0))


def _payload(text: str) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    return {}


def _added(rows: Iterable[tuple[int, str, int]]) -> Times:
    found: dict[int, dict[str, int]] = {}
    for job, user, ms in rows:
        of = found.setdefault(job, {})
        of[user] = of.get(user, 0) + ms
    return found


def of_job(times: Mapping[str, int], annotator: str | None, reviewer: str | None) -> int | None:
    """Return the milliseconds of whoever annotated a job; None = nothing is known.

    Once somebody else is assigned for review, it is the time of all but the reviewer.

    >>> of_job({"1": 7, "2": 5}, "1", None), of_job({"1": 7, "2": 5}, None, "2")
    (7, 7)
    """
    mine = times.get(annotator) if annotator is not None else None
    if annotator is None:
        mine = sum(ms for who, ms in times.items() if who != reviewer)
    return mine or None


def share(ms: int | None, parts: int, place: int) -> int | None:
    """Return one of equal parts of a time, which together are the whole to the millisecond.

    >>> [share(8, 3, place) for place in range(3)]
    [3, 3, 2]
    """
    if ms is None:
        return None
    each, rest = divmod(ms, parts)
    return each + (place < rest)
