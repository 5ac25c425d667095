"""Check the statistics by simulation and write docs/validation.md. ``python -m tests.validate``.

Every figure has a fixed seed, so that the report changes only when the methods do.
"""

import argparse
import sys
import time
from pathlib import Path

from tests.validate import causes, drift, gold, known, many, mix, periods
from tests.validate.picture import svg
from tests.validate.report import markdown, picture_name

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECTIONS = (known, drift, mix, gold, many, causes, periods)
HEAD = """\
# How the statistics were validated

Simulations of what the dashboard shows, made by the functions that it uses. Every figure comes from
`python -m tests.validate`, with fixed seeds; ± is one standard error of the simulation.
"""


def main() -> None:
    """Run all sections, or those named, and write the report."""
    names = [module.__name__.rpartition(".")[2] for module in SECTIONS]
    parser = argparse.ArgumentParser(prog="python -m tests.validate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes; print, write nothing")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(names))
    asked = parser.parse_args()
    if unknown := set(asked.sections) - set(names):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    parts = [HEAD]
    for name, module in zip(names, SECTIONS, strict=True):
        if asked.sections and name not in asked.sections:
            continue
        began = time.monotonic()
        section = module.section(asked.quick)
        parts.append(markdown(section))
        if section.lines and not asked.quick:
            path = DOCS / "images" / picture_name(section)
            path.write_text(svg(section.lines, section.axes), encoding="utf-8")
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    if asked.quick or asked.sections:
        sys.stdout.write("\n".join(parts))
    else:
        (DOCS / "validation.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
