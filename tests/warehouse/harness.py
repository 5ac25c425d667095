"""What the warehouse tests share: databases, crashes, polls of the tool in memory, and checks.

The checks are plain functions that return what is wrong, so that a test can also ask of them to
find something.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event, text

from labelpulse.core.events import Batch, Verdict, content_digest
from labelpulse.ingest.runner import PollResult, Task, poll
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.source import ANNOTATIONS
from labelpulse.warehouse import bulk
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.outcome import Written
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import upgrade
from tests.support.tool import Tool
from tests.support.tool_source import ToolSource, print_of
from tests.warehouse.oracle import Said, Sums, truth
from tests.warehouse.oracle_reviews import NAMES

SOURCE, TYPE = "studio", "tool-in-memory"
MATCHED = {"boxes": "geometry", "spans": "span", "note": "text"}
"""Questions whose answers are compared part by part."""
UTC_NOTHING = Said("UTC", "none", {"sentiment": "nominal", "topics": "set", **MATCHED})

# --- databases ---


def quick(engine: Engine) -> Engine:
    """Let SQLite skip waiting for the disk; no test that cuts the power uses this."""
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def relax(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")

    return engine


def fresh_sqlite(template: Path, path: Path) -> Engine:
    """Return an engine on a new warehouse file; the first one made becomes the template."""
    if not template.exists():
        engine = connect(f"sqlite:///{template}")
        upgrade(engine)
        engine.dispose()
    for left in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        left.unlink(missing_ok=True)
    shutil.copy(template, path)
    return quick(connect(f"sqlite:///{path}"))


def empty_tables(engine: Engine) -> None:
    """Empty every table of a PostgreSQL warehouse."""
    with engine.begin() as conn:
        names = conn.scalars(
            text(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' "
                "AND tablename <> 'alembic_version'"
            )
        ).all()
        conn.execute(text(f"TRUNCATE {', '.join(names)}"))


# --- crashes ---


class Crash(BaseException):
    """The process died here."""


@dataclass
class Failpoint:
    """Kills the process, as far as its database can tell, at the n-th statement or commit."""

    engine: Engine
    countdown: int | None = None
    met: int = 0
    dead: bool = False

    def step(self, *_: Any, **__: Any) -> None:
        """One statement is about to run."""
        if self.dead:
            raise Crash
        self.met += 1
        if self.countdown is not None and self.met >= self.countdown:
            self.dead = True
            raise Crash


@contextmanager
def failing(engine: Engine, at: int | None) -> Iterator[Failpoint]:
    """Let the process die at its `at`-th statement, COPY or commit (None: only count them)."""
    point = Failpoint(engine, at)
    copy = bulk._copy

    def stepping_copy(*arguments: Any) -> None:
        point.step()
        copy(*arguments)

    event.listen(engine, "before_cursor_execute", point.step)
    event.listen(engine, "commit", point.step)
    try:
        with patch.object(bulk, "_copy", stepping_copy):
            yield point
    finally:
        event.remove(engine, "before_cursor_execute", point.step)
        event.remove(engine, "commit", point.step)


# --- polling the tool ---


class Watched(Warehouse):
    """A warehouse that tells the tool which of its words were kept."""

    tool: Tool

    def write(self, held: Lease, run_id: int, batch: Batch, **how: Any) -> Written:
        """Write, and say whether it came to a commit."""
        try:
            done = super().write(held, run_id, batch, **how)
        except BaseException:
            self.tool.lost()
            raise
        self.tool.kept()
        return done


@dataclass
class Site:
    """A tool, its collector, and the warehouse that follows it."""

    tool: Tool
    engine: Engine
    make: Callable[..., Watched] = Watched
    source: ToolSource = field(init=False)
    said: dict[str, Said] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = ToolSource(self.tool)
        self.restart()

    def restart(self) -> None:
        """Start the collector's process anew."""
        self.engine.dispose()
        self.warehouse = self.make(self.engine, ROLLUPS)
        self.warehouse.tool = self.tool

    def settings(self, title: str) -> Mapping[str, Any]:
        """Return what the configuration says of a project."""
        said = self.said.get(title.removeprefix("Project "), UTC_NOTHING)
        gold = list(said.gold) if isinstance(said.gold, tuple) else said.gold
        controls = {name: {"scale": scale} for name, scale in said.scales.items()}
        return {"timezone": said.timezone, "gold": gold, "controls": controls}

    def task(self, **more: Any) -> Task:
        """Return the task of polling the tool."""
        return Task(SOURCE, TYPE, self.source, settings=self.settings, **more)

    def poll(self, sweep: bool | None = None, **more: Any) -> PollResult:
        """Poll once."""
        return poll(self.warehouse, self.task(sweep=sweep, guarded=False, **more))

    def crash(self, at: int, sweep: bool | None = None) -> bool:
        """Poll, and die at the `at`-th statement; True when it came to that.

        The dead process's lease is let run out, as it does on its own after its time to live.
        """
        with failing(self.engine, at) as point, suppress(Crash):
            self.poll(sweep)
        self.tool.lost()
        if point.dead:
            self.restart()
            expire_leases(self.engine)
        return point.dead


def expire_leases(engine: Engine) -> None:
    """Let every lease's time to live pass."""
    with engine.begin() as conn:
        conn.execute(text("UPDATE lease SET expires_at = 0"))


# --- checks: each returns what is wrong ---


def right(found: list[Any]) -> None:
    """Fail when a check found something, and say what."""
    assert not found, "\n" + "\n".join(str(one) for one in found[:20])


def unsound(site: Site) -> list[Any]:
    """Rollups that are not what a recomputation from the facts gives."""
    ids = site.warehouse.projects(site.warehouse.source(SOURCE, TYPE)).values()
    return [one for project_id in ids for one in site.warehouse.verify(project_id)]


def lost(site: Site) -> list[str]:
    """Rows whose last change a poll should have seen, and that the warehouse holds otherwise."""
    held = fingerprints(site.engine)
    there = [
        (row, print_of(row, site.tool.project_of(row)))
        for row in site.tool.visible(site.tool.rows)
        if not row.unseen and not row.bad
    ]
    return [
        f"row {row.id} stands in the tool as {said}, not as {held.get((row.id, row.unique))}"
        for row, said in there
        if held.get((row.id, row.unique)) != said
    ]


def torn(site: Site) -> list[str]:
    """Pages whose facts are there without their cursor, or whose cursor is there without them."""
    held = fingerprints(site.engine, live=False)
    reached = positions(site.engine).get(ANNOTATIONS, 0)
    wrong = []
    for serial, given in site.source.given.items():
        there = [identity for identity, said in given.items() if held.get(identity) == said]
        if there and serial > reached:
            wrong.append(f"page {serial} is written, the cursor stands at {reached}")
        if given and not there and serial == reached:
            wrong.append(f"the cursor stands at {reached}, and nothing of it is written")
    return wrong


def fingerprints(engine: Engine, live: bool = True) -> dict[tuple[str, str], str]:
    """Return (native id, unique) -> fingerprint of annotations that are held."""
    query = text(
        "SELECT native_id, unique_key, fingerprint, live FROM annotation_key "
        "WHERE stream = 'annotation'"
    )
    with engine.connect() as conn:
        rows = conn.execute(query).all()
    return {(row[0], row[1]): row[2] for row in rows if row[3] or not live}


def positions(engine: Engine) -> dict[str, int]:
    """Return by stream the serial number of the page that its cursor came with."""
    with engine.connect() as conn:
        rows = conn.execute(text("SELECT stream, position FROM cursor")).all()
    found = {}
    for stream, position in rows:
        stands = json.loads(position)
        where = stands.get("at") or stands.get("loading") or {}
        found[stream] = where.get("page", 0) if isinstance(where, dict) else 0
    return found


def strays(site: Site) -> list[str]:
    """Annotations held as living that the tool lacks, or the other way; only after a sweep."""
    query = text(
        "SELECT k.native_id, k.unique_key, k.live, a.deleted_at, p.native_id "
        "FROM annotation_key k JOIN project p ON p.id = k.project_id LEFT JOIN annotation a "
        "ON a.project_id = k.project_id AND a.id = k.annotation_id WHERE p.state = 'active' "
        "AND k.stream <> 'prediction'"
    )
    with site.engine.connect() as conn:
        held = {(row[0], row[1], row[4]): (row[2], row[3] is None) for row in conn.execute(query)}
    tables = (site.tool.rows, site.tool.drafts)
    there = {
        (row.id, row.unique, site.tool.project_of(row))
        for table in tables
        for row in site.tool.visible(table)
        if not row.bad
    }
    wrong = [f"{one} lacks a row" for one in there - held.keys()]
    bad = {row.id for row in site.tool.rows.values() if row.bad}
    for one, (key, row) in held.items():
        if one[0] not in bad and (bool(key), row) != (one in there, one in there):
            wrong.append(f"{one}: key {key}, row {row}, in the tool {one in there}")
    return wrong


def wrong_sums(site: Site) -> list[str]:
    """Sums that are not what the oracle counts; only right after a sweep."""
    wrong = strays(site)
    for project in site.tool.projects.values():
        if project.shown:
            said = site.said.get(project.name, UTC_NOTHING)
            wanted = truth(site.tool, project.name, said, site.source.polled_at)
            there = stored(site.engine, project.name)
            for name in sorted(wanted.keys() | there.keys()):
                wrong += _differing(name, wanted.get(name, {}), there.get(name, {}))
    return wrong


def _differing(name: str, wanted: Sums, there: Sums) -> list[str]:
    return [
        f"{name}{key}: {there.get(key)} is stored, {wanted.get(key)} is true"
        for key in sorted(wanted.keys() | there.keys(), key=str)
        if wanted.get(key) != there.get(key)
    ]


CONTENTS = ("", "a cat", "a dog")
"""What items of the tests show."""
EVENTS = {1: "submitted", 2: "skipped", 3: "edited"}
STAGES = dict(enumerate(("waiting", "started", "waiting_for_labels", "review", "done", "blocked")))
ORDERED = {
    "agree_pairs": 3,
    "annotator_pairs": 2,
    "annotator_pair_days": 2,
    "pair_geometry": 3,
}
PAIRED = "annotator_pair_labels"
"""People of a pair with the label of each; ids order the people."""
CYCLES, STILL_OPEN = "cycle_hist", -2
"""Whether a duration is known, or still runs, is part of the key."""
SAID = ("answer_matrix", "open_items")
"""Single answers and items, whose sums are ids of what they say."""
"""Rollups whose last two keys are a pair, and where it begins; ids order it otherwise."""


def stored(engine: Engine, project: str) -> dict[str, Sums]:
    """Return rollup name -> key of names -> sums, as the tables hold them."""
    found: dict[str, Sums] = {}
    with engine.connect() as conn:
        query = text("SELECT id FROM project WHERE native_id = :name")
        project_id = conn.scalar(query, {"name": project})
        names = _names(conn)
        for name, rollup in ROLLUPS.all.items():
            keys = [one.name for one in rollup.table.primary_key][1:]
            rows = conn.execute(
                rollup.table.select().where(rollup.table.c.project_id == project_id)
            )
            sums = found.setdefault(name, {})
            for row in rows:
                key = tuple(_named(names, at, row._mapping[at]) for at in keys if at != "bucket")
                if name == CYCLES:
                    key = (*key, row.bucket >= 0, row.bucket == STILL_OPEN)
                turned = False
                if name in ORDERED:
                    cut = ORDERED[name]
                    two = key[cut : cut + 2]
                    turned = two != tuple(sorted(two))
                    key = (*key[:cut], *sorted(two), *key[cut + 2 :])
                values = [v for at, v in row._mapping.items() if at not in (*keys, "project_id")]
                if name == "pair_geometry" and turned:  # objects of a, objects of b
                    values[3:5] = reversed(values[3:5])
                if name == PAIRED:
                    *place, a, b, x, y = key
                    key = (
                        *place,
                        *(
                            one
                            for pair in zip(*sorted([(a, x), (b, y)]), strict=True)
                            for one in pair
                        ),
                    )
                if name in SAID:
                    said = {
                        at: v for at, v in row._mapping.items() if at not in (*keys, "project_id")
                    }
                    sums[key] = [_named(names, at, v) for at, v in said.items()]
                    continue
                there = sums.get(key, [0] * len(values))
                sums[key] = [a + b for a, b in zip(there, values, strict=True)]
    return found


def _names(conn: Any) -> dict[str, dict[int, Any]]:
    queries = {
        "batch": "SELECT id, name FROM batch",
        "annotator": "SELECT annotator_id, native_id FROM annotator_identity",
        "control": "SELECT id, name FROM control",
        "label": "SELECT id, text FROM label",
        "item": "SELECT id, native_id FROM item",
        "model": "SELECT id, name FROM model_version",
    }
    found = {
        name: {row[0]: row[1] for row in conn.execute(text(query))}
        for name, query in queries.items()
    }
    found["batch"][0] = ""
    found["label"][0] = "*"
    found["reviewer"] = {**found["annotator"], 0: ""}
    found["model"][0] = ""
    found["started"] = found["model"] | {0: "alone", -1: "unknown"}
    found["annotator"][0] = "(gold)"
    return found


def _named(names: dict[str, dict[int, Any]], column: str, value: int) -> Any:
    if column == "event":
        return EVENTS[value]
    if column == "outcome":
        return NAMES[Verdict(value)]
    if column == "stage":
        return STAGES[value]
    if column == "content":
        return next((one for one in CONTENTS if content_digest(one) == value), value)
    if column in ("gold_label", "first_label_id", "label_a", "label_b"):
        return names["label"][value]
    kind = column.split("_", maxsplit=1)[0]
    return names[kind][value] if kind in names else value


def submitted(engine: Engine) -> int:
    """Return how many submissions the warehouse counts, all days together."""
    with engine.connect() as conn:
        return int(conn.scalar(text("SELECT coalesce(sum(n), 0) FROM activity WHERE event = 1")))
