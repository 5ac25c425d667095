"""`labelpulse verify`, `rebuild` and `db`: check and maintain the warehouse."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.options import ConfigOption, DbOption, JsonOption, SourceOption
from labelpulse.cli.output import BREACH, FAILED, OK, print_json, print_message
from labelpulse.cli.warehouse import open_existing, open_settings
from labelpulse.core.days import zone
from labelpulse.core.errors import LabelpulseError, UsageError
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.warehouse.store import Warehouse

MAX_SHOWN = 20

app = typer.Typer(help="Maintain the warehouse.", no_args_is_help=True)


@app.callback()
def _root() -> None:
    """Keep the sub-verbs together."""


@app.command("upgrade")
def upgrade(as_json: JsonOption = False, config: ConfigOption = None, db: DbOption = None) -> None:
    """Upgrade the warehouse's tables to this version of labelpulse."""
    from labelpulse.warehouse import versions
    from labelpulse.warehouse.engine import connect

    engine = connect(open_settings(config, db).database.get_secret_value())
    before = versions.upgrade(engine)
    if as_json:
        print_json({"before": before, "now": versions.HEAD})
    elif before == versions.HEAD:
        print_message(f"the warehouse is up to date (version {versions.HEAD})")
    elif before is None:
        print_message(f"created the tables of the empty warehouse (version {versions.HEAD})")
    else:
        print_message(
            f"upgraded the warehouse from version {before} to {versions.HEAD}; the next "
            "`labelpulse collect` or `labelpulse rebuild` fills new rollups"
        )


def rebuild(
    engine: Annotated[
        str, typer.Option("--engine", metavar="ENGINE", help="Engine that computes: local.")
    ] = "local",
    timezone: Annotated[
        str | None,
        typer.Option(
            "--timezone",
            metavar="ZONE",
            help="Set the time zone of the days of all projects first.",
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Recompute all rollups from the facts, one source at a time."""
    if engine != "local":
        raise UsageError(f"there is no engine {engine!r}: use --engine local")
    if timezone is not None:
        zone(timezone)
    from labelpulse.ingest.collect import LEASE_WAIT_S

    warehouse = open_existing(open_settings(config, db))
    rebuilt: list[dict[str, Any]] = []
    for source_id, source in warehouse.sources().items():
        with warehouse.lease(source_id, wait_s=LEASE_WAIT_S, ready=False) as lease:
            for project_id, title in warehouse.titles(source_id).items():
                if timezone is not None:
                    warehouse.set_zone(lease, project_id, timezone)
                warehouse.rebuild(lease, project_id, print_message)
                rebuilt.append({"source": source, "project": title})
                print_message(f"rebuilt {source}/{title}")
    if as_json:
        print_json({"rebuilt": rebuilt})


def verify(
    source: SourceOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Compare all rollups with a recomputation, and counts with the source.

    Exits with 4 when anything differs.
    """
    settings = open_settings(config, db)
    warehouse = open_existing(settings)
    sources = warehouse.sources()
    if source is not None and source not in sources.values():
        available = ", ".join(sources.values()) or "none"
        raise UsageError(f"there is no source {source!r}; the sources are: {available}")
    checked = {id_: name for id_, name in sources.items() if source in (None, name)}
    unready = {
        project_id: reason
        for source_id in checked
        for project_id, reason in warehouse.unready(source_id).items()
    }
    different = [
        row
        for source_id, name in checked.items()
        for row in _different_rollups(warehouse, source_id, name, unready)
    ]
    _print_different(different)
    if not different and not unready:
        count = plural(len(checked), "source")
        print_message(f"verified: every rollup of {count} equals its recomputation")
    gaps, unread = _compare_sources(warehouse, settings, checked)
    for title, reason in _unready_projects(warehouse, checked, unready):
        unread.append(f"the rollups of {title} were not compared: {reason}")
        print_message(
            f"{unread[-1]}. Run `labelpulse collect --once` or `labelpulse rebuild`, then verify "
            "again"
        )
    if as_json:
        print_json({"rollups": different, "source": gaps, "unread": unread})
    if different or gaps:
        raise typer.Exit(BREACH)
    raise typer.Exit(FAILED if unread else OK)


def _print_different(rows: list[dict[str, Any]]) -> None:
    for row in rows[:MAX_SHOWN]:
        print_message(
            f"{row['source']}/{row['project']}: rollup {row['rollup']} at {row['key']} holds "
            f"{row['stored']}, recomputed {row['computed']}"
        )
    if rows:
        verb = "differs" if len(rows) == 1 else "differ"
        print_message(f"{plural(len(rows), 'rollup row')} {verb}: run `labelpulse rebuild`")


def _different_rollups(
    warehouse: "Warehouse", source_id: int, source: str, unready: Collection[int]
) -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "project": title,
            "rollup": difference.rollup,
            "key": list(difference.key),
            "stored": difference.stored,
            "computed": difference.computed,
        }
        for project_id, title in warehouse.titles(source_id).items()
        if project_id not in unready
        for difference in warehouse.verify(project_id)
    ]


def _unready_projects(
    warehouse: "Warehouse", source_ids: Iterable[int], unready: Mapping[int, str]
) -> Iterator[tuple[str, str]]:
    """Yield (title, reason) of projects whose rollups were not computed by this version."""
    for source_id in source_ids:
        for project_id, title in warehouse.titles(source_id).items():
            if project_id in unready:
                yield title, unready[project_id]


def _compare_sources(
    warehouse: "Warehouse", settings: "Settings", checked: dict[int, str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the counts that differ from their source, and why sources could not be read."""
    gaps: list[dict[str, Any]] = []
    unread: list[str] = []
    for source_id, name in checked.items():
        try:
            gaps += _source_gaps(warehouse, settings, source_id, name)
        except LabelpulseError as error:
            unread.append(str(error))
            print_message(f"not compared with its source: {error}")
    for row in gaps:
        more = "more" if row["gap"] > 0 else "fewer"
        print_message(
            f"{row['source']}/{row['project']}: the source has {plural(abs(row['gap']), 'row')} "
            f"{more}"
        )
    if gaps:
        verb = "differs" if len(gaps) == 1 else "differ"
        remedy = _gap_remedy(warehouse, gaps)
        print_message(f"{plural(len(gaps), 'count')} {verb} from the source: {remedy}")
    return gaps, unread


def _source_gaps(
    warehouse: "Warehouse", settings: "Settings", source_id: int, name: str
) -> list[dict[str, Any]]:
    """Compare row counts with a source that is polled; imports have no such check."""
    if name not in {source.name for source in settings.sources}:
        return []
    from labelpulse.ingest.plugins import live_source
    from labelpulse.source import Counts, FileSource

    connection = live_source(settings, settings.source(name))
    if isinstance(connection, FileSource):  # files may be removed after they are loaded
        return []
    try:
        connection.open()
        source_counts = connection.counts()
    finally:
        connection.close()
    warehouse_counts = warehouse.live_counts(source_id)
    titles = warehouse.titles(source_id)
    project_titles = {
        native_id: titles[id_] for native_id, id_ in warehouse.projects(source_id).items()
    }
    none = Counts(0, 0, 0)  # of a project that only one side lists
    gaps = {
        native_id: source_counts.get(native_id, none).rows
        - warehouse_counts.get(native_id, none).rows
        for native_id in warehouse_counts.keys() | source_counts.keys()
    }
    return [
        {"source": name, "project": project_titles.get(native_id, native_id), "gap": gap}
        for native_id, gap in sorted(gaps.items())
        if gap
    ]


def _gap_remedy(warehouse: "Warehouse", gaps: list[dict[str, Any]]) -> str:
    """Return how to close gaps: polls do not load quarantined records, which the source counts."""
    from labelpulse.warehouse.health import sources

    quarantined = {
        source.name: source.quarantined for source in sources(warehouse.engine, warehouse.kinds)
    }
    names = {row["source"] for row in gaps}
    totals = {name: sum(row["gap"] for row in gaps if row["source"] == name) for name in names}
    if all(0 < total <= quarantined.get(name, 0) for name, total in totals.items()):
        records = plural(sum(quarantined[name] for name in names), "quarantined record")
        return f"the source also counts {records}; correct them in the source"
    return "run `labelpulse collect --once`"
