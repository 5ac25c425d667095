"""A warehouse filled by the real writer from a list of what people said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, event

from labelpulse import schema
from labelpulse.core.days import to_us
from labelpulse.core.events import (
    AnnotationRecord,
    Batch,
    ControlRecord,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
    Scale,
    Status,
    Verdict,
)
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.reader import MetricQuery, Row, Scope, read
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)
NOW = to_us(datetime(2026, 11, 24, 9, tzinfo=UTC))
KEY = b"a key for tests"
NAMES = Scope(names=True, key=KEY)
HIDDEN = Scope(key=KEY)


def at(day: float = 0, minute: int = 0) -> int:
    """Noon of 4 March 2024, so many days and minutes later."""
    return to_us(NOON + timedelta(days=day, minutes=minute))


@dataclass(frozen=True)
class Judged:
    """A review of an annotation. `at`: None = at a time that nobody knows."""

    verdict: Verdict
    who: str | None = None
    at: int | None = None


@dataclass(frozen=True)
class Say:
    """One annotation. `labels`: one label, or control -> value; `started`: from which guess."""

    item: str
    who: str | None
    labels: Any
    at: int | None = None
    status: Status = Status.SUBMITTED
    time_ms: int | None = None
    gold: Mapping[str, Any] = field(default_factory=dict)
    gold_flag: bool = False
    deleted: bool = False
    edited: bool = False
    reviews: Sequence["Judged"] = ()
    started: str | None = None

    def answers(self) -> dict[str, Any]:
        """Control -> value."""
        if self.status != Status.SUBMITTED:
            return {}
        return dict(self.labels) if isinstance(self.labels, dict) else {"label": self.labels}


@dataclass(frozen=True)
class Guess:
    """One prediction. `labels` as of `Say`; `name`: what annotations started from it call it."""

    item: str
    labels: Any
    model: str = "v1"
    score: int | None = None
    name: str = ""
    at: int | None = None


def engine_on(url: str, *, made: bool = False) -> Engine:
    """Return an engine on an empty warehouse; SQLite does not wait for the disk.

    Args:
        made: its tables are there already.
    """
    engine = connect(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def relax(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")

    if not made:
        schema.metadata.create_all(engine)
    return engine


@cache
def _tables() -> bytes:
    """Return the file of a SQLite warehouse in which nothing is yet."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        engine_on(f"sqlite:///{file}").dispose()
        return file.read_bytes()


def engine_at(path: Path) -> Engine:
    """Return an engine on a new, empty SQLite warehouse."""
    file = path / "warehouse.db"
    if not file.exists():
        file.write_bytes(_tables())
    return engine_on(f"sqlite:///{file}", made=True)


class World:
    """Fills a warehouse, a project at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.warehouse = Warehouse(engine, ROLLUPS, clock=lambda: NOW)
        self._ids = count(1)

    def project(
        self,
        says: Iterable[Say],
        *,
        title: str = "P",
        source: str = "studio",
        kind: str = "label-studio-db",
        timezone: str = "UTC",
        gold: str | Sequence[str] | None = None,
        controls: Mapping[str, Mapping[str, Any]] | None = None,
        required: Mapping[str, int] | None = None,
        batches: Mapping[str, str] | None = None,
        shows: Mapping[str, str] | None = None,
        known: Sequence[ControlRecord] = (),
        people: Sequence[PersonRecord] = (),
        program: str | None = None,
        guesses: Sequence[Guess] = (),
        holidays: Sequence[str] = (),
        deadline: str | None = None,
    ) -> int:
        """Load a project and return its id.

        Args:
            controls: settings; known: what the source says of its questions; people: of accounts.
            shows: item -> its content; "" = unknown, as of items not named.
        """
        said = list(says)
        source_id = self.warehouse.source(source, kind)
        settings: dict[str, Any] = {"timezone": timezone, "controls": dict(controls or {})}
        if gold is not None:
            settings["gold"] = gold
        if holidays:
            settings["holidays"] = list(holidays)
        if deadline is not None:
            settings["deadline"] = deadline
        if program is not None:
            settings["program"] = program
        record = ProjectRecord(title, title, tuple(known))
        with self.warehouse.lease(source_id) as lease:
            run = self.warehouse.start_run(lease, "test")
            project = self.warehouse.register(lease, record)
            self.warehouse.settings(lease, project, "toml", settings)
            batch = Batch(
                people=tuple(people),
                items=self._items(title, said, required or {}, batches or {}, shows or {}),
                annotations=tuple(row for one in said for row in self._annotations(title, one)),
                predictions=tuple(self._prediction(title, one) for one in guesses),
            )
            self.warehouse.write(lease, run, batch, live=True, observed_at=NOW)
            self.warehouse.apply_rules(lease, project)
            self.warehouse.finish_run(lease, run, "ok")
        return project

    def _items(
        self,
        title: str,
        said: Sequence[Say],
        required: Mapping[str, int],
        batches: Mapping[str, str],
        shows: Mapping[str, str],
    ) -> tuple[ItemRecord, ...]:
        names = dict.fromkeys([one.item for one in said] + list(required) + list(batches))
        return tuple(
            ItemRecord(
                *(title, name, required.get(name), batches.get(name), at(-5)),
                content=shows.get(name, ""),
            )
            for name in names
        )

    def _annotations(self, title: str, one: Say) -> Iterator[AnnotationRecord]:
        """Yield an annotation; where it was judged, as it stood after each review."""
        row = self._annotation(title, one)
        yield row
        for said in one.reviews:
            yield replace(row, verdict=said.verdict, reviewer=said.who, reviewed_at=said.at)

    def _annotation(self, title: str, one: Say) -> AnnotationRecord:
        return AnnotationRecord(
            project=title,
            item=one.item,
            native_id=str(next(self._ids)),
            annotator=one.who,
            status=one.status,
            deleted=one.deleted,
            submitted_at=one.at,
            time_spent_ms=one.time_ms,
            answers=tuple(one.answers().items()),
            gold=tuple(one.gold.items()),
            gold_flag=one.gold_flag,
            edited=one.edited,
            assisted=one.started is not None,
            parent_prediction=one.started,
        )

    def _prediction(self, title: str, one: Guess) -> PredictionRecord:
        labels = one.labels if isinstance(one.labels, dict) else {"label": one.labels}
        return PredictionRecord(
            project=title,
            item=one.item,
            native_id=one.name or f"prediction-{next(self._ids)}",
            model_version=one.model,
            score=one.score,
            created_at=one.at,
            answers=tuple(labels.items()),
        )

    def ask(self, metric: str, scope: Scope = NAMES, **query: Any) -> list[Row]:
        """Return the rows of a query."""
        return read(self.engine, MetricQuery(metric, **query), scope, clock=lambda: NOW).rows

    def one(self, metric: str, scope: Scope = NAMES, **query: Any) -> Row:
        """Return the single row of a query."""
        rows = self.ask(metric, scope, **query)
        assert len(rows) == 1, rows
        return rows[0]

    def by(self, metric: str, key: str, value: str = "value", **query: Any) -> dict[Any, Any]:
        """Return {key: value} of a query by one key."""
        rows = self.ask(metric, by=(key,), **query)
        found = {row[key]: row[value] for row in rows}
        assert len(found) == len(rows), rows
        return found


def labeled(items: Mapping[str, Sequence[Any]], *, day: float = 0, start: int = 0) -> list[Say]:
    """Answers of ann, bob, cid, … to items, one a minute."""
    people = ("ann", "bob", "cid", "dee", "eve")
    pairs = [(i, p, x) for i, given in items.items() for p, x in zip(people, given, strict=False)]
    return [Say(i, p, x, at(day, start + n)) for n, (i, p, x) in enumerate(pairs)]


SETS = (ControlRecord("label", Scale.SET, ("a", "b", "c")),)
