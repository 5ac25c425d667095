"""Which of Encord's two exports a file is: label rows, or the log of the editor.

A label row is one submission, of whoever made most of its objects. The log says who submitted,
approved and rejected which task, and not what was in it, so it is a project of its own.
"""

from collections.abc import Iterable

from collectors.encord import log, rows
from labelpulse.core.errors import SkipRecord
from labelpulse.core.events import ItemRecord
from labelpulse.ingest.exports.outline import Outline
from labelpulse.ingest.exports.parts import Object, identity, name
from labelpulse.ingest.exports.reader import Export, Part, Reading

_LOG = "log"


class EncordExport(Export):
    """Reads label rows and editor logs of Encord."""

    name = "encord"

    def fits(self, head: Outline) -> bool:
        """Return True for label rows, and for events of the editor."""
        return head.has("label_hash", "data_units") or head.has(
            "action", "action_category", "actor_user_email", "data_unit_id"
        )

    def item(self, element: Object, reading: Reading) -> ItemRecord:
        """Return a data unit as an item."""
        event = "action" in element
        reading.state.setdefault(_LOG, event)
        if reading.state[_LOG] != event:
            raise SkipRecord("bad_record", "label rows and events of the log are in one file")
        key = element.get("data_unit_id" if event else "data_hash") or element.get("label_hash")
        return ItemRecord(
            *(reading.project, identity(key, "data unit")),
            batch=name(element.get("data_unit_dataset_title", element.get("dataset_title"))),
            created_at=None if event else reading.at(element.get("created_at"), rows.ZONE),
        )

    def parts(self, element: Object, item: ItemRecord, reading: Reading) -> Iterable[Part]:
        """Return the submissions in a row, or the one that an event tells of."""
        if reading.state[_LOG]:
            return log.parts(element, item, reading)
        return rows.parts(element, item, reading)

    def identity(self, reading: Reading) -> str:
        """Return what tells the log's submissions apart, which hold no answers."""
        return "the tasks of Encord's editor log" if reading.state.get(_LOG) else ""

    def remarks(self, reading: Reading) -> Iterable[str]:
        """Say what a log cannot show."""
        if reading.state.get(_LOG):
            yield "a log of the editor says who did what when, and holds no answers"
