"""IAM for all callers at once: what one policy document does not allow is refused.

For tests of the policies of deployers and readers. Without a document everything is allowed, and
no permission is proved by a green test. Resource policies, boundaries and session policies take no
part.
"""

import threading
from collections.abc import Iterable
from typing import Any

from omics_components.emulator.caller import Caller
from omics_components.emulator.iam_actions import Permission
from omics_components.emulator.policies import (
    Question,
    UnsupportedPolicy,
    condition_keys,
    decide,
    read_policy,
)

_CONDITION_KEYS = frozenset(
    {"aws:principalaccount", "aws:requestedregion", "aws:resourceaccount", "aws:securetransport"}
)
"""Keys whose values are known for every call. A policy with another one is refused, not guessed."""


class Permissions:
    """The one policy that every caller has. Thread-safe.

    Args:
        document: The policy, as an object or JSON text; None allows everything.

    Raises:
        UnsupportedPolicy: It cannot be evaluated.
    """

    def __init__(self, document: Any = None) -> None:
        self._lock = threading.Lock()
        self._policy: dict[str, Any] | None = None
        self.allow_only(document)

    @property
    def policy(self) -> dict[str, Any] | None:
        """The policy in force; None allows everything."""
        with self._lock:
            return self._policy

    def allow_only(self, document: Any) -> None:
        """Put a policy in force; None allows everything again.

        Raises:
            UnsupportedPolicy: It cannot be evaluated; the one before stays in force.
        """
        policy = None if document is None else read_policy(document)
        unknown = condition_keys(policy) - _CONDITION_KEYS if policy else set()
        if unknown:
            raise UnsupportedPolicy(
                f"the emulator cannot evaluate {', '.join(sorted(unknown))}; it knows "
                f"{', '.join(sorted(_CONDITION_KEYS))}"
            )
        with self._lock:
            self._policy = policy

    def refusal(self, needed: Iterable[Permission] | None, caller: Caller, call: str) -> str | None:
        """Return why a call is refused; None if it is allowed.

        Args:
            needed: What the call needs; None if that is not known.
            caller: Who calls.
            call: Service and operation, for the text.
        """
        policy = self.policy
        if policy is None:
            return None
        if needed is None:
            return f"the emulator does not know which permission {call} needs"
        context = {
            "aws:principalaccount": caller.account,
            "aws:requestedregion": caller.region,
            "aws:resourceaccount": caller.account,
            "aws:securetransport": "true",
        }
        for permission in needed:
            question = Question(permission.action, permission.resource, context=context)
            decision = decide(policy, question)
            if decision != "allow":
                why = (
                    "with an explicit deny in an identity-based policy"
                    if decision == "deny"
                    else f"because no identity-based policy allows the {permission.action} action"
                )
                return (
                    f"The caller of account {caller.account} is not authorized to perform: "
                    f"{permission.action} on resource: {permission.resource} {why}"
                )
        return None
