"""One emulator as a command, and the AWS CLI, the JavaScript SDK and the Go SDK that call it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.languages.sdk_clients import AwsCli, SdkClient, SdkProgram
from tools import language_sdks
from tools.emulated import Emulated, emulated

LANGUAGES = ("cli", "javascript", "go")
CREATING_S = 0.2


def javascript_program() -> list[str]:
    sdk = language_sdks.JAVASCRIPT
    return ["node", "--no-warnings", str(sdk.source / "client.mjs"), str(sdk.folder)]


def go_program() -> list[str]:
    return [str(language_sdks.go_client())]


PROGRAMS = {"javascript": javascript_program, "go": go_program}

Connect = Callable[..., SdkClient]


@pytest.fixture(scope="session")
def installed() -> None:
    """Stop early, with what to do, where the SDKs are not installed."""
    sdks = (language_sdks.CLI, language_sdks.JAVASCRIPT, language_sdks.GO)
    missing = [sdk.name for sdk in sdks if not sdk.is_installed]
    assert not missing, f"run `make setup-languages`: {', '.join(missing)} not installed"


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulated]:
    with emulated("--creating-s", str(CREATING_S)) as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulated) -> Iterator[Emulated]:
    """An empty emulator."""
    running_emulator.reset()
    yield running_emulator
    running_emulator.reset()


@pytest.fixture(scope="session")
def connect(installed: None, running_emulator: Emulated) -> Iterator[Connect]:  # noqa: ARG001 - it must be there first
    """Start a client of a language; *attempts* are those of each call, retries included."""
    with ExitStack() as programs:

        def start(language: str, *, attempts: int = 1, keep_host_prefix: bool = False) -> SdkClient:
            environment = {**running_emulator.environment(), "AWS_MAX_ATTEMPTS": str(attempts)}
            if language == "cli":
                return AwsCli(language_sdks.aws(), environment)
            mode = ["--keep-host-prefix"] if keep_host_prefix else []
            program = [*PROGRAMS[language](), *mode]
            return programs.enter_context(SdkProgram(program, environment))

        yield start


@pytest.fixture(scope="session", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def connected(language: str, connect: Connect) -> SdkClient:
    return connect(language)


@pytest.fixture
def sdk(connected: SdkClient, emulator: Emulated) -> SdkClient:  # noqa: ARG001 - empty, before each test
    """Return a client that tries each call once; the emulator is empty."""
    return connected
