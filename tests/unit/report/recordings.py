"""The previews that ``record`` recorded, and the reports on them."""

from __future__ import annotations

from pathlib import Path

from omics_components.cli.report.assessment import find_risks
from omics_components.cli.report.markdown import write_report
from omics_components.cli.report.preview import read_preview

PREVIEWS = Path(__file__).parent / "previews"


def recorded_previews() -> list[Path]:
    """Return the recorded previews."""
    return sorted(path for path in PREVIEWS.iterdir() if path.suffix != ".md")


def report_on(preview: Path) -> str:
    """Return the report on a recorded preview."""
    found = read_preview(preview.read_text())
    return write_report(found, find_risks(found))
