"""The migrations make the tables that the code means, and other versions are told apart."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

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
    wanted = {schema.sequence_name(table) for table in schema.NUMBERED_TABLES}
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


def test_versions_are_those_of_the_migrations() -> None:
    from alembic.script import ScriptDirectory

    found = ScriptDirectory(str(versions.MIGRATIONS)).walk_revisions()
    assert tuple(one.revision for one in found)[::-1] == versions.VERSIONS


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
        ("0012", "has version 0012, from before the first release.*load the sources and files"),
        ("9999", rf"has version 9999, newer than this labelpulse \({HEAD}\): upgrade labelpulse"),
    ],
)
def test_another_version_is_told_with_its_remedy(engine: Engine, version: str, said: str) -> None:
    upgrade(engine)
    stamp(engine, version)
    with pytest.raises(WarehouseError, match=said):
        check_version(engine)


@pytest.mark.parametrize(
    ("version", "reason"),
    [("9999", "newer than this labelpulse"), ("0012", "from before the first release")],
)
def test_an_unknown_version_is_not_upgraded(engine: Engine, version: str, reason: str) -> None:
    upgrade(engine)
    stamp(engine, version)
    with pytest.raises(WarehouseError, match=reason):
        upgrade(engine)
    with engine.connect() as conn:
        assert versions.version(conn) == version


def test_an_older_version_is_told_how_to_upgrade(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(engine)
    monkeypatch.setattr(versions, "VERSIONS", (HEAD, "0099"))
    monkeypatch.setattr(versions, "HEAD", "0099")
    with pytest.raises(WarehouseError, match=r"needs 0099.*`labelpulse db upgrade`"):
        check_version(engine)


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


def test_a_failed_upgrade_leaves_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shutil import copytree

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
    wanted = {path.relative_to(ROOT).as_posix() for path in files}
    assert f"{MIGRATIONS}/versions/0013_sqlite.sql" in wanted
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
