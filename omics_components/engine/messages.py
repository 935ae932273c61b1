"""Lines that a provider shows next to the stack: what no diff shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

ASKED_FOR = "the program's resource options ask for it"
"""Why something is replaced whose properties do not."""


def reason(replaces: Mapping[str, str], unknown: Collection[str]) -> str:
    """Say why something is replaced, in the words of the diff beside it.

    Args:
        replaces: What can only be set at creation and differs: Python name -> wire name.
        unknown: Python names of what only an update will know.
    """
    known = [wire for name, wire in replaces.items() if name not in unknown]
    unknown_fields = [wire for name, wire in replaces.items() if name in unknown]
    changes = [f"{' and '.join(known)} {'change' if known[1:] else 'changes'}"] if known else []
    may_change = [f"{' and '.join(unknown_fields)} may change"] if unknown_fields else []
    return " and ".join(changes + may_change)


def retains(id_: str, because: str, *, is_certain: bool = True) -> str:
    """Say that a replacement leaves the old one in AWS."""
    verb = "replaces" if is_certain else "may replace"
    return (
        f"{verb} {id_} because {because}; the old one stays in AWS, with all that it holds, for "
        "it has the resource option retain_on_delete"
    )


def shuts_out(id_: str) -> str:
    """Report what the deletion of a store's access policy means: the engine shows a bare delete."""
    return (
        f"removes the S3 access policy of {id_}: no one can then read it through S3, its owner "
        "included. Declare readers=[] to keep a policy for the owner alone"
    )


def renames(id_: str) -> str:
    """Say what an update without a visible change is for."""
    return f"writes the new name of its declaration into the tags of {id_}"


def goes_on(id_: str, changed: Collection[str]) -> str:
    """Say what the diff beside it does not show: that compares what programs said.

    Args:
        id_: The resource.
        changed: Wire names of what is not as the program says.
    """
    # A change of the tags is one of all tags, too.
    told = [name for name in changed if name != "tagsAll" or "tags" not in changed]
    differs = f"; not yet as the program says: {', '.join(told)}" if told else ""
    return f"goes on with {id_}, which the last update left half done{differs}"


def adopts(reference: str) -> str:
    """Say what the option ``import_`` does."""
    return f"adopts {reference}: nothing is created, and only its owner tag is changed"


def belongs(id_: str, owner: str) -> str:
    """Report that a resource that is only read has an owner tag."""
    return (
        f"{id_} has the owner tag {owner}. If this stack imports it, run omics-components owner "
        f"take {id_}: until then updates fail, and a deletion leaves it as it is"
    )


def ignores(reference: str, id_: str) -> str:
    """Say that ``import_`` names another resource than the state has."""
    return (
        f"ignores import_ of {reference}: the state has {id_} here already. Remove the option; or "
        "run pulumi state delete for this resource, and the next update adopts the other one"
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
