"""The questions of two pages, asked of the rollups and of the facts; both say the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import isclose

from sqlalchemy import Engine, text

from labelpulse.core.days import SECOND
from labelpulse.reader import Scope, read
from tests.bench.measure import Row, faster, growth, medians, timer
from tests.bench.questions import EPOCH, PAGES, Answer, Question

Ask = Callable[[Engine, Question, int], Answer]


class Unequal(Exception):
    """Rollups and facts do not say the same."""


def of_rollups(engine: Engine, question: Question, now: int) -> Answer:
    """Ask the reader, as the page does."""
    until = date.fromordinal(EPOCH + now // (86_400 * SECOND))
    result = read(engine, question.query(until), Scope(names=True), clock=lambda: now)
    return {
        tuple(value for key, value in row.items() if key not in _NUMBERS): (row["value"], row["n"])
        for row in result.rows
        if row["value"] is not None
    }


_NUMBERS = ("value", "low", "high", "n", "note")


def of_facts(engine: Engine, question: Question, now: int) -> Answer:
    """Ask the facts."""
    until = date.fromordinal(EPOCH + now // (86_400 * SECOND))
    with engine.connect() as conn:
        rows = conn.execute(text(question.sql), question.parameters(until)).all()
    if question.finish is not None:
        return question.finish(rows, now)
    days = [at for at, key in enumerate(question.by) if key == "day"]
    return {
        tuple(_day_text(one) if at in days else one for at, one in enumerate(keys)): (value, n)
        for *keys, value, n in rows
    }


def _day_text(day: int) -> str:
    return date.fromordinal(EPOCH + day).isoformat()


def check(engine: Engine, now: int) -> int:
    """Ask every question both ways; return how many numbers were compared.

    Raises:
        Unequal: the answers differ.
    """
    compared = 0
    for page in PAGES.values():
        for question in page:
            here, there = of_rollups(engine, question, now), of_facts(engine, question, now)
            if here.keys() != there.keys() or not here:
                raise Unequal(
                    f"{question.metric} by {question.by}: {len(here)} and {len(there)} rows"
                )
            for key, (value, n) in here.items():
                if n != there[key][1] or not isclose(value, there[key][0], rel_tol=1e-9):
                    raise Unequal(f"{question.metric} {key}: {value, n} and {there[key]}")
            compared += len(here)
    return compared


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of a page, of rollups and of facts."""

    rollups: float
    facts: float


def measure(engine: Engine, now: int) -> dict[str, Timed]:
    """Return the seconds of each page; both ways were checked to be equal before."""
    check(engine, now)
    found = {}
    for name, page in PAGES.items():
        ways = [partial(_all, ask, engine, page, now) for ask in (of_rollups, of_facts)]
        found[name] = Timed(*medians(*map(timer, ways)))
    return found


def _all(ask: Ask, engine: Engine, page: Sequence[Question], now: int) -> None:
    for question in page:
        ask(engine, question, now)


def rows(size: str, timed: dict[str, Timed]) -> list[Row]:
    """Return lines of the table: pages against the facts."""
    return [
        faster(
            f"{name} page, {len(PAGES[name])} queries", size, one.rollups, "SQL on facts", one.facts
        )
        for name, one in timed.items()
    ]


def growths(short: dict[str, Timed], long: dict[str, Timed]) -> list[Row]:
    """Return lines of the table: pages of rollups as history grows."""
    return [
        growth(f"{name} page", "", long[name].rollups, "the shorter history", one.rollups)
        for name, one in short.items()
    ]
