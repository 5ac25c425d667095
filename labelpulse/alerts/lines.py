"""Lines that can be passed and come back within: what a metric's numbers can be. Pure."""

from collections.abc import Mapping
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING

from labelpulse.core.errors import UsageError
from labelpulse.metrics.base import Metric

if TYPE_CHECKING:
    from labelpulse.config import Alert

Span = tuple[float, float]

_OF_UNIT: Mapping[str, Span] = MappingProxyType(
    {"share": (0.0, 1.0), **dict.fromkeys(("alpha", "kappa", "AC1", "tau", "coefficient"), (-1, 1))}
)
_SIGNED: Mapping[str, Span] = MappingProxyType(
    {
        "reviewer_leniency": (-1.0, 1.0),
        **dict.fromkeys(
            ("reconciliation_gap", "prediction_time_saved", "littles_law_residual"), (-inf, inf)
        ),
    }
)
"""Metrics whose numbers are differences."""


def span_of(found: Metric) -> Span:
    """Return the least and the most that a metric's numbers can be."""
    return _SIGNED.get(found.name) or _OF_UNIT.get(found.unit, (0.0, inf))


def check_lines(rule: "Alert", found: Metric) -> None:
    """Refuse lines that no number of a metric can pass, or come back within.

    Raises:
        UsageError: says what to write in their place.
    """
    least, most = span_of(found)
    for name, line in (("below", rule.below), ("above", rule.above)):
        if line is not None:
            _check_reached(
                name, line, found, passed=line > least if name == "below" else line < most
            )
    for name, gap in (
        ("changed_by", rule.changed_by),
        ("worse_than_peers", rule.worse_than_peers),
    ):
        if gap is not None:
            _check_reached(name, gap, found, passed=gap < most - least)
    if rule.below is not None and rule.below + rule.hysteresis > most:
        raise UsageError(_for_ever(found, f"above {most:g}", most - rule.below))
    if rule.above is not None and rule.above - rule.hysteresis < least:
        raise UsageError(_for_ever(found, f"below {least:g}", rule.above - least))


def _check_reached(name: str, line: float, found: Metric, *, passed: bool) -> None:
    """Refuse a line that nothing passes, or that is outside of what the numbers can be."""
    least, most = span_of(found)
    gap = name not in ("below", "above")
    if passed and (gap or least <= line <= most):
        return
    whole = f"from {least:g} to {most:g}" if most < inf else f"{least:g} or more"
    percent = found.unit == "share" and 1 < line <= 100
    remedy = f"write {line / 100:g} for {line:g} %" if percent else "write a line within that"
    why = "" if passed else ", so that it would never fire"
    raise UsageError(f"{name} = {line:g}, but {found.name} is {whole}{why}: {remedy}")


def _for_ever(found: Metric, never: str, room: float) -> str:
    """Return what is wrong with a hysteresis that leads out of what the numbers can be."""
    return (
        f"this would never recover, for {found.name} is never {never}: write a hysteresis of at "
        f"most {room:g}"
    )
