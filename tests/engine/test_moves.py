"""Resources that get another name: what is declared by the old one is something else."""

from __future__ import annotations

from collections.abc import Callable

from pulumi import Alias, ResourceOptions

from omics_components import KmsKey, S3Bucket, SequenceStore
from tests.engine.stack import Stack


def _program(*names: str, **aliases: str) -> Callable[[], None]:
    def program() -> None:
        for name in names:
            opts = ResourceOptions()
            if name in aliases:
                opts = ResourceOptions(aliases=[Alias(name=aliases[name])])
            SequenceStore(name, name="reads", opts=opts)
            KmsKey(name, opts=opts)
            S3Bucket(name, opts=opts)

    return program


def _ids(stack: Stack, name: str) -> list[str]:
    return sorted(item["id"] for item in stack.resources() if item["urn"].endswith(f"::{name}"))


def test_a_new_resource_by_the_old_name_is_another_one(stack: Stack) -> None:
    stack.up(_program("old"))
    made = _ids(stack, "old")

    renamed = _program("new", new="old")
    preview = stack.preview(renamed)
    stack.up(renamed)
    stack.preview(_program("new"), expect_no_changes=True)
    both = _program("old", "new")
    stack.up(both)

    assert _ids(stack, "new") == made
    assert "updates the owner tag" in preview.text
    others = _ids(stack, "old")
    assert len(others) == len(made)
    assert not {*others} & {*made}
    stack.refresh(expect_no_changes=True)
    stack.up(_program("new"))
    stack.refresh(expect_no_changes=True)
    assert _ids(stack, "new") == made
