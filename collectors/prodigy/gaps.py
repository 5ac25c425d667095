"""Time spent, estimated: the gap between two answers of one session. Prodigy itself keeps none.

It holds what an annotator did before as well as the task, and waiting; a longer gap than the idle
cut tells nothing. Answers of a session are looked for among the few hundred links before.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

from collectors.prodigy.counts import task_of
from collectors.prodigy.tables import PREFIX, TASKS, Links
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.prodigy import saved_at

BEFORE = 200
"""Links before an answer among which the one before it of the same session is looked for."""


def with_estimates(
    db: SourceDatabase, links: Links, records: Sequence[AnnotationRecord], idle_us: int
) -> list[AnnotationRecord]:
    """Return records with the time since their session's answer before, where it is known."""
    start = PREFIX[links.name]
    keys = sorted(int(one.native_id.removeprefix(start)) for one in records)
    spent: dict[int, int] = {}
    for first, last in _runs(keys):
        spent |= _gaps(_tasks(db, links, first - BEFORE, last), idle_us)
    return [
        replace(one, time_spent_ms=spent.get(int(one.native_id.removeprefix(start))))
        for one in records
    ]


def _runs(keys: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of stretches of keys without wide gaps."""
    at = 0
    for n, key in enumerate(keys):
        if n + 1 == len(keys) or keys[n + 1] - key > BEFORE:
            yield keys[at], key
            at = n + 1


def _tasks(db: SourceDatabase, links: Links, first: int, last: int) -> Iterator[Any]:
    while True:
        rows = db.rows(links.between(first, last))
        yield from rows
        if len(rows) < TASKS:
            return
        first = rows[-1].key + 1


def _gaps(rows: Iterable[Any], idle_us: int) -> dict[int, int]:
    """Return link -> milliseconds since the answer before it of the same session."""
    answered: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for row in rows:
        with suppress(SkipRecord):
            task = task_of(row.content)
            session, at = task.get("_session_id") or task.get("_annotator_id"), saved_at(task)
            if isinstance(session, str) and at is not None:
                answered.setdefault((row.dataset, session), []).append((at, row.key))
    found: dict[int, int] = {}
    for times in answered.values():
        times.sort()
        for (before, _), (at, key) in pairwise(times):
            if 0 < at - before <= idle_us:
                found[key] = (at - before) // 1000
    return found
