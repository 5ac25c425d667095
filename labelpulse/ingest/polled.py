"""A project that is polled, as the target of a file of known answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from labelpulse.config import Settings
from labelpulse.core.errors import UsageError
from labelpulse.core.formats import some
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.plugins import is_polled
from labelpulse.warehouse.store import Warehouse

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Polled:
    """A project of a source that is polled.

    Attributes:
        source, type: of the source, as the warehouse has them.
        configured: the source is in this configuration.
    """

    source_id: int
    source: str
    type: str
    project_id: int
    native_id: str
    title: str
    configured: bool


def polled_project(warehouse: Warehouse, settings: Settings, flags: ImportFlags) -> Polled | None:
    """Return the project that the flags name, where it is polled; None where files make it.

    Raises:
        UsageError: its source was not collected yet, has no such project, or a flag is of no use.
    """
    name = flags.source_name
    said = next((one.type for one in settings.sources if one.name == name), None)
    stored = warehouse.source_called(name)
    type_ = said or (stored[1] if stored else "import")
    if not is_polled(type_):
        return None
    if flags.timezone is not None:
        raise UsageError(
            f"source {name!r} is polled, so the zone of its days stands in the configuration "
            "(`timezone` under [[projects]]): leave --timezone out"
        )
    known = warehouse.active(stored[0]) if stored else {}
    if stored is None or not known:
        raise UsageError(
            f"source {name!r} is polled and was not collected yet: run `labelpulse collect --once "
            f"--source {name}` first, so that there are items to find"
        )
    native_id = _project(known, flags.project, name)
    return Polled(
        source_id=stored[0],
        source=name,
        type=stored[1],
        project_id=warehouse.projects(stored[0])[native_id],
        native_id=native_id,
        title=known[native_id],
        configured=said is not None,
    )


def _project(known: Mapping[str, str], asked: str, source: str) -> str:
    """Return the native id of a project by title, else by native id."""
    titled = [native_id for native_id, title in known.items() if title == asked]
    if len(titled) > 1:
        raise UsageError(
            f"source {source!r} has {len(titled)} projects {asked!r}: give one of their ids to "
            f"--project ({', '.join(titled)})"
        )
    if titled or asked in known:
        return titled[0] if titled else asked
    raise UsageError(
        f"source {source!r} is polled and has no project {asked!r}; it has "
        f"{some(sorted(known.values()), SHOWN)}. A file adds no project to it"
    )
