"""What a record does to an annotation that is already there: pure, no tables.

A live source is read as state, so the later read wins. Files bring revisions in any order: the
greatest (revision, digest) is current, and the author's first and last own revisions are kept.
"""

from dataclasses import dataclass, replace
from enum import Enum

from labelpulse.core.events import AnnotationRecord, Status
from labelpulse.warehouse.facts import AnnotationFacts, Answers


class Outcome(Enum):
    """What became of a record."""

    SAME = "same"
    OLDER = "older"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record with its names turned into ids.

    Attributes:
        author: annotator id; None = the record does not know.
        unknown: id of the annotator that stands for unknown authors.
        editor: annotator id of whoever wrote the content when that is not the author, else None.
        held: stamped later than the source's own clock.
    """

    record: AnnotationRecord
    digest: int
    author: int | None
    unknown: int
    editor: int | None
    answers: Answers
    held: bool
    run_id: int
    observed_at: int


def fresh(annotation_id: int, item_id: int, new: Incoming) -> AnnotationFacts:
    """Return a new annotation, filled from its first record."""
    record = new.record
    facts = AnnotationFacts(annotation_id, item_id, new.unknown)
    facts.status = record.status
    if record.deleted and record.submitted_at is None:
        facts.status = Status.DRAFT  # no sign that work was ever submitted
    facts.submitted_at = record.submitted_at
    facts.edited = record.edited
    facts.current = new.answers
    _follow(facts, new)
    if new.editor in (None, facts.annotator_id) and not record.deleted:
        facts.first_revision = facts.own_revision = record.revision
    elif not record.deleted:
        facts.editor_id = new.editor
    facts.deleted_at = new.observed_at if record.deleted else None
    _note(facts, new)
    return facts


def is_newer(facts: AnnotationFacts, new: Incoming, live: bool) -> bool:
    """True when a record takes the place of what is there."""
    revision, there = new.record.revision, facts.revision
    if live or revision is None or there is None:
        return True
    if revision != there:
        return revision > there
    return new.run_id == facts.run_id or new.digest >= facts.digest


def merge(facts: AnnotationFacts, new: Incoming, live: bool) -> Outcome:
    """Merge a record into an annotation, in place."""
    if not is_newer(facts, new, live):
        return Outcome.OLDER if _merge_older(facts, new) else Outcome.SAME
    if _says_the_same(facts, new):
        return Outcome.SAME
    if new.record.deleted:
        facts.deleted_at = facts.deleted_at or new.observed_at
        _least(facts, new.record)
    else:
        _accept(facts, new)
        _follow(facts, new)
        facts.deleted_at = None
    _note(facts, new)
    return Outcome.CHANGED


def _says_the_same(facts: AnnotationFacts, new: Incoming) -> bool:
    record = new.record
    return (
        (facts.digest, facts.revision, facts.updated_at)
        == (new.digest, record.revision, record.updated_at)
        and (facts.origin, facts.assisted, facts.held) == (record.origin, record.assisted, new.held)
        and (facts.deleted_at is not None) == record.deleted
        and new.author in (None, facts.annotator_id)
        and not _earlier(facts, record)
    )


def _earlier(facts: AnnotationFacts, record: AnnotationRecord) -> bool:
    at = record.submitted_at
    return at is not None and (facts.submitted_at is None or at < facts.submitted_at)


def _least(facts: AnnotationFacts, record: AnnotationRecord) -> None:
    if record.status != Status.DRAFT and _earlier(facts, record):
        facts.submitted_at = record.submitted_at


def _accept(facts: AnnotationFacts, new: Incoming) -> None:
    """Make a record's content the present one, keeping the author's first and last own."""
    record = new.record
    own = new.editor is None or new.editor in (new.author, facts.annotator_id)
    first = facts.current if facts.first is None else facts.first
    last = facts.current if facts.last is None else facts.last
    changed = facts.current != new.answers
    unseen = facts.deleted_at and facts.revision is not None and facts.own_revision is None
    if facts.status == Status.DRAFT or unseen:
        first, last, changed = new.answers, new.answers, False  # nothing was submitted before
        facts.first_revision = record.revision
        facts.submitted_at = record.submitted_at or facts.submitted_at
    if own:
        last, facts.own_revision = new.answers, record.revision
        facts.editor_id = None
    elif changed:
        facts.editor_id = new.editor
    facts.edited = facts.edited or record.edited or changed
    facts.current = new.answers
    facts.first = None if first == new.answers else first
    facts.last = None if last == new.answers else last
    facts.status = record.status
    _least(facts, record)


def _follow(facts: AnnotationFacts, new: Incoming) -> None:
    """Take over what describes the content, and the author where the record knows one."""
    record = new.record
    facts.annotator_id = facts.annotator_id if new.author is None else new.author
    facts.origin = record.origin
    facts.time_spent_ms = record.time_spent_ms
    facts.gold_flag = record.gold_flag
    facts.assisted = record.assisted
    _started(facts, record)


def _started(facts: AnnotationFacts, record: AnnotationRecord) -> None:
    times = [at for at in (facts.started_at, record.started_at) if at is not None]
    facts.started_at = min(times, default=None)


def _note(facts: AnnotationFacts, new: Incoming) -> None:
    """Note which revision is the present one."""
    facts.held = new.held
    facts.updated_at = new.record.updated_at
    facts.revision = new.record.revision
    facts.digest = new.digest
    facts.run_id = new.run_id


def _merge_older(facts: AnnotationFacts, new: Incoming) -> bool:
    """Let an older revision fill in what the author first or last said; True when it did."""
    before = replace(facts)
    record, revision = new.record, new.record.revision
    if facts.annotator_id == new.unknown and new.author is not None:
        facts.annotator_id = new.author
    if record.deleted or record.status == Status.DRAFT or revision is None:
        return facts != before
    newer_own = facts.own_revision is None or revision > facts.own_revision
    if facts.deleted_at is not None and newer_own:
        _accept(facts, new)  # the newest is a deletion: this is the work that it deleted
        _follow(facts, new)
    elif new.editor in (None, new.author):
        facts.edited = facts.edited or facts.current != new.answers
        if newer_own:
            facts.own_revision = revision
            facts.last = None if facts.current == new.answers else new.answers
    if facts.first_revision is None or revision < facts.first_revision:
        facts.first_revision = revision
        facts.first = None if facts.current == new.answers else new.answers
    _least(facts, record)
    _started(facts, record)
    return facts != before
