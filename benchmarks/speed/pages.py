"""Answer the questions of two pages from rollups and from facts, and compare the times."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import isclose

from sqlalchemy import Engine, text

from benchmarks.speed.measurement import Row, faster, growth, medians, timer
from benchmarks.speed.questions import EPOCH, PAGES, Answer, Question
from labelpulse.core.days import SECOND
from labelpulse.reader import Scope, read

Query = Callable[[Engine, Question, int], Answer]


class Unequal(Exception):
    """Rollups and facts give different numbers."""


def from_rollups(engine: Engine, question: Question, now: int) -> Answer:
    """Answer a question with the reader, as the page does."""
    until = date.fromordinal(EPOCH + now // (86_400 * SECOND))
    result = read(engine, question.query(until), Scope(names=True), clock=lambda: now)
    return {
        tuple(value for key, value in row.items() if key not in _NUMBERS): (row["value"], row["n"])
        for row in result.rows
        if row["value"] is not None
    }


_NUMBERS = ("value", "low", "high", "n", "note")


def from_facts(engine: Engine, question: Question, now: int) -> Answer:
    """Answer a question with SQL on the facts."""
    until = date.fromordinal(EPOCH + now // (86_400 * SECOND))
    with engine.connect() as conn:
        rows = conn.execute(text(question.sql), question.parameters(until)).all()
    if question.finish is not None:
        return question.finish(rows, now)
    days = [at for at, key in enumerate(question.by) if key == "day"]
    return {
        tuple(_day_text(key) if at in days else key for at, key in enumerate(keys)): (value, n)
        for *keys, value, n in rows
    }


def _day_text(day: int) -> str:
    return date.fromordinal(EPOCH + day).isoformat()


def check(engine: Engine, now: int) -> int:
    """Answer every question both ways and return how many numbers were compared.

    Raises:
        Unequal: the answers differ.
    """
    compared = 0
    for page in PAGES.values():
        for question in page:
            rollups, facts = from_rollups(engine, question, now), from_facts(engine, question, now)
            if rollups.keys() != facts.keys() or not rollups:
                raise Unequal(
                    f"{question.metric} by {question.by}: {len(rollups)} and {len(facts)} rows"
                )
            for key, (value, n) in rollups.items():
                if n != facts[key][1] or not isclose(value, facts[key][0], rel_tol=1e-9):
                    raise Unequal(f"{question.metric} {key}: {value, n} and {facts[key]}")
            compared += len(rollups)
    return compared


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of a page from rollups and from facts."""

    rollups: float
    facts: float


def measure(engine: Engine, now: int) -> dict[str, Timed]:
    """Check that both ways give equal numbers, then measure each page."""
    check(engine, now)
    times = {}
    for name, page in PAGES.items():
        jobs = [partial(_all, source, engine, page, now) for source in (from_rollups, from_facts)]
        times[name] = Timed(*medians(*map(timer, jobs)))
    return times


def _all(query: Query, engine: Engine, page: Sequence[Question], now: int) -> None:
    for question in page:
        query(engine, question, now)


def rows(size: str, timed: dict[str, Timed]) -> list[Row]:
    """Return the rows that compare rollups with facts."""
    return [
        faster(
            f"{name} page, {len(PAGES[name])} queries",
            size,
            timing.rollups,
            "SQL on facts",
            timing.facts,
        )
        for name, timing in timed.items()
    ]


def growths(short: dict[str, Timed], long: dict[str, Timed]) -> list[Row]:
    """Return the rows that compare a long history with a short one."""
    return [
        growth(f"{name} page", "", long[name].rollups, "the shorter history", timing.rollups)
        for name, timing in short.items()
    ]
