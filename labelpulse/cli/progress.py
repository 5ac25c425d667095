"""Progress of long work: a bar on a terminal, a plain line every few seconds elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_S = 5.0

Told = Callable[[str, int, int], None]


@contextmanager
def scan_progress(*, quiet: bool = False) -> Iterator[Told]:
    """Yield a function of (what, done, total) that shows how far a scan got."""
    if quiet:
        from labelpulse.ingest.runner import unseen

        yield unseen
    elif sys.stderr.isatty():
        with _bars() as told:
            yield told
    else:
        yield _lines()


@contextmanager
def _bars() -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True
    ) as shown:
        bar, now = shown.add_task("", visible=False), ""

        def told(what: str, done: int, total: int) -> None:
            nonlocal now
            if what != now:  # of many files only the one under way is shown
                now = what
                shown.reset(bar, description=what, visible=True)
            shown.update(bar, completed=done, total=total or None)

        yield told


def _lines() -> Told:
    last, now = time.monotonic(), ""

    def told(what: str, done: int, total: int) -> None:
        nonlocal last, now
        if what != now:  # what takes no time of its own tells nothing
            last, now = time.monotonic(), what
        if time.monotonic() - last >= EVERY_S:
            last = time.monotonic()
            print(f"{what}: {done:,}{f' of {total:,}' if total else ''}", file=sys.stderr)

    return told
