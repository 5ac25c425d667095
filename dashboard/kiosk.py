"""A screen on the wall: pages in turn, by the browser's own reload, without names and choices.

Each page is loaded anew, so that nothing piles up in the browser however long it hangs there.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from labelpulse.findings.pages import slug

KIOSK = "kiosk"
"""The parameter of an address: the pages to show in turn, as a list with commas."""

SHOWN_S = 20
TURN = ("Summary", "Progress", "Flow", "Drift", "Alerts")
"""The pages that a screen on the wall shows, where a project has them."""

_PAGE = re.compile(r"[a-z][a-z-]{0,30}")


def base_path() -> str:
    """Return the path under which the app is served: empty, or such as ``/pulse``."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def turn(titles: Iterable[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a kiosk's address: the pages there are, and what is chosen."""
    there = set(titles)
    kept = {name: value for name, value in chosen.items() if name not in (KIOSK, "names")}
    return {**kept, KIOSK: ",".join(slug(one) for one in TURN if one in there)}


def refresh(path: str, query: str, base: str = "") -> str | None:
    """Return the browser's refresh header: after how many seconds it opens what; None = it stays.

    Args:
        base: the path under which the app is served: empty, or such as ``/pulse``.

    >>> refresh("/progress", "kiosk=summary,progress,flow&range=All")
    '20; url=/flow?kiosk=summary%2Cprogress%2Cflow&range=All'
    >>> refresh("/", "kiosk=summary,progress"), refresh("/progress", "range=All")
    ('20; url=/progress?kiosk=summary%2Cprogress', None)
    >>> refresh("/pulse/progress", "kiosk=summary,progress", "/pulse")
    '20; url=/pulse/?kiosk=summary%2Cprogress'
    """
    told = parse_qsl(query)
    pages = [one for one in dict(told).get(KIOSK, "").split(",") if _PAGE.fullmatch(one)]
    here = path.removeprefix(base).strip("/") or "summary"
    if not pages or not (here == "summary" or _PAGE.fullmatch(here)):
        return None
    after = pages[(pages.index(here) + 1) % len(pages)] if here in pages else pages[0]
    where = "" if after == "summary" else after
    return f"{SHOWN_S}; url={base}/{where}?{urlencode(told)}"
