"""Write text from a preview as Markdown that GitHub shows literally.

All text goes into code spans or fences, where HTML, mentions, links and other markup do nothing.
Only characters that a span or a table row cannot hold are replaced.
"""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 160
_KEPT_BEFORE = 20
_KEPT_AFTER = 100


def code(text: str, *, in_table: bool = True) -> str:
    """Write a code span that reads as *text*, in one line.

    Args:
        text: Anything.
        in_table: Whether it stands in a table, where a pipe must be escaped even here.
    """
    shown = _visible(text, line_break="⏎") or '""'
    if in_table:
        shown = shown.replace("|", "\\|")
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    if not shown.strip(" "):
        pad = ""  # of spaces alone nothing is stripped
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(text: str) -> str:
    """Write a code block that reads as *text*; its lines are kept."""
    lines = [_visible(line, line_break="⏎") for line in text.splitlines()]
    content = "\n".join(lines)
    fence = "`" * max(3, _longest_run(content) + 1)
    return f"{fence}text\n{content}\n{fence}"


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Leave out the middle of a long text, saying how long it is."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} … {text[-half:]} ({len(text)} characters)"


def shortened_pair(before: str, after: str) -> tuple[str, str]:
    """Shorten two texts, if one is long, to what is around their first difference."""
    if max(len(before), len(after)) <= _LONGEST:
        return before, after
    pairs = enumerate(zip(before, after, strict=False))
    at = next((at for at, (old, new) in pairs if old != new), min(len(before), len(after)))
    return _around(before, at), _around(after, at)


def _around(text: str, at: int) -> str:
    begin, end = max(0, at - _KEPT_BEFORE), at + _KEPT_AFTER
    dots = ("…" if begin else "", "…" if end < len(text) else "")
    return f"{dots[0]}{text[begin:end]}{dots[1]} ({len(text)} characters)"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _visible(text: str, line_break: str) -> str:
    """Show what has no shape of its own: controls, and marks that turn the direction of text."""
    return "".join(_visible_letter(letter, line_break) for letter in text.replace("\r\n", "\n"))


def _visible_letter(letter: str, line_break: str) -> str:
    if letter == "\n":
        return line_break
    category = unicodedata.category(letter)
    if category[0] == "C" or category in {"Zl", "Zp"}:
        return f"\\u{{{ord(letter):x}}}"
    return " " if category == "Zs" else letter
