"""What is told of an alert that ends: the number as it is now and what it was, or why it ends."""

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from labelpulse.alerts.conditions import COUNTS
from labelpulse.alerts.evidence import link_of
from labelpulse.alerts.inbox import ENDS
from labelpulse.alerts.notice import Kind, Notice
from labelpulse.alerts.numbers import priced, two
from labelpulse.alerts.plotted import unit_of
from labelpulse.alerts.worded import Worded
from labelpulse.core import formats

if TYPE_CHECKING:
    from labelpulse.alerts.machine import Judged
    from labelpulse.config import Alert


def over(one: Worded, kind: Kind, now: "Judged | None", base: str) -> Notice:
    """Return what tells that an alert is over by its number, which is told as it is now.

    Args:
        now: None = no number is known. base: where the pages are.
    """
    rule = _rule(one)
    told, lines = one.notice(kind, base), (_over(kind),)
    unit = told.unit or (unit_of(rule) if rule else "")
    if now is None or now.value is None or not unit:
        none = dict.fromkeys(("value", "low", "high", "n"))
        return replace(told, title=_was(told, one), lines=lines, **none)  # type: ignore[arg-type]
    return replace(
        told,
        title=_title(one, unit, now),
        lines=lines,
        link=(_link(one, rule, now, base) if rule else "") or told.link,
        unit=unit,
        value=now.value,
        low=now.low,
        high=now.high,
        n=now.n,
    )


def ended(one: Worded, by: str, base: str) -> Notice:
    """Return what tells that an alert ended without its number being back within its line.

    Args:
        by: lost, changed, removed, or closed, by hand. base: where the pages are.
    """
    told = one.notice(Kind.ENDED, base)
    gone = by == "removed" and one.rule is not None
    why = "The project is gone." if gone else f"{formats.begun(ENDS.get(by, by))}."
    return replace(told, title=_was(told, one), lines=(why,))


def _was(told: Notice, one: Worded) -> str:
    """Return in words what a number was; as it was told where that is no number."""
    measure, value = one.said.get("measure"), one.said.get("value")
    if not measure or value is None or told.unit in _NO_NUMBERS:
        return told.title
    value_text = priced(formats.value(value, told.unit), one.said.get("currency") or "")
    return f"{measure} was {value_text}"


_NO_NUMBERS = ("sd", "days")
"""Units of what is told by a sentence of its own."""


def _rule(one: Worded) -> "Alert | None":
    """Return an alert's rule; None where it watches another metric by now."""
    rule = one.rule
    return None if rule and one.said.get("metric", rule.metric) != rule.metric else rule


def _title(one: Worded, unit: str, now: "Judged") -> str:
    """Return the number of now beside what was told, in the unit of that."""
    said = one.said
    measure, value, before = said.get("measure") or one.name, now.value or 0.0, said.get("value")
    if unit == "sd":
        return f"{measure} is back within its control limits"
    if unit == "days":
        return f"{measure}: no longer forecast after the deadline"
    shown, past = (formats.value(value, unit), "") if before is None else two(value, before, unit)
    paid = said.get("currency") or ""
    shown, past = priced(shown, paid), priced(past, paid)
    value_text = f"{shown}{_sure(now, unit)}"
    if before is None:
        return f"{measure}: {value_text}"
    if unit in COUNTS:
        return f"{measure}: {value_text}, was {past}"
    return f"{measure} is {value_text}, was {past}"


def _sure(now: "Judged", unit: str) -> str:
    """Return the interval and the n of a number as they stand behind it; "" = it is a count."""
    n = "" if not now.n or now.n == now.value else f"n {formats.count(now.n)}"
    told = ", ".join(filter(None, (formats.interval(now.low, now.high, unit), n)))
    return f" ({told})" if told else ""


def _over(kind: str) -> str:
    if kind == Kind.UNCONFIRMED:
        return "It fired during a day whose end did not confirm it."
    return "The number is back within its line."


def _link(one: Worded, rule: "Alert", now: "Judged", base: str) -> str:
    """Return the address of the present number: of as many days, up to its own; "" = none."""
    query = one.query
    if query is None:
        return ""
    if query.until is not None:
        last, since = date.fromordinal(now.day), query.since
        length = _days(since, query.until) if since else timedelta()
        since = (last - length).isoformat() if since else None
        query = replace(query, since=since, until=last.isoformat())
    return link_of(base, rule, query, one.said.get("since") or "")


def _days(first: str, last: str) -> timedelta:
    return date.fromisoformat(last) - date.fromisoformat(first)
