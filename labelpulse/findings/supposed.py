"""What if: the finish, the cost and the expected error with other people, overlap or review."""

from dataclasses import dataclass, replace
from datetime import date

from labelpulse.core import formats
from labelpulse.core.estimate import Row
from labelpulse.findings.assess import at_work, need, who_stopped
from labelpulse.findings.selection import Selection
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.query import MetricQuery, WhatIf
from labelpulse.stats.what_if import error_at_overlap

FEWEST, MOST = -20, 50
"""People fewer and more that a page offers to suppose."""
OVERLAPS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed.

    Attributes:
        people: how many more, negative = fewer. overlap: labels an item; None = as now.
        review: a further share of labels reviewed, 0-1.
    """

    people: int = 0
    overlap: int | None = None
    review: float = 0.0

    @property
    def terms(self) -> tuple[WhatIf, ...]:
        """The terms of a query; () = nothing is supposed."""
        terms: list[WhatIf] = []
        terms += [("people", float(self.people))] if self.people else []
        terms += [("overlap", float(self.overlap))] if self.overlap else []
        terms += [("review", self.review)] if self.review else []
        return tuple(terms)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What cost and error are worked out from.

    Attributes:
        per_label: money a label; None = not known. cost_note: what it leaves out, or why it is
            not known.
        accuracy: of a single answer; None = not known. measured: what by.
        overlap: mean labels that an item needs now.
    """

    per_label: float | None
    cost_note: str
    currency: str
    accuracy: float | None
    measured: str
    overlap: float


def evidence(selection: Selection) -> Evidence:
    """Return what a selection's project knows of cost and accuracy, over all its days."""
    cost = selection.one(_COST, days=_WHOLE)
    if cost is not None and cost["value"] is not None and cost["n"] < METRICS[_COST].min_n:
        few = formats.count_of(cost["n"], "time", "times")
        cost = {**cost, "value": None, "note": f"{few} only are known"}
    gold = None if selection.control is None else selection.one("gold_accuracy", days=_WHOLE)
    if gold is not None and (gold["value"] is None or gold["n"] < METRICS["gold_accuracy"].min_n):
        gold = None
    progress = selection.one("progress")
    required = 0 if progress is None else progress["n"]
    return Evidence(
        per_label=None if cost is None else cost["value"],
        cost_note=_NO_LABEL if cost is None else cost["note"] or "",
        currency="" if cost is None else cost.get("currency") or "",
        accuracy=None if gold is None else gold["value"],
        measured="" if gold is None else f"gold accuracy, n {formats.count(gold['n'])}",
        overlap=required / selection.holding.items if selection.holding.items else 1.0,
    )


_COST = "cost_per_label"
_WHOLE = (None, None)
_NO_LABEL = "no label yet"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one plan comes to: its finish, its cost from now on, and the error to expect."""

    finish: Row
    cost: float | None
    error: float | None


def outcome(finish: Row, supposed: Supposition, known: Evidence) -> Outcome:
    """Return what a plan comes to.

    A review is taken to last, and to cost, as long as a label, and to mend what it sees.

    Args:
        finish: of ``finish_date`` with the same supposed.
    """
    left = finish["remaining"]
    paid = known.per_label is not None and left is not None
    cost = (known.per_label or 0) * left * (1 + supposed.review) if paid else None
    error = None
    if known.accuracy is not None:
        error = error_at_overlap(known.accuracy, supposed.overlap or known.overlap)
        error *= 1 - supposed.review
    return Outcome(finish, cost, error)


LEFT = "Left this morning"
"""The work to do is counted from the start of the day, as forecasts are."""


def compared(selection: Selection, supposed: Supposition) -> list[dict[str, object]]:
    """Return the plan as it is and as supposed, side by side, as a table's rows.

    Empty where there is no finish to compare.
    """
    known = evidence(selection)
    asked = selection.query("finish_date")
    plans = [("As now", Supposition())]
    plans += [("Supposed", supposed)] if supposed.terms else []
    found = []
    for name, plan in plans:
        rows = selection.ask.answer(replace(asked, what_if=plan.terms), selection.version)
        if rows:
            found.append((name, outcome(rows[0], plan, known)))
    return [_row(name, one, known) for name, one in found]


def _row(name: str, one: Outcome, known: Evidence) -> dict[str, object]:
    row = one.finish
    late = _late(row)
    cost = formats.NONE
    if one.cost is not None:
        cost = f"{formats.count(one.cost)} {known.currency}".strip()
    return {
        "Plan": name,
        "Likely done (p50)": _day(row["p50"]),
        "Early (p10)": _day(row["p10"]),
        "Late (p90)": _day(row["p90"]),
        "Against the deadline": late,
        LEFT: row["remaining"],
        "Cost from now": cost,
        "Expected wrong": formats.percent(one.error, 1),
    }


def _day(text: str | None) -> str:
    return formats.NONE if text is None else formats.day_year(date.fromisoformat(text))


def _late(row: Row) -> str:
    if row["p50"] is None or row["deadline"] is None:
        return formats.NONE
    late = (date.fromisoformat(row["p50"]) - date.fromisoformat(row["deadline"])).days
    if not late:
        return "on its day"
    days = formats.count_of(abs(late), "day", "days")
    return f"{days} late" if late > 0 else f"{days} early"


def assumptions(selection: Selection, supposed: Supposition) -> str:
    """Return what the comparison takes for granted, and what would bring the missing numbers."""
    known = evidence(selection)
    told = []
    if supposed.terms:
        query = replace(selection.query("finish_date"), what_if=supposed.terms)
        told += [
            row["note"] for row in selection.ask.answer(query, selection.version) if row["note"]
        ]
    if supposed.people:
        now = selection.as_now()
        there = formats.count_of(at_work(now, who_stopped(now) or {}), "person", "people")
        told.append(f"{there} at work now")
    told.append(_cost_from(known))
    if known.accuracy is None:
        told.append("no expected error: known answers (gold) would tell how often one answer errs")
    else:
        told.append(
            f"expected wrong: from {known.measured}, people erring apart from each other, "
            "reviews mending what they see; two answers show errors and do not mend them"
        )
    return ". ".join(formats.begun(one) for one in told) + "."


def _cost_from(known: Evidence) -> str:
    """Return what the cost rests on, or why there is none."""
    if known.per_label is None:
        return f"no cost: {known.cost_note}"
    hundred = f"{formats.number(100 * known.per_label, 2)} {known.currency}".strip()
    told = f"cost: 100 labels for {hundred}, the mean so far"
    return f"{told} ({known.cost_note})" if known.cost_note else told


def queries(selection: Selection) -> list[MetricQuery]:
    """Return what the comparison asks: the finish, and the cost of a label."""
    return [selection.query("finish_date"), selection.query(_COST, days=_WHOLE)]


def why_not(selection: Selection) -> str:
    """Return why nothing can be supposed; "" = it can."""
    if selection.file:
        return "A file has no now: there is no finish to suppose anything of."
    if unknown := need(selection):
        return f"There is no finish to suppose anything of: {unknown}."
    row = selection.one("finish_date")
    if row is None or row["p50"] is None:
        why = "no items" if row is None else row["note"]
        return f"No forecast to change: {why}."
    return ""
