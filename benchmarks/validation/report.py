"""Describe the results of a validation and write them as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

Series = Mapping[str, Sequence[tuple[float, float]]]
"""name -> (x, y), from left to right."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A figure and the range that it must be in, both ends included."""

    title: str
    value: float
    low: float = -inf
    high: float = inf

    @property
    def holds(self) -> bool:
        """Return True when the figure is in its range."""
        return self.low <= self.value <= self.high

    @property
    def shown(self) -> str:
        """Format the figure.

        >>> Requirement("days", 1230.4).shown, Requirement("share", 0.9306).shown
        ('1,230', '0.931')
        """
        return f"{self.value:,.0f}" if self.value >= 1000 else f"{self.value:.3g}"

    @property
    def wanted(self) -> str:
        """Describe the range.

        >>> Requirement("days", 3, high=4).wanted, Requirement("share", 0.9, 0.8, 0.95).wanted
        ('at most 4', '0.8 to 0.95')
        """
        if self.low == -inf:
            return f"at most {self.high:g}"
        return f"at least {self.low:g}" if self.high == inf else f"{self.low:g} to {self.high:g}"


def requirements_table(requirements: Iterable[Requirement]) -> str:
    """Return a table of requirements and results."""
    rows = [
        [figure.title, figure.wanted, figure.shown, "yes" if figure.holds else "**no**"]
        for figure in requirements
    ]
    return _table(("what must hold", "wanted", "found", "holds"), rows)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report.

    Attributes:
        name: part of the file name of its picture, docs/images/validation-NAME.svg.
        text: what was simulated, what to expect, and the result.
        header, rows: its table.
        lines, axes, frame: its picture: lines, titles of x and y, lowest and highest y (None: fit).
        tables: more tables: text, header, rows.
    """

    name: str
    title: str
    text: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    lines: Series = field(default_factory=dict)
    axes: tuple[str, str] = ("", "")
    requirements: Sequence[Requirement] = ()
    frame: tuple[float, float] | None = None
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = ()


def markdown(section: Section, images: str = "images") -> str:
    """Format a section as Markdown."""
    parts = [f"## {section.title}", section.text, _table(section.header, section.rows)]
    if section.lines:
        x, y = section.axes
        parts.append(f"![{y} by {x}]({images}/{picture_name(section)})")
    for text, header, rows in section.tables:
        parts += [text, _table(header, rows)]
    return "\n\n".join(parts) + "\n"


def picture_name(section: Section) -> str:
    """Return the file name of the picture of a section."""
    return f"validation-{section.name}.svg"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
