"""What was drawn on the frames of a job -> its answers, control by control."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectors.cvat.drawing import Drawn, Track, drawn, whole
from collectors.cvat.projects import SHAPES, TAGS, TRACKS, Project
from labelpulse.core.answers import AnswerReader, options
from labelpulse.core.errors import SkipRecord
from labelpulse.ingest.shapes import Picture, Shape, in_order

ASSISTED = frozenset({"auto", "semi-auto"})
"""Sources of objects that a model drew, or helped to draw."""

Answers = tuple[tuple[str, Any], ...]


@dataclass(slots=True)
class Objects:
    """The objects of one job, as its rows.

    Attributes:
        shapes, tags: frame -> rows.
        values: tag id -> (attribute id, value).
        tracks: the keyframes of tracks, by track and frame.
    """

    shapes: dict[int, list[Any]] = field(default_factory=dict)
    tags: dict[int, list[Any]] = field(default_factory=dict)
    values: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    tracks: list[Any] = field(default_factory=list)


class JobAnswers:
    """Answers of one job, frame by frame.

    Args:
        sizes: frame -> the size of its picture, where it is known.
        last: the last frame of the job's range; first: the first that it shows.
        solid: its pictures are clouds of points in space, whose objects are not read.
    """

    def __init__(
        self,
        project: Project,
        objects: Objects,
        sizes: Mapping[int, Picture],
        ends: tuple[int, int],
        *,
        solid: bool = False,
    ) -> None:
        self._project = project
        self._objects = objects
        self._sizes = sizes
        self._first, self._last = ends
        self._solid = solid
        self._built: list[tuple[Track, str | None]] | None = None

    def of(self, frame: int) -> tuple[Answers, bool]:
        """Return the answers of a frame, and whether a model drew some of it or helped.

        Raises:
            SkipRecord: an object on it cannot be read.
        """
        found: list[tuple[str, Any]] = []
        asked = self._project.controls
        if SHAPES in asked and not self._solid:
            found.append((SHAPES, in_order(self._shapes(frame))))
        if TRACKS in asked and not self._solid and frame == self._first:
            found.append((TRACKS, in_order(self._whole())))
        if TAGS in asked:
            rows = self._objects.tags.get(frame, [])
            found.append((TAGS, options([self._label(one) for one in rows])))
            found += self._attributes(rows)
        return tuple(found), self._assisted(frame)

    # --- shapes and tracks ---

    def _shapes(self, frame: int) -> Iterable[Shape]:
        picture = self._sizes.get(frame)
        for row in self._objects.shapes.get(frame, []):
            yield from drawn(Drawn.of(row, self._label(row)), picture)
        for track, _ in self._tracks():
            for one in track.at(frame):
                yield from drawn(one, picture)

    def _whole(self) -> Iterable[Shape]:
        found = (whole(track, self._sizes, self._last) for track, _ in self._tracks())
        return (one for one in found if one is not None)

    def _tracks(self) -> Sequence[tuple[Track, str | None]]:
        """Return the tracks, skeletons with their elements, each with its source."""
        if self._built is None:
            rows: dict[int, list[Any]] = {}
            for row in self._objects.tracks:
                rows.setdefault(row.id, []).append(row)
            parts: dict[int, list[Track]] = {}
            for found in rows.values():
                if found[0].parent_id is not None:
                    parts.setdefault(found[0].parent_id, []).append(self._track(found))
            self._built = [
                (self._track(found, tuple(parts.get(key, ()))), found[0].source)
                for key, found in rows.items()
                if found[0].parent_id is None
            ]
        return self._built

    def _track(self, rows: Sequence[Any], elements: tuple[Track, ...] = ()) -> Track:
        label = self._label(rows[0])
        keys = {row.frame: Drawn.of(row, label) for row in rows if row.type != "skeleton"}
        return Track(label, keys, elements)

    # --- tags ---

    def _attributes(self, tags: Sequence[Any]) -> Iterable[tuple[str, Any]]:
        """Yield what is asked of a tag, where the frame has it once."""
        once = [one.label_id for one in tags]
        for tag in tags:
            for asked, value in self._objects.values.get(tag.id, ()):
                attribute = self._project.attributes.get(asked)
                if attribute is None or once.count(tag.label_id) > 1:
                    continue
                answer = AnswerReader(attribute.scale).read(value, "attribute of a tag")
                if answer is not None:
                    yield attribute.control, answer

    # --- both ---

    def _label(self, row: Any) -> str:
        try:
            return self._project.labels[row.label_id]
        except KeyError:
            raise SkipRecord(
                "unknown_label", "an object on it has a label that its project has not"
            ) from None

    def _assisted(self, frame: int) -> bool:
        rows = (*self._objects.shapes.get(frame, ()), *self._objects.tags.get(frame, ()))
        if any(one.source in ASSISTED for one in rows):
            return True
        marked = (track for track, source in self._tracks() if source in ASSISTED)
        return any(track.at(frame) for track in marked)
