"""What Prodigy tasks ask: the controls of a dataset, which Prodigy itself keeps nowhere.

=============  ====================================================================================
``label``      a choice: the ids of the options that were accepted; one, or a set of them
``spans``      stretches of text: code points, end exclusive
``shapes``     boxes and polygons on an image, as shares of it where the task tells its size
``segments``   stretches of a recording: seconds
``relations``  ``[head, child, type]``, each end a span with its label
``text``       what was typed; a `field_id` of its own names a control of its own
a label        a question of accept or reject about one label has the label's own name
``decision``   accept or reject, where that is all there is to say
=============  ====================================================================================

An interface is manual (its annotator makes the answer) or binary (accept or reject is the answer).
Manual work that is rejected says nothing of its content, so it is work done without an answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labelpulse.core.answers import clean
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ControlRecord, Scale

LABEL, SPANS, SHAPES = "label", "spans", "shapes"
SEGMENTS, RELATIONS, TEXT, DECISION = "segments", "relations", "text", "decision"
RESERVED = (LABEL, SPANS, SHAPES, SEGMENTS, RELATIONS, TEXT, DECISION)
ACCEPT, REJECT, IGNORE = "accept", "reject", "ignore"
MOST_LABELS = 1_000

Task = Mapping[str, Any]

_SCALES: Mapping[str, Scale] = {
    SPANS: Scale.SPAN,
    SHAPES: Scale.GEOMETRY,
    SEGMENTS: Scale.SPAN,
    RELATIONS: Scale.SPAN,
}
_MANUAL: Mapping[str, tuple[str, ...]] = {
    "choice": (LABEL,),
    "ner_manual": (SPANS,),
    "spans_manual": (SPANS,),
    "pos_manual": (SPANS,),
    "image_manual": (SHAPES,),
    "audio_manual": (SEGMENTS,),
    "relations": (RELATIONS,),
    "text_input": (),
}
"""Interface -> what it always asks; what else stands in a task was asked beside it."""

_MARKED = frozenset({"ner", "spans", "pos", "dep"})
_BINARY = _MARKED | {"classification", "text", "html", "image", "audio", "video", "diff", "compare"}
_GUESSED = frozenset({"score", "rank"})
"""Keys of a span that a model proposed for a question of accept or reject."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked beside what the tasks themselves show.

    Attributes:
        decisions: accept or reject is an answer of manual work too.
        fields: keys of tasks under which people type, beside the interface's own.
    """

    decisions: bool = False
    fields: tuple[str, ...] = ()


def asked(task: Task, how: Asking) -> tuple[str, ...]:
    """Return the controls of a task; SkipRecord where a label in it is no text to be kept."""
    if is_binary(task):
        return (_question(task),)
    found = _manual(task)
    for key in fields(task, how):
        found.setdefault(field_control(key))
    if not found:
        return (_question(task),)
    return (*found, DECISION) if how.decisions else tuple(found)


def is_binary(task: Task) -> bool:
    """True when accept or reject is all that was asked."""
    view, told = _view(task), task.get("_is_binary")
    if view in _MANUAL:
        return False
    if told is True or view in _BINARY:
        return True
    return not _manual(task) or (told is not False and _proposed(task))


def about_task(task: Task) -> bool:
    """True when the question is the task's own, so that its input alone is no item."""
    return is_binary(task) and _question(task) == DECISION


def _view(task: Task) -> str:
    """The interface; a review tells the one that it looks at."""
    view = task.get("_view_id")
    if view == "review":
        view = task.get("view_id")
    return view if isinstance(view, str) else ""


def _proposed(task: Task) -> bool:
    """True for spans with a model's score, or about a label: older tasks do not tell how."""
    label = isinstance(task.get("label"), str)
    return label or any(_GUESSED & one.keys() for one in objects(task, "spans"))


def _question(task: Task) -> str:
    """The control of a binary question: its label, unless it is about marks or about nothing."""
    label, view = task.get("label"), _view(task)
    marked = view in _MARKED or (view != "classification" and bool(task.get("spans")))
    if marked or not isinstance(label, str) or not clean(label):
        return DECISION
    name = clean(label)
    return f"{name} (label)" if name in RESERVED else name


def _manual(task: Task) -> dict[str, None]:
    found = dict.fromkeys(_MANUAL.get(_view(task), ()))
    if isinstance(task.get("accept"), list) or isinstance(task.get("options"), list):
        found.setdefault(LABEL)
    if isinstance(task.get("relations"), list):
        found.setdefault(RELATIONS)
    if isinstance(task.get("audio_spans"), list):
        found.setdefault(SEGMENTS)
    if SHAPES not in found and SEGMENTS not in found:
        marks = task.get("spans")
        if isinstance(marks, list) or (_view(task) == "blocks" and "tokens" in task):
            found.setdefault(SHAPES if _on_image(task) else SPANS)
    return found


def _on_image(task: Task) -> bool:
    marks = objects(task, "spans")
    return any("points" in one or "x" in one for one in marks) or (not marks and "image" in task)


def fields(task: Task, how: Asking) -> Iterator[str]:
    """Yield the keys of what was typed."""
    own = task.get("field_id")
    first = own if isinstance(own, str) and own else "user_input"
    for key in (first, *how.fields):
        if isinstance(task.get(key), str) or (_view(task) == "text_input" and key == first):
            yield key


def field_control(key: str) -> str:
    """Return the control of what was typed under a key."""
    return TEXT if key == "user_input" or key in RESERVED else key


# --- controls ---


@dataclass(slots=True)
class Questions:
    """The controls of a dataset, learnt from its tasks: Prodigy keeps them nowhere else.

    Attributes:
        multiple: a choice may take several options, so that its answers are sets.
    """

    how: Asking = field(default_factory=Asking)
    multiple: bool = False
    unsized: bool = False
    _found: dict[str, ControlRecord] = field(default_factory=dict)

    def see(self, task: Task) -> bool:
        """Learn from a task, whatever its answer; True when a control is new or another now.

        Raises:
            SkipRecord: a name in it cannot be kept by any database.
        """
        before = (dict(self._found), self.unsized)
        names = asked(task, self.how)
        if LABEL in names and not self.multiple:
            self.multiple = _takes_several(task)
        if SHAPES in names and task.get("spans"):
            self.unsized |= size(task) is None
        for name in names:
            self._found[name] = self._control(name, task)
        if LABEL in self._found and self.multiple:
            self._found[LABEL] = _as_set(self._found[LABEL])
        return before != (self._found, self.unsized)

    def take_several(self) -> None:
        """Read choices as sets from now on, since an earlier reading met several options."""
        self.multiple = True
        if LABEL in self._found:
            self._found[LABEL] = _as_set(self._found[LABEL])

    @property
    def controls(self) -> tuple[ControlRecord, ...]:
        """The controls met so far: the content first, labels by name, the bare decision last."""
        order = {name: at for at, name in enumerate(RESERVED[:-1])}
        names = sorted(self._found, key=lambda name: (order.get(name, len(order)), name))
        names.sort(key=lambda name: name == DECISION)
        return tuple(self._found[name] for name in names)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on what the tasks do not tell."""
        told = (
            "Some images do not tell their width and height, so that shapes on them are in pixels."
        )
        return (told,) if self.unsized else ()

    def _control(self, name: str, task: Task) -> ControlRecord:
        known = self._found.get(name)
        if name == LABEL:
            return _choice(task, known)
        if known is not None:
            return known
        if name in _SCALES:
            return ControlRecord(name, _SCALES[name], kind=_view(task))
        if name == TEXT or name in map(field_control, fields(task, self.how)):
            return ControlRecord(name, Scale.TEXT, kind="text_input")
        return ControlRecord(name, Scale.NOMINAL, (ACCEPT, REJECT), "decision")


def _as_set(control: ControlRecord) -> ControlRecord:
    return ControlRecord(control.name, Scale.SET, control.labels, control.kind)


def _choice(task: Task, known: ControlRecord | None) -> ControlRecord:
    """A choice with its options; where tasks offer different ones, none are declared."""
    listed = objects(task, "options")
    told = [option(one.get("id")) for one in listed if is_option(one.get("id"))]
    labels = tuple(dict.fromkeys(told)) if len(told) == len(listed) else ()
    if known is not None and known.labels != labels:
        labels = ()
    return ControlRecord(LABEL, Scale.NOMINAL, labels[:MOST_LABELS] or None, "choice")


def _takes_several(task: Task) -> bool:
    config = task.get("config")
    style = config.get("choice_style") if isinstance(config, dict) else None
    accepted = task.get("accept")
    return style == "multiple" or (isinstance(accepted, list) and len(accepted) > 1)


# --- parts of tasks ---


def is_option(value: Any) -> bool:
    """True for what can be the id of an option."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def option(value: Any) -> str:
    """Return the id of an option as text; SkipRecord when it is none."""
    if not is_option(value):
        raise SkipRecord("bad_value", "the id of an option in it is neither a text nor a number")
    return clean(str(value))


def objects(task: Task, key: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list; nothing where there is no list."""
    found = task.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def size(task: Task) -> tuple[Any, Any] | None:
    """Return the width and height of a task's image in pixels; None where it does not tell both."""
    width, height = task.get("width"), task.get("height")
    return None if width is None or height is None else (width, height)
