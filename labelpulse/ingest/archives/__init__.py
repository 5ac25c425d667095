"""Archives that hold exports: told by their first bytes, unpacked with limits by the child."""

from labelpulse.ingest.archives.members import printable_name
from labelpulse.ingest.archives.unpacking import Unpacked, is_archive, unpack

__all__ = ["Unpacked", "is_archive", "printable_name", "unpack"]
