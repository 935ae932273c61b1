"""What the guides show is so: their programs run, and their tables name what there is."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import pytest

from omics_components import SequenceStore
from tests.docs.pages import PROJECT, Block, blocks_of
from tests.unit.mocked_engine import mocked_engine, resolved

if TYPE_CHECKING:
    from pathlib import Path

    import pulumi

DOCS = PROJECT / "docs"
GUIDES = [DOCS / f"{name}.md" for name in ("migrating", "operating", "security")]
PROGRAMS = [block for page in GUIDES for block in blocks_of(page) if block.language == "python"]
OF_THE_LIBRARY = {"region", "force_destroy", "replace_triggers"}


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_in_a_guide_runs(program: Block) -> None:
    def declare() -> dict[str, pulumi.Output[object]]:
        names: dict[str, object] = {}
        exec(program.text, names)  # noqa: S102 our own page
        return {}

    with mocked_engine() as engine:
        resolved(declare)

    assert engine.inputs


def test_the_table_maps_every_argument() -> None:
    text = (DOCS / "migrating.md").read_text()
    rows = [line.split("|") for line in text.splitlines() if re.match(r"\| (`[A-Z]|none)", line)]
    mapped = {name for row in rows for name in re.findall(r"`(\w+)`", row[3])}

    arguments = set(inspect.signature(SequenceStore).parameters) - {"resource_name", "opts"}
    assert arguments <= mapped
    outputs = {"sequence_store_id", "arn", "S3AccessPolicy"}
    assert mapped <= arguments | outputs


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_quoted_messages_are_those_of_the_code(page: Path) -> None:
    """Words that a guide tells people to look for in the output."""
    code = "".join(
        re.sub(r'"\s*f?"', "", path.read_text())  # joins the parts of a long text
        for path in (PROJECT / "omics_components").rglob("*.py")
    )
    quoted = re.findall(r"`omics-components: (\w+ \w+)?", page.read_text())
    for words in filter(None, quoted):
        assert words in code, words
