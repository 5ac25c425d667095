"""The migrations make the tables that the code means, and other versions are told apart."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, Table, insert, inspect, text

from labelpulse import schema
from labelpulse.core.errors import WarehouseError
from labelpulse.metrics.registry import ROLLUPS
from labelpulse.warehouse import versions
from labelpulse.warehouse.engine import connect
from labelpulse.warehouse.store import Warehouse
from labelpulse.warehouse.versions import HEAD, check_version, is_empty, upgrade
from tests.test_architecture import ROOT, wheel_names

__all__ = ["wheel_names"]  # a fixture

MIGRATIONS = "labelpulse/warehouse/migrations"


@pytest.fixture
def engine(database_url: str) -> Engine:
    """An empty database."""
    return connect(database_url)


def stamp(engine: Engine, version: str) -> None:
    """Let a warehouse look as if another labelpulse had made it."""
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = :one"), {"one": version})


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


def test_the_migrations_make_the_schema(engine: Engine) -> None:
    assert upgrade(engine) is None
    assert differences(engine) == []
    there = inspect(engine)
    assert set(there.get_table_names()) == {*schema.metadata.tables, "alembic_version"}
    for table in schema.metadata.sorted_tables:
        keys = there.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key], table.name
        wanted = {column.name: column.nullable for column in table.columns}
        found = {one["name"]: one["nullable"] for one in there.get_columns(table.name)}
        assert list(found.items()) == list(wanted.items()), table.name


def test_a_difference_would_be_found(engine: Engine) -> None:
    upgrade(engine)
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE source DROP COLUMN state_reason"))
    assert len(differences(engine)) == 1


@pytest.mark.pg
def test_the_migrations_make_every_sequence(pg_database: str) -> None:
    engine = connect(pg_database)
    upgrade(engine)
    wanted = {schema.sequence_name(table) for table in schema.NUMBERED}
    assert set(inspect(engine).get_sequence_names()) == wanted


def test_sqlite_has_the_same_clusters_and_defaults(tmp_path: Path) -> None:
    """Alembic does not compare WITHOUT ROWID, on which the speed of big projects rests."""
    made, meant = (connect(f"sqlite:///{tmp_path / name}") for name in ("made.db", "meant.db"))
    upgrade(made)
    schema.metadata.create_all(meant)
    query = text(
        'SELECT t.name, t.wr, c.name, c.type, c."notnull", c.dflt_value, c.pk '
        "FROM pragma_table_list t JOIN pragma_table_info(t.name) c "
        "WHERE t.schema = 'main' AND t.name NOT LIKE 'alembic%' AND t.name NOT LIKE 'sqlite%' "
        "ORDER BY t.name, c.cid"
    )
    with made.connect() as one, meant.connect() as other:
        found = one.execute(query).all()
        assert found == other.execute(query).all()
    assert {row[1] for row in found} == {0, 1}


def test_head_is_the_newest_migration() -> None:
    from alembic.script import ScriptDirectory

    assert ScriptDirectory(str(versions.MIGRATIONS)).get_heads() == [HEAD]


def test_an_upgrade_is_done_once_and_harms_nothing(engine: Engine) -> None:
    assert is_empty(engine)
    assert upgrade(engine) is None
    source_id = Warehouse(engine, ROLLUPS).source("studio", "test")
    assert not is_empty(engine)
    assert upgrade(engine) == HEAD
    assert Warehouse(engine, ROLLUPS).sources() == {source_id: "studio"}
    check_version(engine)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("0000", f"has version 0000 and this labelpulse needs {HEAD}.*`labelpulse db upgrade`"),
        ("9999", rf"has version 9999, newer than this labelpulse \({HEAD}\): upgrade labelpulse"),
    ],
)
def test_another_version_is_told_with_its_remedy(engine: Engine, version: str, said: str) -> None:
    upgrade(engine)
    stamp(engine, version)
    with pytest.raises(WarehouseError, match=said):
        check_version(engine)


def test_a_newer_warehouse_is_not_upgraded(engine: Engine) -> None:
    upgrade(engine)
    stamp(engine, "9999")
    with pytest.raises(WarehouseError, match="newer than this labelpulse"):
        upgrade(engine)
    with engine.connect() as conn:
        assert versions.version(conn) == "9999"


def test_an_empty_warehouse_is_told_with_its_remedy(engine: Engine) -> None:
    with pytest.raises(WarehouseError, match="is empty: load something first with `labelpulse"):
        check_version(engine)


@pytest.mark.parametrize("ask", [check_version, is_empty, upgrade])
def test_a_warehouse_out_of_reach_is_told_without_its_password(ask) -> None:
    engine = connect("postgresql://ana:hush@127.0.0.1:1/none")
    with pytest.raises(WarehouseError, match="cannot be used") as said:
        ask(engine)
    assert "check that the database runs" in str(said.value)
    assert "hush" not in str(said.value)


def test_what_an_older_warehouse_holds_is_carried_over(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    to = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _head: to(config, "0001"))
    upgrade(engine)
    monkeypatch.undo()
    row: dict[str, Any] = {
        "project_id": 1,
        "item_id": 1,
        "annotator_id": 3,
        "status": 1,
        "origin": 0,
        "digest": 5,
    }
    row |= dict.fromkeys(("gold_flag", "assisted", "edited", "held"), False)
    old = Table("annotation", MetaData(), autoload_with=engine)
    with engine.begin() as conn:
        assert versions.version(conn) == "0001"
        conn.execute(insert(old), [row | {"id": n, "revision": n or None} for n in range(2)])
    assert upgrade(engine) == "0001"
    with engine.connect() as conn:
        found = conn.execute(text("SELECT id, annotator_id, author_revision FROM annotation"))
        assert sorted(map(tuple, found)) == [(0, 3, 0), (1, 3, 1)]
    assert differences(engine) == []


def test_a_failed_upgrade_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    create, made = op.create_table, list[str]()

    def failing(name: str, *columns: object, **more: object) -> object:
        if len(made) == 5:
            raise ZeroDivisionError
        made.append(name)
        return create(name, *columns, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(op, "create_table", failing)
    with pytest.raises(ZeroDivisionError):
        upgrade(engine)
    assert len(made) == 5
    assert inspect(engine).get_table_names() == []
    assert is_empty(engine)
    monkeypatch.undo()
    upgrade(engine)
    check_version(engine)


def test_the_wheel_has_the_migrations(wheel_names: list[str]) -> None:
    files = [path for path in (ROOT / MIGRATIONS).rglob("*.*") if path.suffix in (".py", ".mako")]
    wanted = {path.relative_to(ROOT).as_posix() for path in files}
    assert f"{MIGRATIONS}/versions/0001_first_tables.py" in wanted
    assert wanted <= set(wheel_names)


def test_a_path_with_a_percent_sign_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed below any folder: Alembic's configuration gives % a meaning."""
    from shutil import copytree

    there = tmp_path / "50%% of site-packages" / "migrations"
    copytree(ROOT / MIGRATIONS, there)
    monkeypatch.setattr(versions, "MIGRATIONS", there)
    engine = connect(f"sqlite:///{tmp_path / 'w.db'}")
    upgrade(engine)
    check_version(engine)
