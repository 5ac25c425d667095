"""What a validation has found, and how it is written down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Series = Mapping[str, Sequence[tuple[float, float]]]
"""name -> (x, y), from left to right."""


@dataclass(frozen=True, slots=True)
class Section:
    """One subject.

    Attributes:
        title: its heading; name: of its picture, docs/images/validation-NAME.svg.
        text: what was simulated, what to expect, and what it came to.
        header, rows: a table.
        lines: a picture; axes: what x and y are.
    """

    name: str
    title: str
    text: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    lines: Series = field(default_factory=dict)
    axes: tuple[str, str] = ("", "")


def markdown(section: Section, images: str = "images") -> str:
    """Return a section as Markdown."""
    parts = [f"## {section.title}", section.text, _table(section.header, section.rows)]
    if section.lines:
        x, y = section.axes
        parts.append(f"![{y} by {x}]({images}/{picture_name(section)})")
    return "\n\n".join(parts) + "\n"


def picture_name(section: Section) -> str:
    """Return the file name of a section's picture."""
    return f"validation-{section.name}.svg"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
