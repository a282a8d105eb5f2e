"""The session engine's tests run in a process of their own: it needs Locust, which patches the process for good."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "engine"
IGNORE = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
RUN = "import sys, locust, pytest; sys.exit(pytest.main(sys.argv[1:]))"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("test_*.py")), ids=lambda file: file.stem)
def test_engine(file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "-q", "-p", "no:cacheprovider", "-W", IGNORE, str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
