"""Refuse phrases that are never right in docstrings, comments, error texts and pages.

``python -m tools.wording`` reads all code and pages of the repository, and exits with 1 if it finds
one. There is no way to exempt a line: rewrite it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PHRASES = {
    '"""Give': "Return, Add or Set",
    '"""Judge': "Validate or Check",
    '"""Say': "Return, Report or Warn",
    '"""Tell': "Return, Report or Warn",
    "anew": "again",
    "are none of": "are not among",
    "as good as left out": "the same as leaving it out",
    "be told": "be known, be determined or be distinguished",
    "come to know": "learn",
    "comes to know": "learns",
    "cut short": "interrupted or truncated",
    "does not count for": "is not supported by",
    "everybody": "everyone",
    "goes on with": "resumes or continues",
    "going on with": "resuming or continuing",
    "gone on with": "resumed or continued",
    "half done": "incomplete or interrupted",
    "half-done": "incomplete or interrupted",
    "in case that": "in case or if",
    "is none of": "is not one of",
    "likewise": "also, the same or as above",
    "make no sense": "are invalid",
    "makes no sense": "is invalid",
    "mended": "fixed",
    "nobody": "no one",
    "nothing tells": "nothing sets",
    "parted by": "separated by",
    "parted from": "separated from",
    "somebody": "someone",
    "that are none": "that are not",
    "that is none": "that is not one",
    "there is none of": "there is no, or there is none with",
    "unjudged": "without validation",
    "what is said": "the declared value",
    "whoever": "anyone who, or name the caller",
    "whose turn it is": "the next",
}
"""Phrase → what to write instead. Its first letter may be a capital; a space is any gap."""

ROOT = Path(__file__).parents[1]

READ = (
    "*.md",
    "*.py",
    "*.toml",
    "Makefile",
    ".github/*.md",
    "bench/**/*.py",
    "docs/*.md",
    "examples/**/*.md",
    "examples/**/*.py",
    "omics_components/**/*.py",
    "tests/**/*.py",
    "tools/**/*.py",
)
"""What is read. Not docs/adr, recorded states and previews: they quote the past."""

NOT_READ = {"CHANGELOG.md", "tests/unit/test_wording.py", "tools/wording.py"}
"""The record of past releases, and the two files that hold the phrases."""

_GAP = r"[\s#>]+"
_ANY_PHRASE = re.compile(
    "|".join(
        rf"(?<!\w)[{phrase[0].upper()}{phrase[0]}]{phrase[1:].replace(' ', _GAP)}\b"
        for phrase in PHRASES
    )
)


class Finding(NamedTuple):
    """A phrase that is refused."""

    line: int
    """Line of the text that the phrase begins on, from 1."""
    phrase: str
    instead: str


def find_phrases(text: str) -> Iterator[Finding]:
    """Yield the refused phrases of a text in order."""
    for match in _ANY_PHRASE.finditer(text):
        phrase = re.sub(_GAP, " ", match[0])
        phrase = phrase[0].lower() + phrase[1:]
        yield Finding(text.count("\n", 0, match.start()) + 1, phrase, PHRASES[phrase])


def main() -> int:
    """Print the refused phrases of all files that are read; return 1 if there are any."""
    status = 0
    for path in sorted({path for pattern in READ for path in ROOT.glob(pattern)}):
        name = path.relative_to(ROOT).as_posix()
        if name in NOT_READ:
            continue
        for line, phrase, instead in find_phrases(path.read_text(encoding="utf-8")):
            print(f"{name}:{line}: {phrase!r}: write {instead}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
