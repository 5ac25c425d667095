"""Escape text that comes from data, so that a page shows it as it was written."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:^=&@/'\"])")
_BREAKS = re.compile(r"[ \t\r\n\f\v]+")
_REPLACED = re.compile(
    r"(?=://)|(?=@)|(?<=\bwww)(?=\.)"  # would become links
    r"|(?<=:)(?!\d\d:)(?=[\w+/-]+:)"  # would become icons, emojis or the logo of Streamlit
    r"|(?<!\S)(?=(?:<->|->|<-|--|>=|<=|~=)(?!\S))",  # would become arrows and signs
    re.IGNORECASE,
)
"""Where Streamlit would replace text whatever its Markdown escapes say."""

_JOINER = "\N{WORD JOINER}"
"""Has no width; put between two characters, it keeps them from being read together."""


def esc(text: object) -> str:
    r"""Return text that Markdown shows as it is: no link, color, icon, emoji or formula.

    >>> esc("**Ana** :red[x] $y$")
    '\\*\\*Ana\\*\\* \\:red\\[x\\] \\$y\\$'
    >>> esc(":streamlit:") == r"\:" + "\N{WORD JOINER}" + r"streamlit\:"
    True
    """
    plain = _BREAKS.sub(" ", str(text)).strip(" ")
    return _MARKDOWN.sub(r"\\\1", _REPLACED.sub(_JOINER, plain))


def prose(text: str) -> str:
    r"""Return our own words as Markdown shows them, with names in backticks set as code.

    >>> prose("`p10` to `p90`, 80 % of *them*")
    '`p10` to `p90`, 80 % of \\*them\\*'
    """
    parts = text.split("`")
    return "".join(
        f"`{part}`" if at % 2 else _MARKDOWN.sub(r"\\\1", part) for at, part in enumerate(parts)
    )
