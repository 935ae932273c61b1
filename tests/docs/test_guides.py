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
    import pulumi

DOCS = PROJECT / "docs"
GUIDES = [DOCS / f"{name}.md" for name in ("migrating", "operating", "security")]
PROGRAMS = [block for page in GUIDES for block in blocks_of(page) if block.language == "python"]
MESSAGES = (
    "resuming the interrupted creation of",
    "Run the update again; it resumes from here.",
    "of this declaration ",
    ", and the state records ",
    "as it is, and removed it from this state",
    ", but the credentials to account ",
    "it is not what the program says: ",
    "its ownership tag says that another program",
    "it is not there",
)


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


@pytest.mark.parametrize("words", MESSAGES)
def test_messages_that_the_guides_quote_are_those_of_the_code(words: str) -> None:
    code = "".join(
        re.sub(r'"\s*f?"', "", path.read_text())  # joins the parts of a text
        for path in (PROJECT / "omics_components").rglob("*.py")
    )

    assert words in code
    assert any(words in page.read_text() for page in GUIDES)
