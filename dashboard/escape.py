"""Names, labels and titles come from people: here they lose every power over the page."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:^=&@/'\"])")
_BREAKS = re.compile(r"[ \t\r\n\f\v]+")
_LINKED = re.compile(r"(?=://)|(?=@)|(?<=\bwww)(?=\.)", re.IGNORECASE)
_JOINER = "\N{WORD JOINER}"
"""Without width: it parts what would be read as an address, and so made a link."""


def esc(text: object) -> str:
    r"""Return text that Markdown shows as it is: no link, no colour, no icon, no formula.

    >>> esc("**Ana** :red[x] $y$")
    '\\*\\*Ana\\*\\* \\:red\\[x\\] \\$y\\$'
    """
    plain = _BREAKS.sub(" ", str(text)).strip(" ")
    return _MARKDOWN.sub(r"\\\1", _LINKED.sub(_JOINER, plain))


def prose(text: str) -> str:
    r"""Return our own words as Markdown shows them, with names in backticks set as code.

    >>> prose("`p10` to `p90`, 80 % of *them*")
    '`p10` to `p90`, 80 % of \\*them\\*'
    """
    parts = text.split("`")
    return "".join(
        f"`{part}`" if at % 2 else _MARKDOWN.sub(r"\\\1", part) for at, part in enumerate(parts)
    )
