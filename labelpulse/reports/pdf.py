"""A report as a PDF by Typst, with vector charts and embedded fonts."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labelpulse.charts import export, look
from labelpulse.reports.document import Document, Section, Table
from labelpulse.reports.html import cell_text

_TEMPLATE = Path(__file__).with_name("report.typ")
_COLOURS = {
    "red": "#C0392B",
    "orange": "#B35C00",
    "green": "#2E7D4F",
    "blue": look.CATEGORIES[0],
    "gray": "#62747D",
}


def render(document: Document) -> bytes:
    """Render a report as PDF; the same report gives the same bytes."""
    import typst

    with TemporaryDirectory(prefix="labelpulse-report-") as name:
        folder = Path(name)
        numbers = iter(range(1_000_000))
        content = {
            "title": document.title,
            "as_of": document.as_of,
            "sources": list(document.sources),
            "footer": document.footer,
            "sections": [_section(section, folder, numbers) for section in document.sections],
            "texts": _texts(document),
            "look": {"ink": look.INK, "quiet": look.QUIET, "lines": look.LINES},
        }
        (folder / "report.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        (folder / "report.typ").write_bytes(_TEMPLATE.read_bytes())
        pdf = typst.compile(str(folder / "report.typ"), root=str(folder), ignore_system_fonts=False)
    return bytes(pdf)


def _texts(document: Document) -> dict[str, str]:
    """Return the texts that are the same on every page or in every section."""
    return {
        "as_of": f"As of {document.as_of}",
        "snapshot": f"snapshot {document.snapshot}",
        "open": "Open in the dashboard",
        "attention": "Needs attention",
        "nothing": "No rule of this report found a problem. Other problems are possible.",
    }


def _section(section: Section, folder: Path, numbers: Iterator[int]) -> dict[str, Any]:
    """Return a section as JSON values; write its charts into the folder."""
    figures = []
    for figure in section.figures:
        file = f"figure-{next(numbers)}.svg"
        (folder / file).write_bytes(export.svg(figure, titled=False))
        texts = {"title": figure.title, "note": figure.note, "described": figure.described}
        figures.append({**texts, "file": file})
    verdict = None
    if section.verdict is not None:
        verdict = asdict(section.verdict) | {"colour": _COLOURS[section.verdict.tone]}
    findings = None
    if section.findings is not None:
        findings = [
            {"what": finding.what, "detail": finding.detail, "do": finding.do}
            for finding in section.findings
        ]
    return {
        "title": section.title,
        "days": section.days,
        "link": section.link,
        "verdict": verdict,
        "tiles": [asdict(tile) for tile in section.tiles],
        "findings": findings,
        "figures": figures,
        "tables": [_table(table) for table in section.tables if table.rows],
    }


def _table(table: Table) -> dict[str, Any]:
    columns = list(table.rows[0])
    cells = [cell_text(row[name]) for row in table.rows for name in columns]
    return {"title": table.title, "about": table.about, "columns": columns, "cells": cells}
