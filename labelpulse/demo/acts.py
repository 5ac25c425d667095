"""What people did, one row of the tool's annotation table each."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from labelpulse.demo.cast import Person


@dataclass(frozen=True, slots=True)
class Edit:
    """A second submission of the same annotation: when, with what, and the seconds it added."""

    at: datetime
    label: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Act:
    """One row of `task_completion`: a submission, or a skip where `label` is None.

    `shown` is the model version whose guess stood beside the ticket, `started_from` the one the
    answer began from. `gold` marks the expert's keys.
    """

    at: datetime
    person: Person
    n: int
    label: str | None
    seconds: float
    shown: str | None = None
    started_from: str | None = None
    gold: bool = False
    edit: Edit | None = None

    def moved(self, by: timedelta) -> "Act":
        """Return the same act so much later, its edit too."""
        edit = self.edit and replace(self.edit, at=self.edit.at + by)
        return replace(self, at=self.at + by, edit=edit)

    @property
    def final(self) -> str | None:
        """The label as it stands after any edit."""
        return self.edit.label if self.edit else self.label
