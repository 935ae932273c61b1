"""Where credentials come from: each source works or ends in one sentence, and none asks."""

import hashlib
import json
import os
import pty
import select
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from omics_components.aws import sessions
from omics_components.aws.client import Aws
from omics_components.aws.sessions import CredentialProcess
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator, EmulatorServer
from omics_components.errors import InvalidCredentials
from omics_components.providers import SequenceStoreProvider
from tests.provider.conftest import created
from tests.provider.plugin import Plugin, PluginError, Process

REGION = "us-east-1"
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"
OTHER_ROLE = "arn:aws:iam::444455556666:role/last"
DEVICE = "arn:aws:iam::111122223333:mfa/jo"

KEYS = "aws_access_key_id = AKIAFAKEKEYOFPROFIL0\naws_secret_access_key = fake\n"
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SESSION_TOKEN": None}
PRINTS_KEYS = json.dumps(
    {"Version": 1, "AccessKeyId": "AKIAFAKEKEYOFPROCESS", "SecretAccessKey": "fake"}
)


Start = Callable[[Mapping[str, str], Mapping[str, str | None]], Plugin]


@pytest.fixture
def start_plugin(
    server: EmulatorServer,
    emulator: Emulator,  # noqa: ARG001 it is empty
    tmp_path: Path,
) -> Iterator[Start]:
    """Start a plugin that ends with the test."""
    running: list[Process] = []

    def start(config: Mapping[str, str], environment: Mapping[str, str | None]) -> Plugin:
        merged = {**os.environ, "AWS_ENDPOINT_URL": server.url, **environment}
        known = {name: value for name, value in merged.items() if value is not None}
        running.append(Process(known, tmp_path / "plugin.log"))
        return Plugin(running[-1], config, SequenceStoreProvider)

    yield start
    for process in running:
        process.close()


def of_file(folder: Path, text: str) -> dict[str, str]:
    """Return the environment in which the SDK finds this configuration file, and no other."""
    file = folder / "config"
    file.write_text(text)
    return {
        "AWS_CONFIG_FILE": str(file),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "absent"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
    }


def helper(folder: Path, script: str) -> str:
    """Write a credential_process and return its command."""
    file = folder / "helper.sh"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def roles(*arns: str) -> dict[str, str]:
    """Configure a chain of roles whose sessions no other test has."""
    chain = [{"roleArn": arn, "sessionName": f"ci-{time.time_ns()}"} for arn in arns]
    return {"aws:assumeRoles": json.dumps(chain)}


class TestSourcesThatWork:
    """The store is created by the caller that the configuration names."""

    @pytest.mark.parametrize(
        ("text", "config", "environment", "account"),
        [
            (f"[profile lab]\n{KEYS}", {"aws:profile": "lab"}, {}, "123456789012"),
            (f"[profile lab]\n{KEYS}", {}, {"AWS_PROFILE": "lab"}, "123456789012"),
            (
                f"[profile lab]\nrole_arn = {ROLE}\nsource_profile = keys\n[profile keys]\n{KEYS}",
                {"aws:profile": "lab"},
                {},
                ACCOUNT,
            ),
            (f"[profile lab]\n{KEYS}", {"aws:profile": "lab", **roles(ROLE)}, {}, ACCOUNT),
            (
                f"[profile lab]\n{KEYS}",
                {"aws:profile": "lab", **roles(ROLE)},
                {"AWS_PROFILE": "ghost"},
                ACCOUNT,
            ),
            (
                f"[profile lab]\n{KEYS}",
                {"aws:profile": "lab", **roles(ROLE, OTHER_ROLE)},
                {"AWS_PROFILE": "ghost"},
                "444455556666",
            ),
        ],
        ids=[
            "aws:profile",
            "AWS_PROFILE",
            "role of a profile",
            "role",
            "role, other AWS_PROFILE",
            "chain of roles",
        ],
    )
    def test_it_calls(
        self,
        start_plugin: Start,
        tmp_path: Path,
        *,
        text: str,
        config: dict[str, str],
        environment: dict[str, str],
        account: str,
    ) -> None:
        plugin = start_plugin(config, {**NO_KEYS, **of_file(tmp_path, text), **environment})

        assert f":{account}:" in created(plugin, {}).id

    def test_a_process_prints_them(self, start_plugin: Start, tmp_path: Path) -> None:
        command = helper(tmp_path, f"echo '{PRINTS_KEYS}'")
        text = f"[profile lab]\ncredential_process = {command}\n"
        plugin = start_plugin({"aws:profile": "lab"}, {**NO_KEYS, **of_file(tmp_path, text)})

        assert ":123456789012:" in created(plugin, {}).id

    @pytest.mark.parametrize("by", ["environment", "profile"])
    def test_a_web_identity_assumes_its_role(
        self, start_plugin: Start, tmp_path: Path, by: str
    ) -> None:
        token = tmp_path / "token"
        token.write_text("a.web.identity")
        text, environment = "", {}
        if by == "environment":
            environment = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": ROLE}
        else:
            text = f"[profile lab]\nrole_arn = {ROLE}\nweb_identity_token_file = {token}\n"
            environment = {"AWS_PROFILE": "lab"}
        plugin = start_plugin({}, {**NO_KEYS, **of_file(tmp_path, text), **environment})

        assert f":{ACCOUNT}:" in created(plugin, {}).id

    def test_a_session_of_identity_center_gets_a_role(
        self, start_plugin: Start, tmp_path: Path
    ) -> None:
        _token(tmp_path, expires=timedelta(hours=1))
        with _identity_center() as url:
            environment = {**of_file(tmp_path, SSO), "AWS_ENDPOINT_URL_SSO": url}
            plugin = start_plugin({"aws:profile": "p"}, {**NO_KEYS, **environment})

            assert ":123456789012:" in created(plugin, {}).id

    @pytest.mark.parametrize(
        ("config", "environment", "key"),
        [
            ({"aws:profile": "lab"}, {}, "AKIAFAKEKEYOFPROFIL0"),
            ({}, {"AWS_PROFILE": "lab"}, "AKIAFAKEKEYOFENVIRON"),
        ],
        ids=["aws:profile wins", "AWS_PROFILE loses"],
    )
    def test_the_environment_and_a_profile_together(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        config: dict[str, str],
        environment: dict[str, str],
        key: str,
    ) -> None:
        own = {"AWS_ACCESS_KEY_ID": "AKIAFAKEKEYOFENVIRON", "AWS_SECRET_ACCESS_KEY": "fake"}
        variables = {**of_file(tmp_path, f"[profile lab]\n{KEYS}"), **own, **environment}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

        client: Any = Aws(AwsSettings.from_stack(config)).omics(REGION)

        assert client._request_signer._credentials.access_key == key

    @pytest.mark.parametrize("assumed", [(), (ROLE,), (ROLE, OTHER_ROLE)], ids=len)
    def test_a_profile_decides_the_endpoint_of_its_roles(
        self,
        start_plugin: Start,
        server: EmulatorServer,
        emulator: Emulator,
        tmp_path: Path,
        *,
        assumed: tuple[str, ...],
    ) -> None:
        services = f"[services vpc]\nomics =\n  endpoint_url = {server.url}\n"
        text = f"[profile lab]\n{KEYS}endpoint_url = {server.url}\nservices = vpc\n{services}"
        config = {"aws:profile": "lab", **(roles(*assumed) if assumed else {})}
        plugin = start_plugin(
            config, {**NO_KEYS, **of_file(tmp_path, text), "AWS_ENDPOINT_URL": None}
        )

        created(plugin, {})

        assert "omics:CreateSequenceStore" in emulator.calls.names()
        assert emulator.calls.names().count("sts:AssumeRole") == len(assumed)

    @pytest.mark.parametrize("assumed", [(), (ROLE,), (ROLE, OTHER_ROLE)], ids=len)
    @pytest.mark.parametrize("service", ["omics", "kms", "s3", "tagging"])
    def test_a_profile_decides_fips_and_certificates_of_its_roles(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        assumed: tuple[str, ...],
        service: str,
    ) -> None:
        bundle = tmp_path / "bundle.pem"
        bundle.write_text("")
        text = f"[profile lab]\n{KEYS}use_fips_endpoint = true\nca_bundle = {bundle}\n"
        for name, value in {**of_file(tmp_path, text), "AWS_PROFILE": "ghost"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        config = {"aws:profile": "lab", **(roles(*assumed) if assumed else {})}

        client: Any = getattr(Aws(AwsSettings.from_stack(config)), service)(REGION)

        assert "fips" in client.meta.endpoint_url
        assert client._endpoint.http_session._verify == str(bundle)

    @pytest.mark.parametrize(("text", "is_there"), [("true", False), ("false", True)])
    def test_an_instances_role_is_left_out_on_request(self, text: str, is_there: bool) -> None:
        settings = AwsSettings.from_stack({"aws:skipMetadataApiCheck": text})
        session: Any = sessions.open_session(settings, REGION)

        providers = session._session.get_component("credential_provider").providers
        assert ("iam-role" in {provider.METHOD for provider in providers}) is is_there


@pytest.mark.parametrize("assumed", [(ROLE,), (ROLE, OTHER_ROLE)], ids=len)
def test_the_calls_for_credentials_have_limits(assumed: tuple[str, ...]) -> None:
    session: Any = sessions.open_session(AwsSettings.from_stack(roles(*assumed)), REGION)
    fetcher = session._session.get_credentials()._refresh_using.__self__

    config = fetcher._client_creator("sts").meta.config

    assert (config.connect_timeout, config.read_timeout) == (10, 60)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


@contextmanager
def _identity_center() -> Iterator[str]:
    """Serve the one operation of IAM Identity Center that returns credentials of a role."""
    credentials = {
        "accessKeyId": "AKIAFAKEKEYOFCENTER0",
        "secretAccessKey": "fake",
        "sessionToken": "fake",
        "expiration": int((time.time() + 3600) * 1000),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path.startswith("/federation/credentials")
            body = json.dumps({"roleCredentials": credentials}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _token(folder: Path, *, expires: timedelta) -> None:
    """Write what ``aws sso login`` leaves."""
    cache = folder / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    name = hashlib.sha1(b"corp", usedforsecurity=False).hexdigest()
    token = {
        "startUrl": "https://corp.example/start",
        "region": REGION,
        "accessToken": "t",
        "expiresAt": (datetime.now(UTC) + expires).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    (cache / f"{name}.json").write_text(json.dumps(token))


SSO = (
    "[profile p]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = x\n"
    "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example/start\n"
)

MFA = {
    "role": f"[profile p]\nrole_arn = {ROLE}\nsource_profile = k\nmfa_serial = {DEVICE}\n"
    f"[profile k]\n{KEYS}",
    "role of a role": f"[profile p]\nrole_arn = {OTHER_ROLE}\nsource_profile = m\n"
    f"[profile m]\nrole_arn = {ROLE}\nsource_profile = k\nmfa_serial = {DEVICE}\n"
    f"[profile k]\n{KEYS}",
}

ASKS = {
    "standard input": "read answer",
    "the terminal": "read answer < /dev/tty",
    "both, for ever": "while ! read answer < /dev/tty; do sleep 1; done",
}


class TestSourcesThatFail:
    """The update ends with one sentence."""

    def _sentence(
        self,
        start_plugin: Start,
        environment: Mapping[str, str | None],
        config: Mapping[str, str] | None = None,
    ) -> str:
        plugin = start_plugin(config or {}, {**NO_KEYS, "AWS_PROFILE": "p", **environment})
        with pytest.raises(PluginError) as failure:
            created(plugin, {})
        text = str(failure.value)
        assert "\n" not in text
        assert "Traceback" not in text
        return text

    @pytest.mark.parametrize("text", MFA.values(), ids=MFA.keys())
    @pytest.mark.parametrize("assumed", [(), (OTHER_ROLE,)], ids=len)
    def test_a_code_is_not_asked_for(
        self, start_plugin: Start, tmp_path: Path, text: str, assumed: tuple[str, ...]
    ) -> None:
        config = roles(*assumed) if assumed else {}
        sentence = self._sentence(start_plugin, of_file(tmp_path, text), config)

        assert f"the profile needs a code of the MFA device {DEVICE}" in sentence
        assert "aws configure export-credentials" in sentence

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            ("echo lab; echo error >&2; exit 3", "error"),
            ("echo hello", "printed something else than a JSON object"),
            ("echo '[1]'", "printed something else than a JSON object"),
            ("printf '\\377'", "printed something else than a JSON object"),
            ("printf '\\377' >&2; exit 1", "custom-process"),
            ("echo '{\"Version\": 1}'", "Missing required key"),
            ("echo '{\"Version\": 2}'", "Unsupported version"),
            ("true", "printed something else than a JSON object"),
        ],
    )
    def test_a_process_that_prints_no_credentials(
        self, start_plugin: Start, tmp_path: Path, script: str, words: str
    ) -> None:
        text = f"[profile p]\ncredential_process = {helper(tmp_path, script)}\n"

        assert words in self._sentence(start_plugin, of_file(tmp_path, text))

    @pytest.mark.parametrize("name", ["absent", "config"])
    def test_a_process_that_cannot_be_started(
        self, start_plugin: Start, tmp_path: Path, name: str
    ) -> None:
        text = f"[profile p]\ncredential_process = {tmp_path}/{name}\n"

        sentence = self._sentence(start_plugin, of_file(tmp_path, text))
        assert "credential_process of the profile cannot be started" in sentence

    @pytest.mark.parametrize(
        "source", ["", f"role_arn = {ROLE}\nsource_profile = s\n[profile s]\n"]
    )
    def test_a_process_that_does_not_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
    ) -> None:
        monkeypatch.setattr(sessions, "_PROCESS_LIMIT_S", 0.5)
        command = helper(tmp_path, "sleep 60 & sleep 60")
        text = f"[profile p]\n{source}credential_process = {command}\n"
        for name, value in of_file(tmp_path, text).items():
            monkeypatch.setenv(name, value)
        begun = time.monotonic()

        with pytest.raises(InvalidCredentials, match="did not end within"):
            Aws(AwsSettings.from_stack({"aws:profile": "p"})).account_id(REGION)

        assert time.monotonic() - begun < 20

    def test_a_session_of_identity_center_that_has_ended(
        self, start_plugin: Start, tmp_path: Path
    ) -> None:
        _token(tmp_path, expires=-timedelta(hours=1))

        sentence = self._sentence(start_plugin, of_file(tmp_path, SSO))
        assert "expired" in sentence
        assert "aws sso login" in sentence

    def test_no_session_of_identity_center(self, start_plugin: Start, tmp_path: Path) -> None:
        assert "aws sso login" in self._sentence(start_plugin, of_file(tmp_path, SSO))

    @pytest.mark.parametrize("token", [None, ""], ids=["absent", "empty"])
    def test_a_web_identity_that_is_not_there(
        self, start_plugin: Start, tmp_path: Path, token: str | None
    ) -> None:
        file = tmp_path / "token"
        if token is not None:
            file.write_text(token)
        identity = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(file), "AWS_ROLE_ARN": ROLE}
        environment = {**of_file(tmp_path, ""), **identity, "AWS_PROFILE": None}

        words = "No such file" if token is None else "WebIdentityToken"
        assert words in self._sentence(start_plugin, environment)


class TestAtATerminal:
    """A plugin that the CLI starts in a terminal has that terminal, but must not read it."""

    @pytest.mark.parametrize("text", MFA.values(), ids=MFA.keys())
    def test_a_code_is_not_asked_for(self, tmp_path: Path, text: str) -> None:
        status, printed = self._call(of_file(tmp_path, text))

        assert (status, "needs a code of the MFA device" in printed) == (1, True), printed
        assert "Enter MFA code" not in printed

    @pytest.mark.parametrize("script", ASKS.values(), ids=ASKS.keys())
    def test_a_process_finds_no_one_to_ask(self, tmp_path: Path, script: str) -> None:
        text = f"[profile p]\ncredential_process = {helper(tmp_path, script)}\n"
        status, printed = self._call(of_file(tmp_path, text))

        assert (status, printed.count("\n")) == (1, 1), printed
        assert "Check the credentials" in printed or "Run it in a terminal" in printed

    def _call(self, environment: Mapping[str, str]) -> tuple[int, str]:
        """Ask AWS in a process with a terminal where no one answers."""
        program = textwrap.dedent(
            """
            import sys
            from omics_components.aws import sessions
            from omics_components.aws.client import Aws
            from omics_components.aws.settings import AwsSettings
            from omics_components.errors import InvalidCredentials
            sessions._PROCESS_LIMIT_S = 3.0
            try:
                Aws(AwsSettings.from_stack({"aws:profile": "p"})).account_id("us-east-1")
            except InvalidCredentials as error:
                sys.exit(str(error))
            """
        )
        pid, terminal = pty.fork()
        if pid == 0:
            names = {**{k: v for k, v in os.environ.items() if k != "AWS_PROFILE"}, **environment}
            os.execve(sys.executable, [sys.executable, "-c", program], names)  # noqa: S606 ours
        printed = b""
        deadline = time.monotonic() + 60
        try:
            while time.monotonic() < deadline:
                if not select.select([terminal], [], [], 1)[0]:
                    continue
                try:
                    printed += os.read(terminal, 4096)
                except OSError:  # the other end is closed
                    break
            else:
                os.kill(pid, signal.SIGKILL)
        finally:
            os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), printed.decode()


def test_a_process_has_neither_input_nor_terminal(tmp_path: Path) -> None:
    script = 'read x; echo "{\\"stdin\\": \\"$?\\", \\"session\\": $$}"'
    process = CredentialProcess([helper(tmp_path, script)], stdout=-1, stderr=-1)

    printed = json.loads(process.communicate()[0])

    assert printed == {"stdin": "1", "session": process.pid}
