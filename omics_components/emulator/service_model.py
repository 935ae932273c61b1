"""botocore's own description of HealthOmics: operations, routes, shapes, error statuses.

The one place that reads the model. What the service does with a valid call is in ``operations``.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

_MODEL_NAMES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
"""Models by what requests are signed for, where the two differ and the service may speak XML."""

_LABEL = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """An operation and the labels that its path gave."""

    operation: OperationModel
    labels: dict[str, str]


@cache
def load_service(service: str) -> ServiceModel:
    """Return botocore's newest model of the service that signs its requests as *service*.

    Raises:
        UnknownServiceError: There is no service of that name.
    """
    name = _MODEL_NAMES.get(service, service)
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def operation_model(name: str) -> OperationModel:
    """Return the model of the omics operation *name*."""
    return load_service("omics").operation_model(name)


def output_shape(name: str) -> Any:
    """Return the shape of what the omics operation *name* answers."""
    return operation_model(name).output_shape


@cache
def error_statuses() -> dict[str, int]:
    """HTTP status by error code, for every error of the omics model."""
    return {
        shape.name: int(shape.metadata["error"]["httpStatusCode"])
        for shape in load_service("omics").error_shapes
        if "error" in shape.metadata
    }


@cache
def _routes() -> list[tuple[str, re.Pattern[str], OperationModel]]:
    """Every route, those with fewer labels first: a literal segment wins over a label."""
    service = load_service("omics")
    operations = [service.operation_model(name) for name in service.operation_names]
    operations.sort(key=lambda operation: operation.http["requestUri"].count("{"))
    return [
        (operation.http["method"], _path_pattern(operation.http["requestUri"]), operation)
        for operation in operations
    ]


def _path_pattern(request_uri: str) -> re.Pattern[str]:
    path = request_uri.partition("?")[0]
    return re.compile(_LABEL.sub(r"(?P<\1>[^/]+)", path))


def find_route(method: str, raw_path: str) -> Route | None:
    """Return the operation that *method* on *raw_path* means, or None.

    Args:
        method: HTTP method, upper case.
        raw_path: Path as it came over the wire: an ARN in it is still percent-encoded, so its
            slashes do not cut it into segments.
    """
    for route_method, pattern, operation in _routes():
        match = pattern.fullmatch(raw_path) if route_method == method else None
        if match:
            labels = {name: unquote(value) for name, value in match.groupdict().items()}
            return Route(operation, labels)
    return None


def constraints(shape: Any) -> dict[str, Any]:
    """Return the constraints of a shape: any of min, max, pattern, enum."""
    return {
        name: shape.metadata[name]
        for name in ("min", "max", "pattern", "enum")
        if shape.metadata.get(name) is not None
    }
