"""The parts of a report, independent of its file format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelpulse.charts.theme import Figure
from labelpulse.findings.attention import Finding
from labelpulse.findings.tiles import Tile
from labelpulse.findings.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading; every row has the same keys."""

    title: str
    about: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a report about one project, or about all projects side by side.

    Attributes:
        days: the days that it covers and their time zone, as text.
        findings: None = the section has no list of findings.
        link: the address of the project's page Summary; None = only this machine can open it.
    """

    title: str
    days: str = ""
    verdict: Verdict | None = None
    tiles: Sequence[Tile] = ()
    findings: Sequence[Finding] | None = None
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A report.

    Attributes:
        as_of: the time of the newest read of the sources, as text.
        sources: the freshness of each source, as text.
        snapshot: a hash of all numbers of the report.
        definitions: metric -> version of its definition, of every metric in the report.
    """

    title: str
    audience: str
    as_of: str
    sections: Sequence[Section]
    sources: Sequence[str]
    snapshot: str
    definitions: Mapping[str, int]
    version: str

    @property
    def footer(self) -> str:
        """The line that identifies these numbers: snapshot, version, time and definitions."""
        definitions = ", ".join(f"{name} v{v}" for name, v in self.definitions.items())
        return (
            f"Snapshot {self.snapshot} · labelpulse {self.version} · as of {self.as_of} · "
            f"definitions: {definitions}"
        )
