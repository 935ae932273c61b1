"""The seam to AWS: endpoints, host prefixes, retries, regions, and the translation of errors."""

import inspect
import io
import json
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from omics_components import errors
from omics_components.aws import sequence_stores
from omics_components.aws.client import Aws, aws_for, translated_errors
from omics_components.aws.retries import THROTTLED_FOR_S
from omics_components.aws.settings import AwsSettings
from omics_components.errors import (
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    OmicsComponentsError,
    ServiceInternalError,
    Throttling,
)
from omics_components.kinds.s3_access_policy import api as s3_access_policies
from omics_components.kinds.sequence_store import api as omics
from omics_components.kinds.sequence_store import read_sets
from omics_components.lookups.api import read_sets as found_read_sets
from omics_components.lookups.api import references
from omics_components.lookups.api import sequence_stores as found_stores

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
MODULES = (
    *(omics, read_sets, s3_access_policies, sequence_stores),
    *(found_read_sets, found_stores, references),
)
SOURCES = "".join(map(inspect.getsource, MODULES))
CALLS = re.findall(r"client\.(?:get_paginator\(\")?([a-z0-9_]+)\"?[(\)]", SOURCES)
CALLS += map(xform_name, re.findall(r"(?:items|listed)\(\s*client, \"(\w+)\"", SOURCES))
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
    assert len(OPERATIONS) == len(set(CALLS)) == 17


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
        "InvalidToken",
        "RequestExpired",
        "RequestTimeTooSkewed",
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
        # Older SDKs know no `aws login`; there the case is the one above once more.
        getattr(botocore.exceptions, "LoginError", botocore.exceptions.UnauthorizedSSOTokenError)(),
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


@pytest.mark.parametrize(("url", "region"), [("nowhere", "us-east-1"), (None, "us east")])
def test_a_client_that_cannot_be_made_is_one_sentence(
    url: str | None, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    with pytest.raises(InvalidRequest) as error:
        _aws().omics(region)

    assert str(error.value).startswith(f"cannot call omics in {region!r}: ")
    assert "Correct the region, aws:endpoints or AWS_ENDPOINT_URL." in str(error.value)


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


class Clock:
    """Sleeping moves it at once, and is written down."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.pauses_s: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float, /) -> None:
        self.pauses_s.append(seconds)
        self.now_s += seconds


Answer = Exception | tuple[int, str, str]
"""What a call meets: an exception, or status, error code and body."""

FINE = (200, "", '{"id": "1234567890", "arn": "arn:x", "KeyMetadata": {}}')
PROXY_PAGE = "<!DOCTYPE html>\n<html>\n<body>Try later</body>\n</html>\n"
RESET = botocore.exceptions.ConnectionClosedError(endpoint_url="https://x")
TIMED_OUT = botocore.exceptions.ReadTimeoutError(endpoint_url="https://x", error="slow")
REFUSED = botocore.exceptions.EndpointConnectionError(endpoint_url="https://x", error="refused")
NO_CONNECTION = botocore.exceptions.ConnectTimeoutError(endpoint_url="https://x", error="slow")


class Service:
    """A client that meets these answers in turn, the last for ever.

    Args:
        service: The SDK's name of the service.
        answers: What its calls meet.
        config: The stack's ``aws:`` keys.
    """

    def __init__(self, service: str, answers: list[Answer], **config: Any) -> None:
        self.clock = Clock()
        self.attempts = 0
        self._answers = answers
        aws = Aws(_aws(**config).settings, clock=self.clock)
        self.client: Any = getattr(aws, service)("us-east-1")
        self.client.meta.events.register_first(f"before-send.{service}", self._answer)

    def _answer(self, **_: Any) -> AWSResponse:
        answer = self._answers[min(self.attempts, len(self._answers) - 1)]
        self.attempts += 1
        if isinstance(answer, Exception):
            raise answer
        status, code, body = answer
        if code:
            body = json.dumps({"__type": code, **json.loads(body)})
        raw: Any = io.BytesIO()
        raw.stream = lambda *_, **__: iter([body.encode()])
        headers: Any = {}
        return AWSResponse("https://x", status, headers, raw)

    def error(self, call: Callable[[Any], object]) -> OmicsComponentsError:
        """Return the error that a call ends with."""
        with pytest.raises(OmicsComponentsError) as raised, translated_errors("AnOperation"):
            call(self.client)
        return raised.value


@pytest.mark.parametrize(("config", "attempts"), [({}, 6), ({"maxRetries": "0"}, 1)])
@pytest.mark.parametrize("answer", [(500, "InternalServerException", "{}"), RESET])
def test_retries_are_those_of_the_stack(
    config: dict[str, str], attempts: int, answer: Answer
) -> None:
    service = Service("omics", [answer], **config)

    service.error(_get)

    # Six tries by default: the first and five retries.
    assert service.attempts == attempts


def test_the_environment_does_not_change_how_often_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    service = Service("omics", [RESET])

    service.error(_get)

    assert service.attempts == 6


REPEATED: dict[str, Answer] = {
    "429": (429, "ThrottlingException", "{}"),
    "429 of a proxy": (429, "", PROXY_PAGE),
    "throttling of KMS": (400, "ThrottlingException", "{}"),
    "500": (500, "InternalServerException", "{}"),
    "500 without a code": (500, "", ""),
    "408": (408, "RequestTimeoutException", "{}"),
    "408 of a proxy": (408, "", PROXY_PAGE),
    "503": (503, "", PROXY_PAGE),
    "502": (502, "", ""),
    "504": (504, "", ""),
    "reset": RESET,
    "timed out": TIMED_OUT,
    "refused": REFUSED,
    "no connection": NO_CONNECTION,
    "a web page": (200, "", PROXY_PAGE),
    "an empty answer": (200, "", ""),
    "a list": (200, "", "[]"),
    "a truncated answer": (200, "", '{"id": "1'),
}
NOT_REPEATED: dict[str, Answer] = {
    "400": (400, "ValidationException", "{}"),
    "402": (402, "ServiceQuotaExceededException", "{}"),
    "403": (403, "AccessDeniedException", "{}"),
    "404": (404, "ResourceNotFoundException", "{}"),
    "404 of a proxy": (404, "", PROXY_PAGE),
    "405": (405, "NotSupportedOperationException", "{}"),
    "409": (409, "ConflictException", "{}"),
    "a limit of KMS": (400, "LimitExceededException", "{}"),
    "novelty": (418, "TeapotException", "{}"),
}


@pytest.mark.parametrize("answer", REPEATED.values(), ids=REPEATED.keys())
def test_what_may_pass_is_tried_again(answer: Answer) -> None:
    service = Service("omics", [answer, answer, FINE])

    service.client.get_sequence_store(id="1234567890")

    assert service.attempts == 3


@pytest.mark.parametrize("answer", NOT_REPEATED.values(), ids=NOT_REPEATED.keys())
def test_what_would_not_change_is_not_tried_again(answer: Answer) -> None:
    service = Service("omics", [answer, FINE])

    text = str(service.error(_get))

    assert service.attempts == 1
    assert "\n" not in text
    assert "<" not in text


@pytest.mark.parametrize("answer", REPEATED.values(), ids=REPEATED.keys())
def test_what_does_not_pass_is_one_clear_sentence(answer: Answer) -> None:
    text = str(Service("omics", [answer], maxRetries="2").error(_get))

    assert "\n" not in text
    assert "<" not in text
    assert text.endswith(".")


def test_being_turned_away_does_not_use_up_the_tries_of_failures() -> None:
    throttled, failed = REPEATED["429"], REPEATED["500"]
    service = Service("omics", [throttled] * 9 + [failed] * 5 + [throttled] * 2 + [FINE])

    service.client.get_sequence_store(id="1234567890")

    assert service.attempts == 17


@pytest.mark.parametrize("service_name", ["omics", "kms"])
def test_being_turned_away_for_minutes_is_an_error(service_name: str) -> None:
    service = Service(service_name, [(429, "ThrottlingException", '{"message": "Rate exceeded"}')])
    call = _get if service_name == "omics" else lambda client: client.list_keys()

    error = service.error(call)

    assert type(error) is Throttling
    assert THROTTLED_FOR_S <= service.clock.now_s - 1000 <= THROTTLED_FOR_S + 20
    assert "ThrottlingException: Rate exceeded. Run the update again" in str(error)


def test_a_number_of_retries_that_the_stack_sets_counts_for_all() -> None:
    service = Service("omics", [REPEATED["429"]], maxRetries="3")

    assert type(service.error(_get)) is Throttling
    assert service.attempts == 4


def test_pauses_grow_and_differ() -> None:
    service = Service("omics", [RESET], maxRetries="50")
    service.error(_get)

    pauses_s = service.clock.pauses_s
    assert len(set(pauses_s)) == 50
    assert all(
        pause_s <= min(20.0, 0.2 * 2**number) for number, pause_s in enumerate(pauses_s[:20])
    )
    assert 5 < max(pauses_s) <= 20


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        (REPEATED["500"], 1),
        (REPEATED["503"], 1),
        (REPEATED["a web page"], 1),
        (REPEATED["a list"], 1),
        (REPEATED["408"], 1),
        (RESET, 1),
        (TIMED_OUT, 1),
        (REPEATED["throttling of KMS"], 2),
        (REFUSED, 2),
        (NO_CONNECTION, 2),
    ],
    ids=[
        "500",
        "503",
        "a web page",
        "a list",
        "408",
        "reset",
        "timed out",
        "throttled",
        "refused",
        "no connection",
    ],
)
def test_a_key_is_not_made_twice_because_nobody_knows(answer: Answer, attempts: int) -> None:
    service = Service("kms", [answer, FINE])

    with suppress(OmicsComponentsError), translated_errors("CreateKey"):
        service.client.create_key()

    assert service.attempts == attempts


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("omics", lambda client: client.list_sequence_stores()),
        ("omics", lambda client: client.update_sequence_store(id="1234567890")),
        ("omics", lambda c: c.put_s3_access_policy(s3AccessPointArn="arn:x", s3AccessPolicy="{}")),
        ("kms", lambda client: client.list_keys()),
        ("kms", lambda client: client.create_key()),
        ("s3", lambda client: client.get_bucket_versioning(Bucket="uploads")),
        ("s3", lambda client: client.get_bucket_policy(Bucket="uploads")),
        ("s3", lambda client: client.list_object_versions(Bucket="uploads")),
    ],
)
@pytest.mark.parametrize("body", ["", " \n", PROXY_PAGE, "<HTML>", "<html><br></html>"])
def test_a_success_without_its_body_is_none(
    service: str, call: Callable[[Any], object], body: str
) -> None:
    error = Service(service, [(200, "", body)], maxRetries="1").error(call)

    assert type(error) is ServiceInternalError
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("omics", lambda client: client.delete_sequence_store(id="1234567890")),
        ("kms", lambda client: client.delete_alias(AliasName="alias/x")),
        ("s3", lambda client: client.put_bucket_policy(Bucket="uploads", Policy="{}")),
        ("s3", lambda client: client.delete_bucket(Bucket="uploads")),
    ],
)
def test_a_web_page_is_no_success_even_where_nothing_is_due(
    service: str, call: Callable[[Any], object]
) -> None:
    assert type(Service(service, [(200, "", PROXY_PAGE)]).error(call)) is ServiceInternalError
    call(Service(service, [(200, "", "")]).client)


def test_an_answer_that_is_no_xml_is_an_error_of_ours() -> None:
    error = Service("s3", [(200, "", "nonsense")]).error(
        lambda client: client.get_bucket_versioning(Bucket="uploads")
    )

    assert type(error) is ServiceInternalError


def test_the_way_of_a_process_into_aws_keeps_to_the_quotas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMICS_COMPONENTS_TPS", "nonsense")

    with pytest.raises(InvalidRequest, match="OMICS_COMPONENTS_TPS"):
        aws_for(AwsSettings(region="eu-west-3"))


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
