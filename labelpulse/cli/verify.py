"""`labelpulse verify`: rollups equal a recomputation, and counts equal the source."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelpulse.cli.common import (
    BREACH,
    FAILED,
    OK,
    ConfigOption,
    DbOption,
    JsonOption,
    open_existing,
    open_settings,
    print_json,
    tell,
)
from labelpulse.core.errors import LabelpulseError, UsageError
from labelpulse.core.formats import plural

if TYPE_CHECKING:
    from labelpulse.config import Settings
    from labelpulse.warehouse.store import Warehouse

SHOWN = 20
_COUNT_FIRST = "Run `labelpulse collect --once` or `labelpulse rebuild`, then verify again"


def verify(
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="Only this source.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """Recompute every rollup from the facts and compare; exit 4 when anything differs."""
    settings = open_settings(config, db)
    warehouse = open_existing(settings)
    names = warehouse.sources()
    if source is not None and source not in names.values():
        known = ", ".join(names.values())
        raise UsageError(f"no source is named {source!r}; there are: {known}")
    checked = {one: name for one, name in names.items() if source in (None, name)}
    unready = {id_: why for one in checked for id_, why in warehouse.unready(one).items()}
    different = [
        row for one, name in checked.items() for row in _rollups(warehouse, one, name, unready)
    ]
    for row in different[:SHOWN]:
        tell(
            f"{row['source']}/{row['project']}: rollup {row['rollup']} at {row['key']} holds "
            f"{row['stored']}, recomputed {row['computed']}"
        )
    if different:
        differ = "differs" if len(different) == 1 else "differ"
        tell(f"{plural(len(different), 'rollup row')} {differ}: run `labelpulse rebuild`")
    elif not unready:
        sources = plural(len(checked), "source")
        tell(f"verified: every rollup of {sources} equals its recomputation")
    gaps, unread = _compare(warehouse, settings, checked)
    for title, why in _uncompared(warehouse, checked, unready):
        unread.append(f"the rollups of {title} were not compared: {why}")
        tell(f"{unread[-1]}. {_COUNT_FIRST}")
    if as_json:
        print_json({"rollups": different, "source": gaps, "unread": unread})
    if different or gaps:
        raise typer.Exit(BREACH)
    raise typer.Exit(FAILED if unread else OK)


def _compare(
    warehouse: "Warehouse", settings: "Settings", checked: dict[int, str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the counts that differ from their source, and why sources could not be read."""
    gaps: list[dict[str, Any]] = []
    unread: list[str] = []
    for source_id, name in checked.items():
        try:
            gaps += _gaps(warehouse, settings, source_id, name)
        except LabelpulseError as error:
            unread.append(str(error))
            tell(f"not compared with its source: {error}")
    for row in gaps:
        more = f"{plural(abs(row['gap']), 'row')} {'more' if row['gap'] > 0 else 'fewer'}"
        tell(f"{row['source']}/{row['project']}: the source holds {more}")
    if gaps:
        counts, differ = plural(len(gaps), "count"), "differs" if len(gaps) == 1 else "differ"
        tell(f"{counts} {differ} from the source: {_remedy(warehouse, gaps)}")
    return gaps, unread


def _remedy(warehouse: "Warehouse", gaps: list[dict[str, Any]]) -> str:
    """Say what mends a difference: no poll brings what was set aside, which the source counts."""
    from labelpulse.warehouse.health import sources

    aside = {one.name: one.quarantined for one in sources(warehouse.engine, warehouse.kinds)}
    names = {row["source"] for row in gaps}
    more = {name: sum(row["gap"] for row in gaps if row["source"] == name) for name in names}
    if all(0 < n <= aside.get(name, 0) for name, n in more.items()):
        records = plural(sum(aside[name] for name in names), "record")
        return f"it counts what was set aside here ({records}), which only mending that changes"
    return "run `labelpulse collect --once`"


def _uncompared(
    warehouse: "Warehouse", checked: Iterable[int], unready: Mapping[int, str]
) -> Iterator[tuple[str, str]]:
    """Yield (title, why) of projects whose sums are not those of this code."""
    for source_id in checked:
        for project_id, title in warehouse.titles(source_id).items():
            if project_id in unready:
                yield title, unready[project_id]


def _rollups(
    warehouse: "Warehouse", source_id: int, name: str, unready: Collection[int]
) -> list[dict[str, Any]]:
    return [
        {
            "source": name,
            "project": title,
            "rollup": one.rollup,
            "key": list(one.key),
            "stored": one.stored,
            "computed": one.computed,
        }
        for project_id, title in warehouse.titles(source_id).items()
        if project_id not in unready
        for one in warehouse.verify(project_id)
    ]


def _gaps(
    warehouse: "Warehouse", settings: "Settings", source_id: int, name: str
) -> list[dict[str, Any]]:
    """Compare row counts with a configured live source; what is not polled has no such check."""
    if name not in {one.name for one in settings.sources}:
        return []
    from labelpulse.ingest.plugins import live_source
    from labelpulse.source import Counts, FileSource

    live = live_source(settings, settings.source(name))
    if isinstance(live, FileSource):  # files may go once they are loaded
        return []
    try:
        live.open()
        there = live.counts()
    finally:
        live.close()
    here, none = warehouse.live_counts(source_id), Counts(0, 0, 0)
    titles = warehouse.titles(source_id)
    named = {native_id: titles[id_] for native_id, id_ in warehouse.projects(source_id).items()}
    gaps = {  # a project that one side does not list has none of its rows
        native_id: there.get(native_id, none).rows - here.get(native_id, none).rows
        for native_id in here.keys() | there.keys()
    }
    return [
        {"source": name, "project": named.get(native_id, native_id), "gap": gap}
        for native_id, gap in sorted(gaps.items())
        if gap
    ]
