"""Create links to items in their labeling tools from the template of a source."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, quote, urlsplit

_FIELDS = ("project", "item")
"""Names that a template may have in braces."""

_BRACES = re.compile(r"\{([^{}]*)\}")


def web_address(text: str) -> SplitResult:
    """Split a web address into its parts; ValueError when it is not one.

    >>> web_address("https://labels.example.org").hostname
    'labels.example.org'
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a full address that begins with http:// or https://")
    return parts


def check_template(text: str) -> str:
    """Return a template of web addresses unchanged; ValueError when it is invalid.

    >>> check_template("https://tool.example.org/projects/{project}/data?task={item}")[:24]
    'https://tool.example.org'
    """
    parts = web_address(text)
    if parts.username is not None or "{" in parts.netloc:
        raise ValueError("must name its host without a user or braces")
    unknown = next((name for name in _BRACES.findall(text) if name not in _FIELDS), None)
    if unknown is not None or "{item}" not in text:
        raise ValueError("must contain {item}, may contain {project}, and no other names in braces")
    return text


def item_link(templates: Mapping[str, str], source: str, project: str, item: str) -> str | None:
    """Return the address of an item in its tool; None when its source has no template.

    Args:
        templates: templates by name of the source (`Settings.links`).
        project, item: native ids; they are quoted.

    >>> item_link({"studio": "http://127.0.0.1/p/{project}?task={item}"}, "studio", "3", "a/b&c")
    'http://127.0.0.1/p/3?task=a%2Fb%26c'
    """
    template = templates.get(source)
    if template is None:
        return None
    values = {"project": quote(project, safe=""), "item": quote(item, safe="")}
    return _BRACES.sub(lambda match: values[match[1]], template)
