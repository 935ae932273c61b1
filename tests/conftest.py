"""What holds for every test: fake credentials, no way to the network, and repeatable examples."""

import functools
import gc
import ipaddress
import os
import sys
from collections.abc import Iterator

import pytest
from botocore.loaders import JSONFileLoader, Loader
from hypothesis import settings
from moto import backends as moto_backends
from moto.kms import models as moto_kms

# "thorough" looks further and differently each time: HYPOTHESIS_PROFILE=thorough.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.register_profile("thorough", max_examples=2000, deadline=None, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAFAKEKEYFORTESTS0",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    # A command of Pulumi's CLI is too short to collect garbage.
    "GOGC": "off",
    # The emulator has no quotas, unless a test switches them on.
    "OMICS_COMPONENTS_TPS": "*=inf",
}


def _refuse_the_network(event: str, arguments: tuple[object, ...]) -> None:
    """Stop every look-up and connection that would leave this machine. A hook stays for good."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return  # a Unix socket has a path for an address
    if not _is_here(host):
        raise PermissionError(f"a test tried to connect to {host}")


def _is_here(host: object) -> bool:
    if not host or host in ("localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


sys.addaudithook(_refuse_the_network)


@pytest.fixture(scope="session", autouse=True)
def aws_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keys that no account has, a region, and no trace of the developer's own settings.

    The login of Pulumi's CLI is one: it is a part of each owner's identity, and may change while
    the tests run.
    """
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        environment.setenv("PULUMI_HOME", str(tmp_path_factory.mktemp("pulumi-home")))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_collections() -> None:
    """Let no search for garbage look at what all modules hold, and let there be few."""
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(scope="session", autouse=True)
def quick_moto() -> Iterator[None]:
    """Spare moto what no test looks at, and what takes half of its time.

    It makes an RSA key for each KMS key, symmetric ones too, and lists its own folder at each call.
    """
    with pytest.MonkeyPatch.context() as patched:
        make = functools.cache(moto_kms.generate_private_key)  # type: ignore[attr-defined] # imported there
        patched.setattr(moto_kms, "generate_private_key", make)
        names = list(moto_backends.list_of_moto_modules())
        patched.setattr(moto_backends, "list_of_moto_modules", lambda: names)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_botocore() -> Iterator[None]:
    """Look for services and parse each model once: every new session of boto3 would do so again.

    No models of S3, whose clients change them.
    """
    with pytest.MonkeyPatch.context() as patched:
        services = functools.cache(Loader().list_available_services)
        patched.setattr(Loader, "list_available_services", lambda _, type_name: services(type_name))
        loader = JSONFileLoader()
        load, load_once = loader.load_file, functools.cache(loader.load_file)
        patched.setattr(
            JSONFileLoader,
            "load_file",
            lambda _, path: load(path) if "/s3/" in path else load_once(path),
        )
        yield
