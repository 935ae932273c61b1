"""The one seam to AWS: credentials, clients, and the way an error of AWS becomes one of ours."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from omics_components.aws.pacing import TPS_VARIABLE, Pacing, quotas_from
from omics_components.aws.responses import only_text, reject_non_aws_response, require_member
from omics_components.aws.retries import PASSING_CODES, THROTTLING_CODES, Retries
from omics_components.aws.settings import AssumeRole, AwsSettings
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

_CONNECT_TIMEOUT_S = 10
_READ_TIMEOUT_S = 60

_MOST_CONNECTIONS = 64
"""Kept open to a service and region. With fewer than threads, some calls would begin with a new
connection, and arrive later than their turn says (see ``pacing``)."""

_CODES: dict[type[OmicsComponentsError], str] = {
    AccessDenied: "AccessDenied AccessDeniedException",
    AlreadyExists: "AlreadyExistsException BucketAlreadyExists BucketAlreadyOwnedByYou",
    InvalidCredentials: "ExpiredToken ExpiredTokenException InvalidAccessKeyId "
    "InvalidClientTokenId InvalidSignatureException InvalidToken RequestExpired "
    "RequestTimeTooSkewed SignatureDoesNotMatch UnrecognizedClientException",
    InvalidRequest: "InvalidArnException MalformedPolicy MalformedPolicyDocumentException "
    "TagException ValidationException",
    NotFound: "NoSuchBucket NoSuchBucketPolicy NoSuchLifecycleConfiguration "
    "NoSuchPublicAccessBlockConfiguration NoSuchTagSet NotFoundException "
    "OwnershipControlsNotFoundError ResourceNotFoundException "
    "ServerSideEncryptionConfigurationNotFoundError",
    NotSupported: "NotSupportedOperationException UnsupportedOperationException",
    ResourceConflict: "BucketNotEmpty ConflictException DisabledException KMSInvalidStateException "
    "OperationAborted",
    ServiceInternalError: " ".join(PASSING_CODES),
    ServiceLimitExceeded: "LimitExceededException ServiceQuotaExceededException TooManyBuckets",
    Throttling: " ".join(THROTTLING_CODES),
}
_FINDING_AWS = threading.Lock()

_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes.split()}

_BY_STATUS: dict[int, type[OmicsComponentsError]] = {
    401: InvalidCredentials,
    402: ServiceLimitExceeded,
    403: AccessDenied,
    # Without NotFound's code it is a proxy or an unknown path, and no word about a store.
    404: ServiceInternalError,
    405: NotSupported,
    408: ServiceInternalError,
    409: ResourceConflict,
    429: Throttling,
}
"""For errors whose code is none that we know, as a proxy's."""


class Aws:
    """One way into AWS, shared by all threads of a process.

    Clients are built when first needed and kept: a client may be shared between threads, a session
    may not, so building is serialised.

    Args:
        settings: The stack's ``aws:`` configuration.
        pacing: Gives the calls to HealthOmics their turns; None lets them go as they come.
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
        """Give the region for resources that name none; None if nothing tells.

        The stack's ``aws:region``, then the environment, then the profile's file. Only the last
        needs the SDK, so that a preview of a configured stack does not load it.
        """
        configured = (
            self.settings.region
            or os.environ.get("AWS_REGION")
            or os.environ.get("AWS_DEFAULT_REGION")
        )
        return configured or self._region_of_profile()

    def omics(self, region: str) -> OmicsClient:
        """Give the client of HealthOmics in *region*; see ``_client`` for what it raises."""
        client: OmicsClient = self._client("omics", region)
        return client

    def kms(self, region: str) -> KMSClient:
        """Give the client of KMS in *region*; see ``_client`` for what it raises."""
        client: KMSClient = self._client("kms", region)
        return client

    def tagging(self, region: str) -> ResourceGroupsTaggingAPIClient:
        """Give the client of the index of tags in *region*; see ``_client`` for what it raises."""
        client: ResourceGroupsTaggingAPIClient = self._client("resourcegroupstaggingapi", region)
        return client

    def s3(self, region: str) -> S3Client:
        """Give the client of S3 in *region*; see ``_client`` for what it raises."""
        client: S3Client = self._client("s3", region)
        return client

    def account_id(self, region: str) -> str:
        """Give the caller's account; one call of STS, then remembered."""
        return self._caller(region)[0]

    def principal(self, region: str) -> str:
        """Give the ARN of the role or user that calls, without the name of a role's session."""
        arn = self._caller(region)[1]
        return arn.rpartition("/")[0] if ":assumed-role/" in arn else arn

    def credentials_source(self, region: str) -> str | None:
        """Say in the SDK's own word where it finds credentials, such as ``env``; None if nowhere.

        Raises:
            InvalidCredentials: They are named, but cannot be had.
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
        """Say whether the SDK knows of a service in a region; calls nothing."""
        regions = self._session(region).get_available_regions(service, partition_of(region))
        return region in regions

    def _client(self, service: str, region: str) -> Any:
        """Give the kept client of a service, or build it.

        Raises:
            InvalidCredentials: If ``aws:allowedAccountIds`` or ``aws:forbiddenAccountIds`` do not
                admit the caller's account.
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
                f"the credentials belong to account {caller}, but aws:allowedAccountIds admits "
                f"only {', '.join(allowed)}"
            )
        forbidden = self.settings.forbidden_account_ids
        if forbidden and (caller := self.account_id(region)) in forbidden:
            raise InvalidCredentials(
                f"the credentials belong to account {caller}, which aws:forbiddenAccountIds forbids"
            )

    def _new_client(self, service: str, region: str) -> Any:
        """Build a client that is paced, repeats what failed, and refuses what is no answer.

        Raises:
            InvalidCredentials: There are none, or what tells them cannot be read.
            InvalidRequest: The region or an endpoint is none.
        """
        with translated_errors("credentials"):  # the SDK looks for them when it builds a client
            try:
                client = self._bare_client(service, region)
            except ValueError as error:
                raise InvalidRequest(
                    f"there is no calling {service} in {region!r}: {_one_line(error)}",
                    advice="Correct the region; or aws:endpoints of the stack, or "
                    "AWS_ENDPOINT_URL.",
                ) from error
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
            # Likewise the bucket: no name resolver knows bucket.localhost.
            "s3": {"s3": {"addressing_style": "path"}},
        }
        if service not in overrides:
            return client
        own_url = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg] # not in the stubs
        own = make(config=config.merge(own_url))
        if client.meta.endpoint_url == own.meta.endpoint_url:
            return client
        return make(endpoint_url=url, config=config.merge(Config(**overrides[service])))

    def _config(self) -> Config:
        from botocore.config import Config  # noqa: PLC0415 a preview must not load the SDK

        return Config(
            # What is tried again, and when, is decided in ``retries``.
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=_MOST_CONNECTIONS,
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            user_agent_extra=f"omics-components/{version('omics-components')}",
        )

    def _session(self, region: str) -> boto3.Session:
        import boto3  # noqa: PLC0415 a preview must not load the SDK

        session = self._sessions.get(region)
        if session is None:
            with translated_errors("credentials"):
                session = boto3.Session(
                    botocore_session=_strict_session(),
                    profile_name=self.settings.profile,
                    region_name=region,
                )
                for role in self.settings.assume_roles:
                    session = self._assumed(session, role, region)
            self._sessions[region] = session
        return session

    def _assumed(self, session: boto3.Session, role: AssumeRole, region: str) -> boto3.Session:
        """Give a session whose credentials are the role's, fetched and renewed when needed."""
        import boto3  # noqa: PLC0415 a preview must not load the SDK
        from botocore.credentials import (  # noqa: PLC0415 likewise
            AssumeRoleCredentialFetcher,
            DeferredRefreshableCredentials,
        )

        source = session.get_credentials()
        if source is None:
            raise InvalidCredentials(f"there are no credentials to assume {role.role_arn} with")
        arguments = {
            "RoleSessionName": role.session_name or "omics-components",
            "ExternalId": role.external_id,
            "Policy": role.policy,
            "PolicyArns": [{"arn": arn} for arn in role.policy_arns],
            "Tags": [{"Key": key, "Value": value} for key, value in role.tags],
            "TransitiveTagKeys": list(role.transitive_tag_keys),
            "SourceIdentity": role.source_identity,
            "DurationSeconds": role.duration_s,
        }
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=functools.partial(
                session.client, region_name=region, endpoint_url=self.settings.endpoint("sts")
            ),
            source_credentials=source,
            role_arn=role.role_arn,
            extra_args={key: value for key, value in arguments.items() if value},
        )
        inner = _strict_session()
        # botocore has no public way to plug a role into a session; this attribute is what its own
        # loader of credentials sets.
        credentials = DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
        inner._credentials = credentials  # noqa: SLF001
        return boto3.Session(botocore_session=inner, region_name=region)

    def _region_of_profile(self) -> str | None:
        import botocore.session  # noqa: PLC0415 only where nothing else names a region

        session = botocore.session.Session(profile=self.settings.profile)
        with translated_errors("region"):
            region: str | None = session.get_config_variable("region")
        return region


def _strict_session() -> Any:
    """Make a session all of whose clients, also those that fetch credentials, refuse nonsense."""
    import botocore.session  # noqa: PLC0415 a preview must not load the SDK

    from omics_components.aws.response_parsers import (  # noqa: PLC0415 likewise
        StrictParserFactory,
        raise_error,
    )

    inner = botocore.session.get_session()
    inner.register_component("response_parser_factory", StrictParserFactory())
    emitter: Any = inner.get_component("event_emitter")
    emitter.register("after-call", reject_non_aws_response)
    # Before botocore reads the body of this one by hand, also that of an error.
    emitter.register_first("after-call.s3.GetBucketLocation", raise_error)
    return inner


def aws_for(settings: AwsSettings) -> Aws:
    """Give the process's one way into AWS for *settings*: all its threads share the quotas.

    One for each environment that the process has had: tests of programs change it.

    Raises:
        InvalidRequest: ``OMICS_COMPONENTS_TPS`` cannot be read.
    """
    named = (item for item in os.environ.items() if item[0].startswith(("AWS_", TPS_VARIABLE)))
    with _FINDING_AWS:  # two threads that both made one would each have all of the quota
        return _aws_in(settings, frozenset(named))


@functools.cache
def _aws_in(settings: AwsSettings, _environment: frozenset[tuple[str, str]]) -> Aws:
    quotas = quotas_from(os.environ.get(TPS_VARIABLE, ""))
    return Aws(settings, pacing=Pacing(quotas=quotas))


@contextmanager
def translated_errors(operation: str) -> Iterator[None]:
    """Turn every error of botocore into one of ours.

    Args:
        operation: The API operation in hand, such as ``CreateSequenceStore``.

    Raises:
        OmicsComponentsError: The class that the error's code or HTTP status calls for.
    """
    from botocore import exceptions  # noqa: PLC0415 a preview must not load the SDK
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 likewise

    # Older SDKs know no `aws login`.
    login_error: type[Exception] = getattr(exceptions, "LoginError", exceptions.SSOError)
    try:
        yield
    except exceptions.ClientError as error:
        raise _from_response(error, operation) from error
    except (
        login_error,
        exceptions.ConfigParseError,
        exceptions.CredentialRetrievalError,
        exceptions.InvalidConfigError,
        exceptions.NoAuthTokenError,
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.ProfileNotFound,
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
    ) as error:
        raise InvalidCredentials(_one_line(error), operation=operation) from error
    except (FileNotFoundError, PermissionError) as error:
        text = f"a file that the credentials are in cannot be read: {_one_line(error)}"
        raise InvalidCredentials(text, operation=operation) from error
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
        raise NetworkFailure(_one_line(error), operation=operation) from error
    except exceptions.PaginationError as error:
        raise ServiceInternalError(_one_line(error), operation=operation) from error
    except exceptions.BotoCoreError as error:
        raise InvalidRequest(_one_line(error), operation=operation) from error
    except ResponseParserError as error:
        raise ServiceInternalError(
            f"{operation} answered with nonsense: not an AWS response", operation=operation
        ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _from_response(error: ClientError, operation: str) -> OmicsComponentsError:
    """Classify by code, and by HTTP status where the code is none that we know."""
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
        message = f"the answer has the status {status} and {what}"
    return kind(
        message,
        code=code,
        request_id=metadata.get("RequestId"),
        operation=operation,
    )
