"""What people typed has no power over a page or a spreadsheet."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.escape import esc
from labelpulse.core.escapes import escape_formula

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
MARKUP = "*_`[]()<>$:#~|!"


@given(st.text())
def test_every_sign_of_markup_is_escaped(text: str) -> None:
    shown = esc(text)
    for sign in MARKUP:
        assert not re.search(rf"(?<!\\)(?:\\\\)*{re.escape(sign)}", shown)


@pytest.mark.parametrize(
    "text", ["http://example.org", "HTTPS://example.org", "www.example.org", "ana@example.org"]
)
def test_an_address_is_no_link(text: str) -> None:
    shown = esc(text).replace("\\", "")
    assert shown != text
    assert shown.replace("\N{WORD JOINER}", "") == text


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\u00a0=1", "a\n=1", "\r=1"),
        *("+cmd|' /C calc'!A0", "-cmd", "+1 s!A0", "-2+3 s", "+1 s\n=1", "+0.9 s|cmd"),
        *("-1 SUM(A1)", "@1 s"),
    ],
)
def test_a_formula_becomes_text(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize(
    "value",
    ["Billing", "a=b", 3, -3.5, None, "1 - 2", "+0.9\u00a0s", "-8 %", "+2\u00a0min 5\u00a0s"],
)
def test_what_is_no_formula_stays(value: object) -> None:
    assert escape_formula(value) == value


STYLE = 'st.html(_ASSETS / "page.css")'
"""The one that is allowed: a file of ours without anything from data."""


def test_no_page_writes_html() -> None:
    files = sorted(DASHBOARD.rglob("*.py"))
    assert len(files) > 5
    for file in files:
        text = file.read_text().replace(STYLE, "", file.name == "app.py")
        assert "unsafe_allow_html" not in text, file
        assert not re.search(r"\bst\.(html|iframe|components)\b", text), file
