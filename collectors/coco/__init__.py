"""COCO's annotation files as sets of known answers: every picture is an item, nobody is an author.

`objects` makes shapes of an object, `masks` of its run lengths, `store` keeps both sides of the
file until they can be put together, with flat memory.
"""

from collections.abc import Iterator
from pathlib import Path

from collectors.coco.store import Store
from labelpulse.ingest.exports.outline import outline
from labelpulse.ingest.lines import check_text, read_head
from labelpulse.source import FileRecord, ImportOptions

_ITS_OWN = ("images.file_name", "images.coco_url", "annotations.image_id")


class Coco:
    """Reads instances, keypoints and stuff in COCO's JSON, and LVIS' like it."""

    name = "coco"

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the content decides
        """Return True when the first bytes look like one."""
        found = outline(head)
        return found.opening == "{" and found.any(*_ITS_OWN)

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project, then for each picture what is known of it.

        Raises:
            FileRefused: it is no such file, or JSON that is not well-formed to its end.
        """
        check_text(path, read_head(path))
        with Store(path.name) as store:
            store.fill(path)
            yield from store.records(options)
