"""Reading a file whole before anything of it is loaded, with what must be compared on disk."""

from labelpulse.ingest.stage.stage import Stage, Summary
from labelpulse.ingest.stage.tally import Tally

__all__ = ["Stage", "Summary", "Tally"]
