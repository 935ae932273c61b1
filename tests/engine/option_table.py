"""What each resource option does, kind by kind: the tables of ``docs/resource_options.md``.

``test_option_table`` tries every cell on the engine, on both fronts.
``python -m tests.engine.option_table`` prints the table.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

KINDS = ("SequenceStore", "KmsKey", "S3Bucket", "S3AccessPolicy", "EncryptedSequenceStore")

WORKS, REFUSED, FOR_CHILDREN = "works", "refused", "for all children"
DELETING_FIRST = "with `delete_before_replace`"
"""Works with that option, and is refused without it."""

_EVERYWHERE = (WORKS, WORKS, WORKS, WORKS, FOR_CHILDREN)
_NOT_ON_COMPONENTS = (WORKS, WORKS, WORKS, WORKS, REFUSED)
_REPLACING = (DELETING_FIRST, DELETING_FIRST, DELETING_FIRST, WORKS, REFUSED)
_NOWHERE = (REFUSED,) * len(KINDS)

_DYNAMIC: Mapping[str, tuple[str, ...]] = {
    "additional_secret_outputs": _NOT_ON_COMPONENTS,
    "aliases": _EVERYWHERE,
    "custom_timeouts": _EVERYWHERE,
    "delete_before_replace": _NOT_ON_COMPONENTS,
    "deleted_with": (REFUSED, REFUSED, REFUSED, WORKS, REFUSED),
    "depends_on": _EVERYWHERE,
    "env_var_mappings": _NOWHERE,
    "hide_diffs": _NOT_ON_COMPONENTS,
    "hooks": _EVERYWHERE,
    "id": _NOT_ON_COMPONENTS,
    "ignore_changes": _NOT_ON_COMPONENTS,
    "import_": _NOT_ON_COMPONENTS,
    "parent": _EVERYWHERE,
    "plugin_download_url": _NOWHERE,
    "protect": _EVERYWHERE,
    "provider": _NOWHERE,
    "providers": _NOWHERE,
    "replace_on_changes": _NOWHERE,
    "replace_with": _REPLACING,
    "replacement_trigger": _REPLACING,
    "retain_on_delete": _EVERYWHERE,
    "state_migrations": _EVERYWHERE,
    "transformations": _EVERYWHERE,
    "transforms": _EVERYWHERE,
    "urn": _NOWHERE,
    "version": _NOWHERE,
}
OUTCOMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "dynamic": _DYNAMIC,
    "native": {
        **_DYNAMIC,
        "plugin_download_url": _NOT_ON_COMPONENTS,
        "provider": _EVERYWHERE,
        "providers": _EVERYWHERE,
        "replace_on_changes": (WORKS, WORKS, DELETING_FIRST, WORKS, REFUSED),
        "version": _NOT_ON_COMPONENTS,
    },
}
"""What becomes of each option, by front and in the order of KINDS."""


def table() -> str:
    """Return the table as Markdown: where the fronts differ, each has a row."""
    rows = [("option", *KINDS), ("---",) * (len(KINDS) + 1)]
    for option, cells in OUTCOMES["dynamic"].items():
        native = OUTCOMES["native"][option]
        if native == cells:
            rows.append((f"`{option}`", *cells))
        else:
            rows.append((f"`{option}`, dynamic", *cells))
            rows.append((f"`{option}`, native", *native))
    return (
        "".join(f"| {' | '.join(row)} |\n" for row in rows)
        .replace("| --- ", "|---")
        .replace("|--- |", "|---|")
    )


if __name__ == "__main__":
    sys.stdout.write(table())
