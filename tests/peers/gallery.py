"""Scores wsdiag on a gallery of real stacks, each healthy or broken in one known way, and keeps the gate.

`python tests/peers/gallery.py FOLDER [CASE…]`: FOLDER has `score.py` and `setup.sh`. Exit 1 on a false alarm on a
healthy stack, or when more than two broken ones are not named.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

MISSES_ALLOWED = 2


def main(folder: Path, cases: list[str]) -> int:
    """Runs the cases two at a time and judges the result as a whole."""
    wsdiag = Path(sys.executable).parent / "wsdiag"
    with tempfile.TemporaryDirectory() as scratch:
        scores = Path(scratch) / "scores.json"
        command = [sys.executable, "score.py", "-j", "2", "--wsdiag", str(wsdiag), "--json", str(scores), *cases]
        subprocess.run(command, cwd=folder, check=False)
        rows = json.loads(scores.read_text("utf-8"))
    alarms = [row["id"] for row in rows if row.get("want") == "healthy" and not row["ok"]]
    misses = [row["id"] for row in rows if row.get("want") == "unhealthy" and not row["ok"]]
    unstarted = [row["id"] for row in rows if row.get("skipped")]
    print(f"false alarms: {alarms or 'none'}; not named: {misses or 'none'}; did not start: {unstarted or 'none'}")
    return 1 if alarms or unstarted or len(misses) > MISSES_ALLOWED else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
