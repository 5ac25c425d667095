"""The content of a report: a page for executives, flow for managers, quality for quality leads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from labelpulse import __version__
from labelpulse.charts import series, shares, triangle
from labelpulse.charts.theme import Figure
from labelpulse.core import formats
from labelpulse.core.estimate import Measure
from labelpulse.core.stages import UNFINISHED_STAGES
from labelpulse.findings import summary
from labelpulse.findings.asked import Asked
from labelpulse.findings.assess import agreement_metric, gold_metric, project_pace
from labelpulse.findings.attention import Finding, on_quality
from labelpulse.findings.findings import findings, judge, where
from labelpulse.findings.pages import address
from labelpulse.findings.portfolio import PERCENTS, cells, standing, worst_first
from labelpulse.findings.selection import Choice, Selection, grain, selection_of
from labelpulse.findings.tiles import Tile, done, left, metric_tile, pace
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


def make_document(
    answers: Asked,
    audience: str,
    *,
    projects: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    days: int | None = DAYS,
) -> Document:
    """Make the report for an audience.

    Args:
        audience: executive, manager or quality.
        projects: titles of the projects to include; empty = all.
        names: pseudonym -> name; None = annotators appear under pseudonyms.
        days: the number of last days to include; None = all.
    """
    selections = []
    for project in answers.there.projects:
        if projects and project.info.label not in projects:
            continue
        control = next(iter([*project.controls, *project.unlabeled]), None)
        selections.append(
            selection_of(answers, project, Choice(control, days=days), dict(names or {}))
        )
    public_url = answers.settings.dashboard.public_url
    sections = [
        replace(_SECTIONS[audience](selection), link=_link(public_url, selection))
        for selection in selections
    ]
    if not selections:
        sections = [Section("Nothing is loaded yet")]
    if audience == "executive" and len(selections) > 1:
        sections.insert(0, _portfolio(selections))
    zone = selections[0].timezone if selections else "UTC"
    return Document(
        title=TITLES[audience],
        audience=audience,
        as_of=formats.clock(answers.at or None, zone),
        sections=sections,
        sources=sorted({selection.fresh.text for selection in selections}),
        snapshot=answers.snapshot(),
        definitions=answers.definitions(),
        version=__version__,
    )


def _link(public_url: str | None, selection: Selection) -> str | None:
    """Return the address of a project's page Summary; None if only this machine can open it."""
    if public_url is None:
        return None
    return address(public_url, "Summary", {"project": selection.holding.info.label})


def _portfolio(selections: Sequence[Selection]) -> Section:
    projects = worst_first([standing(each, tuple(findings(each))) for each in selections])
    late = sum(project.late for project in projects)
    rows = [_with_percent_texts(cells(project)) for project in projects]
    about = f"The worst first; {formats.count(late)} late."
    return Section("All projects", tables=[Table("Portfolio", about, rows)])


def _with_percent_texts(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row whose percentages are texts."""
    return {
        name: formats.percent(value / 100)
        if name in PERCENTS and isinstance(value, float)
        else value
        for name, value in row.items()
    }


def _head(
    selection: Selection, tiles: Sequence[Tile], section_findings: Sequence[Finding]
) -> Section:
    span = selection.span
    first, last = formats.day_year(span.since), formats.day_year(span.until)
    return Section(
        title=selection.holding.info.label,
        days=f"{first} to {last} · {selection.zone_line}",
        verdict=judge(selection),
        tiles=tiles,
        findings=section_findings,
    )


def _executive(selection: Selection) -> Section:
    all_findings = findings(selection)
    head = _head(selection, summary.tiles(selection, all_findings), all_findings[:RISKS])
    return replace(head, figures=[burn_up_figure(selection)])


def _manager(selection: Selection) -> Section:
    tiles = [
        done(selection),
        left(selection, ""),
        pace(selection),
        summary.finish(selection),
        summary.open_items(selection),
    ]
    head = _head(selection, tiles, findings(selection))
    figures = [
        burn_up_figure(selection),
        _counts_over_time(selection),
        _stage_queues(selection),
    ]
    batches = [
        {
            "Batch": row["batch"] or "none",
            "Done": formats.percent(row["value"]),
            "Required labels": row["n"],
        }
        for row in selection.rows("progress", "batch")
        if row["value"] is not None
    ]
    about = "Share of the labels that each batch needs."
    table = Table("Progress by batch", about, batches)
    return replace(
        head,
        figures=[figure for figure in figures if figure is not None and figure.marks],
        tables=[table] if len(batches) > 1 else [],
    )


def _quality(selection: Selection) -> Section:
    tiles = [summary.quality_tile(selection)]
    figures: list[Figure | None] = []
    if selection.control is not None and selection.holding.double:
        leads = headline(selection.scale)
        names = (leads.metric, *leads.beside, "agreement_coverage")
        tiles += [metric_tile(selection, _title(name), name) for name in names]
        mostly = where(selection).mostly
        figures += [
            control_chart(selection, "agreement_drift", mostly=mostly),
            _agreement_over_time(selection),
        ]
        if agreement_metric(selection) == "agreement_percent":
            figures.append(triangle.disagreement(selection.detail("label_pairs")))
    if selection.control is not None and selection.holding.gold != "none":
        figures.append(control_chart(selection, "gold_drift"))
    figures.append(control_chart(selection, "label_mix_drift") if selection.control else None)
    head = _head(selection, tiles, on_quality(findings(selection)))
    return replace(
        head,
        figures=[figure for figure in figures if figure is not None and figure.marks],
        tables=_gold_accuracy(selection),
    )


def _title(metric: str) -> str:
    from labelpulse.metrics.glossary import glossary

    return glossary()[metric].title


def _counts_over_time(selection: Selection) -> Figure:
    by = grain(selection)
    rows = selection.rows("annotations_submitted", by)
    if by == "week":
        return series.weekly_counts(rows, selection.span, noun="labels")
    needed = project_pace(selection).needed
    return series.daily_counts(rows, selection.span, noun="labels", need=needed)


def _stage_queues(selection: Selection) -> Figure | None:
    rows = selection.detail("stage_ages")
    if not any(row["stage"] in UNFINISHED_STAGES for row in rows):
        return None
    return draw_queues(rows, [name for _, name in AGES])


def _agreement_over_time(selection: Selection) -> Figure | None:
    name = agreement_metric(selection)
    metric = METRICS[name]
    rows = selection.rows(name, "week")
    if not any(row["value"] is not None for row in rows):
        return None
    measure = Measure("agreement", metric.unit, "items", metric.min_n)
    return shares.over_time(
        rows, selection.span, key="week", measure=measure, target=selection.target
    )


def _gold_accuracy(selection: Selection) -> list[Table]:
    """Return a table of the gold accuracy of each annotator, in alphabetical order."""
    if selection.control is None or selection.holding.gold == "none":
        return []
    metric = gold_metric(selection)
    rows = [row for row in selection.rows(metric, "annotator") if row["value"] is not None]
    min_n = METRICS[metric].min_n
    column = "Matched F1 on gold" if metric == "gold_match_f1" else "Accuracy"
    cell_rows = [
        {
            "Person": row["annotator"],
            column: formats.percent(row["value"]) if row["n"] >= min_n else "too few",
            "95% interval": (
                formats.interval(row["low"], row["high"], "share") if row["n"] >= min_n else ""
            ),
            "Gold answers": row["n"],
        }
        for row in sorted(rows, key=lambda row: str(row["annotator"]).casefold())
    ]
    about = "First answers to gold items. The order is alphabetical and not a ranking."
    return [Table("Gold accuracy of each annotator", about, cell_rows)] if cell_rows else []


_SECTIONS: Mapping[str, Callable[[Selection], Section]] = {
    "executive": _executive,
    "manager": _manager,
    "quality": _quality,
}
AUDIENCES = tuple(_SECTIONS)
