"""What the emulator assumes of AWS: each rule that no source confirms, and what else may be true.

The list itself is in ``assumed_rules`` and ``assumed_services``. Code names an entry where it
relies on one: ``(assumed: get-lags-after-create)``. ``docs/assumptions.md`` is generated from the
list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Literal

Grade = Literal["assumed", "inferred", "documented", "confirmed"]
"""How well a statement is known.

``assumed``: no source. ``inferred``: drawn from public programs or from other services.
``documented``: AWS writes it, in prose or an example. ``confirmed``: the service was seen to do so.
"""

Decidable = Literal["one run", "by hand", "waiting"]
"""What decides it: one run of ``make acceptance``, something that it does not do (it needs a role,
an aborted upload or a whole quota), or only observation over days."""

Area = Literal[
    "stores", "lists", "read sets", "access policies", "tags", "keys", "buckets", "calls"
]


@dataclass(frozen=True)
class Evidence:
    """What supports a statement.

    Args:
        text: What was read or seen.
        source: Where.
    """

    text: str
    source: str


@dataclass(frozen=True)
class Alternative:
    """What may be true instead.

    Args:
        id: Name within its assumption, in kebab case; never changes.
        statement: What AWS does then.
        seconds: How long it takes or lags (s), where it does.
        acted_out: Whether the emulator can behave so.
        reason: Why it cannot; only if ``acted_out`` is false.
    """

    id: str
    statement: str
    seconds: float | None = None
    acted_out: bool = True
    reason: str | None = None


@dataclass(frozen=True)
class Assumption:
    """A rule that the emulator follows, and the library may rely on, without proof.

    Args:
        id: Name, in kebab case; never changes.
        area: What it is about.
        statement: What AWS does; the emulator's default.
        grade: How well that is known.
        evidence: What supports it.
        alternatives: What may be true instead; at least one.
        depends: Code and promises that rest on it.
        try_on_aws: What to do on an account to know.
        decidable: What decides it.
    """

    id: str
    area: Area
    statement: str
    grade: Grade
    evidence: Evidence
    alternatives: tuple[Alternative, ...]
    depends: tuple[str, ...]
    try_on_aws: str
    decidable: Decidable = "one run"

    def alternative(self, name: str) -> Alternative | None:
        """Return the alternative called *name*, or None."""
        return next((one for one in self.alternatives if one.id == name), None)


@cache
def assumptions() -> Mapping[str, Assumption]:
    """Return every assumption by its id, in the order of the page."""
    # The lists import this module.
    from omics_components.emulator.assumed_rules import RULES  # noqa: PLC0415
    from omics_components.emulator.assumed_services import SERVICES  # noqa: PLC0415

    return {one.id: one for one in (*RULES, *SERVICES)}


def alternative_in_force(assume: Mapping[str, str], name: str) -> Alternative | None:
    """Return the alternative that *assume* puts in the place of the assumption *name*, or None.

    Args:
        assume: Alternatives in force, by assumption.
        name: An assumption.

    Raises:
        KeyError: There is no such assumption. A mistake of the emulator.
    """
    assumption = assumptions()[name]
    return assumption.alternative(assume[name]) if name in assume else None


def check_assumed(assume: Mapping[str, str]) -> None:
    """Refuse alternatives that do not exist or cannot be acted out.

    Args:
        assume: Ids of alternatives by ids of assumptions.

    Raises:
        ValueError: One line that names what is wrong and what would be right.
    """
    for name, choice in assume.items():
        assumption = assumptions().get(name)
        if assumption is None:
            raise ValueError(f"there is no assumption {name!r}{_hint(name, assumptions())}")
        possible = {one.id: one for one in assumption.alternatives}
        alternative = possible.get(choice)
        if alternative is None:
            known = ", ".join(one.id for one in assumption.alternatives if one.acted_out) or "none"
            raise ValueError(
                f"the assumption {name} has no alternative {choice!r}; those that the emulator can "
                f"act out: {known}"
            )
        if not alternative.acted_out:
            raise ValueError(f"the emulator cannot act out {name}={choice}: {alternative.reason}")


def parse_assumed(text: str) -> tuple[str, str]:
    """Return the assumption and the alternative that ``ID=ALTERNATIVE`` names.

    Raises:
        ValueError: It is not of that form, or names what does not exist.
    """
    name, equals, choice = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is not of the form ID=ALTERNATIVE")
    check_assumed({name: choice})
    return name, choice


def _hint(name: str, known: Mapping[str, Assumption]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else "; docs/assumptions.md lists them"
