"""What `[sources.options]` says of the tables of a source of type ``sql``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from labelpulse.core.answers import DEFAULT_SEPARATOR, READABLE
from labelpulse.core.errors import ConfigError
from labelpulse.core.events import Scale, canonical
from labelpulse.ingest.mapping import FIELDS
from labelpulse.source import Access

KEY = "annotation_id"
NOT_LIVE = "revision"
FREE = tuple(one for one in FIELDS if one not in (KEY, NOT_LIVE))
"""Fields that a column can be mapped to; the key has an option of its own."""

_KEYS = (
    *("table", "tables", "columns", "key", "cursor", "project", "title", "control"),
    *("scale", "labels", "separator", "required"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """How tables are read.

    Attributes:
        tables: as configured, on PostgreSQL perhaps with a schema before a dot.
        several: they were given as a list, so that ids begin with their table.
        columns: field -> column, as configured.
        key: the column that tells rows apart; "" = the column `annotation_id`.
        cursor: the column that says when a row last changed; "" = `updated_at` where it is there.
        project: the column that names a row's project; "" = all are of one.
        title: of that one project, or of rows that name none; "" = the table's name.
        control: what is asked, where no column says it; "" = the name of the label's column.
        labels: the declared options of that control.
        required: labels an item needs.
        zone: IANA zone of times that name none.
    """

    tables: tuple[str, ...]
    several: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    cursor: str = ""
    project: str = ""
    title: str = ""
    control: str = ""
    scale: Scale = Scale.NOMINAL
    labels: tuple[str, ...] | None = None
    separator: str = DEFAULT_SEPARATOR
    required: int | None = None
    zone: str = "UTC"

    def form(self) -> str:
        """Return what changes whenever rows are read in another way."""
        said = (dict(self.columns), self.key, self.control, self.scale, self.separator, self.zone)
        return canonical(said)


def read_options(access: Access) -> Options:
    """Return the options of a configured source.

    Raises:
        ConfigError: a key is missing, unknown or wrong; the message names it.
    """
    return _Reader(access).options()


@dataclass(frozen=True, slots=True)
class _Reader:
    access: Access

    def options(self) -> Options:
        told = self.access.options
        for key in told:
            if key not in _KEYS:
                raise self._wrong(key, f"is not known: {_nearest(key, _KEYS)}")
        tables = self._tables()
        if self._text("title") and len(tables) > 1 and not self._text("project"):
            raise self._wrong("title", "is for one table: with several, each is a project")
        columns = self._columns()
        return Options(
            tables=tables,
            several="tables" in told,
            columns=columns,
            key=self._text("key"),
            cursor=self._text("cursor"),
            project=self._text("project"),
            title=self._text("title"),
            control=self._text("control"),
            scale=self._scale(),
            labels=self._texts("labels") if "labels" in told else None,
            separator=self._text("separator") or DEFAULT_SEPARATOR,
            required=self._required(),
            zone=self.access.zone,
        )

    def _wrong(self, key: str, why: str) -> ConfigError:
        return ConfigError(f"source {self.access.name!r}: options.{key} {why}")

    def _text(self, key: str) -> str:
        value = self.access.options.get(key, "")
        if not isinstance(value, str):
            raise self._wrong(key, "is no text")
        return value

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self.access.options.get(key)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise self._wrong(key, 'is no list of texts: write ["one", "two"]')
        if not value or not all(value) or len(set(value)) < len(value):
            raise self._wrong(key, "is empty, or names something twice")
        return tuple(value)

    def _tables(self) -> tuple[str, ...]:
        told = self.access.options
        if ("table" in told) == ("tables" in told):
            raise self._wrong("table", 'is needed: table = "labels", or tables = ["a", "b"]')
        tables = self._texts("tables") if "tables" in told else (self._text("table"),)
        if not tables[0]:
            raise self._wrong("table", "is empty: name a table or a view")
        return tables

    def _columns(self) -> dict[str, str]:
        told = self.access.options.get("columns", {})
        if not isinstance(told, Mapping):
            raise self._wrong("columns", 'is no table: write [sources.options.columns], item = "…"')
        for name, column in told.items():
            if name == NOT_LIVE:
                raise self._wrong("columns.revision", "is for files: a table is read as it is now")
            if name not in FREE:
                remedy = "use options.key" if name == KEY else _nearest(name, FREE)
                raise self._wrong(f"columns.{name}", f"is not known: {remedy}")
            if not isinstance(column, str) or not column:
                raise self._wrong(f"columns.{name}", "names no column")
        return dict(told)

    def _scale(self) -> Scale:
        told = self._text("scale") or Scale.NOMINAL
        if told not in READABLE:
            raise self._wrong("scale", f"is none of {', '.join(READABLE)}")
        return Scale(told)

    def _required(self) -> int | None:
        told = self.access.options.get("required")
        if told is not None and (isinstance(told, bool) or not isinstance(told, int) or told < 1):
            raise self._wrong("required", "is no whole number above zero")
        return told


def _nearest(key: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
