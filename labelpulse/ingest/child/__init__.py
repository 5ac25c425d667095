"""Files are read in a process of their own, with limits, and come back as plain values.

    parent: FileReader ── one JSON line a job ──► child: worker (find, read, look, unpack)
            Stage      ◄── JSON lines on disk ──         format.read ─► Stage.fill
                       ◄── counts, then the summary, by a pipe

A file that makes the child crash, hang or eat memory costs that file and nothing else. What comes
back is JSON, which can hold no code, so that a child that was taken over gets no further.
"""

from labelpulse.ingest.child.limits import Limits
from labelpulse.ingest.child.reader import FileReader, Form, Member, Opened

__all__ = ["FileReader", "Form", "Limits", "Member", "Opened"]
