"""Projects side by side: each with its verdict, finish, quality and risks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from labelpulse.core import formats
from labelpulse.core.forecast import Forecast, read_forecast
from labelpulse.findings.assess import need, quality
from labelpulse.findings.attention import Finding
from labelpulse.findings.findings import judge
from labelpulse.findings.selection import Selection
from labelpulse.findings.verdict import Quality, Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stands.

    Attributes:
        done: share of required labels, or of items with one where the need is not known.
        finish: None = not forecast. source: its state, name and last good read.
        risks: what needs attention, most urgent first.
    """

    project: str
    program: str
    verdict: Verdict
    done: float | None
    finish: Forecast | None
    deadline: date | None
    source: str
    quality: Quality | None
    risks: tuple[Finding, ...]

    @property
    def late(self) -> bool:
        """True where the verdict says so, or the likely finish lies after the deadline."""
        behind = 0 if self.finish is None else self.finish.days_late or 0
        return self.verdict.tone == "red" or behind > 0


def standing(selection: Selection, risks: tuple[Finding, ...]) -> Standing:
    """Return how a selection's project stands now, with what needs attention there."""
    selection = selection.as_now()
    progress = selection.one("progress")
    return Standing(
        project=selection.holding.info.label,
        program=selection.holding.info.program or "",
        verdict=judge(selection),
        done=None if progress is None else progress["value"],
        finish=None if need(selection) else read_forecast(selection.one("finish_date")),
        deadline=selection.deadline,
        source=_source(selection),
        quality=quality(selection),
        risks=risks,
    )


def _source(selection: Selection) -> str:
    """Return how fresh the source is, by its last good read: an age would grow on the page."""
    source = selection.holding.info.source
    read = formats.clock(source.ok_at, selection.timezone)
    return f"{selection.fresh.word} · {source.name} · {read}"


PERCENTS = ("Done", "Quality")
"""Cells that are percentages 0-100."""


def cells(one: Standing) -> dict[str, object]:
    """Return a project's row of the portfolio; numbers stay numbers."""
    evidence = one.quality
    known = evidence is not None and evidence.known
    rests_on = "nothing yet"
    if evidence:
        between = formats.interval(evidence.low, evidence.high, "share") if known else ""
        named = f"{evidence.kind} {between}".strip()
        rests_on = f"{named}, n {formats.count(evidence.n)}"
    return {
        "Project": one.project,
        **({"Program": one.program} if one.program else {}),
        "Verdict": one.verdict.word,
        "Risks": len(one.risks),
        "First risk": one.risks[0].what if one.risks else "",
        "Done": None if one.done is None else 100 * one.done,
        "Likely finish": None if one.finish is None else one.finish.middle,
        "p10 to p90": "" if one.finish is None else one.finish.band,
        "Deadline": one.deadline,
        "Days late": None if one.finish is None else one.finish.days_late,
        "Quality": 100 * evidence.value if known and evidence and evidence.value else None,
        "By": rests_on,
        "Source": one.source,
    }


def worst_first(found: Sequence[Standing]) -> list[Standing]:
    """Return projects by their tone, then by how much of them is late, then by title."""
    tones = {"red": 0, "orange": 1, "gray": 2, "blue": 3, "green": 4}

    def place(one: Standing) -> tuple[int, int, str]:
        late = 0 if one.finish is None else -(one.finish.days_late or 0)
        return tones[one.verdict.tone], late, one.project.casefold()

    return sorted(found, key=place)
