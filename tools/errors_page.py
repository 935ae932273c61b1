"""Write docs/errors.md: the error texts of the library, read from its source.

The texts are read, not provoked: so each is there, the rare ones too. What a text holds of one case
stands in braces.
"""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from omics_components import errors

ROOT = Path(errors.__file__).resolve().parent
HEADER = """\
# Error texts

The error texts of the library, read from its source, by the module that composes them, each with
its advice below. A text that is put together in several places may be missing. What differs from
case to case stands in braces. AWS's own words are not here: an error of AWS prints as
`<activity>: <code>: <AWS's words> [request <id>]. <advice>`.

This page is written by `make errors`.

"""
_APART = ("emulator", "errors.py", "testing")
"""What does not compose the library's errors: tools for tests, and the classes themselves."""

_CLASSES = frozenset(errors.__all__) - {"error_context"}
_OTHERS = frozenset({"BadParameter", "ClickException", "Failure", "UsageError", "ValueError"})
_REFUSALS = frozenset({"_refusal"})
"""Functions that make an error of the texts that they are given."""

_FORMS_MAX = 40
"""Alternatives of one text that are followed."""


@dataclasses.dataclass(frozen=True, order=True)
class Text:
    """One error text.

    Args:
        kind: Class of the error, or "" where only its advice is set.
        message: What happened.
        advice: What to do next: one of these.
    """

    kind: str
    message: str
    advice: tuple[str, ...]


def page() -> str:
    """Return the page."""
    lines = [HEADER.rstrip(), "", "## By class", ""]
    lines += [
        f"- `{name}`: {advice}"
        for name in sorted(_CLASSES)
        if (advice := getattr(errors, name).default_advice)
    ]
    lines += ["", "Of a denial, by the reason that AWS names:", ""]
    lines += [f"- {reason}: {advice}" for reason, advice in sorted(errors.ADVICE_BY_REASON.items())]
    for path, texts in all_texts().items():
        lines += ["", f"## {path}", ""]
        for text in texts:
            kind = f"`{text.kind}`: " if text.kind else ""
            lines.append(f"- {kind}{text.message}")
            lines += [f"  - {advice}" for advice in text.advice]
    return "\n".join(lines) + "\n"


def all_texts() -> dict[str, list[Text]]:
    """Return the texts by the path of their module, in order."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.partition("/")[0] in _APART:
            continue
        texts = list(dict.fromkeys(_texts(ast.parse(path.read_text(encoding="utf-8")))))
        if texts:
            found[name] = texts
    return found


def _texts(module: ast.Module) -> Iterator[Text]:
    constants = _assigned(module, deep=False)
    functions = {one.name: one for one in ast.walk(module) if isinstance(one, ast.FunctionDef)}
    owners: dict[ast.AST, ast.FunctionDef] = {}
    for function in functions.values():
        for node in ast.walk(function):
            owners[node] = function  # the innermost function comes last
    for node in ast.walk(module):
        owner = owners.get(node)
        local = _assigned(owner, deep=True) if owner else {}
        reader = _Reader({**constants, **local}, functions)
        if isinstance(node, ast.Call):
            yield from _made(node, reader)
            continue
        advice = _said(reader.read(node.value)) if _sets_advice(node) else ()
        if advice:
            yield Text("", "set on an error that another module composes:", advice)


def _made(call: ast.Call, reader: _Reader) -> Iterator[Text]:
    """Yield the texts of a call that makes an error."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _CLASSES | _OTHERS | _REFUSALS or not call.args:
        return
    position = 1 if name == "Failure" else 0
    if len(call.args) <= position:
        return
    given = {one.arg: one.value for one in call.keywords}
    advice = _said(reader.read(given["advice"])) if "advice" in given else ()
    for message in _said(reader.read(call.args[position])):
        yield Text("NotSupported" if name in _REFUSALS else name, message, advice)


def _said(forms: list[str]) -> tuple[str, ...]:
    """Return the forms that say something: others hand on what is composed elsewhere."""
    return tuple(form for form in dict.fromkeys(forms) if re.sub(r"\{[^}]*\}|[: ]", "", form))


def _sets_advice(node: ast.AST) -> TypeGuard[ast.Assign]:
    if not isinstance(node, ast.Assign):
        return False
    return any(isinstance(one, ast.Attribute) and one.attr == "advice" for one in node.targets)


def _assigned(scope: ast.AST, *, deep: bool) -> dict[str, list[ast.expr]]:
    """Return what names are assigned in a scope."""
    found: dict[str, list[ast.expr]] = {}
    nodes = ast.walk(scope) if deep else ast.iter_child_nodes(scope)
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


class _Reader:
    """Reads expressions as texts with braces for what is not constant.

    Args:
        names: What is assigned to names.
        functions: The functions of the module, by name.
    """

    def __init__(
        self, names: dict[str, list[ast.expr]], functions: dict[str, ast.FunctionDef]
    ) -> None:
        self._names = names
        self._functions = functions
        self._open: set[str] = set()

    def read(self, node: ast.expr) -> list[str]:
        """Return the forms of a text."""
        forms: list[str] = []
        match node:
            case ast.Constant(value=str(text)):
                forms = [text]
            case ast.FormattedValue(value=value):
                forms = self._inserted(value)
            case ast.JoinedStr(values=parts):
                forms = _joined([self.read(one) for one in parts])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                forms = _joined([self.read(left), self.read(right)])
            case ast.IfExp(body=body, orelse=orelse):
                forms = [*self.read(body), *self.read(orelse)]
            case ast.BoolOp(values=parts):
                forms = [form for one in parts for form in self.read(one)]
            case ast.Name(id=name) if name in self._names:
                forms = self._followed(name, self._names[name])
            case ast.Call(func=ast.Name(id=name)) if name in self._functions:
                forms = self._returned(self._functions[name])
        return forms or [_braced(node)]

    def _returned(self, function: ast.FunctionDef) -> list[str]:
        """Return the forms of what a function of texts returns."""
        if not (isinstance(function.returns, ast.Name) and function.returns.id == "str"):
            return []
        returned = [one for one in ast.walk(function) if isinstance(one, ast.Return)]
        inner = _Reader({**self._names, **_assigned(function, deep=True)}, self._functions)
        inner._open = self._open
        values = [one.value for one in returned if one.value is not None]
        return inner._followed(f"{function.name}()", values)

    def _inserted(self, node: ast.expr) -> list[str]:
        """Return the forms of what stands in braces in the source: short ones only."""
        forms = self.read(node) if isinstance(node, ast.Name | ast.IfExp | ast.Call) else []
        is_text = forms and not any(form.startswith("{") and form.endswith("}") for form in forms)
        return forms if is_text else [_braced(node)]

    def _followed(self, name: str, values: list[ast.expr]) -> list[str]:
        if name in self._open:
            return []
        self._open.add(name)
        try:
            return [form for value in values for form in self.read(value)]
        finally:
            self._open.discard(name)


def _joined(parts: list[list[str]]) -> list[str]:
    forms = [""]
    for part in parts:
        forms = [before + after for before in forms for after in part][:_FORMS_MAX]
    return forms


def _braced(node: ast.expr) -> str:
    """Return what stands for a value: its last name."""
    if isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if called in ("join", "len", "next", "repr", "sorted", "str", "map"):
            inner = _braced(node.args[-1])
            return f"{{number of {inner[1:]}" if called == "len" else inner
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return _braced(node.generators[0].iter)
    named = [one for one in ast.walk(node) if isinstance(one, ast.Attribute | ast.Name)]
    last = named[0] if named else None
    name = last.attr if isinstance(last, ast.Attribute) else getattr(last, "id", "…")
    return "{" + name.strip("_").replace("_", " ").lower() + "}"


if __name__ == "__main__":
    sys.stdout.write(page())
