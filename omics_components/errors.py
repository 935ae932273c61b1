"""All errors of this library: one closed tree.

    OmicsComponentsError
    ├── InvalidRequest          AWS refused the input
    ├── InvalidCredentials      no credentials, expired credentials, or those of another account
    ├── AccessDenied            a policy does not allow the request
    ├── NotFound                the resource does not exist
    ├── AlreadyExists           the name is taken
    ├── ResourceConflict        the resource's current state does not allow the request
    │   └── OwnershipConflict   another declaration or state manages the resource
    ├── NotSupported            the operation does not exist for this resource
    ├── ServiceLimitExceeded    an AWS quota is exceeded
    ├── Throttling              AWS throttled the request, after all retries
    ├── ServiceInternalError    AWS failed, timed out or sent an invalid response, after all retries
    ├── NetworkFailure          no response arrived, after all retries
    ├── NotStabilized           the resource did not reach the awaited status
    ├── Cancelled               the user cancelled the command
    └── InitFailed              the resource was created, but could not be finished

Invalid inputs of a program are not here: ``check`` reports them before any request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

__all__ = [
    "AccessDenied",
    "AlreadyExists",
    "Cancelled",
    "InitFailed",
    "InvalidCredentials",
    "InvalidRequest",
    "NetworkFailure",
    "NotFound",
    "NotStabilized",
    "NotSupported",
    "OmicsComponentsError",
    "OwnershipConflict",
    "ResourceConflict",
    "ServiceInternalError",
    "ServiceLimitExceeded",
    "Throttling",
    "error_context",
]


class OmicsComponentsError(Exception):
    """Base class of all errors.

    Prints as ``<activity>: <code>: <message> [request <id>]. <advice>``, without what is unknown.

    Args:
        message: AWS's message, or this library's if there is none.
        code: AWS's error code, such as ``ConflictException``.
        request_id: AWS's ID of the failed request, for a support case.
        advice: What to do next. Defaults to the class's own.
        operation: The API operation that failed, such as ``CreateSequenceStore``.
    """

    default_advice: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        request_id: str | None = None,
        advice: str | None = None,
        operation: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.request_id = request_id
        self.advice = self.default_advice if advice is None else advice
        self.operation = operation
        self.activity: str | None = None

    def __str__(self) -> str:
        subject = ": ".join(part for part in (self.activity, self.code, self.message) if part)
        request = f" [request {self.request_id}]" if self.request_id else ""
        advice = f" {self.advice}" if self.advice else ""
        return f"{subject.rstrip('.')}{request}.{advice}"


class InvalidRequest(OmicsComponentsError):
    """AWS refused the input (ValidationException)."""


class InvalidCredentials(OmicsComponentsError):
    """There are no usable credentials, or they belong to another account."""

    default_advice = (
        "Check the credentials in the environment, or aws:profile and aws:assumeRoles of the stack."
    )


_REASON = re.compile(
    r"(?P<deny>explicit deny in|because no) (?:an? |the )?(?P<policy>identity-based policy|"
    "permissions boundary|resource-based policy|resource control policy|role trust policy|"
    "service control policy|session policy|VPC endpoint policy)",
    re.IGNORECASE,
)
"""What AWS names as the reason of a denial (docs: "Access denied error message examples")."""

_OF_THE_ORGANIZATION = (
    "A policy of the organization decides that, whatever the caller's role is allowed: ask those "
    "who manage the organization."
)
ADVICE_BY_REASON = {
    "permissions boundary": "Allow it in the permissions boundary of the caller's role, too.",
    "resource-based policy": "Allow it to the caller's role in the policy of that resource.",
    "resource control policy": _OF_THE_ORGANIZATION,
    "role trust policy": "Let the caller assume the role in the role's trust policy.",
    "service control policy": _OF_THE_ORGANIZATION,
    "session policy": "Allow it in the policy that the session was made with, such as policy or "
    "policyArns of aws:assumeRoles.",
    "vpc endpoint policy": "Allow it in the policy of the VPC endpoint that the request passes.",
}
_WHERE_IT_IS_DENIED = {
    "identity-based policy": "the policies of the caller's role",
    "permissions boundary": "the permissions boundary of the caller's role",
    "resource-based policy": "the policy of that resource",
    "role trust policy": "the role's trust policy",
    "session policy": "the policy that the session was made with",
    "vpc endpoint policy": "the policy of the VPC endpoint that the request passes",
}
"""Where a Deny stands, which no Allow overrides. Those of the organization are for others."""
_BY_KEY_POLICY = (
    "Add to the key's policy the statements that omics-components policy key --statements prints."
)
_KEY_POLICY_OF_CALLER = (
    "Allow it to the caller's role in the key's policy: for a KmsKey, with the argument "
    "administrators."
)
_SERVICE_AND_KEY = re.compile(r"key policy|omics\.amazonaws\.com.*\bkms:", re.IGNORECASE)


class AccessDenied(OmicsComponentsError):
    """A policy does not allow the request (AccessDeniedException).

    The advice follows the reason that AWS names: the policies of the caller's role, those of the
    organization, of the session, of the network's endpoint, or of the resource.
    """

    default_advice = "Give the caller's role the missing permission, then try again."

    def __init__(self, message: str, *, advice: str | None = None, **known: str | None) -> None:
        self._reason = _reason_of(message)
        super().__init__(message, advice=self._reason if advice is None else advice, **known)

    def needs(self, permissions: str, because: str = "") -> None:
        """Advise to grant permissions, unless AWS named another reason than that they are missing.

        Args:
            permissions: IAM actions, such as ``omics:ListTagsForResource``.
            because: A sentence on what they are needed for.
        """
        grant = f"Give the caller's role {permissions}."
        self.advice = " ".join(filter(None, (self._reason or grant, because)))


def _reason_of(message: str) -> str | None:
    """Return the advice for the reason that a denial names; None for a missing permission."""
    named = _REASON.search(message)
    policy = named["policy"].lower() if named else ""
    is_denied = named is not None and named["deny"].lower().startswith("explicit")
    if is_denied and policy in _WHERE_IT_IS_DENIED:
        return f"Remove or narrow the Deny in {_WHERE_IT_IS_DENIED[policy]}."
    if policy == "resource-based policy" and "kms:" in message:
        of_service = "omics.amazonaws.com" in message
        return _BY_KEY_POLICY if of_service else _KEY_POLICY_OF_CALLER
    if policy == "identity-based policy":
        return None
    if not policy and _SERVICE_AND_KEY.search(message):
        return _BY_KEY_POLICY
    return ADVICE_BY_REASON.get(policy)


class NotFound(OmicsComponentsError):
    """The resource does not exist (ResourceNotFoundException)."""


class AlreadyExists(OmicsComponentsError):
    """The name is taken."""


class ResourceConflict(OmicsComponentsError):
    """The resource's current state does not allow the request (ConflictException)."""


class OwnershipConflict(ResourceConflict):
    """Another declaration or another state manages the resource; it was not changed."""


class NotSupported(OmicsComponentsError):
    """The operation does not exist for this resource (NotSupportedOperationException)."""


class ServiceLimitExceeded(OmicsComponentsError):
    """An AWS quota is exceeded (ServiceQuotaExceededException)."""

    default_advice = "Raise the quota in Service Quotas, or delete what is no longer needed."


class Throttling(OmicsComponentsError):
    """AWS throttled the request, retries included (ThrottlingException)."""

    default_advice = "Run the update again; lower --parallel if other programs share the account."


class ServiceInternalError(OmicsComponentsError):
    """AWS failed, timed out, or sent an invalid response."""

    default_advice = "Run the update again."


class NetworkFailure(OmicsComponentsError):
    """No response arrived from AWS, retries included."""

    default_advice = "Check the network, the region and any endpoint override, then run it again."


class NotStabilized(OmicsComponentsError):
    """The resource did not reach the awaited status, in time or at all.

    Args:
        message: The awaited status, and the last one.
        status: The last status; None if the resource was not found.
        advice: What to do next.
    """

    def __init__(
        self, message: str, *, status: str | None = None, advice: str | None = None
    ) -> None:
        super().__init__(message, advice=advice)
        self.status = status


class Cancelled(OmicsComponentsError):
    """The user cancelled the command."""

    default_advice = "Run the command again to continue."


class InitFailed(OmicsComponentsError):
    """A resource was created, but could not be finished.

    The state must record it, so that the next update resumes it and a destroy deletes it.

    Args:
        found: The resource, as far as it is known: a ``LiveResource`` of its handler.
        cause: The error that prevented it; this error prints as that one.
    """

    def __init__(self, found: Any, cause: OmicsComponentsError) -> None:
        super().__init__(
            cause.message,
            code=cause.code,
            request_id=cause.request_id,
            advice=f"It exists, and the next update resumes it. {cause.advice}".strip(),
            operation=cause.operation,
        )
        self.activity = cause.activity
        self.found = found


@contextmanager
def error_context(activity: str) -> Iterator[None]:
    """Set the activity of every ``OmicsComponentsError`` in the context that has none yet.

    Args:
        activity: Verb, resource and ID, such as ``creating sequence store (reads)``.
    """
    try:
        yield
    except OmicsComponentsError as error:
        error.activity = error.activity or activity
        raise
