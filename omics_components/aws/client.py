"""The only module that creates AWS clients: credentials, clients and error translation."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from omics_components.aws.changes import note_changes
from omics_components.aws.pacing import TPS_VARIABLE, Pacing, quotas_from
from omics_components.aws.responses import only_text, require_member
from omics_components.aws.retries import THROTTLING_CODES, TRANSIENT_CODES, Retries
from omics_components.aws.sessions import open_session
from omics_components.aws.settings import LAST_UPDATE, AwsSettings
from omics_components.aws.wait import SYSTEM_CLOCK, Clock
from omics_components.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidCredentials,
    InvalidRequest,
    NetworkFailure,
    NotFound,
    NotSupported,
    OmicsComponentsError,
    ResourceConflict,
    ServiceInternalError,
    ServiceLimitExceeded,
    Throttling,
)
from omics_components.schema.arn import partition_of

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_omics import OmicsClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

_MAX_CONNECTIONS = 64
"""Open connections per service and region. With fewer connections than threads, some requests
would first open a connection and arrive late (see ``pacing``)."""

_CODES: dict[type[OmicsComponentsError], str] = {
    AccessDenied: "AccessDenied AccessDeniedException",
    AlreadyExists: "AlreadyExistsException BucketAlreadyExists BucketAlreadyOwnedByYou",
    InvalidCredentials: "ExpiredToken ExpiredTokenException IDPRejectedClaim InvalidAccessKeyId "
    "InvalidClientTokenId InvalidIdentityToken InvalidSignatureException InvalidToken "
    "RequestExpired RequestTimeTooSkewed SignatureDoesNotMatch UnrecognizedClientException",
    InvalidRequest: "InvalidArnException MalformedPolicy MalformedPolicyDocumentException "
    "TagException ValidationException",
    NotFound: "NoSuchBucket NoSuchBucketPolicy NoSuchLifecycleConfiguration "
    "NoSuchPublicAccessBlockConfiguration NoSuchTagSet NotFoundException "
    "OwnershipControlsNotFoundError ResourceNotFoundException "
    "ServerSideEncryptionConfigurationNotFoundError",
    NotSupported: "NotSupportedOperationException UnsupportedOperationException",
    ResourceConflict: "BucketNotEmpty ConflictException DisabledException KMSInvalidStateException "
    "OperationAborted",
    ServiceInternalError: " ".join(TRANSIENT_CODES),
    ServiceLimitExceeded: "LimitExceededException ServiceQuotaExceededException TooManyBuckets",
    Throttling: " ".join(THROTTLING_CODES),
}
_AWS_LOCK = threading.Lock()

_OF_LAST_UPDATE = f"{InvalidCredentials.default_advice} If they have changed, {LAST_UPDATE}"

_UNREADABLE = (
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
    UnicodeDecodeError,
)
"""What a file that the environment or a profile names may end in."""

_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes.split()}

_BY_STATUS: dict[int, type[OmicsComponentsError]] = {
    401: InvalidCredentials,
    402: ServiceLimitExceeded,
    403: AccessDenied,
    # Without NotFound's code, a proxy or an unknown path answered: it says nothing about a store.
    404: ServiceInternalError,
    405: NotSupported,
    408: ServiceInternalError,
    409: ResourceConflict,
    429: Throttling,
}
"""For errors with an unknown code, such as a proxy's."""


class Aws:
    """Create and cache the clients of one configuration. Thread-safe.

    Clients are created when first needed. Threads may share a client, but not a session, so
    creation is serialized.

    Args:
        settings: The stack's ``aws:`` configuration.
        pacing: Schedules the requests to HealthOmics; None sends them at once.
        clock: Time, for the pauses before retries.
    """

    def __init__(
        self, settings: AwsSettings, *, pacing: Pacing | None = None, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.settings = settings
        self._pacing = pacing
        self._retries = Retries(settings.max_retries, clock)
        self._lock = threading.RLock()
        self._sessions: dict[str, boto3.Session] = {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._callers: dict[str, tuple[str, str]] = {}

    def default_region(self) -> str | None:
        """Return the default region; None if no setting names one.

        Looks at the stack's ``aws:region``, then the environment, then the profile. Only the last
        needs the SDK, so that a preview of a configured stack does not load it.
        """
        configured = (
            self.settings.region
            or os.environ.get("AWS_REGION")
            or os.environ.get("AWS_DEFAULT_REGION")
        )
        return configured or self._region_of_profile()

    def omics(self, region: str) -> OmicsClient:
        """Return the client of HealthOmics in *region*; raises as ``_client`` does."""
        client: OmicsClient = self._client("omics", region)
        return client

    def kms(self, region: str) -> KMSClient:
        """Return the client of KMS in *region*; raises as ``_client`` does."""
        client: KMSClient = self._client("kms", region)
        return client

    def tagging(self, region: str) -> ResourceGroupsTaggingAPIClient:
        """Return the client of the Tagging API in *region*; raises as ``_client`` does."""
        client: ResourceGroupsTaggingAPIClient = self._client("resourcegroupstaggingapi", region)
        return client

    def s3(self, region: str) -> S3Client:
        """Return the client of S3 in *region*; raises as ``_client`` does."""
        client: S3Client = self._client("s3", region)
        return client

    def account_id(self, region: str) -> str:
        """Return the caller's account; one call of STS, then remembered."""
        return self._caller(region)[0]

    def principal(self, region: str) -> str:
        """Return the ARN of the role or user that calls, without the name of a role's session."""
        arn = self._caller(region)[1]
        return arn.rpartition("/")[0] if ":assumed-role/" in arn else arn

    def credentials_source(self, region: str) -> str | None:
        """Return the SDK's name for the source of the credentials, such as ``env``, or None.

        Raises:
            InvalidCredentials: They are configured, but cannot be loaded.
        """
        session = self._session(region)
        with translated_errors("credentials"):
            found: Any = session.get_credentials()
        return str(found.method) if found else None

    def _caller(self, region: str) -> tuple[str, str]:
        with self._lock:
            if region not in self._callers:
                sts: STSClient = self._new_client("sts", region)
                with translated_errors("GetCallerIdentity"):
                    answer = sts.get_caller_identity()
                self._callers[region] = (
                    require_member(answer, "Account", "GetCallerIdentity"),
                    require_member(answer, "Arn", "GetCallerIdentity"),
                )
            return self._callers[region]

    def serves(self, service: str, region: str) -> bool:
        """Return whether the SDK lists a service in a region; sends no request."""
        regions = self._session(region).get_available_regions(service, partition_of(region))
        return region in regions

    def _client(self, service: str, region: str) -> Any:
        """Return the cached client of a service, or create it.

        Raises:
            InvalidCredentials: ``aws:allowedAccountIds`` or ``aws:forbiddenAccountIds`` exclude
                the caller's account.
        """
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._require_allowed_account(region)
                self._clients[key] = self._new_client(service, region)
            return self._clients[key]

    def _require_allowed_account(self, region: str) -> None:
        allowed = self.settings.allowed_account_ids
        if allowed and (caller := self.account_id(region)) not in allowed:
            raise InvalidCredentials(
                f"the credentials belong to account {caller}, but aws:allowedAccountIds allows "
                f"only {', '.join(allowed)}",
                advice=_OF_LAST_UPDATE,
            )
        forbidden = self.settings.forbidden_account_ids
        if forbidden and (caller := self.account_id(region)) in forbidden:
            raise InvalidCredentials(
                f"the credentials belong to account {caller}, which aws:forbiddenAccountIds "
                "forbids",
                advice=_OF_LAST_UPDATE,
            )

    def _new_client(self, service: str, region: str) -> Any:
        """Create a client that schedules and retries its requests and checks the responses.

        Raises:
            InvalidCredentials: There are none, or their source cannot be read.
            InvalidRequest: The region or an endpoint is invalid.
        """
        with translated_errors("credentials"):  # the SDK looks for them when it builds a client
            try:
                client = self._bare_client(service, region)
            except ValueError as error:
                raise InvalidRequest(
                    f"cannot call {service} in {region!r}: {_one_line(error)}",
                    advice="Correct the region, aws:endpoints or AWS_ENDPOINT_URL.",
                ) from error
        note_changes(client)
        self._retries.hook(client)
        if self._pacing:
            self._pacing.hook(client)
        return client

    def _bare_client(self, service: str, region: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 a preview must not load the SDK

        session: Any = self._session(region)
        make = functools.partial(session.client, service)
        url, config = self.settings.endpoint(service), self._config()
        client = make(endpoint_url=url, config=config)
        overrides: dict[str, dict[str, Any]] = {
            # botocore prepends the operation's host prefix to any endpoint, also to one that the
            # stack or the SDK's own settings name. It belongs to the service's own endpoint only.
            "omics": {"inject_host_prefix": False},
            # The same goes for the bucket: bucket.localhost does not resolve.
            "s3": {"s3": {"addressing_style": "path"}},
        }
        if service not in overrides:
            return client
        own_url = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg] # not in the stubs
        own = make(config=config.merge(own_url))
        is_own = client.meta.endpoint_url == own.meta.endpoint_url
        if is_own and not (service == "s3" and self.settings.s3_use_path_style):
            return client
        return make(endpoint_url=url, config=config.merge(Config(**overrides[service])))

    def _config(self) -> Config:
        from botocore.config import Config  # noqa: PLC0415 a preview must not load the SDK

        return Config(
            # ``retries`` decides what is retried, and when.
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=_MAX_CONNECTIONS,
            user_agent_extra=f"omics-components/{version('omics-components')}",
        )

    def _session(self, region: str) -> boto3.Session:
        session = self._sessions.get(region)
        if session is None:
            with translated_errors("credentials"):
                session = open_session(self.settings, region)
            self._sessions[region] = session
        return session

    def _region_of_profile(self) -> str | None:
        import botocore.session  # noqa: PLC0415 only where nothing else names a region

        session = botocore.session.Session(profile=self.settings.profile)
        with translated_errors("region"):
            region: str | None = session.get_config_variable("region")
        return region


def aws_for(settings: AwsSettings) -> Aws:
    """Return the process's ``Aws`` for *settings*; all threads share its rate limits.

    There is one for each environment that the process has had: tests of programs change it.

    Raises:
        InvalidRequest: ``OMICS_COMPONENTS_TPS`` is invalid.
    """
    named = (item for item in os.environ.items() if item[0].startswith(("AWS_", TPS_VARIABLE)))
    with _AWS_LOCK:  # two threads with one each would use twice the quota
        return _aws_in(settings, frozenset(named))


@functools.cache
def _aws_in(settings: AwsSettings, _environment: frozenset[tuple[str, str]]) -> Aws:
    quotas = quotas_from(os.environ.get(TPS_VARIABLE, ""))
    return Aws(settings, pacing=Pacing(quotas=quotas))


@contextmanager
def translated_errors(operation: str) -> Iterator[None]:
    """Translate every botocore error into an ``OmicsComponentsError``.

    Args:
        operation: The API operation that is called, such as ``CreateSequenceStore``.

    Raises:
        OmicsComponentsError: Of the class that the error's code or HTTP status maps to.
    """
    from botocore import exceptions  # noqa: PLC0415 a preview must not load the SDK
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 as above

    # Older SDKs do not have `aws login`.
    login_error: type[Exception] = getattr(exceptions, "LoginError", exceptions.SSOError)
    try:
        yield
    except exceptions.ClientError as error:
        raise _from_response(error, operation) from error
    except (exceptions.SSOError, exceptions.TokenRetrievalError) as error:
        raise InvalidCredentials(
            _one_line(error), operation=operation, advice="Run `aws sso login` with the profile."
        ) from error
    except (
        login_error,
        exceptions.ConfigParseError,
        exceptions.CredentialRetrievalError,
        exceptions.InvalidConfigError,
        exceptions.NoAuthTokenError,
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.ProfileNotFound,
    ) as error:
        raise InvalidCredentials(_one_line(error), operation=operation) from error
    except _UNREADABLE as error:
        text = f"cannot read a credentials file: {_one_line(error)}"
        raise InvalidCredentials(text, operation=operation) from error
    except UnicodeEncodeError as error:  # from the signing of a request
        text = "the credentials hold characters that no credentials of AWS have"
        raise InvalidCredentials(text, operation=operation) from error
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
        raise NetworkFailure(_one_line(error), operation=operation) from error
    except exceptions.PaginationError as error:
        raise ServiceInternalError(_one_line(error), operation=operation) from error
    except exceptions.BotoCoreError as error:
        raise InvalidRequest(_one_line(error), operation=operation) from error
    except ResponseParserError as error:
        raise ServiceInternalError(
            f"{operation} returned an invalid response: not an AWS response", operation=operation
        ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _from_response(error: ClientError, operation: str) -> OmicsComponentsError:
    """Classify an error by its code, or by its HTTP status if the code is unknown."""
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    code = only_text(details.get("Code"))
    status = metadata.get("HTTPStatusCode", 0)
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if kind is None:
        kind = InvalidRequest if status < HTTPStatus.INTERNAL_SERVER_ERROR else ServiceInternalError
    message = " ".join(only_text(details.get("Message")).split())
    if not message or message.startswith("<"):
        what = "a web page as its body" if message else "no message"
        message = f"the response has status {status} and {what}"
    return kind(
        message,
        code=code,
        request_id=metadata.get("RequestId"),
        operation=operation,
    )
