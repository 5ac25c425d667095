"""The child: reads what it is told to, within its limits, until its parent lets go of it.

``python -P -m labelpulse.ingest.child.worker FOLDER MEMORY_MB DISK_MB`` takes one JSON object a
line on standard input and answers on standard output; FOLDER is the only place it writes to, and
it is gone once the parent is, however that ended.
"""

import gc
import os
import select
import shutil
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict
from json import loads
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

from labelpulse.core.errors import LabelpulseError
from labelpulse.ingest.child import wire
from labelpulse.ingest.child.limits import (
    MB,
    OUT_OF_MEMORY,
    Limits,
    allow_seconds,
    confine,
    resident_mb,
)

GARBAGE = 50_000
"""New objects between two looks for garbage: records make many objects and no cycles."""
WATCH_S = 0.2
BLOCK = 65_536
NO_MEMORY, NO_SPACE = 12, (27, 28)  # ENOMEM; EFBIG, ENOSPC

Said = dict[str, Any]


class Worker:
    """Answers jobs one after the other."""

    def __init__(self, answers: BinaryIO, limits: Limits) -> None:
        self._answers = answers
        self._limits = limits

    def answer(self, job: Said) -> None:
        """Do a job and tell how it ended; nothing that happens in it ends this process."""
        try:
            allow_seconds(int(job["seconds"]))
            self._tell({"done": getattr(self, f"do_{job['do']}")(job)})
        except LabelpulseError as error:
            self._tell(wire.error_of(error))
        except MemoryError:
            self._tell({"out_of": "memory"})
        except OSError as error:
            scarce = {NO_MEMORY: "memory", **dict.fromkeys(NO_SPACE, "space")}.get(error.errno or 0)
            self._tell({"out_of": scarce} if scarce else {"broken": _where(error)})
        except Exception as error:  # noqa: BLE001 - a defect in a format costs its file alone
            self._tell({"broken": _where(error)})

    def do_find(self, job: Said) -> Said:
        """Say which format a file or folder has."""
        from labelpulse.ingest.formats import find_format, holds_folder

        form = find_format(Path(job["path"]), job["format"], job["mapped"])
        why = str(getattr(form, "why", "") or "")
        named = bool(getattr(form, "reads_name", False))
        return {"name": form.name, "folder": holds_folder(form), "why": why, "named": named}

    def do_read(self, job: Said) -> Said:
        """Read a file into a stage, and say what it holds."""
        from labelpulse.ingest.plugins import file_format
        from labelpulse.ingest.stage import Stage

        options = wire.to_options(job["options"])
        records = file_format(job["format"]).read(Path(job["path"]), options)
        with Path(job["stage"]).open("xb") as file:
            stage = Stage(options.labels, file)
            return wire.from_summary(stage.fill(records, lambda done: self._tell({"at": done})))

    def do_look(self, job: Said) -> Said:
        """Count what a file holds."""
        from labelpulse.ingest.plugins import file_format
        from labelpulse.ingest.stage import Tally

        options = wire.to_options(job["options"])
        with Tally() as tally:
            tally.count(file_format(job["format"]).read(Path(job["path"]), options))
            found, remarks = tally.found(options.project), getattr(tally, "remarks", ())
            return {"found": asdict(found), "bad": tally.bad, "remarks": remarks}

    def do_unpack(self, job: Said) -> Said:
        """Unpack an archive, and say what came out."""
        from labelpulse.ingest.archives import unpack

        return asdict(unpack(Path(job["path"]), Path(job["to"]), self._limits.disk_mb * MB))

    def _tell(self, said: Said) -> None:
        self._answers.write(wire.line(said))
        self._answers.flush()


def _where(error: Exception) -> str:
    """Return kind and place of a defect, without values: ``KeyError in voc.py line 12``."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name} line {last.lineno}"


class _Lifeline(Thread):
    """Takes in jobs; ends this process when the parent is gone or memory runs over."""

    def __init__(self, folder: Path, memory_mb: int, jobs: "SimpleQueue[bytes]") -> None:
        super().__init__(daemon=True)
        self._folder, self._memory_mb, self._jobs = folder, memory_mb, jobs

    def run(self) -> None:
        text = b""
        while True:
            if resident_mb() > self._memory_mb:
                os._exit(OUT_OF_MEMORY)
            if not select.select([0], [], [], WATCH_S)[0]:
                continue
            block = os.read(0, BLOCK)
            if not block:
                shutil.rmtree(self._folder, ignore_errors=True)
                os._exit(0)
            *whole, text = (text + block).split(b"\n")
            for one in whole:
                self._jobs.put(one)


def main() -> None:
    """Answer jobs for ever; the lifeline ends it."""
    folder, limits = Path(sys.argv[1]), Limits(int(sys.argv[2]), disk_mb=int(sys.argv[3]))
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nowhere:  # what a format prints is no answer
        os.dup2(nowhere.fileno(), 1)
    gc.set_threshold(GARBAGE)
    confine(limits)
    jobs: SimpleQueue[bytes] = SimpleQueue()
    _Lifeline(folder, limits.memory_mb, jobs).start()
    worker = Worker(answers, limits)
    with suppress(BrokenPipeError):
        while True:
            worker.answer(loads(jobs.get()))


if __name__ == "__main__":
    main()
