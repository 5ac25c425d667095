"""Stored answers follow their control when the operator gives it another scale.

What an answer said is kept beside its label where the two differ, so a scale can be taken back.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, func, or_, select, update

from labelpulse import schema
from labelpulse.core.answers import DEFAULT_SEPARATOR, AnswerReader, canonical_label
from labelpulse.core.events import EXACT, Scale, canonical
from labelpulse.warehouse import settings
from labelpulse.warehouse.names import Control, Names, Project


def relabel(conn: Connection, names: Names, native_id: str) -> int:
    """Give a project's stored answers the labels that they have on their present scales.

    Text, numbers and unknown answers become labels, 2.0 becomes 2 where answers are numbers, and
    cells of a table are cut into sets; on a scale without labels they become texts. Returns how
    many answers changed.
    """
    project = names.project(conn, native_id)
    separators = _separators(conn, project.id)
    changed = 0
    for control in project.controls.values():
        if control.counts_as not in EXACT:
            changed += _unlabel(conn, names, project, control)
        if not control.exact:
            continue
        separator = None if separators is None else separators.get(control.name, DEFAULT_SEPARATOR)
        answers = _Answers(conn, names, project, control, separator)
        tables = (schema.answer, schema.gold, schema.prediction)
        changed += sum(map(answers.relabel, tables))
    return changed


def _unlabel(conn: Connection, names: Names, project: Project, control: Control) -> int:
    """Give answers that are labels the values that they stand for; return how many changed."""
    texts = {id_: text for text, id_ in control.labels.items()}
    options = names.options(conn, project.id)
    changed = 0
    for label, text in texts.items():
        said = sorted(texts[one] for one in options[label]) if label in options else text
        for table in (schema.answer, schema.gold):
            mine = (table.c.project_id == project.id, table.c.control_id == control.id)
            kept = func.coalesce(table.c.value, canonical(said))
            changed += conn.execute(
                update(table)
                .where(*mine, table.c.label_id == label)
                .values(label_id=None, value=kept)
            ).rowcount
    return changed


def _separators(conn: Connection, project_id: int) -> dict[str, str] | None:
    """Return control -> what separates options in its cells; None where there are no cells."""
    if not settings.stored(conn, project_id, "import"):
        return None
    said = settings.effective(conn, project_id)["controls"]
    return {name: one["separator"] for name, one in said.items() if one.get("separator")}


@dataclass(frozen=True, slots=True)
class _Answers:
    """The stored answers to one control, and how they are read on its present scale."""

    conn: Connection
    names: Names
    project: Project
    control: Control
    separator: str | None

    def relabel(self, table: Table) -> int:
        """Give the answers in a table their present labels; return how many changed."""
        keys, changed = list(table.primary_key), 0
        for row, said in self._to_read_again(table):
            read = self._read(said)
            _, label, text = self.names.answer(self.conn, self.project, self.control.name, read)
            if label is None or label == row.label_id:
                continue
            kept = canonical(said) if read != said else text
            same = and_(*(key == row._mapping[key.name] for key in keys))  # noqa: SLF001 - Row's own
            self.conn.execute(update(table).where(same).values(label_id=label, value=kept))
            changed += 1
        return changed

    def _to_read_again(self, table: Table) -> Iterator[tuple[Row[*tuple[Any, ...]], Any]]:
        """Yield rows whose label may be another one now, with what they said."""
        texts = {id_: text for text, id_ in self.control.labels.items()}
        sets = self.names.options(self.conn, self.project.id)
        other = [id_ for id_, text in texts.items() if id_ not in sets and self._read(text) != text]
        rows = self.conn.execute(
            select(*table.primary_key, table.c.label_id, table.c.value).where(
                table.c.project_id == self.project.id,
                table.c.control_id == self.control.id,
                or_(table.c.value.is_not(None), table.c.label_id.in_(other)),
            )
        ).all()
        for row in rows:
            yield row, texts[row.label_id] if row.value is None else json.loads(row.value)

    def _read(self, said: Any) -> Any:
        """Return what an answer says on the control's scale."""
        if not isinstance(said, str):
            return said
        if self.control.counts_as == Scale.SET and self.separator is not None:
            return AnswerReader(Scale.SET, self.separator).read(said, "label") or []
        return canonical_label(said, self.control.counts_as)
