"""Check the statistics by simulation and write docs/validation.md: ``make validate``.

Every figure has a fixed seed, so that the report changes only when the methods do. The exit code is
1 when a requirement is not met.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from pathlib import Path

from benchmarks.validation.line_chart import svg
from benchmarks.validation.report import (
    Requirement,
    Section,
    markdown,
    picture_name,
    requirements_table,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECTIONS = (
    "textbook",
    "drift",
    "label_shares",
    "gold",
    "many_charts",
    "causes",
    "periods",
    "intervals",
    "forecast",
    "alerts",
)
SLOWEST = ("drift", "alerts", "intervals", "gold", "label_shares", "forecast")
"""Started first, so that no processor waits for the last one."""
HEAD = """\
# How the statistics were validated

Simulations of what the dashboard shows, made by the functions that it uses. Every figure comes from
`make validate`, with fixed seeds; ± is one standard error of the simulation.
"""


def main() -> int:
    """Run all sections or those named, write the report, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make validate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes; print, write nothing")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    arguments = parser.parse_args()
    if unknown := set(arguments.sections) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    names = [name for name in SECTIONS if name in arguments.sections or not arguments.sections]
    sections = _run_sections(names, arguments.quick)
    requirements = [requirement for section in sections for requirement in section.requirements]
    text = "\n".join([HEAD, requirements_table(requirements) + "\n", *map(markdown, sections)])
    if arguments.quick or arguments.sections:
        sys.stdout.write(text)
    else:
        (DOCS / "validation.md").write_text(text, encoding="utf-8")
    if arguments.quick:
        return 0  # so few runs prove nothing
    for section in sections:
        if section.lines:
            path = DOCS / "images" / picture_name(section)
            path.write_text(svg(section.lines, section.axes, section.frame), encoding="utf-8")
    failed = [requirement for requirement in requirements if not requirement.holds]
    for requirement in failed:
        sys.stderr.write(f"not met: {_summary(requirement)}\n")
    return int(bool(failed))


def _run_sections(names: Sequence[str], quick: bool) -> list[Section]:
    """Run sections on all processors and report when each is done."""
    sections: dict[str, Section] = {}
    began = time.monotonic()
    order = sorted(names, key=lambda name: (*SLOWEST, name).index(name))
    with ProcessPoolExecutor(min(len(names), os.cpu_count() or 1)) as pool:
        jobs = {pool.submit(_section, name, quick): name for name in order}
        for job in as_completed(jobs):
            sections[jobs[job]] = job.result()
            done = f"{len(sections)} of {len(names)} sections, {time.monotonic() - began:.0f} s"
            sys.stderr.write(f"{jobs[job]}: done ({done})\n")
            for requirement in sections[jobs[job]].requirements:
                sys.stderr.write(f"  {_summary(requirement)}\n")
    return [sections[name] for name in names]


def _summary(requirement: Requirement) -> str:
    return f"{requirement.title}: {requirement.shown}, wanted {requirement.wanted}"


def _section(name: str, quick: bool) -> Section:
    section: Section = import_module(f"benchmarks.validation.{name}").section(quick)
    return section


if __name__ == "__main__":
    sys.exit(main())
