"""The seam to AWS: endpoints, host prefixes, retries, regions, and the translation of errors."""

import inspect
import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from omics_components import errors
from omics_components.api import omics
from omics_components.api.client import Aws, aws_for, translated_errors
from omics_components.api.settings import AwsSettings
from omics_components.errors import (
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    OmicsComponentsError,
    ServiceInternalError,
    Throttling,
)

CLASSES = {
    "AccessDeniedException": errors.AccessDenied,
    "ConflictException": errors.ResourceConflict,
    "InternalServerException": errors.ServiceInternalError,
    "NotSupportedOperationException": errors.NotSupported,
    "RequestTimeoutException": errors.ServiceInternalError,
    "ResourceNotFoundException": errors.NotFound,
    "ServiceQuotaExceededException": errors.ServiceLimitExceeded,
    "ThrottlingException": errors.Throttling,
    "ValidationException": errors.InvalidRequest,
}


MODEL: dict[str, Any] = Loader().load_service_model("omics", "service-2")
CALLS = re.findall(r"client\.(?:get_paginator\(\")?([a-z0-9_]+)\"?[(\)]", inspect.getsource(omics))
OPERATIONS = [name for name in MODEL["operations"] if xform_name(name) in CALLS]
"""Every operation of the service that the library calls."""


def _an_answer(code: str, status: int, message: str = "No.") -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "abc",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "GetSequenceStore",
    )


def _translated(error: Exception) -> OmicsComponentsError:
    with pytest.raises(OmicsComponentsError) as raised, translated_errors("GetSequenceStore"):
        raise error
    assert raised.value.__cause__ is error
    return raised.value


def _aws(**config: Any) -> Aws:
    texts = {
        f"aws:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
    }
    return Aws(AwsSettings.from_stack(texts))


def _url_of_a_call(aws: Aws, call: Callable[[Any], object], region: str = "us-east-1") -> str:
    """Build a request as far as the network, and give the URL that it would go to."""
    client = aws.omics(region)
    urls: list[str] = []

    def catch(request: Any, **_: Any) -> None:
        urls.append(request.url)
        raise InterruptedError

    client.meta.events.register_first("before-send.omics", catch)
    with pytest.raises(InterruptedError):
        call(client)
    return urls[0]


def _get(client: Any) -> object:
    return client.get_sequence_store(id="1234567890")


def test_every_call_is_an_operation_that_the_sdk_has() -> None:
    assert len(OPERATIONS) == len(set(CALLS)) >= 8


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_error_that_the_service_declares_has_its_class(operation: str) -> None:
    for declared in MODEL["operations"][operation]["errors"]:
        code = declared["shape"]
        status = MODEL["shapes"][code]["error"]["httpStatusCode"]

        error = _translated(_an_answer(code, status))

        assert type(error) is CLASSES[code]
        assert (error.code, error.request_id, error.message) == (code, "abc", "No.")
        assert error.operation == "GetSequenceStore"


@pytest.mark.parametrize(
    "code",
    [
        "ExpiredTokenException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
    ],
)
def test_refused_credentials_are_told_apart_from_refused_requests(code: str) -> None:
    assert type(_translated(_an_answer(code, 403))) is InvalidCredentials


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, ServiceInternalError), (503, ServiceInternalError), (400, InvalidRequest)],
)
def test_an_unknown_code_is_classified_by_its_status(
    status: int, kind: type[OmicsComponentsError]
) -> None:
    assert type(_translated(_an_answer("Novelty", status))) is kind


def test_a_bare_404_does_not_say_that_something_is_gone() -> None:
    assert not isinstance(_translated(_an_answer("404", 404, "")), NotFound)


def test_a_bare_429_is_throttling() -> None:
    assert type(_translated(_an_answer("429", 429, ""))) is Throttling


@pytest.mark.parametrize(
    "error",
    [
        botocore.exceptions.NoCredentialsError(),
        botocore.exceptions.PartialCredentialsError(provider="env", cred_var="secret"),
        botocore.exceptions.ProfileNotFound(profile="lab"),
        botocore.exceptions.CredentialRetrievalError(provider="sso", error_msg="no"),
        botocore.exceptions.SSOTokenLoadError(error_msg="Token for lab does not exist"),
        botocore.exceptions.UnauthorizedSSOTokenError(),
        botocore.exceptions.TokenRetrievalError(provider="sso", error_msg="expired"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_credentials_that_are_not_there_are_told_apart_from_a_lost_network(
    error: Exception,
) -> None:
    assert type(_translated(error)) is InvalidCredentials


@pytest.mark.parametrize(
    "error",
    [
        botocore.exceptions.EndpointConnectionError(endpoint_url="https://x", error="refused"),
        botocore.exceptions.ReadTimeoutError(endpoint_url="https://x", error="slow"),
        botocore.exceptions.ConnectTimeoutError(endpoint_url="https://x", error="slow"),
        botocore.exceptions.SSLError(endpoint_url="https://x", error=OSError("proxy")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lost_network_is_a_network_failure(error: Exception) -> None:
    assert type(_translated(error)) is NetworkFailure


def test_a_request_that_boto3_itself_refuses_is_no_network_failure() -> None:
    client = _aws().omics("us-east-1")

    with pytest.raises(InvalidRequest), translated_errors("GetSequenceStore"):
        client.get_sequence_store(id="")


def test_errors_of_others_pass_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), translated_errors("GetSequenceStore"):
        raise ZeroDivisionError


def test_without_an_override_the_host_prefix_leads_to_the_service() -> None:
    url = _url_of_a_call(_aws(), _get)

    assert url == ("https://control-storage-omics.us-east-1.amazonaws.com/sequencestore/1234567890")


def test_tag_calls_have_a_host_prefix_of_their_own() -> None:
    url = _url_of_a_call(_aws(), lambda client: client.list_tags_for_resource(resourceArn="arn:x"))

    assert url.startswith("https://tags-omics.us-east-1.amazonaws.com/")


@pytest.mark.parametrize(
    ("variable", "start"),
    [
        ("AWS_USE_FIPS_ENDPOINT", "https://control-storage-omics-fips.us-east-1."),
        ("AWS_USE_DUALSTACK_ENDPOINT", "https://control-storage-omics.us-east-1.api.aws/"),
    ],
)
def test_variants_of_the_services_own_endpoint_keep_the_prefix(
    monkeypatch: pytest.MonkeyPatch, variable: str, start: str
) -> None:
    monkeypatch.setenv(variable, "true")

    assert _url_of_a_call(_aws(), _get).startswith(start)


OVERRIDES = [
    "http://127.0.0.1:5000",
    "http://localhost:5000/",
    "https://vpce-1-2.control-storage-omics.us-east-1.vpce.amazonaws.com",
    "http://omics.internal:8080",
]


@pytest.mark.parametrize("url", OVERRIDES)
def test_an_endpoint_of_the_stack_is_used_as_it_is(url: str) -> None:
    made = _url_of_a_call(_aws(endpoints=[{"omics": url}]), _get)

    assert made == f"{url.rstrip('/')}/sequencestore/1234567890"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_OMICS"])
@pytest.mark.parametrize("url", OVERRIDES)
def test_an_endpoint_of_the_environment_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str
) -> None:
    monkeypatch.setenv(variable, url)

    assert _url_of_a_call(_aws(), _get) == f"{url.rstrip('/')}/sequencestore/1234567890"


def test_an_endpoint_of_a_profile_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    file.write_text(
        "[profile lab]\nendpoint_url = http://127.0.0.1:5000\n"
        "aws_access_key_id = AKIAFAKEKEYOFPROFIL0\naws_secret_access_key = fake\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))

    url = _url_of_a_call(_aws(profile="lab"), _get)

    assert url == "http://127.0.0.1:5000/sequencestore/1234567890"


@pytest.mark.parametrize(("config", "attempts"), [({}, 6), ({"maxRetries": "0"}, 1)])
def test_retries_are_those_of_the_stack(config: dict[str, str], attempts: int) -> None:
    client: Any = _aws(**config).omics("us-east-1")

    # Six tries by default: the first and five retries.
    assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": attempts}


def test_the_environment_does_not_change_how_often_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    client: Any = _aws().omics("us-east-1")

    assert client.meta.config.retries["mode"] == "standard"


def test_one_client_serves_a_region() -> None:
    aws = _aws()

    assert aws.omics("us-east-1") is aws.omics("us-east-1")
    assert aws.omics("eu-west-1").meta.region_name == "eu-west-1"


def test_one_way_into_aws_serves_equal_settings() -> None:
    assert aws_for(AwsSettings(region="eu-west-1")) is aws_for(AwsSettings(region="eu-west-1"))
    assert aws_for(AwsSettings(region="eu-west-1")) is not aws_for(AwsSettings())


def test_the_region_of_the_stack_wins_over_the_environments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")

    assert _aws(region="eu-west-1").default_region() == "eu-west-1"
    assert _aws().default_region() == "eu-west-2"
    monkeypatch.delenv("AWS_REGION")
    assert _aws().default_region() == "eu-west-3"
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert _aws().default_region() is None


def test_nothing_is_asked_of_the_network_before_it_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert _aws(allowedAccountIds=[]).omics("us-east-1").meta.region_name == "us-east-1"
