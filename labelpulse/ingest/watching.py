"""One turn of a watched folder: what is new or changed is imported, file by file.

list ─► settled and not done? ─► import (its own lease, run and hash) ─► note ─► finish
A file that is refused is set aside under its name, and keeps no other out. What vanishes changes
nothing of what was loaded.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import blake2b

from labelpulse.config import Settings
from labelpulse.core.errors import (
    ConfigError,
    FileRefused,
    NoExport,
    RetryLater,
    StopSource,
    UsageError,
)
from labelpulse.core.events import BadRecord, Batch, canonical
from labelpulse.core.formats import plural
from labelpulse.ingest.child import FileReader
from labelpulse.ingest.import_file import READING, Into
from labelpulse.ingest.import_result import Watch
from labelpulse.ingest.import_settings import ImportFlags
from labelpulse.ingest.importer import load_path
from labelpulse.ingest.runner import PollResult, Task
from labelpulse.source import FileSource, WatchedFile
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.store import Warehouse

SETTLED_S = 5.0
"""A file that nobody wrote to for so long is complete; one written since is looked at again."""
STREAM = "files"
REFUSED = "refused_file"
SHOWN = 3
_HINT = " (of a watched folder these options stand in [sources.options], as map = { item = … })"

_REMEDY = "say how they are read, mend or take them away; the next look goes on by itself"

Known = dict[str, dict[str, str]]
"""Name of a file -> ``seen`` (its state at the last look), ``done`` (state and reading when it was
read), ``refused`` (why, if it was), ``part`` (of one that was read: it, or a part of it, was
loaded), ``beside`` (it is no export and was passed over)."""


@dataclass(frozen=True, slots=True)
class Following:
    """How a folder is followed.

    Attributes:
        task: its source, lease and stop; what it says of `live` and sweeps is not for files.
        waits: fresh files are waited for until they settle, since there is no next look.
        clock: seconds since 1970; sleep: seconds.
    """

    settings: Settings
    task: Task
    waits: bool = False
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def follow(warehouse: Warehouse, source: FileSource, how: Following) -> PollResult:
    """Import what is new in a source of files; return what that did.

    Raises:
        StopSource: the folder is not there or cannot be read, or every file in it is refused; the
            source's state says why.
        RetryLater, LeaseHeld: another time.
    """
    turn = _Turn(warehouse, source, how)
    try:
        files = turn.settled()
    except StopSource as error:
        turn.fail(error)
        raise
    with FileReader(stop=how.task.stop) as reader:
        for one in files:
            if how.task.stop.is_set():
                break
            try:
                turn.take(one, reader)
            except RetryLater:
                if not how.task.stop.is_set():
                    raise
    turn.finish()
    if turn.broken:
        raise StopSource(turn.broken)
    return turn.result


class _Turn:
    """One turn under way."""

    def __init__(self, warehouse: Warehouse, source: FileSource, how: Following) -> None:
        self.warehouse = warehouse
        self.source = source
        self.how = how
        self.task = how.task
        self.source_id = warehouse.source(how.task.name, how.task.type)
        self.before: Known = warehouse.cursors(self.source_id).get(STREAM, {})
        self.known: Known = {name: dict(one) for name, one in self.before.items()}
        self.there: set[str] = set()
        self.broken = ""
        self.result = PollResult()

    # --- which files ---

    def settled(self) -> list[WatchedFile]:
        """Return the files that are complete and were not read as they are, the oldest first."""
        files = self.source.files()
        looks = {one.name: one.state for one in files} if self.how.waits else {}
        fresh = self._fresh(files)
        if self.how.waits and fresh and not self.task.stop.is_set():
            self.task.tell(f"{self.task.name}: waiting for {plural(len(fresh), 'file')} to settle")
            self.how.sleep(SETTLED_S)
            files = self.source.files()
            fresh = [one for one in self._fresh(files) if looks.get(one.name) != one.state]
        self.there = {one.name for one in files}
        for one in files:
            self.known.setdefault(one.name, {})["seen"] = one.state
        waiting = {one.name for one in fresh}
        ready = [one for one in files if one.name not in waiting and self._is_new(one)]
        return sorted(ready, key=lambda one: (one.changed_at, one.name))

    def _fresh(self, files: Sequence[WatchedFile]) -> list[WatchedFile]:
        """Files that may still be written: changed just now, and other than at the last look."""
        now = self.how.clock()
        return [
            one
            for one in files
            if now - one.changed_at < SETTLED_S
            and self.before.get(one.name, {}).get("seen") != one.state
            and not one.problem
        ]

    def _is_new(self, one: WatchedFile) -> bool:
        return self.known.get(one.name, {}).get("done") != self._reading(one)

    def _reading(self, one: WatchedFile) -> str:
        """Return what a file and the way it is read are like, as a digest."""
        said = [
            *(READING, one.state, one.title, one.problem, self.source.format),
            self.source.options.values(),
            self.how.settings.project_data(self.task.name, one.title),
        ]
        return blake2b(canonical(said).encode(errors="replace"), digest_size=12).hexdigest()

    # --- one file ---

    def take(self, one: WatchedFile, reader: FileReader) -> None:
        """Import a file, and note how that went."""
        note = self.known[one.name]
        went: dict[str, str] = {}
        try:
            self._load(one, reader, went)
        except NoExport:
            went["beside"] = "exports"
            self.task.tell(f"source {self.task.name!r}: {one.name} is no export, passed over")
        except (FileRefused, UsageError, ConfigError) as error:
            hint = _HINT if isinstance(error, UsageError) else ""
            went["refused"] = f"{error}{hint}"
            self.task.tell(f"source {self.task.name!r}: {error}{hint}")
        note.clear()
        note |= {"seen": one.state, "done": self._reading(one), **went}

    def _load(self, one: WatchedFile, reader: FileReader, went: dict[str, str]) -> None:
        if one.problem:
            raise FileRefused(f"{one.name} {one.problem}")
        options = self.source.options
        flags = ImportFlags(
            project=one.title,
            source=self.task.name,
            format=self.source.format,
            columns=options.columns,
            scale=options.scale,
            labels=options.labels,
            separator=options.separator,
            naive_zone=options.naive_zone,
        )
        flags.check_values()
        watch = Watch(self.task.tell, self.task.progress)
        into = Into(self.warehouse, self.how.settings, flags, reader, watch, type=self.task.type)
        load_path(into, one.path, one.name)
        done = into.result
        self.result.read += done.read
        self.result.loaded += done.loaded
        self.result.unchanged += done.unchanged
        self.result.quarantined += done.quarantined
        for warning in done.warnings:
            self.task.tell(f"source {self.task.name!r}: {warning}")
        if done.files:
            went["part"] = "loaded"
        if done.failed:
            raise FileRefused("; ".join(str(error) for error in done.failed[:SHOWN]))

    # --- the end ---

    def fail(self, error: StopSource) -> None:
        """Note that the folder cannot be read."""
        with self._lease() as held:
            run_id = self.warehouse.start_run(held, "poll")
            self.warehouse.finish_run(held, run_id, "failed", str(error), source_state="broken")

    def finish(self) -> None:
        """Set aside what was refused, follow the configuration, and keep where this stands."""
        self.known = {name: one for name, one in self.known.items() if name in self.there}
        refused = _refused(self.known)
        mended = [name for name in _refused(self.before) if name not in refused]
        told = _told(refused)
        judged = not self.task.stop.is_set()  # else there are files that nobody looked at
        if refused and judged and not any(map(_is_good, self.known.values())):
            self.broken = f"nothing in the folder can be loaded ({told}): {_REMEDY}"
        with self._lease() as held:
            for name in mended:
                self._close(held, name)
            run_id = self.warehouse.start_run(held, "poll")
            if refused:
                bad = tuple(BadRecord(n, "the file", REFUSED, why) for n, why in refused.items())
                self.warehouse.write(held, run_id, Batch(bad=bad), live=False)
                self.result.quarantined += len(bad)
            titles = self.warehouse.titles(self.source_id)
            said = {known: self.task.settings(title) for known, title in titles.items()}
            self.warehouse.configure(held, said, self.task.tell)
            self.warehouse.finish_run(
                held,
                run_id,
                "failed" if self.broken else self.result.state,
                self.broken or told,
                source_state="broken" if self.broken else "ok",
                cursors={STREAM: self.known} if self.known != self.before else {},
            )

    def _close(self, held: Lease, name: str) -> None:
        """Take a file that was refused, and is mended or gone, out of quarantine."""
        run_id = self.warehouse.start_run(held, "import", file_name=name)
        self.warehouse.finish_run(held, run_id, "ok")

    def _lease(self) -> AbstractContextManager[Lease]:
        task = self.task
        return self.warehouse.lease(self.source_id, wait_s=task.lease_wait_s, tell=task.tell)


def _is_good(note: Mapping[str, str]) -> bool:
    """True for a file of which something was loaded; what still waits to be read is none."""
    return "part" in note or ("done" in note and not {"refused", "beside"} & note.keys())


def _refused(known: Known) -> dict[str, str]:
    """Return which files are refused, and why."""
    return {name: one["refused"] for name, one in known.items() if "refused" in one}


def _told(refused: Mapping[str, str]) -> str:
    """Return which files are refused, for the source's state; "" = none."""
    if not refused:
        return ""
    named = "; ".join(list(refused.values())[:SHOWN])
    more = f"; and {len(refused) - SHOWN:,} more" if len(refused) > SHOWN else ""
    return f"{plural(len(refused), 'file')} refused: {named}{more}"
