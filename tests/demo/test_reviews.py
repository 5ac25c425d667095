"""Reviews: the quiet third project, in another tool, on which nothing is wrong."""

import gzip
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from labelpulse.demo.dates import Dates, dates
from labelpulse.demo.doccano_tables import TABLES
from labelpulse.demo.reviews import LABELS, TEAM, ReviewTeam, create_reviews, plan_reviews, wants
from tests.demo.conftest import NOW
from tests.support.doccano import SAMPLE

DAYS = dates(NOW, 90)


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reviews") / "reviews.sqlite3"
    create_reviews(path, 12, DAYS, NOW)
    return path


def ask(path: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def test_the_tables_are_doccanos(tmp_path: Path) -> None:
    """Every column is one of a real doccano, with its own type and whether it may be empty."""
    real = tmp_path / "real.sqlite3"
    real.write_bytes(gzip.decompress(SAMPLE.read_bytes()))
    for table, columns in TABLES.items():
        rows = ask(real, f"PRAGMA table_info({table})")
        there = {row[1]: (row[2].casefold(), row[3]) for row in rows}
        for name, kind in columns.items():
            assert there[name] == (kind.split()[0], int("NOT NULL" in kind)), f"{table}.{name}"


def test_everybody_works_and_nobody_twice_on_one_review(reviews: Path) -> None:
    rows = ask(reviews, "SELECT example_id, user_id FROM labels_category")
    assert len(set(rows)) == len(rows)
    assert {user for _, user in rows} == {person.id + 100 for person in TEAM}
    readers = Counter(Counter(example for example, _ in rows).values())
    assert set(readers) == {1, 2}
    assert 0.4 < readers[2] / sum(readers.values()) < 0.55
    for n, many in Counter(example for example, _ in rows).items():
        assert many <= wants(n)


@pytest.mark.parametrize("back", range(7))
def test_nothing_is_wrong_on_any_day_of_the_week(back: int) -> None:
    """The pace is even, people agree well, and as well at the end as before."""
    when = dates(NOW - timedelta(days=back), 90)
    acts = plan_reviews(12, when)
    daily = Counter(act.at.date() for act in acts)
    whole = [daily[day] for day in when.days[7:] if daily[day] and day != when.today]
    assert max(whole) < 1.3 * min(whole), sorted(whole)
    assert agreement(acts, when, slice(None)) > 0.88
    for part in (slice(None, 45), slice(45, 75), slice(75, None)):
        assert abs(agreement(acts, when, part) - agreement(acts, when, slice(None))) < 0.05


def agreement(acts: list, when: Dates, part: slice) -> float:
    given = defaultdict(list)
    for act in acts:
        given[act.n].append(act)
    pairs = [two for two in given.values() if len(two) == 2 and two[1].at.date() in when.days[part]]
    return float(sum(a.label == b.label for a, b in pairs) / len(pairs))


def test_the_history_ends_now(reviews: Path) -> None:
    ((last,),) = ask(reviews, "SELECT max(confirmed_at) FROM examples_examplestate")
    assert last[:10] == NOW.date().isoformat()
    ((future,),) = ask(
        reviews, f"SELECT count(*) FROM labels_category WHERE created_at > '{NOW:%F %T}'"
    )
    assert future == 0


def test_the_team_goes_on(reviews: Path) -> None:
    (before,) = ask(reviews, "SELECT count(*), max(id) FROM labels_category")
    team = ReviewTeam(reviews, 12)
    assert [team.step(NOW + timedelta(seconds=9 * at)) for at in range(40)] == [1] * 40
    fresh = ask(
        reviews,
        "SELECT c.example_id, c.user_id, t.text FROM labels_category c "
        f"JOIN label_types_categorytype t ON t.id = c.label_id WHERE c.id > {before[1]}",
    )
    assert len(fresh) == 40
    assert {text for *_, text in fresh} <= set(LABELS)
    test_everybody_works_and_nobody_twice_on_one_review(reviews)


def test_a_database_that_somebody_holds_is_left_alone(reviews: Path) -> None:
    with closing(sqlite3.connect(reviews, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert ReviewTeam(reviews, 12).step(NOW) == 0
        other.execute("ROLLBACK")
    with pytest.raises(sqlite3.OperationalError):
        ReviewTeam(reviews.with_name("none.sqlite3"), 12).step(NOW)
