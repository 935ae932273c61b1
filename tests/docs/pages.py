"""The Markdown pages of this repository, and what is in them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(
    r'^(?P<indent> *)```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?\n'
    r"(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        language: Its first word; "" for a block without one.
        title: The file that a reader is told to write it to.
        text: What is in it.
    """

    language: str
    title: str | None
    text: str

    @property
    def commands(self) -> str:
        """The commands of a console block, without what they print."""
        lines = self.text.splitlines()
        return "\n".join(line.removeprefix("$ ") for line in lines if line.startswith("$ "))


def blocks_of(page: Path) -> list[Block]:
    """List the blocks of a page, in its order."""
    return [
        Block(found["language"], found["title"], textwrap.dedent(found["text"]))
        for found in _BLOCK.finditer(page.read_text())
    ]


def pages() -> Iterator[Path]:
    """List the pages, those of the examples included."""
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", ".github/*.md"):
        yield from sorted(PROJECT.glob(pattern))


def without_blocks(text: str) -> str:
    """Return a page without its blocks."""
    return _BLOCK.sub("", text)
