"""Sessions of the SDK: a profile or the environment, then a chain of roles. They ask nothing.

The plugin has no terminal: its standard input is a pipe that no one writes to, and it must not read
the user's terminal beside the CLI. Credentials that need an answer end in one sentence instead.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any, NoReturn

from omics_components.aws.responses import reject_non_aws_response
from omics_components.aws.settings import AssumeRole, AwsSettings
from omics_components.errors import InvalidCredentials

if TYPE_CHECKING:
    import boto3

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60

_PROCESS_LIMIT_S = 60.0
_ATTEMPTS = 3
"""Of a request for credentials, which the SDK itself makes: to STS or to IAM Identity Center."""

_INSTANCE_ROLE = "iam-role"
"""The SDK's name for the credentials of an EC2 instance's role."""


def open_session(settings: AwsSettings, region: str) -> boto3.Session:
    """Return a session with the credentials that the settings lead to; they load when needed.

    Raises:
        InvalidCredentials: There are none to assume a role with.
    """
    session = _new_session(settings, region)
    for role in settings.assume_roles:
        session = _assumed(session, role, settings, region)
    return session


def _new_session(settings: AwsSettings, region: str) -> boto3.Session:
    """Create a session, for a role too: endpoints and certificates are the profile's."""
    import boto3  # noqa: PLC0415 a preview must not load the SDK

    inner = _strict_session()
    session = boto3.Session(
        botocore_session=inner, profile_name=settings.profile, region_name=region
    )
    resolver = inner.get_component("credential_provider")
    _refuse_questions(inner, resolver)
    if settings.skip_metadata_api_check:
        resolver.remove(_INSTANCE_ROLE)
    return session


def _assumed(
    session: boto3.Session, role: AssumeRole, settings: AwsSettings, region: str
) -> boto3.Session:
    """Return a session with a role's credentials, which it fetches and renews when needed."""
    from botocore.credentials import (  # noqa: PLC0415 a preview must not load the SDK
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
            session.client, region_name=region, endpoint_url=settings.endpoint("sts")
        ),
        source_credentials=source,
        role_arn=role.role_arn,
        extra_args={key: value for key, value in arguments.items() if value},
    )
    of_the_role = _new_session(settings, region)
    # botocore has no public API to set a session's role; its own credential loader sets this
    # attribute.
    inner: Any = of_the_role._session  # noqa: SLF001
    inner._credentials = DeferredRefreshableCredentials(  # noqa: SLF001
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return of_the_role


def _strict_session() -> Any:
    """Create a session whose clients, credential fetchers included, reject non-AWS responses."""
    import botocore.session  # noqa: PLC0415 a preview must not load the SDK
    from botocore.config import Config  # noqa: PLC0415 as above

    from omics_components.aws.response_parsers import (  # noqa: PLC0415 as above
        StrictParserFactory,
        raise_error,
    )

    inner = botocore.session.get_session()
    inner.register_component("response_parser_factory", StrictParserFactory())
    inner.set_default_client_config(
        Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        )
    )
    emitter: Any = inner.get_component("event_emitter")
    emitter.register("after-call", reject_non_aws_response)
    # Before botocore's own handler reads the body of this response, which may be an error.
    emitter.register_first("after-call.s3.GetBucketLocation", raise_error)
    return inner


def _refuse_questions(inner: Any, resolver: Any) -> None:
    """Let no source of credentials ask: neither for an MFA code, nor in a process of its own.

    botocore takes these two functions as arguments, but its sessions do not pass them on.
    """
    from botocore.credentials import (  # noqa: PLC0415 a preview must not load the SDK
        AssumeRoleProvider,
        ProcessProvider,
    )

    def new_process_provider(profile_name: str) -> Any:
        return ProcessProvider(profile_name, lambda: inner.full_config, popen=CredentialProcess)

    for provider in resolver.providers:
        if isinstance(provider, ProcessProvider):
            provider._popen = CredentialProcess  # type: ignore[attr-defined] # noqa: SLF001
        if isinstance(provider, AssumeRoleProvider):
            provider._prompter = _refuse_code  # type: ignore[attr-defined] # noqa: SLF001
            builder = provider._profile_provider_builder  # type: ignore[attr-defined] # noqa: SLF001
            builder._create_process_provider = new_process_provider  # noqa: SLF001


def _refuse_code(prompt: str) -> NoReturn:
    device = prompt.removeprefix("Enter MFA code for").strip(" :")
    raise InvalidCredentials(
        f"the profile needs a code of the MFA device {device}, for which a program cannot ask",
        advice="Run `aws configure export-credentials --profile PROFILE --format env` in a "
        "terminal, set the variables that it prints, and unset aws:profile and AWS_PROFILE.",
    )


class CredentialProcess(subprocess.Popen[bytes]):
    """A profile's ``credential_process``, without standard input, without a terminal, for a minute.

    Raises:
        InvalidCredentials: It cannot be started, does not end, or prints something else than JSON.
    """

    def __init__(self, arguments: list[str], **options: Any) -> None:
        try:
            super().__init__(arguments, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        except OSError as error:
            raise _process_error(f"cannot be started: {error}") from error

    def communicate(
        self,
        input: Any = None,  # noqa: A002 the base class's name
        timeout: float | None = None,
    ) -> tuple[Any, Any]:
        """Wait for the end of the process and return what it printed."""
        try:
            printed, errors = super().communicate(input, timeout or _PROCESS_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            self._end()
            raise _process_error(f"did not end within {_PROCESS_LIMIT_S:.0f} s") from error
        if self.returncode == 0:
            try:
                parsed = json.loads(printed)
            except ValueError:
                parsed = None
            if not isinstance(parsed, dict):
                raise _process_error("printed something else than a JSON object")
        return printed, errors.decode(errors="replace").encode()

    def _end(self) -> None:
        """End the process and what it started, which may have the pipes open."""
        if hasattr(os, "killpg"):
            os.killpg(self.pid, signal.SIGKILL)
        else:
            self.kill()
        super().communicate()


def _process_error(what: str) -> InvalidCredentials:
    return InvalidCredentials(
        f"the credential_process of the profile {what}",
        advice="Run it in a terminal: it must print credentials without asking anything.",
    )
