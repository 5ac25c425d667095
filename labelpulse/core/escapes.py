"""Split lists that are written as text, and protect spreadsheets from formula injection."""

import re
from typing import Any

_FORMULA = re.compile(r"^[\s\u00a0]*[=+\-@\t\r]", re.MULTILINE)

_AMOUNT = r"\d[\d.,]*[ \u00a0](?:%|[^\W\d_]+)"
_SIGNED = re.compile(rf"[+\-]{_AMOUNT}(?:[ \u00a0]{_AMOUNT})*")
"""A signed number with its unit, as in "+2 min 5 s": no operator, call, quote or separator."""


def split(text: str, separator: str, limit: int = 0) -> list[str]:
    r"""Split a text at unescaped separators; the parts keep their escapes.

    Args:
        separator: one character.
        limit: the maximum number of splits; 0 = no limit.

    >>> split(r"red\, deep,black", ",")
    ['red\\, deep', 'black']
    """
    parts: list[str] = []
    part, escaped = "", False
    for char in text:
        if char == separator and not escaped and not (limit and len(parts) >= limit):
            parts.append(part)
            part = ""
            continue
        part += char
        escaped = char == "\\" and not escaped
    return [*parts, part]


def unescape(text: str) -> str:
    r"""Remove the escapes from a text; a single backslash at the end stays.

    >>> unescape(r"red\, deep"), unescape(r"a\\b")
    ('red, deep', 'a\\b')
    """
    plain, escaped = "", False
    for char in text:
        if char == "\\" and not escaped:
            escaped = True
            continue
        plain += char
        escaped = False
    return plain + "\\" if escaped else plain


def split_list(text: str, separator: str = ",") -> list[str]:
    r"""Return the items of a list such as ``a,b,c``, trimmed and without escapes.

    >>> split_list(r"red\, deep, black")
    ['red, deep', 'black']
    """
    return [unescape(part.strip()) for part in split(text, separator) if part.strip()]


def escape_formula(value: Any) -> Any:
    """Return a table cell that no spreadsheet evaluates as a formula; numbers stay numbers.

    >>> [escape_formula(cell) for cell in ("=HYPERLINK(1)", "plain", -1, "+0.9 s")]
    ["'=HYPERLINK(1)", 'plain', -1, '+0.9 s']
    """
    if isinstance(value, str) and _FORMULA.search(value) and not _SIGNED.fullmatch(value):
        return "'" + value
    return value
