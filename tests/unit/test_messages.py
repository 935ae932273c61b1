"""The words of what a provider says beside the stack, where they are put together."""

import io
import sys

import pytest

from omics_components.engine import messages
from omics_components.engine.dynamic import adapter

REPLACES = {"sse_config": "sseConfig", "region": "region", "replace_triggers": "replaceTriggers"}


@pytest.mark.parametrize(
    ("names", "unknown", "said"),
    [
        (["sse_config"], [], "sseConfig changes"),
        (["sse_config", "region"], [], "sseConfig and region change"),
        (["sse_config"], ["sse_config", "tags"], "sseConfig may change"),
        (["sse_config", "region"], ["region", "sse_config"], "sseConfig and region may change"),
        (
            ["sse_config", "region", "replace_triggers"],
            ["replace_triggers"],
            "sseConfig and region change and replaceTriggers may change",
        ),
    ],
)
def test_a_reason_tells_what_changes_from_what_may(
    names: list[str], unknown: list[str], said: str
) -> None:
    assert messages.reason({name: REPLACES[name] for name in names}, unknown) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ([], ""),
        (["tagsAll"], "; still to update: tagsAll"),
        (["description", "tags", "tagsAll"], "; still to update: description, tags"),
    ],
)
def test_what_is_gone_on_with_is_told_apart_from_the_program(changed: list[str], said: str) -> None:
    line = "resumes the interrupted update of lab"
    assert messages.goes_on("lab", changed) == line + said


def test_a_remark_that_nobody_hears_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    gone = Gone()
    monkeypatch.setattr(sys, "stderr", gone)

    adapter.info("adopts it")

    assert gone.getvalue() == "omics-components: adopts it\n"
