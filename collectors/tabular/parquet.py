"""Parquet: typed columns, read batch by batch with flat memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collectors.tabular.rows import Layout, cell_of, convert, find, reader
from labelpulse.core.answers import Cell
from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.ingest.lines import PARQUET, Fault, read_head
from labelpulse.ingest.mapping import FIELDS, Row
from labelpulse.source import FileRecord, ImportOptions

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS = 4096
"""Rows in memory at a time."""

BUFFER = 1024 * 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Cells = list[Cell | Fault]


class Parquet:
    """A table of typed columns; a column may be a path into a struct, such as ``answer.value``."""

    name = "parquet"

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the content decides
        """Return True by the first four bytes."""
        return head.startswith(PARQUET)

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project and a record for every row; see `FileFormat`.

        Raises:
            FileRefused: it is no Parquet file, or none that is whole: it may be half written.
        """
        with _opened(path) as file:
            there = list(_paths(file.schema_arrow))
            own = {field: field for field in FIELDS if field in there}
            layout = Layout(path, options, {**own, **options.columns})
            if error := layout.missing(there):
                raise error
            yield layout.project(named="control" in layout.columns)
            make = reader(layout, (row for _, row, _ in _rows(file, layout.columns)))
            yield from convert(make, _rows(file, layout.columns), layout, "row")


@contextmanager
def _opened(path: Path) -> Iterator["pq.ParquetFile"]:
    """Open a file, and say in words what Arrow finds wrong with it, now or later."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not read_head(path).startswith(PARQUET):
        raise FileRefused(f"{path.name} is no Parquet file: its first bytes are others")
    try:
        with pq.ParquetFile(path, buffer_size=BUFFER, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise FileRefused(
            f"{path.name} is no whole Parquet file ({type(error).__name__}), as if it were half "
            "written: nothing of it was loaded"
        ) from None


def _paths(schema: "pa.Schema") -> Iterator[str]:
    """Yield the names of all columns and, with dots, of the parts of structs."""
    from pyarrow.types import is_struct

    fields = [(field.name, field.type) for field in schema]
    while fields:
        name, kind = fields.pop(0)
        yield name
        if is_struct(kind):
            parts = (kind.field(at) for at in range(kind.num_fields))
            fields.extend((f"{name}.{part.name}", part.type) for part in parts)


def _rows(
    file: "pq.ParquetFile", columns: Mapping[str, str]
) -> Iterator[tuple[int, Row | Fault, Row]]:
    """Yield (row from 1, row or fault, row) of the mapped columns."""
    whole = set(file.schema_arrow.names)
    tops = {column if column in whole else column.split(".")[0] for column in columns.values()}
    numbers = count(1)
    for batch in file.iter_batches(ROWS, columns=sorted(tops), use_threads=False):
        cells = [_column(batch, field, column) for field, column in columns.items()]
        for found, number in zip(zip(*cells, strict=True), numbers, strict=False):
            fault = next((one for one in found if isinstance(one, Fault)), None)
            row = {f: c for f, c in zip(columns, found, strict=True) if not isinstance(c, Fault)}
            yield number, fault or row, row


def _column(batch: "pa.RecordBatch", field: str, column: str) -> Cells:
    """Return a column of a batch as cells; what no cell can hold is a Fault of its row alone."""
    top = column if column in batch.schema.names else column.split(".", maxsplit=1)[0]
    values = _values(batch.column(batch.schema.get_field_index(top)))
    if top != column:
        inside = column.removeprefix(f"{top}.")
        values = [find(one, inside)[1] if isinstance(one, dict) else one for one in values]
    return [_cell(field, column, one) for one in values]


def _values(array: "pa.Array") -> list[Any]:
    """Return the values of a column as Python has them; times keep their microseconds alone."""
    import pyarrow as pa

    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _values(array.storage)
    if pa.types.is_dictionary(kind):
        return _values(array.dictionary_decode())
    if pa.types.is_timestamp(kind):
        ints = array.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64()).to_pylist()
        return [None if one is None else _moment(one, known=kind.tz is not None) for one in ints]
    if pa.types.is_duration(kind):
        array = array.cast(pa.duration("us"), safe=False)
    try:
        found: list[Any] = array.to_pylist()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return [_value(one) for one in array]
    return found


def _value(scalar: "pa.Scalar") -> Any:
    try:
        return scalar.as_py()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return Fault("bad_value", "a cell holds text or a time that nothing can read")


def _moment(us: int, *, known: bool) -> str | Fault:
    """Return an instant as ISO 8601; `known` = its zone is, and the number is UTC."""
    try:
        moment = _EPOCH + timedelta(microseconds=us)
    except OverflowError:
        return Fault("bad_time", "a cell holds a time beyond all calendars")
    return (moment if known else moment.replace(tzinfo=None)).isoformat()


def _cell(field: str, column: str, value: Any) -> Cell | Fault:
    if isinstance(value, str | Fault):
        return value
    if isinstance(value, list):
        parts = [_plain(one) for one in value]
        fault = next((one for one in parts if isinstance(one, Fault)), None)
        value = fault or parts
    else:
        value = _plain(value)
    if isinstance(value, str | Fault):
        return value
    try:
        return cell_of(field, column, value)
    except SkipRecord as error:
        return Fault(error.reason, str(error))


def _plain(value: Any) -> Any:
    """Return a value of a type that JSON does not have as one that it has."""
    change = next((_PLAIN[kind] for kind in type(value).__mro__ if kind in _PLAIN), None)
    return value if change is None else change(value)


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return ""
    return str(int(value)) if value == value.to_integral_value() else format(value, "f")


def _bytes(value: bytes) -> str | Fault:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return Fault("bad_encoding", "a cell holds bytes that are no text in UTF-8")


def _seconds(value: timedelta) -> str:
    return format(Decimal(value // timedelta(microseconds=1)) / 1_000_000, "f")


_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    float: lambda value: None if isnan(value) else value,
    Decimal: _decimal,
    bytes: _bytes,
    timedelta: _seconds,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
}
