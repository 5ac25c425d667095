"""What there is to say of files; what holds for several is said once, with their names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MOST_NAMED = 3


@dataclass(slots=True)
class Remarks:
    """Sentences on files, in the order in which they came up."""

    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, remark: str, name: str = "") -> None:
        """Note a remark on a file; without a name it stands by itself."""
        self.names.setdefault(remark, []).append(name)

    def told(self) -> Iterator[str]:
        """Yield every remark behind the names of its files.

        >>> found = Remarks()
        >>> for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        ...     found.add("no times", name)
        >>> list(found.told())
        ['a.csv, b.csv, c.csv and 1 more: no times']
        """
        for remark, names in self.names.items():
            named = first(names)
            yield f"{named}: {remark}" if named else remark


def first(names: Sequence[str]) -> str:
    """Return the first names of files, and how many more there are.

    >>> first(["a.csv", "b.csv"]), first([""])
    ('a.csv, b.csv', '')
    """
    beyond = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {beyond:,} more" if beyond > 0 else "")
