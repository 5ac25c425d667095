"""Texts of the charts of alerts: how often a rule fired, for how long, and for which subjects."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from labelpulse.charts.text import FigureText
from labelpulse.core import formats
from labelpulse.core.periods import Point, Spell

MOST_SUBJECTS = 20
"""Subjects of a timeline; those that fired for longest."""


def watched_text(points: Sequence[Point], spells: Sequence[Spell], name: str) -> FigureText:
    """Return the texts of a number over days with the days on which a rule fired."""
    title = fired_text(spells)
    has_line = any(point.floor is not None or point.ceiling is not None for point in points)
    note = formats.sentences(
        "Dashed: the line." if has_line else "",
        "Shaded orange: it fired." if spells else "",
        "Hollow: today, so far." if any(point.open for point in points) else "",
    )
    return FigureText(title, note, f"{name} by day. {title}.")


def fired_text(spells: Sequence[Spell]) -> str:
    """Return how often something fired, and on how many days, as a finding."""
    if not spells:
        return "It did not fire on these days"
    days = formats.count_of(sum(spell.days for spell in spells), "day", "days")
    times = formats.count_of(len(spells), "time", "times")
    if spells[-1].open:
        since = formats.day(spells[-1].first)
        return f"Fired {times}, {days} in all, and fires since {since}"
    return f"Fired {times}, {days} in all"


def longest_firing(spells: Mapping[str, Sequence[Spell]]) -> dict[str, Sequence[Spell]]:
    """Return the subjects that fired for longest, the longest first."""
    ranked = sorted(spells, key=lambda subject: -sum(spell.days for spell in spells[subject]))
    return {subject: spells[subject] for subject in ranked[:MOST_SUBJECTS]}


def timeline_text(spells: Mapping[str, Sequence[Spell]]) -> FigureText:
    """Return the texts of a timeline.

    Args:
        spells: name of a subject -> its spells, of all subjects; at least one.
    """
    fired = [spell for subject in spells.values() for spell in subject]
    title = _of_subjects(spells, fired)
    cut = ""
    if len(spells) > MOST_SUBJECTS:
        cut = f"The {MOST_SUBJECTS} of {len(spells)} that fired for longest."
    still = "Pale: it fires still." if any(spell.open for spell in fired) else ""
    note = formats.sentences("A bar: the days on which it fired.", still, cut)
    return FigureText(title, note, f"Bars over days by subject. {title}.")


def _of_subjects(spells: Mapping[str, Sequence[Spell]], fired: Sequence[Spell]) -> str:
    days = formats.count_of(len(span_days(fired)), "day", "days")
    times = formats.count_of(len(fired), "time", "times")
    subjects = formats.count_of(len(spells), "subject", "subjects")
    if not fired:
        return f"Would not have fired for any of {subjects}"
    n = formats.count(sum(bool(those) for those in spells.values()))
    return f"Would have fired {times} on {days}, for {n} of {subjects}"


def span_days(spells: Sequence[Spell]) -> set[date]:
    """Return the days on which anything fired."""
    return {spell.first + timedelta(days=n) for spell in spells for n in range(spell.days)}
