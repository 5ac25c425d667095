from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelpulse.core import days
from labelpulse.core.days import SECOND, from_us, iso, to_us
from labelpulse.ingest.times import read_time

MOMENTS = st.integers(365 * 86_400_000_000, 7 * 10**15).map(from_us)


@given(MOMENTS)
def test_every_iso_form_of_an_instant_is_that_instant(moment):
    for form in (
        moment.isoformat(),
        moment.isoformat(" "),
        moment.isoformat().replace("+00:00", "Z"),
        moment.isoformat(" ").replace("+00:00", " UTC"),
        moment.astimezone(ZoneInfo("Asia/Kathmandu")).isoformat(),
    ):
        assert read_time(form, "America/Lima") == to_us(moment)


@given(st.integers(min_value=10**8, max_value=7 * 10**9 - 1))
def test_epochs_in_any_unit_are_one_instant(seconds):
    us = seconds * 1_000_000
    forms = [str(seconds), f"{seconds}.5"]
    if seconds >= 10**9:
        forms += [str(seconds * 1000), str(us), str(us * 1000)]
    read = [read_time(one, "UTC") for one in forms]
    assert read[0] == us
    assert read[1] == us + 500_000
    assert set(read[2:]) <= {us}


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-04", "2024-03-03T23:00:00Z"),
        ("2024-03-04 09:00:00", "2024-03-04T08:00:00Z"),
        ("8/31/2018 08:18:12", "2018-08-31T06:18:12Z"),
        ("3/4/2024 1:05 PM", "2024-03-04T12:05:00Z"),
        ("3/4/2024 12:05 AM", "2024-03-03T23:05:00Z"),
        ("12.3.2024 9:05", "2024-03-12T08:05:00Z"),
        ("2024/3/4 09:00", "2024-03-04T08:00:00Z"),
        ("Mon Mar 25 07:39:42 PDT 2019", "2019-03-25T14:39:42Z"),
        ("Mon Mar 25 07:39:42 AKDT 2019", "2019-03-25T15:39:42Z"),
        ("2017-10-02 16:39:18 UTC", "2017-10-02T16:39:18Z"),
        ("2017-10-02 09:39:18 PDT", "2017-10-02T16:39:18Z"),
        ("10/2/2017 9:39:18 AM PST", "2017-10-02T17:39:18Z"),
        ("Mon, 25 Mar 2019 07:39:42 -0700", "2019-03-25T14:39:42Z"),
        ("2024-03-04 09:00:00 +0200", "2024-03-04T07:00:00Z"),
        ("2025-10-26 02:30:00", "2025-10-26T00:30:00Z"),
        ("2025-03-30 02:30:00", "2025-03-30T01:30:00Z"),
    ],
)
def test_common_forms(text, utc):
    assert iso(read_time(text, "Europe/Berlin")) == utc


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "1", "2024", "202403", "10:00", "Monday", "nan", "Infinity"),
        *("2024-13-01", "2024-03-04T25:00", "31/12/2024", "13:00 PM", "3/4/2024 13:00 PM"),
        *("0001-01-01", "9999-12-31T23:59:59Z", "9999999999999999", "2024-03-04\x00"),
        *("Mon Mar 25 07:39:42 XYZ 2019", "-1709542800"),
    ],
)
def test_what_would_need_a_guess_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        read_time(text, "Europe/Berlin")


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        us = read_time(text, "Europe/Berlin")
    except ValueError:
        return
    assert 0 <= us < 8 * 10**15


def test_the_day_of_a_quarter_of_an_hour_is_worked_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worked_out = []

    def noted(us: int) -> datetime:
        worked_out.append(us)
        return from_us(us)

    monkeypatch.setattr(days, "from_us", noted)
    quarter = to_us(datetime(2031, 7, 9, 10, 15, tzinfo=UTC))
    found = {days.local_day_hour(quarter + n * SECOND, "Asia/Kathmandu") for n in range(900)}
    assert (len(found), len(worked_out)) == (1, 1)
