"""A small Label Studio database of our own making, written as the tool writes.

On SQLite or PostgreSQL. Names and the forms of values are the tool's: on SQLite naive UTC text
(without a fraction where it is zero), flags 0 and 1, JSON text and UUIDs without dashes.
"""

import json
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Engine,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from labelpulse.core.days import SECOND, from_us, now_us

STAMP = DateTime(timezone=True).with_variant(String(32), "sqlite")
JSON_ = JSONB().with_variant(Text, "sqlite")
UNIQUE = UUID(as_uuid=False).with_variant(String(32), "sqlite")
CHOICES = (
    '<View><Text name="text" value="$text"/><Choices name="intent" toName="text">'
    '<Choice value="yes"/><Choice value="no"/></Choices></View>'
)
MINUTE = 60 * SECOND


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def tables() -> MetaData:
    """The tool's tables, in part."""
    meta = MetaData()
    Table(
        "htx_user",
        meta,
        _id(),
        Column("password", String(128), nullable=False),
        Column("email", String(254), nullable=False, unique=True),
        Column("username", String(256), nullable=False),
        Column("first_name", String(256), nullable=False),
        Column("last_name", String(256), nullable=False),
    )
    Table(
        "project",
        meta,
        _id(),
        Column("title", String(50)),
        Column("label_config", Text),
        Column("token", String(256)),
        Column("maximum_annotations", Integer, nullable=False),
        Column("created_at", STAMP, nullable=False),
        Column("updated_at", STAMP, nullable=False),
        Column("deleted_at", STAMP),
    )
    Table(
        "task",
        meta,
        _id(),
        Column("project_id", Integer, index=True),
        Column("overlap", Integer, nullable=False),
        Column("allow_skip", Boolean),
        Column("data", JSON_),
        Column("file_upload_id", Integer),
        Column("created_at", STAMP, nullable=False),
        Column("updated_at", STAMP, nullable=False),
    )
    Table(
        "task_completion",
        meta,
        _id(),
        Column("result", JSON_),
        Column("was_cancelled", Boolean, nullable=False),
        Column("ground_truth", Boolean, nullable=False),
        Column("created_at", STAMP, nullable=False),
        Column("updated_at", STAMP, nullable=False),
        Column("draft_created_at", STAMP),
        Column("lead_time", Float),
        Column("task_id", Integer, ForeignKey("task.id"), index=True),
        Column("completed_by_id", Integer, ForeignKey("htx_user.id")),
        Column("updated_by_id", Integer, ForeignKey("htx_user.id")),
        Column("parent_prediction_id", Integer),
        Column("unique_id", UNIQUE, unique=True),
        Column("import_id", BigInteger),
        Column("bulk_created", Boolean, server_default="0"),
        Column("project_id", Integer),
    )
    Table(
        "tasks_annotationdraft",
        meta,
        _id(),
        Column("result", JSON_, nullable=False),
        Column("created_at", STAMP, nullable=False),
        Column("updated_at", STAMP, nullable=False),
        Column("task_id", Integer, ForeignKey("task.id")),
        Column("user_id", Integer, nullable=False),
        Column("annotation_id", Integer),
    )
    Table(
        "prediction",
        meta,
        _id(),
        Column("task_id", Integer, nullable=False),
        Column("result", JSON_),
        Column("score", Float),
        Column("model_version", Text),
        Column("created_at", STAMP),
        Column("updated_at", STAMP),
    )
    Table(
        "django_migrations",
        meta,
        _id(),
        Column("app", String(255), nullable=False),
        Column("name", String(255), nullable=False),
    )
    return meta


class LabelStudio:
    """The tool: it writes, one committed statement at a time unless told otherwise."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.start = now_us() - 60 * MINUTE
        self.engine = self._connect()
        self.sqlite = self.engine.dialect.name == "sqlite"
        self.meta = tables()
        if self.sqlite:
            for table in self.meta.tables.values():
                table.dialect_options["sqlite"]["autoincrement"] = True
        self.meta.create_all(self.engine)
        self.add("django_migrations", app="tasks", name="0001_squashed_0041_x")
        self.add("django_migrations", app="tasks", name="0060_add_allow_skip_to_task")

    def _connect(self) -> Engine:
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite":
            return create_engine(url, connect_args={"timeout": 0})
        return create_engine(url.set(drivername="postgresql+psycopg2"))

    def close(self) -> None:
        self.engine.dispose()

    # --- values as this database has them ---

    def stamp(self, us: int) -> Any:
        if not self.sqlite:
            return from_us(us)
        return str(from_us(us).replace(tzinfo=None))  # no fraction where it is zero, as in Django

    def json(self, value: Any) -> Any:
        return json.dumps(value) if self.sqlite else value

    # --- writing ---

    def add(self, name: str, /, **values: Any) -> int:
        with self.engine.begin() as connection:
            made = connection.execute(insert(self.meta.tables[name]).values(**values))
        return int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0

    def change(self, name: str, key: int, /, **values: Any) -> None:
        table = self.meta.tables[name]
        with self.engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == key).values(**values))

    def delete(self, name: str, key: int) -> None:
        table = self.meta.tables[name]
        with self.engine.begin() as connection:
            connection.execute(table.delete().where(table.c.id == key))

    def user(self, name: str) -> int:
        return self.add(
            "htx_user",
            password=f"pbkdf2_sha256$hush-{name}",
            email=f"{name}@lab.test",
            username=name,
            first_name=name.title(),
            last_name="Lab",
        )

    def project(self, title: str | None, config: str = CHOICES, overlap: int = 2) -> int:
        at = self.stamp(self.start)
        return self.add(
            "project",
            title=title,
            label_config=config,
            token="hush-token",
            maximum_annotations=overlap,
            created_at=at,
            updated_at=at,
        )

    def task(
        self, project: int | None, overlap: int = 2, at: int | None = None, data: Any = None
    ) -> int:
        stamp = self.stamp(self.start if at is None else at)
        return self.add(
            "task",
            project_id=project,
            overlap=overlap,
            allow_skip=True,
            data=None if data is None else self.json(data),
            created_at=stamp,
            updated_at=stamp,
        )

    def annotate(self, task: int, by: int | None, **values: Any) -> int:
        return self.add("task_completion", **self.submission(task, by, **values))

    def submission(self, task: int, by: int | None, **values: Any) -> dict[str, Any]:
        """A row as a submission makes it; `at` = its time, `label` its choice."""
        at = self.stamp(values.pop("at", self.start))
        made = uuid.uuid4()
        row = {
            "result": [choice(values.pop("label", "yes"))],
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": at,
            "updated_at": at,
            "lead_time": 12.5,
            "task_id": task,
            "completed_by_id": by,
            "updated_by_id": by,
            "unique_id": made.hex if self.sqlite else str(made),
            **values,
        }
        if not isinstance(row["result"], str) or not self.sqlite:
            row["result"] = self.json(row["result"])
        return row

    def predict(self, task: int, label: str = "yes", **values: Any) -> int:
        """A prediction; `at` = its time."""
        at = self.stamp(values.pop("at", self.start))
        result = values.pop("result", [choice(label)])
        row = {"score": 0.75, "model_version": "v1", "created_at": at, "updated_at": at, **values}
        return self.add("prediction", task_id=task, result=self.json(result), **row)

    def draft(self, task: int, by: int, at: int, annotation: int | None = None) -> int:
        return self.add(
            "tasks_annotationdraft",
            result=self.json([choice("no")]),
            created_at=self.stamp(at),
            updated_at=self.stamp(at + 5 * SECOND),
            task_id=task,
            user_id=by,
            annotation_id=annotation,
        )

    def all(self, name: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(self.meta.tables[name])).mappings())


def choice(label: str, control: str = "intent", key: str = "r1") -> dict[str, Any]:
    """A choice as Label Studio writes it."""
    return {
        "id": key,
        "type": "choices",
        "from_name": control,
        "to_name": "text",
        "value": {"choices": [label]},
    }
