"""A copy of a real Argilla database, written as its server writes."""

import json
import uuid
from typing import Any

from labelpulse.core.days import from_us, now_us
from tests.support.copied import DATA, Copied

SAMPLE = DATA / "argilla" / "argilla-2.8.0.sqlite3.gz"
DATASET = "4f72146f-af4d-45b1-9a1d-59cf2d41e704"
ANN1, ANN2 = "751a704b-1bd0-410b-b4d1-732a9e843f93", "c02b5d4e-e07c-438b-aef1-125e3a2ca940"
_TYPES = {
    "char(32)": "uuid",
    "datetime": "timestamp",
    "responses.status": "response_status_enum",
    "datasets.status": "dataset_status_enum",
    "suggestions.type": "suggestion_type_enum",
}
_ENUMS = """
CREATE TYPE response_status_enum AS ENUM ('draft', 'submitted', 'discarded');
CREATE TYPE dataset_status_enum AS ENUM ('draft', 'ready');
CREATE TYPE suggestion_type_enum AS ENUM ('model', 'human');
"""


class Argilla(Copied):
    """One dataset of five questions, four records, two annotators, eight responses."""

    def __init__(self, url: str) -> None:
        """Copy the sample to an empty database."""
        super().__init__(SAMPLE, url, _TYPES, _ENUMS)

    def raw(self, native_id: str) -> str:
        """Return an id as the database has it."""
        return native_id.replace("-", "") if self.dialect == "sqlite" else native_id

    def add(self, table: str, **values: Any) -> str:
        """Insert a row as it would be made now, or at `at` microseconds UTC; return its id."""
        made = str(uuid.uuid4())
        stamp = self.stamp(values.pop("at", now_us()))
        row = {"id": made, "inserted_at": stamp, "updated_at": stamp, **values}
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f":{name}" for name in row)
        self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", **self._stored(row))
        return made

    def change(self, table: str, native_id: str, **values: Any) -> None:
        """Update a row, which moves its stamp, to `at` microseconds UTC or to now."""
        stamp = self.stamp(values.pop("at", now_us()))
        row = {"updated_at": stamp, **values}
        marks = ", ".join(f'"{name}" = :{name}' for name in row)
        self.run(
            f"UPDATE {table} SET {marks} WHERE id = :id",
            **self._stored({"id": native_id, **row}),
        )

    def respond(self, record: str, user: str, at: int, **answers: Any) -> str:
        """Submit a response at a time in microseconds UTC."""
        said = {name: {"value": value} for name, value in answers.items()}
        row = {"record_id": record, "user_id": user, "status": "submitted", "values": said}
        return self.add("responses", at=at, **row)

    def delete(self, table: str, native_id: str) -> None:
        """Delete a row; what hangs on a record goes with it."""
        if table == "records":
            for other in ("responses", "suggestions"):
                self.run(f"DELETE FROM {other} WHERE record_id = :id", id=self.raw(native_id))
        self.run(f"DELETE FROM {table} WHERE id = :id", id=self.raw(native_id))

    @staticmethod
    def stamp(us: int) -> str:
        """Return a time as the tool writes it: UTC, without a zone."""
        return from_us(us).strftime("%Y-%m-%d %H:%M:%S.%f")

    def _stored(self, row: dict[str, Any]) -> dict[str, Any]:
        ids = {name: self.raw(row[name]) for name in row if name == "id" or name.endswith("_id")}
        documents = {
            name: json.dumps(row[name])
            for name in row
            if name in ("values", "value", "settings", "fields", "distribution", "score")
        }
        return row | ids | documents
