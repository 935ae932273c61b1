"""Every error that leaves this library: one closed tree, and the sentence that each prints.

    OmicsComponentsError
    ├── InvalidRequest          AWS refused the input
    ├── InvalidCredentials      no credentials, expired ones, or those of another account
    ├── AccessDenied            the caller lacks a permission
    ├── NotFound                the resource is not there
    ├── AlreadyExists           the name is taken
    ├── ResourceConflict        the resource's present state does not allow the request
    │   └── OwnershipConflict   another declaration or state manages the resource
    ├── NotSupported            the operation does not exist for this resource
    ├── ServiceLimitExceeded    an AWS quota is used up
    ├── Throttling              too many calls, after all retries
    ├── ServiceInternalError    AWS failed, timed out or answered nonsense, after all retries
    ├── NetworkFailure          no answer came, after all retries
    ├── NotStabilized           the resource did not reach the state that was waited for
    └── InitFailed              the resource was made, but could not be finished

Mistakes in a program's inputs are not here: ``check`` reports them before any call is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

__all__ = [
    "AccessDenied",
    "AlreadyExists",
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
    """Base of the tree.

    Prints as ``<what was being done>: <code>: <AWS's own words> [<request id>]. <What to do.>``,
    leaving out what is not known.

    Args:
        message: AWS's own words, or ours where AWS said nothing.
        code: The error code on the wire, such as ``ConflictException``.
        request_id: AWS's id of the failed request, for a support case.
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


class AccessDenied(OmicsComponentsError):
    """The caller lacks a permission (AccessDeniedException)."""

    default_advice = "Give the caller's role the missing permission, then try again."


class NotFound(OmicsComponentsError):
    """The resource is not there (ResourceNotFoundException)."""


class AlreadyExists(OmicsComponentsError):
    """The name is taken."""


class ResourceConflict(OmicsComponentsError):
    """The resource's present state does not allow the request (ConflictException)."""


class OwnershipConflict(ResourceConflict):
    """Another declaration or another state manages the resource; it was left as it is."""


class NotSupported(OmicsComponentsError):
    """The operation does not exist for this resource (NotSupportedOperationException)."""


class ServiceLimitExceeded(OmicsComponentsError):
    """An AWS quota is used up (ServiceQuotaExceededException)."""

    default_advice = "Raise the quota in Service Quotas, or delete what is no longer needed."


class Throttling(OmicsComponentsError):
    """AWS turned calls away for coming too fast, retries included (ThrottlingException)."""

    default_advice = "Run the update again; lower --parallel if other programs share the account."


class ServiceInternalError(OmicsComponentsError):
    """AWS failed, timed out, or answered something that is no answer."""

    default_advice = "Run the update again."


class NetworkFailure(OmicsComponentsError):
    """No answer came from AWS, retries included."""

    default_advice = "Check the network, the region and any endpoint override, then run it again."


class NotStabilized(OmicsComponentsError):
    """The resource did not reach the state that was waited for, in time or at all.

    Args:
        message: What was waited for, and what was found.
        status: The status it was found in; None if it was not found.
        advice: What to do next.
    """

    def __init__(
        self, message: str, *, status: str | None = None, advice: str | None = None
    ) -> None:
        super().__init__(message, advice=advice)
        self.status = status


class InitFailed(OmicsComponentsError):
    """A resource was made, but could not be finished.

    The state must know it, so that the next update goes on with it and a destroy removes it.

    Args:
        found: The resource, as far as it is known: a ``LiveResource`` of its handler.
        cause: What went wrong; the error prints as that.
    """

    def __init__(self, found: Any, cause: OmicsComponentsError) -> None:
        super().__init__(
            cause.message,
            code=cause.code,
            request_id=cause.request_id,
            advice=f"It is there, and the next update goes on with it. {cause.advice}".strip(),
            operation=cause.operation,
        )
        self.activity = cause.activity
        self.found = found


@contextmanager
def error_context(activity: str) -> Iterator[None]:
    """Name what is being done in every error of ours that passes, unless a deeper one did.

    Args:
        activity: Verb, resource and id, such as ``creating sequence store (reads)``.
    """
    try:
        yield
    except OmicsComponentsError as error:
        error.activity = error.activity or activity
        raise
