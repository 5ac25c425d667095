"""Label Studio's exports: the full one (JSON, also of a snapshot) and the flat ones.

`full` reads tasks with their annotations; `flat` reads JSON_MIN, CSV and TSV, one row an
annotation, where `columns` tells answers from data and `cells` unpacks them.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from collectors.label_studio_export.flat import is_flat, is_flat_table, read_flat
from collectors.label_studio_export.full import ENOUGH, read_full
from labelpulse.core.errors import FileRefused
from labelpulse.ingest.lines import check_text, read_head
from labelpulse.ingest.parse import stream_json_array
from labelpulse.source import FileRecord, ImportOptions

_HEAD = re.compile(rb"\s*\[\s*\{")
_JSON = re.compile(rb"\s*[\[{]")
_FULL = re.compile(rb'"annotations"\s*:\s*\[')
_ITS_OWN = (b'"completed_by"', b'"drafts"', b'"inner_id"', b'"total_annotations"')
_FLAT = (b'"annotation_id"', b'"lead_time"')
_BOM = b"\xef\xbb\xbf"
_TABLES = (".csv", ".tsv")


class LabelStudioExport:
    """Reads the exports named JSON, JSON_MIN, CSV and TSV."""

    name = "label-studio"

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the content decides
        """Return True when the first bytes look like one of the exports."""
        if not _HEAD.match(head.removeprefix(_BOM)):
            return is_flat_table(head)
        full = _FULL.search(head) is not None and any(key in head for key in _ITS_OWN)
        return full or all(key in head for key in _FLAT)

    def read(self, path: Path, options: ImportOptions) -> Iterator[FileRecord]:
        """Yield the project, then all other records.

        Raises:
            FileRefused: it is no such export, or JSON that is not well-formed to its end.
        """
        head = read_head(path)
        check_text(path, head)
        table = is_flat_table(head)
        if not table and _is_other_text(path, head):
            raise FileRefused(
                f"{path.name} is no export of Label Studio: it is no JSON, and its header lacks "
                "columns of a CSV export; import a table by --format csv with --map"
            )
        if table or is_flat(_first(path)):
            yield from read_flat(path, options, table=table)
        else:
            yield from read_full(path, options)


def _is_other_text(path: Path, head: bytes) -> bool:
    return path.suffix.lower() in _TABLES or not _JSON.match(head.removeprefix(_BOM))


def _first(path: Path) -> object:
    """The first object of a JSON array, by which the kind of export is known; None without any."""
    found = islice(stream_json_array(path), ENOUGH)
    return next((one for _, one in found if isinstance(one, dict)), None)
