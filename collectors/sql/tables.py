"""A table or view of somebody's database: what columns it has, and the statements that read it.

Names come from the configuration alone, must be there, and are quoted by the dialect. On PostgreSQL
values come as text, so that a driver cannot stumble over an odd one before its row is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    Text,
    cast,
    column,
    extract,
    func,
    literal,
    literal_column,
    null,
    select,
    table,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import REGCLASS

from collectors.sql.options import FREE, KEY, Options
from labelpulse.core.days import SECOND, from_us
from labelpulse.core.errors import StopSource
from labelpulse.ingest.database import DIGEST, SourceDatabase
from labelpulse.ingest.database.stamps import DAY, local

NEEDED = ("item", "annotator", "label")
KEPT_KINDS = ("r", "p", "m")
"""Kinds of relations on PostgreSQL whose rows have a version: tables, also in parts or kept."""

XMIN = "xmin"
BLANKS = " \t\n\r\v\f\x1c\x1d\x1e\x1f"
"""Signs of ASCII that are blank, as Python has it; a server may know no others."""
MOST_NAMED = 40
_INTEGERS = ("smallint", "integer", "bigint")
_UNITS = ((10**17, 1000), (10**14, 1), (10**11, 1 / 1000), (0, 1 / SECOND))
"""From which size on a number of time since 1970 is in which unit: as factor of microseconds."""


@dataclass(frozen=True, slots=True)
class Source:
    """One table as it was found.

    Attributes:
        name: as configured.
        of: what statements select from.
        types: column -> its type, in lower case; "" = none told.
        columns: field -> column, for the fields that the table has.
        key, cursor: their columns; cursor "" = none.
        whole_keys: keys are integers.
        grows: newer rows have greater keys, and no wide gaps are between them.
        versioned: rows have an `xmin` that may be read.
    """

    dialect: str
    name: str
    of: TableClause
    types: Mapping[str, str]
    columns: Mapping[str, str]
    key: str
    cursor: str
    options: Options
    whole_keys: bool = False
    grows: bool = False
    versioned: bool = False
    projects: tuple[str, ...] = ()
    read: tuple[str, ...] = field(default=())

    @property
    def sqlite(self) -> bool:
        """True on SQLite."""
        return self.dialect == "sqlite"

    @property
    def quoted(self) -> str:
        """The table as SQL names it."""
        return str(_quoting().format_table(self.of))

    def named(self, one: str) -> str:
        """Return a name as SQL has it, in quotes where it needs them."""
        return str(_quoting().quote(one))

    @property
    def title(self) -> str:
        """The project of rows that name none."""
        return self.options.title or self.name

    @property
    def at(self) -> ColumnElement[Any]:
        """The key, as rows are ordered by it."""
        one: ColumnElement[Any] = self.of.c[self.key]
        texts = ("char", "clob", "text")
        plain = self.whole_keys or any(text in self.types[self.key] for text in texts)
        if self.sqlite and not plain:
            return cast(one, Text)
        return one

    @property
    def group(self) -> ColumnElement[Any]:
        """A row's project as text."""
        if not self.options.project:
            return cast(literal(self.name), Text)  # a bare constant is refused in GROUP BY
        named = func.trim(cast(self.of.c[self.options.project], Text), BLANKS)
        return func.coalesce(func.nullif(named, ""), self.title)

    def keyed(self, query: Select[Any]) -> Select[Any]:
        """Return a statement of rows that have a key, of the projects that are read."""
        one: ColumnElement[Any] = self.of.c[self.key]
        strict = self.sqlite and self.whole_keys
        query = query.where(func.typeof(one) == "integer" if strict else one.is_not(None))
        return query.where(self.group.in_(self.projects)) if self.projects else query

    def scan(self) -> Select[Any]:
        """Rows with key, project and print; with their values where nothing else tells changes."""
        print_: ColumnElement[Any] = null()
        values: Sequence[ColumnElement[Any]] = ()
        if self.sqlite:
            print_ = getattr(func, DIGEST)(*(self.of.c[one] for one in self.read))
        elif self.versioned:
            print_ = cast(self.of.c[XMIN], Text)
        else:
            values = self._values()
        return self.keyed(select(*self._identity(), print_.label("print"), *values))

    def whole(self, keys: Sequence[str]) -> Select[Any]:
        """Rows with key, project, print and the values of all fields."""
        wanted = [int(one) for one in keys] if self.whole_keys else list(keys)
        query = self.scan()
        if self.sqlite or self.versioned:  # else it has the values already
            query = query.add_columns(*self._values())
        return query.where(self.at.in_(wanted)).order_by(self.at)

    def extent(self) -> Any:
        """The least key, the greatest one, and how many there are."""
        one: ColumnElement[Any] = self.of.c[self.key]
        query = select(func.min(one), func.max(one), func.count(one))
        return query.where(func.typeof(one) == "integer" if self.sqlite else one.is_not(None))

    def value(self, name: str) -> ColumnElement[Any]:
        """Return the value of a field: on PostgreSQL as text, JSON and lists as JSON."""
        one: ColumnElement[Any] = self.of.c[self.columns[name]]
        if self.sqlite:
            return one
        kind = self.types[self.columns[name]]
        if kind in ("json", "jsonb"):
            return one.op("#>>")(literal_column("'{}'::text[]"))
        if kind.endswith("[]"):
            return cast(func.to_json(one), Text)
        if kind == "interval":
            return cast(extract("epoch", one), Text)
        return cast(one, Text)

    def _identity(self) -> tuple[ColumnElement[Any], ...]:
        key = self.at if self.whole_keys else cast(self.at, Text)
        return key.label("key"), self.group.label("project"), null().label("stamp")

    def _values(self) -> Sequence[ColumnElement[Any]]:
        return [self.value(name).label(f"value_{name}") for name in self.columns]


def found(db: SourceDatabase, name: str, options: Options) -> Source:
    """Return a table as it is there.

    Raises:
        StopSource: it, or a column that is needed, is not there or may not be read.
    """
    parts = name.split(".", 1) if db.dialect == "postgresql" and "." in name else (None, name)
    bare = table(parts[1] or "", schema=parts[0])
    types, hidden, kind = _introspected(db, bare, name)
    columns = _columns(db, name, options, types)
    cursor = options.cursor or ("updated_at" if "updated_at" in types else "")
    key = options.key or KEY
    _check_named(db, name, types, {"key": key, "cursor": cursor, "project": options.project})
    read = tuple(dict.fromkeys([*columns.values(), key, *filter(None, [options.project])]))
    for one in (*read, *filter(None, [cursor])):
        if one in hidden:
            raise db.stopped(
                f"has a user that may not read column {one} of table {name}: grant SELECT on it"
            )
    versioned = kind in KEPT_KINDS and XMIN not in hidden
    every = (*types, *([XMIN] if versioned else []))
    return Source(
        dialect=db.dialect,
        name=name,
        of=table(bare.name, *(column(one) for one in every), schema=bare.schema),
        types=types,
        columns=columns,
        key=key,
        cursor=cursor,
        options=options,
        whole_keys=(whole := _is_whole(db.dialect, types[key])),
        grows=whole,
        versioned=versioned,
        read=read,
    )


def _is_whole(dialect: str, kind: str) -> bool:
    return "int" in kind if dialect == "sqlite" else kind in _INTEGERS


def _introspected(
    db: SourceDatabase, bare: TableClause, name: str
) -> tuple[dict[str, str], frozenset[str], str]:
    """Return (column -> type, columns that may not be read, kind of relation)."""
    if db.dialect == "sqlite":
        info = func.pragma_table_xinfo(bare.name).table_valued("name", "type")
        query: Select[Any] = select(info.c.name, info.c.type, literal(1), literal("t"))
    else:
        query = _attributes(bare)
    rows: Any = db.rows(query)
    if not rows:
        raise db.stopped(
            f"names a database that has no table or view {name!r}: correct options.table; on "
            "PostgreSQL write schema.table where it is not in the schema public"
        )
    types = {row[0]: (row[1] or "").lower() for row in rows if row[0] != XMIN}
    hidden = frozenset(row[0] for row in rows if not row[2])
    kind = rows[0][3]
    has_version = any(row[0] == XMIN for row in rows)
    return types, hidden if has_version else hidden | {XMIN}, kind


def _attributes(bare: TableClause) -> Select[Any]:
    """Columns of a relation on PostgreSQL; its name is quoted as the server wants it."""
    quoted = _quoting().format_table(bare)
    named = ("attrelid", "attname", "attnum", "atttypid", "attisdropped")
    one = table("pg_attribute", *(column(each) for each in named)).c
    whole = table("pg_class", column("oid"), column("relkind")).c
    may = func.has_column_privilege(one.attrelid, one.attnum, "SELECT")
    return (
        select(one.attname, func.format_type(one.atttypid, null()), may, cast(whole.relkind, Text))
        .where(one.attrelid == cast(func.to_regclass(quoted), REGCLASS))
        .where(whole.oid == one.attrelid, one.attisdropped.is_(False))
        .where((one.attnum > 0) | (one.attname == XMIN))
        .order_by(one.attnum)
    )


def _quoting() -> Any:
    return postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]


def _columns(
    db: SourceDatabase, name: str, options: Options, types: Mapping[str, str]
) -> dict[str, str]:
    """Return field -> column; a field without a map takes the column of its own name."""
    columns = {one: one for one in FREE if one in types} | dict(options.columns)
    _check_named(db, name, types, {f"columns.{one}": column for one, column in columns.items()})
    lacking = [one for one in NEEDED if one not in columns]
    if lacking:
        raise db.stopped(
            f"names a database where no column of {name!r} is taken for {' and '.join(lacking)}: "
            f"set {', '.join(f'options.columns.{one}' for one in lacking)}; {_there(types)}"
        )
    return columns


def _check_named(
    db: SourceDatabase, name: str, types: Mapping[str, str], wanted: Mapping[str, str]
) -> None:
    for option, one in wanted.items():
        if one and one not in types:
            raise _absent(db, name, one, option, types)


def _absent(
    db: SourceDatabase, name: str, one: str, option: str, types: Mapping[str, str]
) -> StopSource:
    return db.stopped(
        f"names a database where {name!r} has no column {one!r}: correct options.{option}; "
        f"{_there(types)}"
    )


def _there(types: Mapping[str, str]) -> str:
    more = ", …" if len(types) > MOST_NAMED else ""
    return f"its columns are {', '.join(map(repr, list(types)[:MOST_NAMED]))}{more}"


# --- the cursor ---


def compared(source: Source, sample: Any) -> Any:
    """Return a function of an instant (microseconds UTC) -> as the cursor's column compares it.

    Args:
        sample: some value of that column; None = there is none.

    None = rows cannot be found by their time of change, so that only a sweep sees changes.
    """
    kind, place = source.types.get(source.cursor, ""), source.options.zone
    if kind == "timestamp with time zone":
        return from_us
    if kind.startswith("timestamp") or kind == "date":
        return lambda us: local(us - (DAY if kind == "date" else 0), place)
    if isinstance(sample, str):
        return _as_text(sample, place)
    if isinstance(sample, bool) or not isinstance(sample, int | float | Decimal):
        return None
    return _as_number(float(sample))


def _as_number(sample: float) -> Any:
    factor = next(factor for least, factor in _UNITS if abs(sample) >= least)
    return lambda us: int(us * factor)


def _as_text(sample: str, place: str) -> Any:
    """Times as texts compare sign by sign, so only ISO 8601 will do; a zone costs a day more."""
    try:
        moment = datetime.fromisoformat(sample.strip().replace(" UTC", "+00:00"))
    except ValueError:
        return None
    sign = "T" if sample[10:11] == "T" else " "
    zoned = moment.utcoffset()
    where = "UTC" if zoned is not None else place
    aside = DAY if zoned not in (None, timedelta(0)) or len(sample.strip()) <= 10 else 0
    return lambda us: local(max(0, us - aside), where).strftime(f"%Y-%m-%d{sign}%H:%M:%S")
