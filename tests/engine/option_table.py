"""What each resource option does, kind by kind: the table of ``docs/resource_options.md``.

``test_option_table`` tries every cell on the engine. ``python -m tests.engine.option_table`` prints
the table.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

KINDS = ("SequenceStore", "KmsKey", "S3Bucket", "S3AccessPolicy", "EncryptedSequenceStore")

WORKS, REFUSED, CHILDREN = "works", "refused", "for all children"
DELETING_FIRST = "with `delete_before_replace`"
"""Works with that option, and is refused without it."""

_EVERYWHERE = (WORKS, WORKS, WORKS, WORKS, CHILDREN)
_NOT_ON_COMPONENTS = (WORKS, WORKS, WORKS, WORKS, REFUSED)
_REPLACING = (DELETING_FIRST, DELETING_FIRST, DELETING_FIRST, WORKS, REFUSED)
_NOWHERE = (REFUSED,) * len(KINDS)

OUTCOMES: Mapping[str, tuple[str, ...]] = {
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
"""What becomes of each option, in the order of KINDS."""


def outcome(option: str, kind: str) -> str:
    """Return one cell of the table."""
    return OUTCOMES[option][KINDS.index(kind)]


def table() -> str:
    """Return the table as Markdown."""
    rows = [("option", *KINDS), ("---",) * (len(KINDS) + 1)]
    rows += [(f"`{option}`", *cells) for option, cells in OUTCOMES.items()]
    return (
        "".join(f"| {' | '.join(row)} |\n" for row in rows)
        .replace("| --- ", "|---")
        .replace("|--- |", "|---|")
    )


if __name__ == "__main__":
    sys.stdout.write(table())
