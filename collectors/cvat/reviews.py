"""Who wrote and who judged what a job holds: pure.

A job has one assignee, who is its annotator while its stage is annotation and its reviewer later.
So the assignee of a later stage is no author (the warehouse keeps the one it knew), and is told as
the editor, so that what changes then is a reviewer's overwrite.

Of what reviewers said of a frame the strongest is told, since a record carries one verdict: an open
issue rejects it; one that was resolved says that it was fixed; else a rejected job rejects all its
frames and a job completed in acceptance accepts them. When a job was accepted CVAT does not keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from labelpulse.core.events import Verdict
from labelpulse.ingest.fields import instant

ANNOTATION, ACCEPTANCE = "annotation", "acceptance"
COMPLETED, REJECTED = "completed", "rejected"
GROUND_TRUTH = "ground_truth"


class Issue(NamedTuple):
    """What a reviewer noted on a frame. Times are text, as the database gives them."""

    id: int
    frame: int
    resolved: bool
    owner: str | None
    created: str
    updated: str


def issues_of(text: str | None) -> tuple[Issue, ...]:
    """Return the issues of a job from the text that comes with it, by id."""
    rows = (row.split("|") for row in (text or "").split(";") if row)
    found = (
        Issue(int(a), int(b), c in ("t", "true"), d or None, e, f) for a, b, c, d, e, f in rows
    )
    return tuple(sorted(found, key=lambda one: one.id))


class Judged(NamedTuple):
    """A verdict, whose, and when; None = not known."""

    verdict: Verdict | None = None
    reviewer: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Hands:
    """Through whose hands a job went.

    Attributes:
        answered: its annotation was handed in.
        annotator, editor: native ids; None = not known.
        gold: it holds known answers.
    """

    answered: bool
    annotator: str | None
    editor: str | None
    gold: bool
    stage: str
    state: str
    issues: tuple[Issue, ...] = ()

    @classmethod
    def of(cls, row: Any, *, assignee_stays: bool) -> "Hands":
        """Return the hands of a job's row.

        Args:
            assignee_stays: the assignee of a later stage is still the annotator.
        """
        who = None if row.assignee is None else str(row.assignee)
        gold = row.type == GROUND_TRUTH
        own = row.stage == ANNOTATION or assignee_stays or gold
        return cls(
            answered=row.state in (COMPLETED, REJECTED) or row.stage != ANNOTATION,
            annotator=who if own else None,
            editor=None if own else who,
            gold=gold,
            stage=row.stage,
            state=row.state,
            issues=issues_of(row.issues),
        )

    def verdict(self, frame: int) -> Judged:
        """Return what was said of a frame."""
        if self.gold:
            return Judged()  # the measure, not what is measured
        on_it = [one for one in self.issues if one.frame == frame]
        found = _said(on_it)
        if found is not None:
            return found
        if self.state == REJECTED:
            return Judged(Verdict.REJECTED, self.editor)
        if (self.stage, self.state) == (ACCEPTANCE, COMPLETED):
            return Judged(Verdict.ACCEPTED, self.editor)
        return Judged()


def _said(issues: Sequence[Issue]) -> Judged | None:
    open_ = [one for one in issues if not one.resolved]
    if open_:
        newest = max(open_, key=lambda one: (one.created, one.id))
        return Judged(Verdict.REJECTED, newest.owner, instant(newest.created))
    if issues:
        newest = max(issues, key=lambda one: (one.updated, one.id))
        return Judged(Verdict.FIXED, newest.owner, instant(newest.updated))
    return None
