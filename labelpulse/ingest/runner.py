"""One poll of a live source: open, compare fingerprints, fetch what differs, write, reconcile.

open ─► rules ─► for each stream: scan ─► differing ─► fetch ─► write (one transaction)
     ─► counts: does the source hold what we hold? if not, or once an hour, sweep everything
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from labelpulse.core.days import SECOND
from labelpulse.core.errors import LabelpulseError, RetryLater, StopSource
from labelpulse.core.events import Batch
from labelpulse.source import DRAFTS, ITEMS, PREDICTIONS, Counts, LiveSource, Opening, Page
from labelpulse.warehouse.lease import Lease
from labelpulse.warehouse.outcome import Written
from labelpulse.warehouse.store import Warehouse

SWEEP_EVERY_US = 3600 * SECOND
MAX_BAD, MAX_BAD_SHARE = 20, 0.05
FETCH = 1_000

ProjectSettings = Callable[[str], Mapping[str, Any]]
"""What the configuration says of a project, by its title."""

Progress = Callable[[str, int, int], None]
"""Called with (stream, done, total) as a long scan goes on."""


def no_settings(_title: str) -> Mapping[str, Any]:
    """Say nothing of any project."""
    return {}


def unheard(_message: str) -> None:
    """Tell nobody."""


def unseen(_stream: str, _done: int, _total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to poll and how.

    Attributes:
        name, type: the source's name and type in the configuration.
        live: the collector.
        settings: what the configuration says of a project, by its title.
        sweep: True = sweep now, False = never, None = when counts differ or an hour went by.
        guarded: refuse a mass delete.
        lease_wait_s: how long to wait for another collector of the same source.
        stop: set it to end after the present page.
    """

    name: str
    type: str
    live: LiveSource
    settings: ProjectSettings = no_settings
    sweep: bool | None = None
    guarded: bool = True
    lease_wait_s: float = 0.0
    stop: Event = field(default_factory=Event)
    tell: Callable[[str], None] = unheard
    progress: Progress = unseen


@dataclass(slots=True)
class PollResult:
    """What a poll did. `gaps` = source rows minus warehouse rows, where they differ."""

    read: int = 0
    loaded: int = 0
    unchanged: int = 0
    quarantined: int = 0
    deleted: int = 0
    repaired: int = 0
    swept: bool = False
    gaps: dict[str, int] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """``partial`` when records were quarantined, else ``ok``."""
        return "partial" if self.quarantined else "ok"


def poll(warehouse: Warehouse, task: Task) -> PollResult:
    """Poll one source once, under its lease.

    Raises:
        LeaseHeld: another process collects it.
        RetryLater, StopSource: the source could not be read; its state says why.
    """
    source_id = warehouse.source(task.name, task.type)
    with warehouse.lease(source_id, wait_s=task.lease_wait_s, tell=task.tell) as held:
        run_id = warehouse.start_run(held, "poll")
        turn = _Poll(warehouse, task, held, run_id)
        try:
            turn.go()
        except LabelpulseError as error:
            _failed(warehouse, held, run_id, error)
            raise
        except Exception as error:
            _failed(warehouse, held, run_id, StopSource(f"unexpected {type(error).__name__}"))
            raise
        finally:
            task.live.close()
        state = turn.result.state
        swept, moved = turn.result.swept, turn.moved
        warehouse.finish_run(held, run_id, state, source_state="ok", swept=swept, cursors=moved)
        return turn.result


def _failed(warehouse: Warehouse, held: Lease, run_id: int, error: LabelpulseError) -> None:
    state = "retrying" if isinstance(error, RetryLater) else "broken"
    with suppress(LabelpulseError):  # a lost lease: whoever has it now tells the state
        warehouse.finish_run(held, run_id, "failed", str(error), source_state=state)


class _Poll:
    """One poll under way.

    Attributes:
        cursors: where streams stand.
        moved: those of them that the next write has to keep.
    """

    def __init__(self, warehouse: Warehouse, task: Task, held: Lease, run_id: int) -> None:
        self.warehouse = warehouse
        self.task = task
        self.held = held
        self.run_id = run_id
        self.result = PollResult()
        self.now = 0
        self.cursors: dict[str, Any] = {}
        self.moved: dict[str, Any] = {}
        self.newly_bad = 0

    def go(self) -> None:
        opening = self.task.live.open()
        self.now = opening.now
        self.cursors = self.warehouse.cursors(self.held.source_id)
        self._admit(opening)
        self.warehouse.release_held(self.held, self.run_id, now=self.now)
        for stream in self.task.live.streams:
            self._follow(stream)
        if not self.task.stop.is_set():
            self._reconcile()
        if self.result.loaded:  # new labels may ask for another way of counting
            self._configure(opening)

    # --- projects and rules ---

    def _admit(self, opening: Opening) -> None:
        known = self.warehouse.live_counts(self.held.source_id)
        if known and not opening.projects and self.task.guarded:
            raise StopSource(
                f"source {self.task.name!r} lists no project where there were {len(known)}. "
                "Nothing was changed here. If they really were deleted there, run "
                f"`labelpulse sources accept-deletes {self.task.name}`"
            )
        batch = Batch(projects=opening.projects, people=opening.people)
        self._write(batch, "annotation")
        for title in self.warehouse.gone_projects(
            self.held, [one.native_id for one in opening.projects]
        ):
            self.task.tell(f"project {title!r} is gone from the source; its history stays")
        self._configure(opening)

    def _configure(self, opening: Opening) -> None:
        ids = self.warehouse.projects(self.held.source_id)
        # With it, times that are all the same are held to be no times, as in a file's column.
        named = {"constant_time": False} if getattr(self.task.live, "names_times", False) else {}
        said = {
            ids[one.native_id]: {**named, **self.task.settings(one.title)}
            for one in opening.projects
        }
        self.warehouse.configure(self.held, said, self.task.tell)

    # --- streams ---

    def _follow(self, stream: str) -> None:
        if stream == DRAFTS:
            self._sweep(stream)  # few rows that come and go: read whole
            return
        stands = self.cursors.get(stream, {})
        if "at" in stands:
            self._catch_up(stream, stands["at"])
        else:
            self._load(stream, stands.get("loading"))

    def _catch_up(self, stream: str, position: dict[str, Any]) -> None:
        """Bring what changed; pages of which little differs are written together."""
        ids: list[str] = []
        for page in self._pages(self.task.live.changes(stream, position)):
            ids += self._differing(stream, page)
            if page.last or len(ids) >= FETCH:
                self._bring(stream, ids, {"at": page.position})
                ids = []

    def _load(self, stream: str, resume: dict[str, Any] | None) -> None:
        """The first load: newest first, in pages that are usable at once; a crash resumes."""
        work = stream not in (ITEMS, PREDICTIONS)
        if work:
            self.warehouse.set_state(self.held, "loading", loading=True)
        for page in self._pages(self.task.live.full(stream, resume)):
            name = "at" if page.last else "loading"
            oldest = self._bring(stream, self._differing(stream, page), {name: page.position})
            if oldest is not None and page.newest_first and not page.last:
                self.warehouse.set_state(self.held, "loading", complete_from=oldest)
            self.task.progress(stream, page.done, page.total)
        if not self.task.stop.is_set() and work:
            self.warehouse.set_state(self.held, "ok", loading=False, complete_from=None)

    def _pages(self, pages: Iterator[Page]) -> Iterator[Page]:
        for page in pages:
            if self.task.stop.is_set():
                return
            yield page

    def _differing(self, stream: str, page: Page) -> list[str]:
        return self.warehouse.differing(self.held.source_id, stream, page.records)

    def _bring(
        self, stream: str, ids: Sequence[str], stands: dict[str, Any], repaired: bool = False
    ) -> int | None:
        """Fetch and write what differs; return the oldest submission among the last part of it.

        The cursor moves with that part; where nothing differs, with whatever is written next.
        """
        parts = [ids[at : at + FETCH] for at in range(0, len(ids), FETCH)]
        for part in parts[:-1]:
            self._write(self.task.live.fetch(stream, part), stream, repaired)
        batch = self.task.live.fetch(stream, parts[-1]) if parts else Batch()
        if stands and stands != self.cursors.get(stream):
            self._move(stream, stands)
        if parts:
            self._write(batch, stream, repaired)
        times = (one.submitted_at for one in batch.annotations)
        return min((at for at in times if at is not None), default=None)

    def _move(self, stream: str, stands: dict[str, Any]) -> None:
        self.cursors[stream] = self.moved[stream] = stands

    def _write(self, batch: Batch, stream: str, repaired: bool = False) -> None:
        total = self.result
        done = self.warehouse.write(
            self.held,
            self.run_id,
            replace(batch, cursors=self.moved),
            live=True,
            observed_at=self.now,
            stream=stream,
            repaired=repaired,
            judge=self._refuse_mostly_bad,
        )
        self.moved = {}
        self.newly_bad += done.newly_bad
        total.read += done.read
        total.loaded += done.loaded
        total.unchanged += done.unchanged
        total.quarantined += done.quarantined
        total.deleted += done.deleted
        total.repaired += done.loaded if repaired else 0

    def _refuse_mostly_bad(self, done: Written) -> None:
        """Stop where too much is bad; what stands in quarantine already is no news."""
        bad, read = self.newly_bad + done.newly_bad, self.result.read + done.read
        if done.newly_bad and bad > max(MAX_BAD, MAX_BAD_SHARE * read):
            first = done.bad[0]
            raise StopSource(
                f"source {self.task.name!r}: {bad} of {read} records cannot be used (first: "
                f"{first.location} {first.record}: {first.detail}). The tool's format may have "
                "changed; what was loaded before stays"
            )

    # --- reconciling ---

    def _reconcile(self) -> None:
        if self.task.sweep is False:
            return
        counts = self._counts()
        if self.task.sweep or self._sweep_is_due(counts):
            self._note(counts)  # a sweep that is refused leaves the gap to be seen
            for stream in self.task.live.streams:
                if stream != DRAFTS:
                    self._sweep(stream, repaired=True)
            if self.task.stop.is_set():
                return
            counts = self._counts()
            self.result.swept = True
            self._move("sweep", {"at": self.now, "gaps": self._gaps(counts)})
        self._note(counts)

    def _note(self, counts: Mapping[str, Counts]) -> None:
        rows = {native_id: one.rows for native_id, one in counts.items()}
        gaps = self.warehouse.reconciled(self.held, rows)
        self.result.gaps = {native_id: gap for native_id, gap in gaps.items() if gap}

    def _counts(self) -> Mapping[str, Counts]:
        """Return the source's counts; where they differ, first read what came after the streams.

        People go on submitting meanwhile: their rows are no gap, and no reason to sweep.
        """
        counts = self.task.live.counts()
        if self._gaps(counts) == self.cursors.get("sweep", {}).get("gaps", {}):
            return counts
        for stream in self.task.live.streams:
            if stream != DRAFTS:
                self._follow(stream)
        return self.task.live.counts()

    def _sweep_is_due(self, counts: Mapping[str, Counts]) -> bool:
        last = self.cursors.get("sweep")
        if last is None:  # the first load has just read everything
            self._move("sweep", {"at": self.now, "gaps": {}})
            return bool(self._gaps(counts))
        late = self.now - int(last["at"]) >= SWEEP_EVERY_US
        return late or self._gaps(counts) != last["gaps"]

    def _gaps(self, counts: Mapping[str, Counts]) -> dict[str, list[int]]:
        held = self.warehouse.live_counts(self.held.source_id)
        gaps, none = {}, Counts(0, 0, 0)
        for native_id in sorted(counts.keys() | held.keys()):
            there, here = counts.get(native_id, none), held.get(native_id, none)
            gap = [
                there.rows - here.rows,
                there.gold - here.gold,
                there.skipped - here.skipped,
            ]
            if any(gap):
                gaps[native_id] = gap
        return gaps

    def _sweep(self, stream: str, repaired: bool = False) -> None:
        """Compare everything, repair what a poll could not see, and mark what vanished."""
        with self.warehouse.sweep(self.held, stream) as sweep:
            for page in self.task.live.full(stream, None):
                if self.task.stop.is_set():
                    return
                sweep.note(page.records)
                self._bring(stream, self._differing(stream, page), {}, repaired)
                self.task.progress(stream, page.done, page.total)
            guarded = self.task.guarded
            self.result.deleted += sweep.finish(self.run_id, now=self.now, guarded=guarded)
