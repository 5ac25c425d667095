"""What speaks against a delivery beside its evidence: labels left, and a fall that sits in it."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labelpulse.core.events import Scale
from labelpulse.findings import deliveries, watch
from labelpulse.findings.alarms import Alarm
from labelpulse.findings.blame import NOBODY, Blame
from labelpulse.findings.deliveries import fallen_in, labels_left
from labelpulse.findings.selection import Selection

DAY = date(2026, 11, 11)
FELL = Alarm(DAY, DAY + timedelta(days=9), 0.92, 0.81)
ROSE = Alarm(DAY, DAY + timedelta(days=9), 0.81, 0.92)
LEFT = {"old": 0, "new": 1714, None: 3}
COMPARED = {"old": 0, "new": 503, None: 4}
PAIR = Blame(pair=("Billing", "Refund"), team="Manila")
FELL_SINCE = "a look at its items since 11 Nov: agreement fell"


def selection() -> Selection:
    """Two batches and items in none; only the new one has labels since the change."""

    def rows(metric: str, key: str, days: Any = None) -> list[dict[str, object]]:
        if metric == "labels_remaining":
            return [{key: name, "value": n} for name, n in LEFT.items()]
        assert (metric, days) == ("agreement_percent", (DAY, DAY + timedelta(days=9)))
        return [{key: name, "n": n} for name, n in COMPARED.items()]

    found = SimpleNamespace(rows=rows, control="intent", scale=Scale.NOMINAL)
    found.as_now = lambda: found
    return cast("Selection", found)


def test_a_finished_batch_lacks_no_labels() -> None:
    assert labels_left(selection()) == {"new": 1714, None: 3}


@pytest.mark.parametrize(
    ("alarm", "sits", "told"),
    [
        (None, NOBODY, {}),
        (ROSE, NOBODY, {}),
        (FELL, NOBODY, dict.fromkeys(("new", None), FELL_SINCE)),
        (
            FELL,
            PAIR,
            dict.fromkeys(
                ("new", None), f"{FELL_SINCE}, mostly Billing / Refund, only with team Manila"
            ),
        ),
        (FELL, Blame(batch="new"), {"new": f"{FELL_SINCE}, more items of batch new"}),
    ],
)
def test_a_fall_is_told_of_the_batches_that_it_sits_in(
    alarm: Alarm | None, sits: Blame, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "alarm", lambda _selection, _metric: alarm)
    monkeypatch.setattr(deliveries, "where", lambda _selection: sits)
    assert fallen_in(selection()) == told
