"""Several tables scanned as one stream, one after the other; its position holds one for each."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from labelpulse.ingest.database.scan import Scanner, Table
from labelpulse.source import Page, Position


def full(scanner: Scanner, tables: Mapping[str, Table], resume: Position | None) -> Iterator[Page]:
    """Yield every row of every table; `resume` is the position of a page of an earlier try."""
    ends: Position = dict(resume["ends"]) if resume else {}
    left = [name for name in tables if name not in ends]
    if resume and not left:  # the table that was being read is no longer one of them
        yield Page((), resume, last=True)
    for name in left:
        inside = resume["in"] if resume and resume["table"] == name else None
        for page in scanner.full(tables[name], inside):
            if page.last:
                ends[name] = page.position
            at = _at(ends, name, None if page.last else page.position)
            yield replace(page, position=at, last=page.last and name == left[-1])


def changes(scanner: Scanner, tables: Mapping[str, Table], position: Position) -> Iterator[Page]:
    """Yield what may have changed since a position; a table that is new to it, whole."""
    ends: Position = {}
    names = list(tables)
    for name in names:
        before = position["ends"].get(name)
        pages = (
            scanner.full(tables[name], None)
            if before is None
            else scanner.changes(tables[name], before)
        )
        for page in pages:
            if page.last:
                ends[name] = page.position
            last = page.last and name == names[-1]
            yield replace(page, position=_at(ends, name, None) if last else position, last=last)


def _at(ends: Position, name: str, inside: Position | None) -> Position:
    return {"ends": dict(ends), "table": name, "in": inside}
