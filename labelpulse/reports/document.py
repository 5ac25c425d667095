"""What a report is made of, whatever it is written as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelpulse.charts.theme import Figure
from labelpulse.judgement.attention import Finding
from labelpulse.judgement.tiles import Tile
from labelpulse.judgement.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading; every row has the same keys."""

    title: str
    about: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    """One project, or all side by side: what is known of it, the most important first.

    Attributes:
        days: the span of days and their zone in words.
        link: the address of its page Summary; None = people cannot open it elsewhere.
        findings: None = not asked here.
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
        as_of: the newest read of the sources, in words. snapshot: names exactly these numbers.
        definitions: metric -> version of its definition, of all that were asked.
        sources: how fresh each source was, in words.
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
        """The line that lets somebody find these numbers again."""
        known = ", ".join(f"{name} v{version}" for name, version in self.definitions.items())
        return " · ".join(
            (
                f"Snapshot {self.snapshot}",
                f"labelpulse {self.version}",
                f"as of {self.as_of}",
                f"definitions: {known}",
            )
        )
