"""The items of an export, one in memory at a time, however the file lists them.

Read are a JSON list, JSON lines, one JSON object that is the whole file, and Parquet. A list or an
object must be well-formed to its end; of lines only the broken ones are lost.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelpulse.core.errors import FileRefused, SkipRecord
from labelpulse.ingest.exports.outline import outline
from labelpulse.ingest.lines import Fault, check_text, numbered_lines, read_head
from labelpulse.ingest.parse import MAX_ELEMENT, Flawed, loads, stream_json_array

PARQUET = b"PAR1"
ROWS = 500
_LINES = (".jsonl", ".ndjson")

Element = tuple[str, Any]
"""What an item is called in messages (``line 7``), and the item, or the `Fault` in its place."""


def elements(path: Path) -> Iterator[Element]:
    """Yield every item of a file.

    Raises:
        FileRefused: it cannot be read, is none of these forms, or is not well-formed to its end.
    """
    head = read_head(path)
    if head.startswith(PARQUET):
        yield from _rows(path)
        return
    check_text(path, head)
    opening = outline(head).opening
    if path.suffix.lower() in _LINES:
        yield from _lines(path, head)
    elif opening == "[":
        yield from _listed(path)
    elif opening == "{":
        yield from _lines(path, head) if _is_lines(path, head) else _whole(path)
    else:
        raise FileRefused(f"{path.name} is no JSON: nothing of it was loaded")


def _listed(path: Path) -> Iterator[Element]:
    for index, one in stream_json_array(path):
        flawed = isinstance(one, Flawed)
        found = Fault(one.reason, one.detail, one.excerpt) if flawed else one
        yield f"record {index + 1}", found


def _lines(path: Path, head: bytes) -> Iterator[Element]:
    for number, line in numbered_lines(path, head):
        if isinstance(line, Fault):
            yield f"line {number}", line
        elif line.strip():
            yield f"line {number}", _parsed(line)


def _parsed(text: str) -> Any:
    try:
        return loads(text.rstrip("\r\n"))
    except SkipRecord as error:
        return Fault(error.reason, str(error), text)


def _is_lines(path: Path, head: bytes) -> bool:
    """True when the first line is a whole object, and so is no part of one."""
    for _, line in numbered_lines(path, head):
        if not isinstance(line, Fault) and line.strip():
            found = _parsed(line)
            return not isinstance(found, Fault) or found.reason != "bad_json"
    return False


def _whole(path: Path) -> Iterator[Element]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        text = file.read(MAX_ELEMENT + 1)
    if len(text) > MAX_ELEMENT:
        raise FileRefused(
            f"{path.name} is one record of more than {MAX_ELEMENT:,} characters: export its items "
            "one a line, or as a list"
        )
    found = _parsed(text)
    if isinstance(found, Fault) and found.reason == "bad_json":
        raise FileRefused(
            f"{path.name} is no JSON to its end, as if it were half written: nothing of it was "
            "loaded"
        )
    yield "the file", found


def _rows(path: Path) -> Iterator[Element]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", row
    except (ArrowException, OSError) as error:
        raise FileRefused(
            f"{path.name} is no Parquet file that can be read to its end "
            f"({type(error).__name__}): nothing of it was loaded"
        ) from None
