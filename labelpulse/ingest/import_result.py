"""What an import did, and how its caller follows it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from labelpulse.core.errors import LabelpulseError
from labelpulse.core.events import BadRecord
from labelpulse.ingest.import_settings import Data
from labelpulse.ingest.remarks import Remarks


@dataclass(frozen=True, slots=True)
class Watch:
    """How the caller follows an import.

    Attributes:
        tell: called with a sentence for people.
        progress: called with (what is being done, records done, records in all; 0 = unknown).
    """

    tell: Callable[[str], None] = lambda text: None  # noqa: ARG005
    progress: Callable[[str, int, int], None] = lambda what, done, total: None  # noqa: ARG005


@dataclass(slots=True)
class ImportResult:
    """What became of the records: read = loaded + unchanged + quarantined.

    Attributes:
        files: files loaded, or skipped as known.
        remarks: what the operator should look at.
        first_bad: the first few quarantined records.
        failed: one error a file that was refused.
    """

    read: int = 0
    loaded: int = 0
    unchanged: int = 0
    quarantined: int = 0
    files: int = 0
    remarks: Remarks = field(default_factory=Remarks)
    first_bad: list[BadRecord] = field(default_factory=list)
    failed: list[LabelpulseError] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """Sentences on what the operator should look at."""
        return list(self.remarks.told())

    def to_json(self) -> Data:
        """Return the contract's document."""
        names = ("read", "loaded", "unchanged", "quarantined", "files", "warnings")
        return {name: getattr(self, name) for name in names}
