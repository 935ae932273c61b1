"""docs/assumptions.md says what the registry says."""

from pathlib import Path

from tools.assumptions_page import page

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_what_the_tool_writes() -> None:
    assert (DOCS / "assumptions.md").read_text() == page(), "run make assumptions"


def test_the_page_of_the_emulator_links_to_it() -> None:
    assert "(assumptions.md)" in (DOCS / "emulator.md").read_text()
