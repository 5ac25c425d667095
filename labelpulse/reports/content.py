"""What each reader gets: an executive one page, a manager time and flow, a quality lead quality."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from labelpulse import __version__
from labelpulse.charts import series, shares, triangle
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Measure, Row
from labelpulse.core.stages import UNFINISHED_STAGES
from labelpulse.judgement import summary
from labelpulse.judgement.asked import Asked
from labelpulse.judgement.assess import agreement_metric, gold_metric, project_pace
from labelpulse.judgement.attention import Finding, on_quality
from labelpulse.judgement.desk import Choice, Desk, desk_of, grain
from labelpulse.judgement.findings import findings, judge, where
from labelpulse.judgement.pages import address
from labelpulse.judgement.portfolio import PERCENTS, cells, standing, worst_first
from labelpulse.judgement.tiles import Tile, done, left, metric_tile, pace
from labelpulse.metrics.headline import headline
from labelpulse.metrics.registry import METRICS
from labelpulse.reader.details import AGES
from labelpulse.reports.document import Document, Section, Table
from labelpulse.reports.figures import burn_up_figure, control_chart, draw_queues

RISKS = 3
DAYS = 91
TITLES = {
    "executive": "Is it on time, and can it be trusted?",
    "manager": "What is done, what is left, what is stuck",
    "quality": "How alike and how right answers are",
}


def document(
    asked: Asked,
    audience: str,
    *,
    projects: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    days: int | None = DAYS,
) -> Document:
    """Return the report of an audience.

    Args:
        audience: executive, manager or quality.
        projects: titles to tell of; empty = all.
        names: pseudonym -> name; None = people stay pseudonyms.
        days: how many last days are looked at; None = all.
    """
    held = [one for one in asked.there.projects if not projects or one.info.label in projects]
    desks = [
        desk_of(asked, one, Choice(next(iter([*one.controls, *one.unlabeled]), None), days=days),
                dict(names or {}))
        for one in held
    ]  # fmt: skip
    public_url = asked.settings.dashboard.public_url
    sections = [replace(_SECTIONS[audience](desk), link=_link(public_url, desk)) for desk in desks]
    if not desks:
        sections = [Section("Nothing is loaded yet")]
    if audience == "executive" and len(desks) > 1:
        sections.insert(0, _portfolio(desks))
    zone = desks[0].timezone if desks else "UTC"
    return Document(
        title=TITLES[audience],
        audience=audience,
        as_of=formats.clock(asked.at or None, zone),
        sections=sections,
        sources=sorted({desk.fresh.text for desk in desks}),
        snapshot=asked.snapshot(),
        definitions=asked.definitions(),
        version=__version__,
    )


def _link(public_url: str | None, desk: Desk) -> str | None:
    """Return the address of a project's page Summary; None where only this machine can open it."""
    if public_url is None:
        return None
    return address(public_url, "Summary", {"project": desk.holding.info.label})


def _portfolio(desks: Sequence[Desk]) -> Section:
    found = worst_first([standing(desk, tuple(findings(desk))) for desk in desks])
    late = sum(one.late for one in found)
    rows = [_words(cells(one)) for one in found]
    about = f"The worst first; {formats.count(late)} late."
    return Section("All projects", tables=[Table("Portfolio", about, rows)])


def _words(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row with its percentages as text."""
    return {
        name: formats.percent(value / 100)
        if name in PERCENTS and isinstance(value, float)
        else value
        for name, value in row.items()
    }


def _head(desk: Desk, tiles: Sequence[Tile], found: Sequence[Finding]) -> Section:
    span = desk.span
    first, last = formats.day_year(span.since), formats.day_year(span.until)
    between = f"{first} to {last}"
    return Section(
        title=desk.holding.info.label,
        days=f"{between} · {desk.zone_line}",
        verdict=judge(desk),
        tiles=tiles,
        findings=found,
    )


def _executive(desk: Desk) -> Section:
    found = findings(desk)
    head = _head(desk, summary.tiles(desk, found), found[:RISKS])
    return replace(head, figures=[burn_up_figure(desk)])


def _manager(desk: Desk) -> Section:
    tiles = [done(desk), left(desk, ""), pace(desk), summary.finish(desk), summary.open_items(desk)]
    head = _head(desk, tiles, findings(desk))
    figures = [burn_up_figure(desk), _made(desk), _queues(desk)]
    batches = [
        {
            "Batch": row["batch"] or "none",
            "Done": formats.percent(row["value"]),
            "Required labels": row["n"],
        }
        for row in desk.rows("progress", "batch")
        if row["value"] is not None
    ]
    about = "Share of the labels that each batch needs."
    table = Table("Progress by batch", about, batches)
    return replace(
        head,
        figures=[one for one in figures if one is not None and one.marks],
        tables=[table] if len(batches) > 1 else [],
    )


def _quality(desk: Desk) -> Section:
    tiles = [summary.quality_tile(desk)]
    figures: list[Figure | None] = []
    if desk.control is not None and desk.holding.double:
        leads = headline(desk.scale)
        names = (leads.metric, *leads.beside, "agreement_coverage")
        tiles += [metric_tile(desk, _title(name), name) for name in names]
        mostly = where(desk).mostly
        figures += [control_chart(desk, "agreement_drift", mostly=mostly), _over_time(desk)]
        if agreement_metric(desk) == "agreement_percent":
            figures.append(triangle.disagreement(desk.detail("label_pairs")))
    if desk.control is not None and desk.holding.gold != "none":
        figures.append(control_chart(desk, "gold_drift"))
    figures.append(control_chart(desk, "label_mix_drift") if desk.control else None)
    head = _head(desk, tiles, on_quality(findings(desk)))
    return replace(
        head,
        figures=[one for one in figures if one is not None and one.marks],
        tables=_people(desk),
    )


def _title(metric: str) -> str:
    from labelpulse.metrics.glossary import glossary

    return glossary()[metric].title


def _made(desk: Desk) -> Figure:
    by = grain(desk)
    rows = desk.rows("annotations_submitted", by)
    if by == "week":
        return series.weekly_counts(rows, desk.span, noun="labels")
    needed = project_pace(desk).needed
    return series.daily_counts(rows, desk.span, noun="labels", need=needed)


def _queues(desk: Desk) -> Figure | None:
    rows = desk.detail("stage_ages")
    if not any(row["stage"] in UNFINISHED_STAGES for row in rows):
        return None
    return draw_queues(rows, [name for _, name in AGES])


def _over_time(desk: Desk) -> Figure | None:
    name = agreement_metric(desk)
    metric = METRICS[name]
    rows = desk.rows(name, "week")
    if not any(row["value"] is not None for row in rows):
        return None
    measure = Measure("agreement", metric.unit, "items", metric.min_n)
    return shares.over_time(rows, desk.span, key="week", measure=measure, target=desk.target)


def _people(desk: Desk) -> list[Table]:
    """Return everybody's accuracy on known answers in alphabetical order; few answers unranked."""
    if desk.control is None or desk.holding.gold == "none":
        return []
    metric = gold_metric(desk)
    rows = [row for row in desk.rows(metric, "annotator") if row["value"] is not None]
    least, name = METRICS[metric].min_n, "Accuracy"
    if metric == "gold_match_f1":
        name = "Matched F1 on gold"
    shown = [
        {
            "Person": row["annotator"],
            name: formats.percent(row["value"]) if row["n"] >= least else "too few",
            "95 % interval": _interval(row, least),
            "Known answers": row["n"],
        }
        for row in sorted(rows, key=lambda row: str(row["annotator"]).casefold())
    ]
    about = "First answers to items with a known answer. In alphabetical order: this is no ranking."
    return [Table("Accuracy of each person", about, shown)] if shown else []


def _interval(row: Row, least: int) -> str:
    return formats.interval(row["low"], row["high"], "share") if row["n"] >= least else ""


_SECTIONS: Mapping[str, Callable[[Desk], Section]] = {
    "executive": _executive,
    "manager": _manager,
    "quality": _quality,
}
AUDIENCES = tuple(_SECTIONS)
