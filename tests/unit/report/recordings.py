"""The previews that ``record`` recorded, and the reports on them beside."""

from __future__ import annotations

from pathlib import Path

from omics_components.cli.report.judging import judge
from omics_components.cli.report.markdown import write_report
from omics_components.cli.report.preview import read_preview

PREVIEWS = Path(__file__).parent / "previews"


def recorded_previews() -> list[Path]:
    """List the recorded previews."""
    return sorted(path for path in PREVIEWS.iterdir() if path.suffix != ".md")


def report_on(preview: Path) -> str:
    """Write the report on a recorded preview."""
    found = read_preview(preview.read_text())
    return write_report(found, judge(found))
