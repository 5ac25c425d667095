"""Files of crowd platforms: the packed samples, and small ones made up from rows."""

import csv
import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    ItemRecord,
    PersonRecord,
    ProjectRecord,
)
from labelpulse.reader import MetricQuery, Scope, read
from labelpulse.source import FileFormat, ImportOptions
from labelpulse.warehouse.store import Warehouse

DATA = Path(__file__).resolve().parents[1] / "data"


def unpacked(name: str, folder: Path) -> Path:
    """Write a packed sample into a folder; return its path."""
    path = folder / Path(name).name.removesuffix(".gz")
    path.write_bytes(gzip.decompress((DATA / name).read_bytes()))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV as the standard library reads them."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def written(path: Path, rows: Iterable[Mapping[str, Any]], delimiter: str = ",") -> Path:
    """Write rows, which may lack columns, as a table."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


class Inspection:
    """What a format says of a file, by kind."""

    def __init__(self, form: FileFormat, path: Path, **options: Any) -> None:
        first, *rest = form.read(path, ImportOptions("P", **options))
        assert isinstance(first, ProjectRecord)
        self.project = first
        self.notes = [one for one in rest if isinstance(one, AnnotationRecord)]
        self.items = [one for one in rest if isinstance(one, ItemRecord)]
        self.people = [one for one in rest if isinstance(one, PersonRecord)]
        self.bad = [(one.record, one.reason) for one in rest if isinstance(one, BadRecord)]
        kinds = len(self.notes), len(self.items), len(self.people), len(self.bad)
        assert len(rest) == sum(kinds)

    @property
    def scales(self) -> dict[str, str]:
        """Question -> scale."""
        return {one.name: str(one.scale) for one in self.project.controls}

    @property
    def remarks(self) -> str:
        """All remarks as one text."""
        return "\n".join(self.project.remarks)


def values(warehouse: Warehouse, metric: str, **how: Any) -> dict[Any, Any]:
    """Return control -> value of a metric; None -> value where there is one question."""
    rows = read(warehouse.engine, MetricQuery(metric, **how), Scope(names=True, key=b"k")).rows
    return {row.get("control"): row["value"] for row in rows}
