"""`labelpulse db upgrade`: what it says and how it exits."""

import sqlite3
from pathlib import Path

import pytest

from labelpulse.warehouse.versions import HEAD
from tests.cli.conftest import Verb


def test_upgrade_creates_the_tables_once(verb: Verb) -> None:
    assert verb("db", "upgrade", "--json").json == {"before": None, "now": HEAD}
    again = verb("db", "upgrade")
    assert (again.code, again.err.strip()) == (0, f"the warehouse is up to date (version {HEAD})")


@pytest.mark.parametrize("words", [("db", "upgrade"), ("sources",)])
def test_a_warehouse_of_an_unknown_version_is_refused(
    words: tuple[str, ...], verb: Verb, folder: Path
) -> None:
    verb("db", "upgrade")
    with sqlite3.connect(folder / "labelpulse.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '0007'")
    done = verb(*words)
    assert done.code == 1
    assert "from before the first release of labelpulse, and cannot be upgraded" in done.err
    assert "Traceback" not in done.err
