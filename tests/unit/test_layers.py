"""Imports point down inside the folders of kinds, too: import-linter takes no wildcards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import omics_components
from omics_components.kinds import registry

PACKAGE = Path(omics_components.__file__).parent
KINDS = [PACKAGE / "kinds" / kind.folder for kind in registry.KINDS]
FILES = {"resource", "model", "iam", "api", "handler", "creation", "inventory"}
"""What each kind has."""

STEPS = (
    "check",
    "diff",
    "create",
    "check_reference",
    "id_of",
    "read_owner",
    "write_owner",
    "check_replacement",
    "read",
    "update",
    "delete",
)
"""What each handler does, in this order."""

LAYERS = (
    {"cli"},
    {"native"},
    {"component"},
    {"permissions"},
    {"lookups"},
    {"kinds.*.resource"},
    {"providers"},
    {"engine"},
    {"kinds.registry"},
    {"kinds.*.handler"},
    {"kinds.*.creation", "kinds.*.deletion", "kinds.*.inventory"},
    {"lifecycle"},
    {"kinds.*.api"},
    {"aws"},
    {"kinds.*.model", "kinds.*.iam"},
    {"schema"},
    {"errors"},
)
"""From the top; a module belongs to the longest of these that it begins with."""

BESIDE = {
    "key_policy": "model",
    "configuration": "model",
    "defaults": "model",
    "read_sets": "api",
    "read_set_deletion": "creation",
    "update": "creation",
}
"""Further files of kinds, and the file that they stand beside."""

NO_LAYER = {"emulator", "testing", "", "__init__"}


def _spelled(module: str) -> str:
    parts = module.split(".")
    if parts[0] == "kinds" and len(parts) > 2:
        return f"kinds.*.{BESIDE.get(parts[2], parts[2])}"
    return module


def _layer(module: str) -> int:
    spelled = _spelled(module)
    names = [spelled.rsplit(".", cut)[0] for cut in range(spelled.count(".") + 1)]
    return next(at for name in names for at, layer in enumerate(LAYERS) if name in layer)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


MODULES = {
    _module(path): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py" and _module(path).split(".")[0] not in NO_LAYER
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("omics_components"):
            origin = (node.module or "").removeprefix("omics_components").removeprefix(".")
            for alias in node.names:
                whole = f"{origin}.{alias.name}".removeprefix(".")
                is_module = (PACKAGE / whole.replace(".", "/")).with_suffix(".py").exists()
                yield whole if is_module else origin


def test_every_kind_is_registered() -> None:
    assert sorted(KINDS) == sorted(p.parent for p in (PACKAGE / "kinds").glob("*/__init__.py"))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_what_is_below_it(module: str) -> None:
    imported = [one for one in _imports(MODULES[module]) if one.split(".")[0] not in NO_LAYER]
    upwards = [one for one in imported if _layer(one) < _layer(module)]
    assert not upwards


@pytest.mark.parametrize("kind", KINDS, ids=lambda path: path.name)
def test_no_kind_imports_another(kind: Path) -> None:
    others = {f"kinds.{other.name}" for other in KINDS if other != kind}
    imported = {one for path in kind.glob("*.py") for one in _imports(path)}
    assert not [one for one in imported for other in others if one.startswith(other)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda path: path.name)
def test_each_kind_has_the_same_files(kind: Path) -> None:
    there = {path.stem for path in kind.glob("*.py")} - {"__init__"}
    assert there >= FILES
    assert there <= FILES | {"deletion", *BESIDE}


def _handler(path: Path) -> ast.ClassDef:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    [handler] = [node for node in classes if node.name.endswith("Handler")]
    return handler


def _steps(handler: ast.ClassDef) -> tuple[str, ...]:
    functions = [node.name for node in handler.body if isinstance(node, ast.FunctionDef)]
    return tuple(name for name in functions if not name.startswith("_"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda path: path.name)
def test_each_handler_has_the_steps_of_its_base_in_the_same_order(kind: Path) -> None:
    base, handler = _handler(PACKAGE / "lifecycle" / "handler.py"), _handler(kind / "handler.py")

    assert [ast.unparse(one).partition("[")[0] for one in handler.bases] == ["Handler"]
    assert _steps(handler) == _steps(base) == STEPS
