"""What a collector gathers row by row, and gives as one batch."""

from dataclasses import dataclass, field

from labelpulse.core.events import (
    AnnotationRecord,
    BadRecord,
    Batch,
    ItemRecord,
    PersonRecord,
    PredictionRecord,
    ProjectRecord,
)


@dataclass(slots=True)
class Fetched:
    """What a fetch has gathered so far; items by whatever tells them apart."""

    projects: dict[str, ProjectRecord] = field(default_factory=dict)
    people: dict[str, PersonRecord] = field(default_factory=dict)
    items: dict[object, ItemRecord] = field(default_factory=dict)
    annotations: list[AnnotationRecord] = field(default_factory=list)
    predictions: list[PredictionRecord] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)

    def batch(self) -> Batch:
        """Return it all."""
        return Batch(
            projects=tuple(self.projects.values()),
            people=tuple(self.people.values()),
            items=tuple(self.items.values()),
            annotations=tuple(self.annotations),
            predictions=tuple(self.predictions),
            bad=tuple(self.bad),
        )
