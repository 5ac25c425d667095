"""Check the statistics by simulation and write docs/validation.md. ``python -m tests.validate``.

Every figure has a fixed seed, so that the report changes only when the methods do. The exit code is
1 when something that must hold does not.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from pathlib import Path

from tests.validate.picture import svg
from tests.validate.report import Section, markdown, picture_name, verdicts

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECTIONS = (
    *("known", "drift", "mix", "gold", "many", "causes", "periods", "intervals", "forecast"),
    "alerts",
)
SLOWEST = ("drift", "alerts", "intervals", "gold", "mix", "forecast")
"""Begun first, so that no processor waits for the last one."""
HEAD = """\
# How the statistics were validated

Simulations of what the dashboard shows, made by the functions that it uses. Every figure comes from
`make validate`, with fixed seeds; ± is one standard error of the simulation.
"""


def main() -> int:
    """Run all sections, or those named, and write the report; 1 when something does not hold."""
    parser = argparse.ArgumentParser(prog="make validate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes; print, write nothing")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    asked = parser.parse_args()
    if unknown := set(asked.sections) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    names = [name for name in SECTIONS if name in asked.sections or not asked.sections]
    sections = _made(names, asked.quick)
    bars = [bar for section in sections for bar in section.bars]
    text = "\n".join([HEAD, verdicts(bars) + "\n", *map(markdown, sections)])
    if asked.quick or asked.sections:
        sys.stdout.write(text)
    else:
        (DOCS / "validation.md").write_text(text, encoding="utf-8")
    if asked.quick:
        return 0  # so few runs prove nothing
    for section in sections:
        if section.lines:
            path = DOCS / "images" / picture_name(section)
            path.write_text(svg(section.lines, section.axes, section.frame), encoding="utf-8")
    missed = [bar for bar in bars if not bar.met]
    for bar in missed:
        sys.stderr.write(f"does not hold: {bar.what}: {bar.found}, wanted {bar.wanted}\n")
    return int(bool(missed))


def _made(names: Sequence[str], quick: bool) -> list[Section]:
    """Return the sections, made on all processors, and tell when each is done."""
    found: dict[str, Section] = {}
    began = time.monotonic()
    order = sorted(names, key=lambda name: (*SLOWEST, name).index(name))
    with ProcessPoolExecutor(min(len(names), os.cpu_count() or 1)) as pool:
        jobs = {pool.submit(_section, name, quick): name for name in order}
        for job in as_completed(jobs):
            found[jobs[job]] = job.result()
            done = f"{len(found)} of {len(names)} sections, {time.monotonic() - began:.0f} s"
            sys.stderr.write(f"{jobs[job]}: done ({done})\n")
            for bar in found[jobs[job]].bars:
                sys.stderr.write(f"  {bar.what}: {bar.found}, wanted {bar.wanted}\n")
    return [found[name] for name in names]


def _section(name: str, quick: bool) -> Section:
    section: Section = import_module(f"tests.validate.{name}").section(quick)
    return section


if __name__ == "__main__":
    sys.exit(main())
