"""What a record does to an annotation that is already there: pure, no tables.

A live source is read as state, so the later read wins. Files bring revisions in any order: the
greatest (revision, digest) is current, and the author's first and last own revisions are kept.
"""

from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from labelpulse.core.events import AnnotationRecord, Status
from labelpulse.warehouse.facts import AnnotationFacts, Answers


class Outcome(Enum):
    """What became of a record."""

    SAME = "same"
    OLDER = "older"
    CHANGED = "changed"


class Incoming(NamedTuple):
    """A record with its names turned into ids.

    Attributes:
        author: annotator id; None = the record does not know.
        unknown: id of the annotator that stands for unknown authors.
        editor: annotator id of whoever wrote the content when that is not the author, else None.
        gold: the known answers that the record asserts.
        observed_at: the source's clock; an annotation stamped later is held.
    """

    record: AnnotationRecord
    digest: int
    item_id: int
    author: int | None
    unknown: int
    editor: int | None
    answers: Answers
    gold: Answers
    run_id: int
    observed_at: int

    @property
    def is_work(self) -> bool:
        """True for something submitted or skipped, rather than a draft or a deletion."""
        return not self.record.deleted and self.record.status != Status.DRAFT


def fresh(annotation_id: int, new: Incoming) -> AnnotationFacts:
    """Return a new annotation, filled from its first record."""
    facts = AnnotationFacts(annotation_id, new.item_id, new.unknown)
    _take(facts, new, newest=True)
    return facts


def merge(facts: AnnotationFacts, new: Incoming, live: bool) -> tuple[AnnotationFacts, Outcome]:
    """Return an annotation with a record merged into it: itself where that changes nothing."""
    newest = is_newest(facts, new, live)
    if newest and _says_the_same(facts, new):
        return facts, Outcome.SAME
    merged = replace(facts)
    _take(merged, new, newest)
    if newest:
        return merged, Outcome.CHANGED
    return (facts, Outcome.SAME) if merged == facts else (merged, Outcome.OLDER)


def is_newest(facts: AnnotationFacts, new: Incoming, live: bool) -> bool:
    """True when a record takes the place of what is there."""
    revision, there = new.record.revision, facts.revision
    if live or revision is None or there is None:
        return True
    if revision != there:
        return revision > there
    return new.run_id == facts.run_id or new.digest >= facts.digest


def _says_the_same(facts: AnnotationFacts, new: Incoming) -> bool:
    record = new.record
    return (
        (facts.digest, facts.updated_at, facts.item_id)
        == (new.digest, record.updated_at, new.item_id)
        and record.revision in (None, facts.revision)
        and (facts.origin, facts.assisted) == (record.origin, record.assisted)
        and (facts.deleted_at is not None) == record.deleted
        and facts.held == _is_ahead(facts, new)
        and new.author in (None, facts.annotator_id)
        and record.parent_prediction in (None, facts.parent_prediction)
        and not (record.edited and not facts.edited)
        and not _is_earlier(facts, record)
    )


def _is_ahead(facts: AnnotationFacts, new: Incoming) -> bool:
    return facts.submitted_at is not None and facts.submitted_at > new.observed_at


def _is_earlier(facts: AnnotationFacts, record: AnnotationRecord) -> bool:
    at = record.submitted_at
    if at is None or record.status == Status.DRAFT:
        return False
    return facts.submitted_at is None or at < facts.submitted_at


def _take(facts: AnnotationFacts, new: Incoming, newest: bool) -> None:
    """Let a record add what it knows; its content only where nothing later has taken the place."""
    record, number = new.record, _number(facts, new)
    first, last = _own(facts)
    seen = last if last is not None else _foreign(facts)
    if new.is_work:
        facts.edited = facts.edited or record.edited or seen not in (None, new.answers)
    own = new.is_work and new.editor in (None, new.author, facts.annotator_id)
    is_content = _is_content(facts, new, newest, number)
    if is_content:
        if new.is_work and not own and (seen is None or facts.current != new.answers):
            facts.editor_id = new.editor
        _describe(facts, new)
    if own and (newest or facts.own_revision is None or number > facts.own_revision):
        last, facts.own_revision = new.answers, number
        facts.editor_id = None if is_content else facts.editor_id
    answers = own and record.status == Status.SUBMITTED  # a skip is no first answer
    if answers and _is_first(facts, record.revision, number, newest):
        first, facts.first_revision = new.answers, number
    facts.first = None if first == facts.current else first
    facts.last = None if last == facts.current else last
    _author(facts, new, newest, number)
    _parent(facts, new, newest, number)
    _times(facts, new)
    if newest:
        _note(facts, new)
    if facts.deleted_at is not None:
        _settle_deleted(facts)


def _number(facts: AnnotationFacts, new: Incoming) -> int:
    """Return the revision's number; one without came later, so it is as late as what is there."""
    revision = new.record.revision
    return (facts.own_revision or 0) if revision is None else revision


def _own(facts: AnnotationFacts) -> tuple[Answers | None, Answers | None]:
    """Return the author's first and last own content; None where none was seen."""
    if facts.own_revision is None:
        return None, None
    first = facts.current if facts.first is None else facts.first
    answered = facts.first_revision is not None  # else only skips were seen
    return first if answered else None, facts.current if facts.last is None else facts.last


def _foreign(facts: AnnotationFacts) -> Answers | None:
    """Return content that was seen although none of the author's own was; None = none."""
    return facts.current if facts.editor_id is not None else None


def _is_content(facts: AnnotationFacts, new: Incoming, newest: bool, number: int) -> bool:
    """True when what the record says is the present content.

    A deletion, and a draft in the place of a submission, leave the work that was done as it was,
    also when that is read later; where no work was seen, they speak for themselves.
    """
    if newest:
        return new.is_work or not _work_was_seen(facts)
    follows_own = facts.own_revision is None or number > facts.own_revision
    return new.is_work and (facts.deleted_at is not None or facts.reopened) and follows_own


def _work_was_seen(facts: AnnotationFacts) -> bool:
    return facts.own_revision is not None or facts.editor_id is not None


def _is_first(facts: AnnotationFacts, revision: int | None, number: int, newest: bool) -> bool:
    """True for the earliest own revision, and for one that takes the place of its equal."""
    if facts.first_revision is None or number < facts.first_revision:
        return True
    return newest and revision == facts.first_revision


def _settle_deleted(facts: AnnotationFacts) -> None:
    """Say whether something deleted that was never seen alive had been submitted."""
    if not _work_was_seen(facts):
        if facts.submitted_at is None:
            facts.status = Status.DRAFT  # no sign that work was ever done
        elif facts.status == Status.DRAFT:
            facts.status = Status.SUBMITTED


def _describe(facts: AnnotationFacts, new: Incoming) -> None:
    """Make a record's content the present one."""
    record = new.record
    facts.current = new.answers
    facts.status = record.status
    facts.origin = record.origin
    facts.time_spent_ms = record.time_spent_ms
    facts.gold_flag = record.gold_flag
    facts.assisted = record.assisted


def _author(facts: AnnotationFacts, new: Incoming, newest: bool, number: int) -> None:
    """Keep the last author that is known: tools forget them when an account is removed."""
    if new.author is None:
        return
    if newest or facts.author_revision is None or number > facts.author_revision:
        facts.annotator_id, facts.author_revision = new.author, number


def _parent(facts: AnnotationFacts, new: Incoming, newest: bool, number: int) -> None:
    """Keep the last prediction that is named: tools forget the one that is deleted."""
    named = new.record.parent_prediction
    if named is None:
        return
    if newest or facts.parent_revision is None or number > facts.parent_revision:
        facts.parent_prediction, facts.parent_revision = named, number


def _times(facts: AnnotationFacts, new: Incoming) -> None:
    """Keep the earliest start and the earliest submission; a draft was not submitted."""
    record = new.record
    if _is_earlier(facts, record):
        facts.submitted_at = record.submitted_at
    draft = record.submitted_at if record.status == Status.DRAFT else None
    times = [at for at in (facts.started_at, record.started_at, draft) if at is not None]
    facts.started_at = min(times, default=None)
    facts.held = _is_ahead(facts, new)


def _note(facts: AnnotationFacts, new: Incoming) -> None:
    """Note which revision is the newest."""
    record = new.record
    if record.deleted:
        facts.deleted_at = facts.deleted_at or new.observed_at
    else:
        facts.deleted_at = None
    facts.reopened = not record.deleted and record.status == Status.DRAFT
    facts.item_id = new.item_id
    facts.updated_at = record.updated_at
    if record.revision is not None:  # one without is as late as what was there
        facts.revision = record.revision
    facts.digest = new.digest
    facts.run_id = new.run_id
