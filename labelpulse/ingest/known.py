"""Known answers: what gold sets of pictures assert, under which questions, of which items.

A gold set has objects of several kinds, and each kind is the known answer to one question. Where
nothing else is said a question is called as its kind; ``--map boxes=box`` names another, and then
only the kinds that are named are read. Which labels there are at all (``labels``) is a question of
its own only where it is named.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any

from labelpulse.core.answers import clean, options
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import (
    AnnotationRecord,
    ControlRecord,
    Origin,
    Scale,
    canonical,
    gold_unique,
)
from labelpulse.ingest.shapes import Shape, in_order

BOXES, SHAPES, LABELS = "boxes", "shapes", "labels"
KINDS: Mapping[str, Scale] = {
    BOXES: Scale.GEOMETRY,
    SHAPES: Scale.GEOMETRY,
    "keypoints": Scale.GEOMETRY,
    LABELS: Scale.SET,
}
"""What a gold set of pictures may hold."""

MAX_NAME = 500


def identity(key: Sequence[str]) -> str:
    """Return the native id of the known answers of a key: project, item and what else."""
    return blake2b(canonical([*key]).encode(), digest_size=16, salt=b"gold").hexdigest()


def assertion(
    key: Sequence[str],
    item: str,
    gold: tuple[tuple[str, Any], ...],
    *,
    number: int = 1,
    batch: str | None = None,
    place: str = "",
) -> AnnotationRecord:
    """Return a known answer as a row that is nobody's work.

    Args:
        key: project, item and what else tells it apart from other assertions.
        number: which of several of the same key, which may conflict; from 1.
    """
    return AnnotationRecord(
        project=key[0],
        item=item,
        native_id=identity(key),
        unique=gold_unique(number),
        origin=Origin.BULK,
        gold=gold,
        batch=batch,
        location=place,
    )


@dataclass(slots=True)
class Picture:
    """What is known of one picture: kind -> shapes, and the labels of all of them.

    Attributes:
        bare: boxes of objects without an outline.
        partial: not all of its shapes are told, so that only its labels are known.
    """

    shapes: dict[str, list[Shape]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    bare: list[Shape] = field(default_factory=list)
    partial: bool = False

    def add(self, kind: str, shape: Shape, label: str, *, outlined: bool = False) -> None:
        """Add a shape of a kind; of keypoints the label is their object's.

        Args:
            outlined: the set has an outline of its object, too.
        """
        self.shapes.setdefault(kind, []).append(shape)
        self.labels.add(label)
        if kind == BOXES and not outlined:
            self.bare.append(shape)


@dataclass(frozen=True, slots=True)
class Questions:
    """Kind -> the question that it answers; several kinds of shapes may answer one."""

    of: Mapping[str, str]

    @classmethod
    def asked(cls, columns: Mapping[str, str], there: Collection[str]) -> "Questions":
        """Return the questions of a set.

        Args:
            columns: what the user maps. there: kinds that the set holds.
        """
        named = {kind: columns[kind] for kind in KINDS if kind in columns}
        return cls(named or {kind: kind for kind in KINDS if kind in there and kind != LABELS})

    def records(
        self, labels: Iterable[str], declared: Collection[str]
    ) -> tuple[ControlRecord, ...]:
        """Return the questions that the project has not `declared` yet."""
        told = tuple(dict.fromkeys(labels)) or None
        return tuple(
            ControlRecord(name, KINDS[kinds[0]], None if "keypoints" in kinds else told, kinds[0])
            for name, kinds in self._kinds().items()
            if name not in declared
        )

    def answers(self, known: Picture) -> tuple[tuple[str, Any], ...]:
        """Return what is known of a picture; nothing there is an answer too."""
        return tuple(
            (name, options([*known.labels]) if LABELS in kinds else _places(known, kinds))
            for name, kinds in self._kinds().items()
            if LABELS in kinds or not known.partial
        )

    def _kinds(self) -> dict[str, list[str]]:
        """Return question -> the kinds that answer it."""
        found: dict[str, list[str]] = {}
        for kind, name in self.of.items():
            found.setdefault(name, []).append(kind)
        return found


def _places(known: Picture, kinds: Sequence[str]) -> list[Shape]:
    """Return the shapes of some kinds; an object that has an outline needs no box beside it."""
    found = {kind: known.shapes.get(kind, []) for kind in kinds}
    if SHAPES in found and BOXES in found:
        found[BOXES] = known.bare
    return in_order([shape for shapes in found.values() for shape in shapes])


class Names:
    """Names of pictures as items: without folders, unless two pictures would be one.

    >>> names = Names(["a/1.jpg", "b/1.jpg", "c/2.jpg"])
    >>> names.of("a/1.jpg"), names.of("c/2.jpg")
    ('a/1.jpg', '2.jpg')

    Args:
        whole: all keep their folders.
    """

    def __init__(self, paths: Iterable[str], *, whole: bool = False) -> None:
        self._whole = whole
        self._same = {name for name, n in Counter(map(last, paths)).items() if n > 1}

    def of(self, path: str) -> str:
        """Return the native id of a picture; SkipRecord where its name is none."""
        short = last(path)
        name = clean("/".join(parts(path)) if self._whole or short in self._same else short)
        if not name or len(name) > MAX_NAME:
            raise SkipRecord("bad_name", "the name of its picture is blank or very long")
        return name


def parts(path: str) -> tuple[str, ...]:
    r"""Return the folders of a path, with either slash, and its last part.

    >>> parts("/data\\a/1.jpg"), parts("../1.jpg"), parts("")
    (('data', 'a', '1.jpg'), ('1.jpg',), ())
    """
    found = PurePosixPath(path.replace("\\", "/")).parts
    return tuple(one for one in found if one not in ("/", ".."))


def last(path: str) -> str:
    """Return the last part of a path; "" where it has none."""
    short = path.replace("\\", "/").rpartition("/")[2]
    if short not in ("", ".", ".."):
        return short  # what nearly all have, and a tenth of the time
    return (parts(path) or ("",))[-1]


def shown_name(text: object) -> str:
    """Return what a tool calls an item as a name that is kept; "" where it is none.

    >>> shown_name(" a/1.jpg "), shown_name(None), shown_name("x" * 501)
    ('a/1.jpg', '', '')
    """
    if not isinstance(text, str) or len(text) > MAX_NAME:
        return ""
    try:
        return clean(text)
    except SkipRecord:
        return ""
