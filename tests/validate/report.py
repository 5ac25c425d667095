"""What a validation has found, and how it is written down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

Series = Mapping[str, Sequence[tuple[float, float]]]
"""name -> (x, y), from left to right."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must be for the product to keep its promise; both ends included."""

    what: str
    value: float
    low: float = -inf
    high: float = inf

    @property
    def met(self) -> bool:
        return self.low <= self.value <= self.high

    @property
    def found(self) -> str:
        """The figure in words.

        >>> Bar("days", 1230.4).found, Bar("share", 0.9306).found
        ('1,230', '0.931')
        """
        return f"{self.value:,.0f}" if self.value >= 1000 else f"{self.value:.3g}"

    @property
    def wanted(self) -> str:
        """The range in words.

        >>> Bar("days", 3, high=4).wanted, Bar("share", 0.9, 0.8, 0.95).wanted
        ('at most 4', '0.8 to 0.95')
        """
        if self.low == -inf:
            return f"at most {self.high:g}"
        return f"at least {self.low:g}" if self.high == inf else f"{self.low:g} to {self.high:g}"


def verdicts(bars: Iterable[Bar]) -> str:
    """Return a table of what was wanted and what was found."""
    rows = [[one.what, one.wanted, one.found, "yes" if one.met else "**no**"] for one in bars]
    return _table(("what must hold", "wanted", "found", "holds"), rows)


@dataclass(frozen=True, slots=True)
class Section:
    """One subject.

    Attributes:
        title: its heading; name: of its picture, docs/images/validation-NAME.svg.
        text: what was simulated, what to expect, and what it came to.
        header, rows: a table.
        lines: a picture; axes: what x and y are; frame: least and greatest y, None = 0 to all.
        bars: what must hold.
        tables: further ones: what they show, header, rows.
    """

    name: str
    title: str
    text: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    lines: Series = field(default_factory=dict)
    axes: tuple[str, str] = ("", "")
    bars: Sequence[Bar] = ()
    frame: tuple[float, float] | None = None
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = ()


def markdown(section: Section, images: str = "images") -> str:
    """Return a section as Markdown."""
    parts = [f"## {section.title}", section.text, _table(section.header, section.rows)]
    if section.lines:
        x, y = section.axes
        parts.append(f"![{y} by {x}]({images}/{picture_name(section)})")
    for text, header, rows in section.tables:
        parts += [text, _table(header, rows)]
    return "\n\n".join(parts) + "\n"


def picture_name(section: Section) -> str:
    """Return the file name of a section's picture."""
    return f"validation-{section.name}.svg"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
