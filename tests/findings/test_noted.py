"""What was noted: of many comparisons only what chance does not explain is told as a change."""

import random

from labelpulse.core.estimate import Row
from labelpulse.findings.noted import apart, judged


def row(value: float, half: float) -> dict[str, float | None]:
    return {"value": value, "low": value - half, "high": value + half}


def test_what_alone_would_be_a_change_is_chance_among_many() -> None:
    alone = row(-0.05, 0.048)
    assert [one["beyond"] for one in judged([alone])] == [True]
    others = [row(0.01 * (at % 3 - 1), 0.05) for at in range(8)]
    assert not any(one["beyond"] for one in judged([alone, *others]))
    sure = row(-0.10, 0.04)
    assert [one["beyond"] for one in judged([sure, *others])] == [True, *[False] * 8]


def test_the_end_towards_nothing_decides() -> None:
    lopsided = {"value": -0.05, "low": -0.5, "high": -0.01}
    assert judged([lopsided])[0]["beyond"] is True
    assert judged([{"value": 0.05, "low": -0.01, "high": 0.06}])[0]["beyond"] is False
    assert judged([{"value": 0.0, "low": 0.0, "high": 0.0}])[0]["beyond"] is False


def test_without_an_interval_nothing_is_known() -> None:
    unknown = {"value": -0.5, "low": None, "high": None}
    assert [one["beyond"] for one in judged([unknown])] == [None]
    assert [one["beyond"] for one in judged([unknown, row(-0.1, 0.01)])] == [None, True]
    assert judged([]) == []


def test_what_was_noted_later_may_be_the_cause_of_both() -> None:
    def told(text: str, day: str, value: float, metric: str = "m", *, beyond: bool = True) -> Row:
        return {"text": text, "day": day, "value": value, "metric": metric, "beyond": beyond}

    rows = [
        told("model", "2026-10-28", -0.06),
        told("guideline", "2026-11-09", -0.09),
        told("training", "2026-11-10", 0.05),
        told("holiday", "2026-11-11", -0.01, beyond=False),
        told("tool", "2026-11-12", -0.10, "another"),
        told("later", "2026-11-25", -0.05),
    ]
    others = {row["text"]: row["others"] for row in apart(rows)}
    assert others == {
        "model": ["guideline"],  # 28 days after, the last of which is 24 November
        "guideline": ["later"],
        "training": [],
        "holiday": [],
        "tool": [],
        "later": [],
    }


def test_nothing_happened_and_seldom_anything_is_told() -> None:
    rng = random.Random(4)
    told = sum(
        any(one["beyond"] for one in judged([row(rng.gauss(0, 1), 1.96) for _ in range(6)]))
        for _ in range(400)
    )
    assert told / 400 < 0.08, "by one interval each it would be 26 %"
