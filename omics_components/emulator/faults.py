"""Fault rules: what goes wrong, at which call, before or after the call takes effect."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from omics_components.emulator.member_types import check_members

Action = Literal["error", "drop", "delay", "crash", "body"]
When = Literal["before", "after"]


@dataclass
class FaultRule:
    """One fault.

    Args:
        operation: ``CreateSequenceStore`` (of omics), ``kms:CreateKey``, ``s3:*``, ``*`` (all).
        action: ``error`` answers an error; ``drop`` closes the connection without an answer;
            ``delay`` waits, then goes on; ``crash`` kills the calling process (SIGKILL) and
            drops; ``body`` answers *status* and *body* as they are.
        when: ``before`` the call takes effect (it then does not), or ``after``.
        calls: Numbers of the matching calls it concerns, from 1; None is all.
        times: Concerns only so many matching calls, the first ones; None is no limit.
        code: Error code of ``error``.
        status: HTTP status of ``error`` (default: what the model gives the code) and ``body``.
        message: Error text of ``error``.
        body: Body of ``body``.
        content_type: Content-Type of ``body``.
        delay_s: Wait of ``delay`` (s).
        pid: Process that ``crash`` kills; None finds the caller, over HTTP on Linux only: elsewhere
            it is a ``drop``.
        ancestors: Names of programs: of the processes above that one, ``crash`` kills before it
            those that run one of them. ``["pulumi"]`` kills the engine of a plugin. Linux only.
        seen: How many calls have matched so far; counted by the emulator.

    Raises:
        ValueError: A member is not of its type, or less than nothing.
    """

    operation: str = "*"
    action: Action = "error"
    when: When = "before"
    calls: list[PositiveInt] | None = None
    times: NonNegativeInt | None = None
    code: str = "InternalServerException"
    status: int | None = None
    message: str = "Injected by a fault rule"
    body: str = ""
    content_type: str = "text/html"
    delay_s: NonNegativeFloat = 0.0
    pid: PositiveInt | None = None
    ancestors: list[str] = field(default_factory=list)
    seen: NonNegativeInt = 0

    def __post_init__(self) -> None:
        check_members(self, "a fault rule")

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "FaultRule":
        """Return the rule that a JSON object describes, member by member.

        Raises:
            ValueError: It has a member that no rule has, or a value that no rule takes.
        """
        unknown = document.keys() - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"a fault rule has no {', '.join(sorted(unknown))}")
        return cls(**document)

    def to_json(self) -> dict[str, Any]:
        """Return the rule as a JSON object."""
        return asdict(self)

    def matches(self, service: str, operation: str) -> bool:
        """Return whether the rule is about *operation* of *service*."""
        if self.operation == "*":
            return True
        pattern = self.operation if ":" in self.operation else f"omics:{self.operation}"
        return fnmatchcase(f"{service}:{operation}", pattern)

    def counts(self) -> bool:
        """Count a matching call and say whether the rule concerns it."""
        self.seen += 1
        return (self.calls is None or self.seen in self.calls) and (
            self.times is None or self.seen <= self.times
        )


class Faults:
    """The rules in force, in order. Thread-safe."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._lock = threading.Lock()

    def add(self, rule: FaultRule | Mapping[str, Any]) -> FaultRule:
        """Put a rule into force and return it.

        Raises:
            ValueError: A JSON object that is no rule.
        """
        return self.extend([rule])[0]

    def extend(self, rules: Iterable[FaultRule | Mapping[str, Any]]) -> list[FaultRule]:
        """Put all rules into force, or none, and return them.

        Raises:
            ValueError: A JSON object that is no rule.
        """
        made = [one if isinstance(one, FaultRule) else FaultRule.from_json(one) for one in rules]
        with self._lock:
            self._rules.extend(made)
        return made

    def clear(self) -> None:
        """Drop all rules."""
        with self._lock:
            self._rules.clear()

    def select(self, service: str, operation: str) -> list[FaultRule]:
        """Count one call for every rule that matches it; return the rules that concern it.

        At most one of them is no ``delay``: the first in order.
        """
        with self._lock:
            chosen = [r for r in self._rules if r.matches(service, operation) and r.counts()]
        delays = [rule for rule in chosen if rule.action == "delay"]
        others = [rule for rule in chosen if rule.action != "delay"]
        return delays + others[:1]

    def __iter__(self) -> Iterator[FaultRule]:
        with self._lock:
            return iter(list(self._rules))
