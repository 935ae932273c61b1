"""Lines that a provider shows next to the stack: what no diff shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

ASKED_FOR = "the program's resource options ask for it"
"""Why something is replaced whose properties do not."""


def reason(replaces: Mapping[str, str], unknown: Collection[str]) -> str:
    """Return why a resource is replaced, by the property names of the diff.

    Args:
        replaces: The create-only properties that differ: Python name -> wire name.
        unknown: Python names of the properties whose values are unknown.
    """
    known = [wire for name, wire in replaces.items() if name not in unknown]
    unknown_fields = [wire for name, wire in replaces.items() if name in unknown]
    changes = [f"{' and '.join(known)} {'change' if known[1:] else 'changes'}"] if known else []
    may_change = [f"{' and '.join(unknown_fields)} may change"] if unknown_fields else []
    return " and ".join(changes + may_change)


def retains(id_: str, because: str, *, is_certain: bool = True) -> str:
    """Return the message that a replacement leaves the old resource in AWS."""
    verb = "replaces" if is_certain else "may replace"
    return (
        f"{verb} {id_} because {because}; the old one stays in AWS with its contents, because it "
        "has the resource option retain_on_delete"
    )


def shuts_out(id_: str) -> str:
    """Return the message on the effect of deleting a store's access policy."""
    return (
        f"removes the S3 access policy of {id_}: no one can then read it through S3, its owner "
        "included. Declare readers=[] to keep a policy for the owner alone"
    )


def renames(id_: str) -> str:
    """Return the message for an update that only changes the owner tag."""
    return f"updates the owner tag of {id_} after a rename"


def goes_on(id_: str, changed: Collection[str]) -> str:
    """Return the message for an update that resumes an interrupted one.

    The diff does not show the remaining changes: it compares the program's inputs.

    Args:
        id_: The resource.
        changed: Wire names of the properties that remain to be updated.
    """
    # A change of the tags is also one of all tags.
    names = [name for name in changed if name != "tagsAll" or "tags" not in changed]
    remaining = f"; still to update: {', '.join(names)}" if names else ""
    return f"resumes the interrupted update of {id_}{remaining}"


def adopts(reference: str) -> str:
    """Return the message on what the option ``import_`` does."""
    return f"adopts {reference}: creates nothing, and changes only its owner tag"


def belongs(id_: str, owner: str) -> str:
    """Report that a resource that is only read has an owner tag."""
    return (
        f"{id_} has the owner tag {owner}. If this stack imports it, run omics-components owner "
        f"take {id_}: until then updates fail, and a deletion leaves it as it is"
    )


def ignores(reference: str, id_: str) -> str:
    """Return the message that ``import_`` names another resource than the state has."""
    return (
        f"ignores import_ of {reference}: the state already has {id_} here. Remove the option, or "
        "run pulumi state delete for this resource: the next update then adopts the other one"
    )


def keeps(id_: str, *, has_triggers: bool) -> str:
    """Report that a resource is not deleted, because the program still has it."""
    another = "change replace_triggers, or set" if has_triggers else "set"
    return (
        f"kept {id_}: the program still has it. To have another one in its place, {another} the "
        "resource option delete_before_replace"
    )


def leaves(id_: str, why: str) -> str:
    """Report that a deletion left the resource of another owner alone."""
    return f"left {id_} as it is, and removed it from this state: {why}"
