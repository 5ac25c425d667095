"""What import flags say, what holds together with the configuration, and what is kept of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labelpulse.config import IMPORT_PREFIX, Settings
from labelpulse.core.answers import canonical_label
from labelpulse.core.days import zone
from labelpulse.core.errors import UsageError
from labelpulse.core.events import Scale
from labelpulse.ingest.known import KINDS, LABELS
from labelpulse.ingest.mapping import FIELDS
from labelpulse.ingest.plugins import is_folder
from labelpulse.source import ImportOptions

MAX_TITLE = 190
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportFlags:
    """The options of `labelpulse import`, as given; None = not given.

    Attributes:
        columns: field -> column.
        timezone: zone of days; naive_zone: zone of times that name none.
    """

    project: str
    source: str | None = None
    format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    scale: str | None = None
    labels: tuple[str, ...] | None = None
    separator: str | None = None
    timezone: str | None = None
    naive_zone: str | None = None

    @property
    def source_name(self) -> str:
        """The source that the records belong to."""
        return self.source or f"{IMPORT_PREFIX}{self.project}"

    @property
    def control(self) -> str:
        """Name of the control of a table that has no column for it."""
        column = self.columns.get("label", "label")
        return "label" if column.isdecimal() else column  # a column by number has no name

    def check(self, settings: Settings) -> None:
        """Raise UsageError when the flags cannot hold, whatever the file is."""
        if any(one.name == self.source and is_folder(one.type) for one in settings.sources):
            raise UsageError(
                f"--source {self.source!r} is a watched folder: put the file into it, or give the "
                "import another name"
            )
        self.check_values()

    def check_values(self) -> None:
        """Raise UsageError when a flag's value is none."""
        if not 0 < len(self.project.strip()) <= MAX_TITLE:
            raise UsageError(f"--project must have 1 to {MAX_TITLE} characters")
        for name in self.columns:
            if name not in (*FIELDS, *KINDS):
                raise UsageError(
                    f"--map {name}=…: FIELD is one of {', '.join(FIELDS)}; of gold sets of "
                    f"pictures one of {', '.join(KINDS)}"
                )
        asked = {kind: self.columns[kind] for kind in KINDS if kind in self.columns}
        labels = asked.pop(LABELS, None)
        if labels in asked.values():
            raise UsageError(
                f"--map names the question {labels!r} for labels and for shapes: which labels are "
                "there is a question of its own"
            )
        if self.scale is not None and self.scale not in list(Scale):
            raise UsageError(f"--scale {self.scale!r}: use one of {', '.join(Scale)}")
        if self.separator is not None and not self.separator.strip():
            raise UsageError("--separator must be a visible sign")
        for named in (self.timezone, self.naive_zone):
            if named is not None:
                zone(named)


@dataclass(frozen=True, slots=True)
class Said:
    """What the file, the flags and former imports say of a project.

    Attributes:
        toml: settings of origin ``toml``; kept: of origin ``import``, from earlier imports.
    """

    flags: ImportFlags
    settings: Settings
    toml: Mapping[str, Any]
    kept: Mapping[str, Any]

    def days_zone(self) -> str:
        """Return the zone of days: file, else flag, else an earlier flag, else the default."""
        named = self.toml.get("timezone") or self.flags.timezone or self.kept.get("timezone")
        return named or self.settings.default_zone()

    def options(self, controls: Mapping[str, str], *, table: bool) -> ImportOptions:
        """Return how the file is to be read.

        Args:
            controls: questions that the project has so far -> their scales.
            table: the format is a plain table (or is read as one), so that it has one control.
        """
        how = self._control() if table or "label" in self.flags.columns else {}
        labels = self.flags.labels or how.get("labels")
        scale = how.get("scale") or self.flags.scale
        return ImportOptions(
            project=self.flags.project,
            columns=dict(self.flags.columns),
            scale=scale,
            labels=None if labels is None else _spelled(labels, scale),
            separator=self.flags.separator or how.get("separator"),
            naive_zone=self.flags.naive_zone or self.days_zone(),
            controls=controls,
        )

    def _control(self) -> Data:
        """Return scale, labels and separator of the table's control: file, else flag, else kept."""
        layers = (
            self.kept.get("controls", {}).get(self.flags.control, {}),
            self._flagged(),
            self.toml.get("controls", {}).get(self.flags.control, {}),
        )
        return {key: value for layer in layers for key, value in layer.items()}

    def _flagged(self) -> Data:
        said = {
            "scale": self.flags.scale,
            "labels": None if self.flags.labels is None else list(self.flags.labels),
            "separator": self.flags.separator,
        }
        return {key: value for key, value in said.items() if value is not None}

    def to_keep(
        self, controls: list[str], *, gold: bool, constant_time: bool, identity: str = ""
    ) -> Data:
        """Return the settings of origin ``import``: those kept, with this import's over them.

        Args:
            controls: the controls of the file.
            gold: the file asserts known answers.
            constant_time: its submission times are all the same, so they tell nothing.
            identity: what tells its annotations apart, where that is not the usual.
        """
        data: Data = {**self.kept, "constant_time": constant_time}
        if identity:
            data["identity"] = identity
        if self.flags.timezone is not None:
            data["timezone"] = self.flags.timezone
        if gold:
            data["gold"] = "column"
        flagged = self._flagged()
        if flagged:
            before = data.get("controls", {})
            now = {name: {**before.get(name, {}), **flagged} for name in controls}
            data["controls"] = {**before, **now}
        return data


def _spelled(labels: Iterable[str], scale: str | None) -> tuple[str, ...]:
    """Return labels as answers on their scale are written."""
    return tuple(canonical_label(one, Scale(scale or Scale.NOMINAL)) for one in labels)
