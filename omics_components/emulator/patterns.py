"""Compile the model's Java-style string patterns to Python predicates.

Only patterns: lengths, enums and types are in ``validation``.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

_CATEGORY_CLASS = re.compile(r"(?P<prefix>[a-z]*)\[(?P<body>(?:\\p\{[A-Z]\}|\||\\[tnr])+)\]\+")
_CATEGORY = re.compile(r"\\p\{([A-Z])\}")
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\r": "\r"}


@cache
def compile_pattern(pattern: str) -> Callable[[str], bool]:
    r"""Return a predicate that says whether a whole string matches *pattern*.

    Patterns are full matches: CloudFormation writes the same ones anchored (schema; assumed:
    whole-patterns). The
    standard library cannot compile ``\p{L}``, so those classes test Unicode general categories;
    the ``||`` between them is, in Java, a literal bar.

    Raises:
        ValueError: The pattern uses ``\p`` in a form that is not known here. A new botocore
            model would show it at the first call that needs the pattern.
    """
    if r"\p" not in pattern:
        compiled = re.compile(pattern)
        return lambda text: compiled.fullmatch(text) is not None
    match = _CATEGORY_CLASS.fullmatch(pattern)
    if match is None:
        raise ValueError(f"cannot compile the pattern {pattern!r}")
    prefix, body = match["prefix"], match["body"]
    categories = frozenset(_CATEGORY.findall(body))
    literals = {"|"} if "|" in body else set[str]()
    literals |= {char for escape, char in _ESCAPES.items() if escape in body}

    def matches(text: str) -> bool:
        rest = text[len(prefix) :]
        return (
            text.startswith(prefix)
            and rest != ""
            and all(unicodedata.category(c)[0] in categories or c in literals for c in rest)
        )

    return matches
