"""One job: which of its frames are known, by what they are compared, and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row

from collectors.cvat.answers import Answers, JobAnswers, Objects
from collectors.cvat.frames import Frames, numbers
from collectors.cvat.projects import Project
from collectors.cvat.reviews import Hands
from collectors.cvat.statements import Statements
from collectors.cvat.working_time import of_job, share
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import AnnotationRecord, BadRecord, Batch, Status
from labelpulse.ingest.database import SourceDatabase
from labelpulse.ingest.fields import bad_record, instant
from labelpulse.ingest.shapes import Picture

SOLID = "3d"
PLACE = "engine_job"


class Reader:
    """Reads one job.

    Attributes:
        frames: those that are answers or drafts.
    """

    def __init__(
        self, row: Row[Any], project: Project, hands: Hands, times: Mapping[str, int]
    ) -> None:
        """Keep what is known of a job.

        Args:
            times: person -> milliseconds that they worked on it.
        """
        self.row = row
        self.project = project
        self._hands = hands
        self.numbered = Frames.of(row)
        shown = self.numbered.shown(row)
        begun = () if hands.answered else frozenset(numbers(row.begun))
        self.frames = shown if hands.answered else tuple(one for one in shown if one in begun)
        self._ms = of_job(times, hands.annotator, hands.editor) if hands.answered else None
        self._place = {frame: place for place, frame in enumerate(self.frames)}
        stamp = row.touched if hands.answered else ""
        said = (stamp, hands, row.kind, row.start, row.stop, self._ms)
        self._print = _short(f"{project.form} {said} {row.chosen} {row.shown_again}")

    def fingerprint(self, frame: int) -> str:
        """Return what changes whenever a frame may say something else."""
        return f"{self._print}{'.off' if frame in self.numbered.disabled else ''}"

    def records(self, frames: Iterable[int], content: "Contents") -> Batch:
        """Return the records of some of its frames; what is not there any more is left out."""
        there = [one for one in frames if one in self._place]
        if not self._hands.answered:
            return Batch(annotations=tuple(map(self._draft, there)))
        answers = content.answers(self)
        found: list[AnnotationRecord] = []
        bad: list[BadRecord] = []
        for frame in there:
            try:
                found.append(self._record(frame, *answers.of(frame)))
            except SkipRecord as error:
                name = f"job {self.row.key}, frame {frame}"
                bad.append(
                    bad_record(error, place=PLACE, record=name, raw="", project=self.row.project)
                )
        return Batch(annotations=tuple(found), bad=tuple(bad))

    def _draft(self, frame: int) -> AnnotationRecord:
        """Return a frame that was begun; what is on it so far says nothing."""
        judged = self._hands.verdict(frame)
        return AnnotationRecord(
            project=self.row.project,
            item=self.numbered.item(frame),
            native_id=f"{self.row.key}:{frame}",
            annotator=self._hands.annotator,
            status=Status.DRAFT,
            verdict=judged.verdict,
            reviewer=judged.reviewer,
            reviewed_at=judged.at,
            fingerprint=self.fingerprint(frame),
            location=f"job {self.row.key}, frame {frame}",
        )

    def _record(self, frame: int, answers: Answers, assisted: bool) -> AnnotationRecord:
        judged = self._hands.verdict(frame)
        return AnnotationRecord(
            project=self.row.project,
            item=self.numbered.item(frame),
            native_id=f"{self.row.key}:{frame}",
            annotator=self._hands.annotator,
            submitted_at=instant(self.row.touched),
            time_spent_ms=share(self._ms, len(self.frames), self._place[frame]),
            answers=answers,
            gold_flag=self._hands.gold and frame not in self.numbered.disabled,
            assisted=assisted,
            editor=self._hands.editor,
            verdict=judged.verdict,
            reviewer=judged.reviewer,
            reviewed_at=judged.at,
            fingerprint=self.fingerprint(frame),
            location=f"job {self.row.key}, frame {frame}",
        )


class Contents:
    """What is on frames of several jobs, read by one statement a table."""

    def __init__(
        self, db: SourceDatabase, read: Statements, wanted: Mapping[int, Iterable[int]]
    ) -> None:
        """Read the objects.

        Args:
            wanted: job -> frames.
        """
        self._db = db
        self._read = read
        self._wanted = {key: sorted(frames) for key, frames in wanted.items()}
        frames = sorted({one for some in self._wanted.values() for one in some})
        self._objects = {key: Objects() for key in self._wanted}
        jobs = list(self._wanted)
        self._fill(db.rows(read.shapes(jobs, frames)), "shapes")
        tags = db.rows(read.tags(jobs, frames))
        self._fill(tags, "tags")
        for row in db.rows(read.tracks(jobs)):
            self._objects[row.job_id].tracks.append(row)
        if tags and read.values_of_tags:
            of = {one.id: one.job_id for one in tags}
            for row in db.rows(read.tag_values(list(of))):
                values = self._objects[of[row.image_id]].values
                values.setdefault(row.image_id, []).append((row.spec_id, row.value))

    def _fill(self, rows: Iterable[Any], name: str) -> None:
        for row in rows:
            getattr(self._objects[row.job_id], name).setdefault(row.frame, []).append(row)

    def answers(self, reader: Reader) -> JobAnswers:
        """Return the answers of a job."""
        row, objects = reader.row, self._objects[reader.row.key]
        placed = {one.frame for one in objects.tracks}
        frames = {*self._wanted[row.key], *placed, *([row.stop] if placed else ())}
        return JobAnswers(
            reader.project,
            objects,
            self._sizes(row.data, reader.numbered, sorted(frames)),
            (reader.frames[0], row.stop) if reader.frames else (row.start, row.stop),
            solid=row.dimension == SOLID,
        )

    def _sizes(self, data: int, numbered: Frames, frames: Sequence[int]) -> dict[int, Picture]:
        """Return frame -> the size of its picture; of a video all are alike."""
        named = {numbered.in_data(one): one for one in frames}
        found = {
            named[row.frame]: (row.width, row.height)
            for row in self._db.rows(self._read.sizes(data, list(named)))
        }
        if not found and self._read.there("engine_video"):
            for row in self._db.rows(self._read.video_size(data)):
                found = dict.fromkeys(frames, (row.width, row.height))
        return {one: Picture(*size) for one, size in found.items() if min(size) > 0}


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()
