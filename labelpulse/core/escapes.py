"""Signs with a meaning: lists in one text with backslashes, and cells that look like formulas."""

import re
from typing import Any

_FORMULA = re.compile(r"^[\s\u00a0]*[=+\-@\t\r]", re.MULTILINE)

_AMOUNT = r"\d[\d.,]*[ \u00a0](?:%|[^\W\d_]+)"
_SIGNED = re.compile(rf"[+\-]{_AMOUNT}(?:[ \u00a0]{_AMOUNT})*")
"""A signed number with its unit, as in "+2 min 5 s": no operator, call, quote or separator."""


def split(text: str, separator: str, limit: int = 0) -> list[str]:
    r"""Return the parts between unescaped separators, escapes still in them.

    Args:
        separator: one character.
        limit: split at most so often; 0 = at every separator.

    >>> split(r"red\, deep,black", ",")
    ['red\\, deep', 'black']
    """
    parts: list[str] = []
    part, escaped = "", False
    for sign in text:
        if sign == separator and not escaped and not (limit and len(parts) >= limit):
            parts.append(part)
            part = ""
            continue
        part += sign
        escaped = sign == "\\" and not escaped
    return [*parts, part]


def unescape(text: str) -> str:
    r"""Return a text without its escapes; a lone backslash at the end stays.

    >>> unescape(r"red\, deep"), unescape(r"a\\b")
    ('red, deep', 'a\\b')
    """
    plain, escaped = "", False
    for sign in text:
        if sign == "\\" and not escaped:
            escaped = True
            continue
        plain += sign
        escaped = False
    return plain + "\\" if escaped else plain


def split_list(text: str, separator: str = ",") -> list[str]:
    r"""Return the items of a list written as ``a,b,c``, trimmed and without escapes.

    >>> split_list(r"red\, deep, black")
    ['red, deep', 'black']
    """
    return [unescape(part.strip()) for part in split(text, separator) if part.strip()]


def harmless(value: Any) -> Any:
    """Return a table's cell that no spreadsheet takes for a formula; numbers stay numbers.

    >>> harmless("=HYPERLINK(1)"), harmless("plain"), harmless(-1), harmless("+0.9 s")
    ("'=HYPERLINK(1)", 'plain', -1, '+0.9 s')
    """
    if isinstance(value, str) and _FORMULA.search(value) and not _SIGNED.fullmatch(value):
        return "'" + value
    return value
