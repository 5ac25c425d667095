"""How fresh a source is: by its own beat, and never green when in doubt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from labelpulse.findings.freshness import freshness
from labelpulse.reader.catalog import SourceInfo

SECOND = 1_000_000
NOW = 1_795_500_000 * SECOND
SOURCE = SourceInfo(
    id=1,
    name="studio",
    type="label-studio-db",
    state="ok",
    reason="",
    tried_at=NOW,
    ok_at=NOW - 4 * SECOND,
    loading=False,
    complete_from=None,
)


@pytest.mark.parametrize(
    ("lag_s", "beat_s", "word", "stale"),
    [
        (4, 10, "Live", False),
        (30, 3, "Live", False),
        (31, 3, "Waiting", False),
        (900, 10, "Waiting", False),
        (901, 10, "Stale", True),
        (901, 3600, "Live", False),
        (3 * 3600 + 1, 3600, "Waiting", False),
        (5 * 3600 + 1, 3600, "Stale", True),
    ],
)
def test_the_beat_decides(lag_s: int, beat_s: int, word: str, stale: bool) -> None:
    source = replace(SOURCE, ok_at=NOW - lag_s * SECOND)
    found = freshness(source, NOW, "UTC", timedelta(seconds=beat_s))
    assert (found.word, found.stale) == (word, stale)
    assert (found.tone == "green") == (word == "Live")


@pytest.mark.parametrize(
    ("change", "word", "stale"),
    [
        ({"state": "broken", "reason": "no column"}, "Broken", True),
        ({"loading": True}, "Loading", False),
        ({"ok_at": None}, "Not read yet", False),
        ({"type": "import", "ok_at": NOW - 10**12}, "File", False),
        ({"state": "broken", "loading": True}, "Broken", True),
    ],
)
def test_a_state_goes_before_the_beat(change: dict[str, object], word: str, stale: bool) -> None:
    found = freshness(replace(SOURCE, **change), NOW, "UTC")  # type: ignore[arg-type]
    assert (found.word, found.stale) == (word, stale)
    assert found.tone != "green"


def test_what_is_stale_says_why_and_what_to_do() -> None:
    source = replace(SOURCE, ok_at=NOW - 7200 * SECOND, reason="password refused")
    found = freshness(source, NOW, "UTC")
    assert found.text == "studio answered 2\xa0h ago; last try: password refused"
    assert "labelpulse sources test" in found.remedy
