"""A row of somebody's table -> an annotation, read by the same rules as a row of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row

from collectors.sql.options import KEY
from collectors.sql.tables import Source
from labelpulse.core.answers import AnswerReader, Cell, number_text
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, BadRecord, canonical
from labelpulse.ingest.fields import excerpt, storable
from labelpulse.ingest.mapping import RowMapper

FORM_VERSION = 1
"""Rises when answers get another canonical form, so that all are read again."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes records of the rows of one table.

    Attributes:
        day_first: dates with slashes begin with the day.
    """

    source: Source
    day_first: bool = False

    @property
    def form(self) -> str:
        """What changes with the way rows are read."""
        said = f"{FORM_VERSION} {self.source.options.form()} {self.day_first}"
        return blake2b(said.encode(), digest_size=8).hexdigest()

    def native_id(self, key: Any) -> str:
        """Return the id of a row's annotation; it begins with the table where there are several.

        A table's name is quoted where it could be taken for another's name and a part of a key.
        """
        name = self.source.name
        if ":" in name or name.startswith('"'):
            name = canonical(name)
        return f"{name}:{key}" if self.source.options.several else str(key)

    def fingerprint(self, row: Row[Any]) -> str:
        """Return what changes with a row."""
        print_ = row.print
        if print_ is None:
            values = [getattr(row, f"value_{name}") for name in self.source.columns]
            print_ = blake2b(repr([row.project, *values]).encode(), digest_size=12).hexdigest()
        return f"{self.form}.{print_}"

    def record(self, row: Row[Any]) -> AnnotationRecord:
        """Return the annotation that a row is; SkipRecord where it cannot be used."""
        options, columns = self.source.options, self.source.columns
        native_id = self.native_id(row.key)
        cells: dict[str, Cell] = {
            name: _cell(name, columns[name], getattr(row, f"value_{name}")) for name in columns
        }
        cells[KEY] = native_id
        if not cells.get("control"):
            cells["control"] = self.control
        mapper = RowMapper(
            project=project_id(row.project),
            columns=columns,
            answers=AnswerReader(options.scale, options.separator),
            naive_zone=options.zone,
            day_first=self.day_first,
        )
        record = mapper.record(cells, f"{self.source.name} {native_id}")
        return replace(
            record,
            native_id=native_id,
            unique="",
            revision=None,
            fingerprint=self.fingerprint(row),
        )

    @property
    def control(self) -> str:
        """What is asked where no column says it."""
        return self.source.options.control or self.source.columns["label"]

    def bad(self, row: Row[Any], error: SkipRecord) -> BadRecord:
        """Return the quarantined form of a row."""
        return BadRecord(
            location=self.source.name,
            record=f"{self.source.key} {storable(str(row.key))[:100]}",
            reason=error.reason,
            detail=str(error),
            excerpt=excerpt(_shown(row._asdict())),
            project=project_id(row.project),
        )


def project_id(value: Any) -> str:
    """Return a project's native id: the text that names it."""
    return storable(str(value)).strip()


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name.removeprefix("value_"): value for name, value in values.items()}
    return {name: kept[name] for name in kept if name not in ("print", "stamp", "key")}


def _cell(field: str, column: str, value: Any) -> Cell:
    """A value as text; only SQLite has other than texts here."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise SkipRecord(
                "bad_encoding", f"the {field} (column {column!r}) holds bytes that are no UTF-8"
            ) from None
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            raise SkipRecord("bad_number", f"the {field} (column {column!r}) is beyond all numbers")
        return number_text(value)
    return str(value)
