"""Cells of tables that leave for a spreadsheet."""

from typing import Any


def harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers.

    >>> harmless("=1+1"), harmless(-0.5)
    ("'=1+1", -0.5)
    """
    dangerous = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")
    return f"'{value}" if dangerous else value
