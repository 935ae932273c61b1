"""The errors the emulated service answers, and those that mean the emulator itself is wrong."""


class ServiceError(Exception):
    """An error answer of the service; its HTTP status comes from the model.

    Args:
        code: Name of the exception in the omics model, ``ConflictException``.
        message: Text for the caller. AWS's own wording is not known; tests should not assert it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class KeyRefused(ServiceError):
    """The service could not use the KMS key of a new store."""


class ConnectionDropped(Exception):
    """The fault ``drop``: close the connection without an answer."""


class ModelViolation(AssertionError):
    """The emulator was about to answer something that botocore's model does not allow."""


def invalid(message: str) -> ServiceError:
    """Return a ValidationException (HTTP 400)."""
    return ServiceError("ValidationException", message)


def not_found(what: str, name: str) -> ServiceError:
    """Return a ResourceNotFoundException (HTTP 404) for *what* called *name*."""
    return ServiceError(
        "ResourceNotFoundException",
        f"The target resource was not found in the current Region: {what} {name}",
    )


def conflict(message: str) -> ServiceError:
    """Return a ConflictException (HTTP 409)."""
    return ServiceError("ConflictException", message)
