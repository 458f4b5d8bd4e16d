"""
Holds the coverage of each part to what it has to be; says something only if it is less.

``python scripts/check_coverage.py coverage.json``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

WHOLE = ("domain", "wire")
"""Every line and every branch of these."""
REST = 90.0
"""Percent of lines and branches, of all else together."""


def main(report: Path) -> int:
    files: dict[str, Any] = json.loads(report.read_text("utf-8"))["files"]
    done = total = 0
    wrong = []
    for name, file in sorted(files.items()):
        parts = Path(name).parts
        inside = parts[parts.index("gamesync") + 1 :]
        summary = file["summary"]
        counted = summary["num_statements"] + summary["num_branches"]
        covered = summary["covered_lines"] + summary["covered_branches"]
        if inside[0] not in WHOLE:
            done, total = done + covered, total + counted
        elif covered < counted:
            gaps = file["missing_lines"], file["missing_branches"]
            wrong.append(f"{'/'.join(inside)}: lines {gaps[0]}, branches {gaps[1]} are untested")
    percent = 100 * done / max(total, 1)
    if percent < REST:
        wrong.append(f"beside {', '.join(WHOLE)}: {percent:.1f} %, less than {REST} %")
    for line in wrong:
        print(f"coverage: {line}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
