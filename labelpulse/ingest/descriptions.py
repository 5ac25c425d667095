"""What lies beside exports and is none: label configurations, notes on a project, categories."""

import json
from pathlib import Path
from typing import Any

MOST = 2**20
_WORK = frozenset(
    (
        *("annotation", "annotations", "annotator", "answer", "answers", "completions", "data"),
        *("item", "items", "label", "labels", "objects", "predictions", "records", "regions"),
        *("response", "responses", "result", "results", "rows", "shapes", "spans"),
        *("task", "tasks", "text"),
    )
)
"""Keys that stand where somebody's work does; an object with one may be an export."""
_TOLD = frozenset(
    (
        *("author", "by", "category", "choice", "choices", "class", "file", "filename", "image"),
        *("points", "url", "user", "username", "verdict", "video", "worker"),
    )
)
"""Keys, beside ids, whose plain values tell who did what: a tool may write one record a file."""
_NAMES = ("categories", "classes", "names")


def is_description(path: Path, head: bytes) -> bool:
    """Return True for a whole, small JSON object in which nothing can be anybody's work.

    What is cut off, is a list, tells of which item or by whom, or holds lists of objects other
    than names of labels, may be an export that is not known here, which must not be passed over.
    """
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or path.stat().st_size > MOST:
        return False
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and _describes(found)


def _describes(found: dict[str, Any]) -> bool:
    if any(key.lower() in _WORK or _tells(key.lower(), value) for key, value in found.items()):
        return False
    return all(key in _NAMES or _plain(value) for key, value in found.items())


def _tells(key: str, value: object) -> bool:
    if isinstance(value, dict) or (isinstance(value, str) and value.lstrip().startswith("<")):
        return False  # a question of that name, and how it is asked
    return key in _TOLD or key.endswith("id")


def _plain(value: object) -> bool:
    if isinstance(value, dict):
        return _describes(value)
    return not (isinstance(value, list) and any(isinstance(one, dict | list) for one in value))
