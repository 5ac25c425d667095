"""What the tool counts on a task after each submission, skip or deletion."""

import sqlite3
from datetime import datetime

from labelpulse.demo.tables import stamp

_COUNT = """
    UPDATE task SET
      total_annotations = (SELECT count(*) FROM task_completion c
                           WHERE c.task_id = task.id AND c.was_cancelled = 0),
      cancelled_annotations = (SELECT count(*) FROM task_completion c
                               WHERE c.task_id = task.id AND c.was_cancelled = 1),
      is_labeled = overlap <= (SELECT count(DISTINCT completed_by_id) FROM task_completion c
                               WHERE c.task_id = task.id AND c.was_cancelled = 0),
      updated_at = :at, updated_by_id = :user
    WHERE id = :task
"""


def touch(db: sqlite3.Connection, task: int, user: int, at: datetime) -> None:
    """Count a task anew, and note that a user was there."""
    db.execute(_COUNT, {"task": task, "user": user, "at": stamp(at)})
    db.execute("UPDATE htx_user SET last_activity = ? WHERE id = ?", (stamp(at), user))
