"""The known answers that a file asserts, to find items on which they conflict."""

import sqlite3

from labelpulse.core.events import AnnotationRecord, canonical


class GoldBook:
    """The known answers that a file asserts, by annotation, in a temporary database on disk."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(
            "CREATE TABLE gold (native_id, unique_key, control, item, value, revision,"
            " PRIMARY KEY (native_id, unique_key, control)) WITHOUT ROWID"
        )
        self._rows: list[tuple[object, ...]] = []

    def note(self, record: AnnotationRecord) -> None:
        """Note what an annotation asserts; a later revision takes the place of an earlier one."""
        for control, _ in record.answers:
            if control not in dict(record.gold):
                self._add(record, control, None)
        for control, value in record.gold:
            self._add(record, control, canonical(value))

    def _add(self, record: AnnotationRecord, control: str, value: str | None) -> None:
        revision = record.revision or 0
        key = (record.native_id, record.unique, control)
        self._rows.append((*key, record.item, value, revision))

    def keep(self) -> None:
        """Write what was noted."""
        self._db.executemany(
            "INSERT INTO gold VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " item = excluded.item, value = excluded.value, revision = excluded.revision"
            " WHERE excluded.revision >= revision",
            self._rows,
        )
        self._rows.clear()

    def conflicts(self) -> list[str]:
        """Return the items with more than one known answer to a control."""
        found = self._db.execute(
            "SELECT DISTINCT item FROM (SELECT item FROM gold WHERE value IS NOT NULL"
            " GROUP BY item, control HAVING count(DISTINCT value) > 1) ORDER BY item"
        )
        return [item for (item,) in found]

    def close(self) -> None:
        """Drop the temporary database."""
        self._db.close()
