"""How each service beside omics writes an error, by its protocol."""

from html import escape
from json import dumps

from botocore.exceptions import UnknownServiceError

from omics_components.emulator.errors import ServiceError
from omics_components.emulator.service_model import load_service
from omics_components.emulator.wire import Response, error_response

_JSON_PROTOCOLS = ("json", "rest-json")


def error_of(service: str, code: str, message: str, status: int | None = None) -> Response:
    """Return an error answer of *service*.

    Args:
        service: ``omics``, ``kms``, ``s3`` …
        code: Error code.
        message: Text for the caller.
        status: HTTP status; None for what omics' model gives the code, and 400 elsewhere.
    """
    if service == "omics":
        return error_response(ServiceError(code, message), status)
    if _speaks_json(service):
        content_type = "application/x-amz-json-1.1"
        text = dumps({"__type": code, "message": message})
    else:
        content_type = "text/xml"
        text = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        if service != "s3":
            text = f"<ErrorResponse>{text}<RequestId>injected</RequestId></ErrorResponse>"
    body = text.encode()
    headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
    return Response(status or 400, headers, body)


def denial_of(service: str, message: str) -> Response:
    """Return *service*'s answer to a caller who lacks a permission.

    The code is AccessDeniedException in JSON protocols (model, of omics; KMS: docs of its common
    errors, with status 400) and AccessDenied with status 403 in XML ones (docs, of S3 and STS).
    """
    if _speaks_json(service):
        return error_of(service, "AccessDeniedException", message)
    return error_of(service, "AccessDenied", message, 403)


def _speaks_json(service: str) -> bool:
    """Return whether clients speak JSON: of a service's protocols they prefer that (botocore).

    Some fifty services sign their requests with another name than their model's. All those speak
    JSON, but for the two that ``load_service`` finds (botocore).
    """
    try:
        metadata = load_service(service).metadata
    except UnknownServiceError:
        return True
    return not {metadata["protocol"], *metadata.get("protocols", ())}.isdisjoint(_JSON_PROTOCOLS)
