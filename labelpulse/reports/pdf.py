"""A report as a PDF, set by Typst: vector drawings, fonts inside, the same bytes every time."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labelpulse.charts import export, look
from labelpulse.reports.document import Document, Section, Table
from labelpulse.reports.html import shown

_TEMPLATE = Path(__file__).with_name("report.typ")
_COLOURS = {
    "red": "#C0392B",
    "orange": "#B35C00",
    "green": "#2E7D4F",
    "blue": look.CATEGORIES[0],
    "gray": "#62747D",
}


def write(doc: Document) -> bytes:
    """Return a report as PDF; the same report gives the same bytes."""
    import typst

    with TemporaryDirectory(prefix="labelpulse-report-") as name:
        folder = Path(name)
        numbers = iter(range(1_000_000))
        sections = [_section(one, folder, numbers) for one in doc.sections]
        told_all = {
            "title": doc.title,
            "as_of": doc.as_of,
            "sources": list(doc.sources),
            "footer": doc.footer,
            "sections": sections,
            "words": _words(doc),
            "look": {"ink": look.INK, "quiet": look.QUIET, "lines": look.LINES},
        }
        (folder / "report.json").write_text(json.dumps(told_all, ensure_ascii=False), "utf-8")
        (folder / "report.typ").write_bytes(_TEMPLATE.read_bytes())
        made = typst.compile(
            str(folder / "report.typ"), root=str(folder), ignore_system_fonts=False
        )
    return bytes(made)


def _words(doc: Document) -> dict[str, str]:
    """Return what is the same on every page or in every section."""
    return {
        "as_of": f"As of {doc.as_of}",
        "snapshot": f"snapshot {doc.snapshot}",
        "open": "Open in the dashboard",
        "attention": "Needs attention",
        "nothing": "Nothing by the rules of this report. That is no proof that all is well.",
    }


def _section(one: Section, folder: Path, numbers: Iterator[int]) -> dict[str, Any]:
    figures = []
    for figure in one.figures:
        file = f"figure-{next(numbers)}.svg"
        (folder / file).write_bytes(export.svg(figure, titled=False))
        figures.append(
            {
                "title": figure.title,
                "note": figure.note,
                "described": figure.described,
                "file": file,
            }
        )
    verdict = None
    if one.verdict is not None:
        verdict = asdict(one.verdict) | {"colour": _COLOURS[one.verdict.tone]}
    findings = None
    if one.findings is not None:
        findings = [{"what": f.what, "told": f.detail, "do": f.do} for f in one.findings]
    return {
        "title": one.title,
        "days": one.days,
        "link": one.link,
        "verdict": verdict,
        "tiles": [asdict(tile) for tile in one.tiles],
        "findings": findings,
        "figures": figures,
        "tables": [_table(table) for table in one.tables if table.rows],
    }


def _table(one: Table) -> dict[str, Any]:
    columns = list(one.rows[0])
    cells = [shown(row[name]) for row in one.rows for name in columns]
    return {"title": one.title, "about": one.about, "columns": columns, "cells": cells}
