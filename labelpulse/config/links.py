"""Addresses of items in their labeling tools, by the template that a source has."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, quote, urlsplit

PLACES = ("project", "item")
"""What a template may name in braces."""

_BRACES = re.compile(r"\{([^{}]*)\}")


def web_address(text: str) -> SplitResult:
    """Return the parts of an address of web pages; ValueError says what is wrong with it.

    >>> web_address("https://labels.example.org").hostname
    'labels.example.org'
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a whole address that begins with http:// or https://")
    return parts


def check_template(text: str) -> str:
    """Return a template that makes addresses of web pages; ValueError says what is wrong with it.

    >>> check_template("https://tool.example.org/projects/{project}/data?task={item}")[:24]
    'https://tool.example.org'
    """
    parts = web_address(text)
    if parts.username is not None or "{" in parts.netloc:
        raise ValueError("must name its host, without a user or a {place} in it")
    unknown = next((one for one in _BRACES.findall(text) if one not in PLACES), None)
    if unknown is not None or "{item}" not in text:
        raise ValueError("must have {item}, may have {project}, and knows no other {place}")
    return text


def link(templates: Mapping[str, str], source: str, project: str, item: str) -> str | None:
    """Return the address of an item in its tool; None where its source has no template.

    Args:
        templates: by name of the source (`Settings.links`).
        project, item: native ids; they are quoted.

    >>> link({"studio": "http://127.0.0.1/p/{project}?task={item}"}, "studio", "3", "a/b&c")
    'http://127.0.0.1/p/3?task=a%2Fb%26c'
    """
    template = templates.get(source)
    if template is None:
        return None
    said = {"project": quote(project, safe=""), "item": quote(item, safe="")}
    return _BRACES.sub(lambda found: said[found[1]], template)
