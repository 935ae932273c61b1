"""docs/errors.md has every error text, and each reads as a sentence."""

import inspect
import re
from pathlib import Path

import pytest

from omics_components import errors
from tools.errors_page import Text, all_texts, page

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXTS = [(path, text) for path, texts in all_texts().items() for text in texts]


def test_the_page_is_what_the_tool_writes() -> None:
    assert (DOCS / "errors.md").read_text() == page(), "run make errors"


def test_every_class_of_errors_is_composed_somewhere() -> None:
    """But for those that only AWS's own codes make, and the base classes."""
    composed = {text.kind for _, text in TEXTS}
    by_code = {"AccessDenied", "ServiceLimitExceeded", "Throttling"}
    assert set(errors.__all__) - composed - by_code == {
        "InitFailed",  # prints as its cause
        "OmicsComponentsError",
        "error_context",
    }


def test_the_tool_reads_what_python_composes() -> None:
    """A text of each form: of one literal, of a helper, of alternatives, of a function."""
    found = {text.message for _, text in TEXTS}
    assert "AWS accepted the deletion, and the store is {status} again" in found
    assert "the resource option" in "".join(found)
    assert "it is {status}, not ACTIVE: {message}" in found
    assert any(text.startswith("description: cannot be removed once it is set") for text in found)


@pytest.mark.parametrize(
    ("path", "text"), TEXTS, ids=[f"{path}: {text.message[:40]}" for path, text in TEXTS]
)
def test_a_text_reads_as_a_sentence(path: str, text: Text) -> None:
    del path
    for part in (text.message, *text.advice):
        assert part == part.strip()
        assert "  " not in part
        assert "\n" not in part
        assert not re.search(r"\b(shall|must hold no|can not|Please)\b", part)
    assert not text.message.endswith("."), "an error's sentence ends by itself"
    for advice in text.advice:
        assert re.match(r"[A-Z{]", advice)
        assert advice.endswith((".", "?", "}"))


def test_the_default_advice_of_each_class_is_a_sentence() -> None:
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        advice = getattr(kind, "default_advice", "")
        assert not advice or advice.endswith("."), name
