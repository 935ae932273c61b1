"""docs/resource_options.md has the table that the engine's tests try."""

from pathlib import Path

from tests.engine.option_table import table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "resource_options.md"


def test_the_page_has_the_tried_table() -> None:
    assert table() in PAGE.read_text(), "run python -m tests.engine.option_table"
