"""`labelpulse sources test`: a live source tried step by step, each with its remedy in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labelpulse.core.days import SECOND, iso, now_us
from labelpulse.core.errors import StopSource
from labelpulse.core.events import AnnotationRecord, Batch, Status
from labelpulse.core.formats import plural
from labelpulse.source import ANNOTATIONS, FileSource, Inspection, LiveSource, Opening

MAX_OFFSET_S = 60
MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Step:
    """One thing tried.

    Attributes:
        ok: None = that cannot be told here, or is worth knowing.
        text: what was seen, and what to do where it is not as it should be.
    """

    name: str
    ok: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a source.

    Attributes:
        sample: one annotation of the source as labelpulse reads it; {} = there is none.
    """

    steps: tuple[Step, ...]
    sample: dict[str, Any]
    found: Inspection


def unseen(_step: Step) -> None:
    """Show no step."""


def try_out(live: LiveSource, show: Callable[[Step], None] = unseen) -> Trial:
    """Try a source: connect, find every column, fail to write, read the clock, map one row.

    Args:
        show: called with every step as it is done.

    Raises:
        RetryLater, StopSource: it cannot be reached or read; the sentence says what to do.
    """
    if isinstance(live, FileSource):
        return _try_files(live, show)
    steps = []

    def note(step: Step) -> None:
        steps.append(step)
        show(step)

    opening = live.open()
    note(_reached(opening))
    note(_reads_only(live))
    note(_clock(opening))
    step, sample = _one_row(live)
    note(step)
    return Trial(tuple(steps), sample, live.inspect())


def _try_files(source: FileSource, show: Callable[[Step], None]) -> Trial:
    """Try a watched folder: it has no clock and takes no writes, so that listing it is all."""
    files = source.files()
    odd = [one for one in files if one.problem]
    steps = [
        Step("connection", True, f"the folder is there and lists {plural(len(files), 'file')}")
    ]
    steps.append(Step("permissions", None, "files are opened to be read, and none is ever changed"))
    steps += [Step("file", None, f"{one.name} {one.problem}") for one in odd]
    for step in steps:
        show(step)
    return Trial(tuple(steps), {}, source.inspect())


def _reached(opening: Opening) -> Step:
    projects, people = len(opening.projects), len(opening.people)
    return Step(
        "connection",
        True,
        "reached, and every column that is needed is there: "
        f"{plural(projects, 'project')}, {plural(people, 'account')}",
    )


def _reads_only(live: LiveSource) -> Step:
    prove = getattr(live, "refuses_writing", None)
    if prove is None:
        text = "this way in offers no write to try; only reading requests are ever sent"
        return Step("permissions", None, text)
    if not prove():
        raise StopSource(
            "a write on labelpulse's own connection was not refused (it was rolled back): give "
            "the source a user that may only read, as `labelpulse init` prints it"
        )
    return Step("permissions", True, "a write was tried, and it was refused")


def _clock(opening: Opening) -> Step:
    seconds = (opening.now - now_us()) / SECOND
    if abs(seconds) <= MAX_OFFSET_S:
        return Step("clock", True, f"{seconds:+.1f} s from this machine's")
    text = f"{seconds:+,.0f} s from this machine's: set the clocks right"
    return Step("clock", None, text)


def _one_row(live: LiveSource) -> tuple[Step, dict[str, Any]]:
    seen = next((one for page in live.full(ANNOTATIONS, None) for one in page.records), None)
    if seen is None:
        return Step("sample", None, "there is no annotation yet to be read"), {}
    batch = live.fetch(ANNOTATIONS, [seen.native_id])
    if batch.annotations:
        shown = _shown(batch.annotations[0])
        return Step("sample", True, ", ".join(f"{key} {value}" for key, value in shown.items())), (
            shown
        )
    return _unread(batch, seen.native_id), {}


def _unread(batch: Batch, native_id: str) -> Step:
    why = next((f"{one.reason}: {one.detail}" for one in batch.bad), "it is gone")
    return Step("sample", None, f"annotation {native_id} cannot be used ({why})")


def _shown(record: AnnotationRecord) -> dict[str, Any]:
    """Return an annotation without anybody's name: who did it is only told to be known or not."""
    answers = {name: str(value)[:MAX_SHOWN] for name, value in record.answers}
    return {
        "annotation": record.native_id,
        "item": record.item,
        "annotator": "unknown" if record.annotator is None else "known",
        "status": Status(record.status).name.lower(),
        "submitted": iso(record.submitted_at) or "unknown",
        "time_spent": "unknown" if record.time_spent_ms is None else record.time_spent_ms / 1000,
        "answers": answers,
    }
