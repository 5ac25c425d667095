"""With every message translated, no page says anything in English beside them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(180)
def test_a_translation_reaches_every_page(demo: Path, tmp_path: Path):
    argv = [sys.executable, "-m", "tests.dashboard.translated", str(demo), str(tmp_path)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    read = [line for line in done.stderr.splitlines() if line.endswith(" texts")]
    assert len(read) == 11
    assert all(int(line.split()[-2]) > 20 for line in read), read
