"""How values read: units, rounding that never lies, and missing values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.core import formats

GAP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("2027-01-25", "day", "25 Jan 2027"),
        (0.7949, "share", f"79{GAP}%"),
        (0.0, "share", f"0{GAP}%"),
        (1.0, "share", f"100{GAP}%"),
        (0.9999, "share", f">99{GAP}%"),
        (0.0001, "share", f"<1{GAP}%"),
        (0.123, "alpha", "0.12"),
        (-0.004, "kappa", "0.00"),
        (-0.03, "share", f"−3{GAP}%"),
        (-1204, "items", "−1,204"),
        (-0.04, "annotations/h", "0.0"),
        (-0.04, "s", f"0.0{GAP}s"),
        (59.6, "s", f"1{GAP}min"),
        (5.47, "s", f"5.5{GAP}s"),
        (3600, "s", f"1{GAP}h"),
        (12_042, "items", "12,042"),
        (1_240_000, "annotations", f"1.24{GAP}M"),
        (99.94, "annotations/h", "99.9"),
        (None, "share", "–"),
    ],
)
def test_a_value_reads_by_its_unit(value: float | None, unit: str, text: str) -> None:
    assert formats.value(value, unit) == text


@given(st.floats(0, 1))
def test_only_all_reads_as_all_and_only_none_as_none(share: float) -> None:
    text = formats.percent(share)
    assert (text == f"100{GAP}%") == (share == 1)
    assert (text == f"0{GAP}%") == (share == 0)


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (0.761, 0.834, "share", f"76–83{GAP}%"),
        (-0.10, 0.20, "alpha", "−0.10 to 0.20"),
        (-0.05, 0.08, "share", f"−5 to 8{GAP}%"),
        (-0.001, 0.08, "share", f"0–8{GAP}%"),
        (0.55, 0.65, "alpha", "0.55–0.65"),
        (None, 0.2, "share", ""),
    ],
)
def test_an_interval_reads_in_one_unit(
    low: float | None, high: float | None, unit: str, text: str
) -> None:
    assert formats.interval(low, high, unit) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (-0.081, f"−8{GAP}points"),
        (0.011, f"+1{GAP}point"),
        (0.001, f"±0{GAP}points"),
        (None, "–"),
    ],
)
def test_a_difference_reads_in_points(difference: float | None, text: str) -> None:
    assert formats.points(difference) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "never"),
        (-3, f"0{GAP}s ago"),
        (59.4, f"59{GAP}s ago"),
        (90, f"1{GAP}min ago"),
        (90_000, f"1{GAP}d ago"),
    ],
)
def test_an_age_reads_in_one_unit(seconds: float | None, text: str) -> None:
    assert formats.ago(seconds) == text


def test_an_instant_reads_in_the_zone_of_days() -> None:
    at = 1_795_564_800_000_000  # 2026-11-25 00:00 UTC
    assert formats.clock(at, "UTC") == "25 Nov 2026, 00:00"
    assert formats.clock(at, "America/Los_Angeles") == "24 Nov 2026, 16:00"
    assert formats.clock(None, "UTC") == "–"


def test_one_of_a_kind_is_counted_in_the_singular() -> None:
    assert formats.counted(1, "labels") == "1 label"
    assert formats.counted(0, "labels") == "0 labels"
    assert formats.counted(1, "first answers to gold") == "1 first answer to gold"
    assert formats.counted(1, "items with an answer") == "1 item with an answer"
