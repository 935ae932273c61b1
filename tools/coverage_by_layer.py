"""Print the test coverage of each layer, and fail if one is too low.

Reads what ``coverage json`` wrote: ``python tools/coverage_by_layer.py report.json``.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath

MIN_PERCENT = {"engine": 95, "kinds": 95, "lifecycle": 95}
"""Minimum line and branch coverage of a layer, each (%)."""


def main(report: str) -> int:
    """Print a table; return 1 if a layer is below its minimum."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for name, file in json.loads(Path(report).read_text())["files"].items():
        path = PurePosixPath(name)
        layer = path.parts[1] if len(path.parts) > 2 else path.stem  # noqa: PLR2004 a folder of the package
        summary = file["summary"]
        keys = ("covered_lines", "num_statements", "covered_branches", "num_branches")
        counts[layer] = [a + summary[key] for a, key in zip(counts[layer], keys, strict=True)]
    too_low = []
    print(f"{'layer':12} {'lines':>17} {'branches':>17}")
    for layer, (lines, all_lines, branches, all_branches) in sorted(counts.items()):
        percents = [_percent(lines, all_lines), _percent(branches, all_branches)]
        print(
            f"{layer:12} {percents[0]:6.1f} % of {all_lines:5}"
            f" {percents[1]:6.1f} % of {all_branches:5}"
        )
        if min(percents) < MIN_PERCENT.get(layer, 0):
            too_low.append(
                f"{layer}: at least {MIN_PERCENT[layer]} % of lines and branches are required"
            )
    print("\n".join(too_low), file=sys.stderr)
    return 1 if too_low else 0


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
