"""After thousands of edits, deletes, moves and late rows, sums still say what the facts say."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import krippendorff
import numpy as np
import pytest

from labelpulse.core.events import AnnotationRecord, Batch, ItemRecord, ProjectRecord
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse.store import Warehouse
from tests.reader.world import NOW, World, at, engine_at

ITEMS, PEOPLE, DAYS, ROUNDS, CHANGES = 300, 7, 40, 40, 100
LEVELS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True)
class Row:
    """One annotation of the tool."""

    name: str
    item: str
    who: str
    label: str
    day: float
    deleted: bool = False

    def record(self) -> AnnotationRecord:
        """As a collector tells it."""
        return AnnotationRecord(
            project="P",
            item=self.item,
            native_id=self.name,
            annotator=self.who,
            deleted=self.deleted,
            submitted_at=at(self.day),
            answers=(("label", self.label),),
        )


class Edited:
    """A project whose rows change in rounds, each written as one poll."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.rows: dict[str, Row] = {}
        self._draw = random.Random(20_261_126)
        self._warehouse = warehouse
        self._source = warehouse.source("studio", "label-studio-db")

    def new(self) -> Row:
        draw = self._draw
        item, who = f"i{draw.randrange(ITEMS)}", f"p{draw.randrange(PEOPLE)}"
        day = draw.uniform(0, DAYS)  # any day: most rows of later rounds are late
        return Row(str(len(self.rows)), item, who, draw.choice(LEVELS), day)

    def change(self) -> Row:
        draw = self._draw
        if len(self.rows) < 400 or draw.random() < 0.25:
            made = self.new()
        else:
            old = draw.choice(list(self.rows.values()))
            made = draw.choice(
                (
                    replace(old, label=draw.choice(LEVELS)),
                    replace(old, deleted=not old.deleted),
                    replace(old, item=f"i{draw.randrange(ITEMS)}"),
                )
            )
        self.rows[made.name] = made
        return made

    def poll(self, changes: int) -> None:
        changed = {row.name: row for row in [self.change() for _ in range(changes)]}
        with self._warehouse.lease(self._source) as lease:
            run = self._warehouse.start_run(lease, "test")
            project = self._warehouse.register(lease, ProjectRecord("P", "P"))
            said = {"scale": "ordinal", "labels": list(LEVELS)}
            settings = {"timezone": "UTC", "controls": {"label": said}}
            self._warehouse.settings(lease, project, "toml", settings)
            batch = Batch(
                items=tuple(ItemRecord("P", f"i{n}") for n in range(ITEMS)),
                annotations=tuple(row.record() for row in changed.values()),
            )
            self._warehouse.write(lease, run, batch, live=True, observed_at=NOW)
            self._warehouse.apply_rules(lease, project)
            self._warehouse.finish_run(lease, run, "ok")

    def comparable(self) -> list[tuple[date, list[str]]]:
        """Items with two people's answers: their agreement day, and the last answer of each."""
        own: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in self.rows.values():
            if not row.deleted:
                own[row.item][row.who].append(row)
        found = []
        for people in own.values():
            if len(people) < 2:
                continue
            # The later submission of a person counts.
            last = [max(rows, key=lambda row: at(row.day)).label for rows in people.values()]
            second = sorted(min(at(row.day) for row in rows) for rows in people.values())[1]
            found.append((datetime.fromtimestamp(second / 1e6, UTC).date(), last))
        return found


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Edited]]:
    engine = engine_at(Path(tmp_path_factory.mktemp("edited")))
    world = World(engine)
    made = Edited(Warehouse(engine, ROLLUPS, clock=lambda: NOW))
    for _ in range(ROUNDS):
        made.poll(CHANGES)
    yield world, made
    engine.dispose()


RANGES = [(0, DAYS), (0, 6), (9, 9), (13, 27), (30, DAYS)]


@pytest.mark.parametrize(("first", "last"), RANGES)
def test_alpha_of_any_days_is_that_of_the_facts(edited: tuple[World, Edited], first, last):
    world, made = edited
    monday = date(2024, 3, 4)
    since, until = monday + timedelta(days=first), monday + timedelta(days=last)
    chosen = [given for day, given in made.comparable() if since <= day <= until]
    counts = np.array([[given.count(level) for level in LEVELS] for given in chosen])
    row = world.one("agreement_alpha", since=since.isoformat(), until=until.isoformat())
    expected = krippendorff.alpha(
        value_counts=counts, value_domain=[1, 2, 3, 4, 5], level_of_measurement="ordinal"
    )
    assert row["n"] == len(chosen) > 3
    assert row["value"] == pytest.approx(expected, abs=1e-12)


def test_the_days_change_as_thousands_of_rows_do(edited: tuple[World, Edited]):
    """The test is about something: rows were deleted, moved, and there are many."""
    _, made = edited
    assert len(made.rows) > 1000
    assert sum(row.deleted for row in made.rows.values()) > 200
