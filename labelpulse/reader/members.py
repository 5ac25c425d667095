"""What went into one group of an answer, besides its sums."""

from dataclasses import dataclass, field

SINGLE = {"annotator": "annotator_id", "batch": "batch_id"}
"""Keys by which a group is about one person or batch, and the columns that say which."""


@dataclass(slots=True)
class Members:
    """What went into one group, besides its sums.

    Attributes:
        at: column -> id, of the person and the batch that the group is about.
    """

    controls: set[int] = field(default_factory=set)
    projects: set[int] = field(default_factory=set)
    at: dict[str, int] = field(default_factory=dict)
