"""The migrations create the tables of `labelpulse.schema`; other versions are refused."""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

from labelpulse import schema
from labelpulse.core.errors import WarehouseError
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse import versions
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import HEAD, VERSIONS, check_version, is_empty, upgrade
from tests.test_architecture import ROOT, wheel_names

__all__ = ["wheel_names"]  # a fixture

MIGRATIONS = "labelpulse/warehouse/migrations"

NEXT = '''"""Give sources a colour.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    colour = sa.Column("colour", sa.Text(), nullable=False, server_default="grey")
    op.add_column("source", colour)
'''


@pytest.fixture
def engine(database_url: str) -> Engine:
    """An empty database."""
    return connect(database_url)


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A labelpulse that has one migration more."""
    migrations = tmp_path / "migrations"
    copytree(ROOT / MIGRATIONS, migrations)
    (migrations / "versions" / "0014_colour.py").write_text(NEXT)
    monkeypatch.setattr(versions, "MIGRATIONS", migrations)
    monkeypatch.setattr(versions, "VERSIONS", (*VERSIONS, "0014"))
    monkeypatch.setattr(versions, "HEAD", "0014")


def stamp(engine: Engine, version: str) -> None:
    """Write another version into a warehouse."""
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": version})


def differences(engine: Engine) -> list[object]:
    """What Alembic would change to turn the database into the schema of the code."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as conn:
        # Alembic takes SQLite's '' for another default than ''; another test compares those.
        options = {"compare_server_default": engine.dialect.name == "postgresql"}
        return list(
            compare_metadata(MigrationContext.configure(conn, opts=options), schema.metadata)
        )


def constraints(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Names and content of all constraints and indexes, which Alembic compares in part."""
    inspector = inspect(engine)
    return {
        table: [
            (primary["name"], *primary["constrained_columns"]),
            *sorted(
                (one["name"], one["sqltext"]) for one in inspector.get_check_constraints(table)
            ),
            *sorted(
                (str(one["name"]), *one["column_names"])
                for one in inspector.get_unique_constraints(table)
            ),
            *sorted(
                (
                    str(one["name"]),
                    *one["column_names"],
                    bool(one["unique"]),
                    str(one.get("dialect_options", {}).get(f"{engine.dialect.name}_where")),
                )
                for one in inspector.get_indexes(table)
            ),
        ]
        for table in inspector.get_table_names()
        if table != "alembic_version"
        for primary in [inspector.get_pk_constraint(table)]
    }


def test_the_migrations_create_the_schema(engine: Engine) -> None:
    assert upgrade(engine) is None
    assert differences(engine) == []
    inspector = inspect(engine)
    assert set(inspector.get_table_names()) == {*schema.metadata.tables, "alembic_version"}
    for table in schema.metadata.sorted_tables:
        expected = {column.name: column.nullable for column in table.columns}
        columns = {one["name"]: one["nullable"] for one in inspector.get_columns(table.name)}
        assert list(columns.items()) == list(expected.items()), table.name
    migrated = constraints(engine)
    with engine.begin() as conn:
        schema.metadata.drop_all(conn)
        schema.metadata.create_all(conn)
    assert migrated == constraints(engine)


def test_a_difference_would_be_noticed(engine: Engine) -> None:
    upgrade(engine)
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE source DROP COLUMN state_reason"))
    assert len(differences(engine)) == 1


@pytest.mark.pg
def test_the_migrations_create_every_sequence(pg_database: str) -> None:
    engine = connect(pg_database)
    upgrade(engine)
    expected = {schema.sequence_name(table) for table in schema.NUMBERED_TABLES}
    assert set(inspect(engine).get_sequence_names()) == expected


def test_sqlite_has_the_same_clusters_and_defaults(tmp_path: Path) -> None:
    """Alembic does not compare WITHOUT ROWID, on which the speed of big projects rests."""
    migrated, created = (connect(f"sqlite:///{tmp_path / name}") for name in ("m.db", "c.db"))
    upgrade(migrated)
    schema.metadata.create_all(created)
    query = text(
        'SELECT t.name, t.wr, c.name, c.type, c."notnull", c.dflt_value, c.pk '
        "FROM pragma_table_list t JOIN pragma_table_info(t.name) c "
        "WHERE t.schema = 'main' AND t.name NOT LIKE 'alembic%' AND t.name NOT LIKE 'sqlite%' "
        "ORDER BY t.name, c.cid"
    )
    with migrated.connect() as one, created.connect() as other:
        columns = one.execute(query).all()
        assert columns == other.execute(query).all()
    assert {row[1] for row in columns} == {0, 1}


def test_every_migration_is_listed() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(versions.MIGRATIONS)).walk_revisions()
    assert [script.revision for script in scripts] == list(reversed(VERSIONS))


def test_a_second_upgrade_changes_nothing(engine: Engine) -> None:
    assert is_empty(engine)
    assert upgrade(engine) is None
    source_id = Warehouse(engine, ROLLUPS).source("studio", "test")
    assert not is_empty(engine)
    assert upgrade(engine) == HEAD
    assert Warehouse(engine, ROLLUPS).sources() == {source_id: "studio"}
    check_version(engine)


def test_an_older_warehouse_is_upgraded_with_its_data(
    engine: Engine, request: pytest.FixtureRequest
) -> None:
    upgrade(engine)
    Warehouse(engine, ROLLUPS).source("studio", "test")
    request.getfixturevalue("next_release")
    with pytest.raises(
        WarehouseError, match=r"has version 0013 .* needs 0014: .*`labelpulse db up"
    ):
        check_version(engine)
    assert upgrade(engine) == "0013"
    check_version(engine)
    with engine.connect() as conn:
        rows = conn.execute(text("SELECT name, colour FROM source")).all()
    assert [tuple(row) for row in rows] == [("studio", "grey")]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("0007", "has version 0007, from before the first release.*load the sources and files"),
        ("9999", rf"has version 9999, newer than this labelpulse \({HEAD}\): upgrade labelpulse"),
    ],
)
@pytest.mark.parametrize("action", [check_version, upgrade])
def test_an_unknown_version_is_refused_and_left_alone(
    action, engine: Engine, version: str, message: str
) -> None:
    upgrade(engine)
    stamp(engine, version)
    with pytest.raises(WarehouseError, match=message):
        action(engine)
    with engine.connect() as conn:
        assert versions.version(conn) == version


def test_an_empty_warehouse_is_refused_with_its_remedy(engine: Engine) -> None:
    with pytest.raises(WarehouseError, match="is empty: load something first with `labelpulse"):
        check_version(engine)


@pytest.mark.parametrize("action", [check_version, is_empty, upgrade])
def test_an_error_of_the_connection_hides_the_password(action) -> None:
    engine = connect("postgresql://ana:hush@127.0.0.1:1/none")
    with pytest.raises(WarehouseError, match="cannot be used") as error:
        action(engine)
    assert "check that the database runs" in str(error.value)
    assert "hush" not in str(error.value)


def test_a_failed_upgrade_leaves_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "migrations"
    copytree(ROOT / MIGRATIONS, broken)
    for file in broken.rglob("*.sql"):
        file.write_text(file.read_text().replace("CREATE TABLE item (", "CREATE TABEL item ("))
    with monkeypatch.context() as patch:
        patch.setattr(versions, "MIGRATIONS", broken)
        with pytest.raises(WarehouseError):
            upgrade(engine)
    assert inspect(engine).get_table_names() == []
    assert is_empty(engine)
    upgrade(engine)
    check_version(engine)


def test_the_wheel_has_the_migrations(wheel_names: list[str]) -> None:
    files = [path for path in (ROOT / MIGRATIONS).rglob("*.*") if path.suffix != ".pyc"]
    names = {path.relative_to(ROOT).as_posix() for path in files}
    assert f"{MIGRATIONS}/versions/0013_sqlite.sql" in names
    assert names <= set(wheel_names)


def test_a_path_may_hold_a_percent_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alembic's configuration gives % a meaning, and any folder may be installed into."""
    migrations = tmp_path / "50%% of site-packages" / "migrations"
    copytree(ROOT / MIGRATIONS, migrations)
    monkeypatch.setattr(versions, "MIGRATIONS", migrations)
    engine = connect(f"sqlite:///{tmp_path / 'w.db'}")
    upgrade(engine)
    check_version(engine)
