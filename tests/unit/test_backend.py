"""Which backend holds the stack: its many spellings, and where it is named."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from omics_components.engine.backend import backend_digest, former_backend

SECRET = "hunter2"  # noqa: S105 of nothing


@pytest.fixture
def digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str | None], str]:
    """A process with an empty home and working directory, and what it says of a backend."""
    home, here = tmp_path / "home", tmp_path / "work" / "program"
    home.mkdir()
    here.mkdir(parents=True)
    for name in ("BACKEND_URL", "CREDENTIALS_PATH", "HOME", "ACCESS_TOKEN"):
        monkeypatch.delenv(f"PULUMI_{name}", raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)

    def of(url: str | None = None) -> str:
        if url is not None:
            monkeypatch.setenv("PULUMI_BACKEND_URL", url)
        backend_digest.cache_clear()
        try:
            return backend_digest()
        finally:
            backend_digest.cache_clear()

    return of


SAME = {
    "a folder": (
        *("file:///x", "file:///x/", "file:///x/./", "file:///x//", "file:///y/../x"),
        *("file:///x?no_tmp_dir=true", "file:///x/?no_tmp_dir=true", "FILE:///x", " file:///x "),
    ),
    "a folder of the user": ("file://~", "file://~/", "file://~/.", "file://~?no_tmp_dir=true"),
    "the working directory": ("file://.", "file://./", "file://"),
    "a service": (
        *("https://api.pulumi.com", "https://api.pulumi.com/", "https://API.pulumi.com"),
        f"https://me:{SECRET}@api.pulumi.com",
    ),
    "a bucket": ("s3://b/p", "s3://b/p/", "s3://b/p?region=eu-west-1&profile=x"),
    "a database": (
        "postgres://host:5432/db",
        f"postgres://u:{SECRET}@host:5432/db",
        f"postgres://u:pa@{SECRET}@host:5432/db",
        f"postgres://host:5432/db?sslpassword={SECRET}",
        f"postgres://host:5432/db?Password={SECRET}&sslmode=disable",
        f"postgres://host:5432/db?user=a@b&password={SECRET}#x",
    ),
}


@pytest.mark.parametrize("urls", SAME.values(), ids=SAME.keys())
def test_the_spellings_of_one_backend_are_one(
    digest: Callable[..., str], urls: tuple[str, ...]
) -> None:
    assert len({digest(url) for url in urls}) == 1


def test_other_backends_are_others(digest: Callable[..., str]) -> None:
    firsts = [urls[0] for urls in SAME.values()]
    others = ["file:///X", "file:///x/y", "s3://b", "s3://c/p", "gs://b/p", "postgres://host/db"]

    assert len({digest(url) for url in [*firsts, *others]}) == len(firsts) + len(others)


def test_a_link_to_a_folder_is_that_folder(digest: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert digest(f"file://{tmp_path}/link") == digest(f"file://{tmp_path}/real")


@pytest.mark.parametrize(
    "url",
    [
        f"postgres://u:pa/{SECRET}@host/db",
        f"postgres://u:12/{SECRET}@host/db",
        f"postgres://u:{SECRET}/ss@host/db",
        f"postgres://u:12{SECRET}@host:port/db",
        f"postgres://u:{SECRET}@[::1/db",
    ],
)
def test_no_odd_password_becomes_part_of_it(digest: Callable[..., str], url: str) -> None:
    other = url.replace(SECRET, "another")

    assert digest(url) == digest(other)
    assert digest(url)


@pytest.mark.parametrize(
    "url", [f"https://u:{SECRET}@host", "file:///home/ada/state", "file://~", "odd", "://", "["]
)
def test_it_is_a_digest(digest: Callable[..., str], url: str) -> None:
    assert re.fullmatch("[0-9a-f]{16}", digest(url))


def test_it_never_changes(digest: Callable[..., str]) -> None:
    """It is in states and, in digests, in tags."""
    whole = hashlib.sha256(b"s3://b/p").hexdigest()

    assert digest("s3://b/p") == whole[:16]


def write_project(folder: Path, url: str, name: str = "Pulumi.yaml") -> None:
    text = json.dumps({"name": "lab", "runtime": "python", "backend": {"url": url}})
    (folder / name).write_text(text)  # JSON is YAML


def write_login(folder: Path, url: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "credentials.json").write_text(
        json.dumps({"current": url, "accessTokens": {url: SECRET}})
    )


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"])
def test_the_project_file_is_looked_for_upwards(digest: Callable[..., str], name: str) -> None:
    write_project(Path.cwd().parent, "s3://b/p", name)

    assert digest() == digest("s3://b/p")


def test_the_nearest_project_file_counts_even_without_a_backend(
    digest: Callable[..., str],
) -> None:
    write_project(Path.cwd().parent, "s3://far")
    write_login(Path.home() / ".pulumi", "s3://login")
    (Path.cwd() / "Pulumi.yaml").write_text("name: lab\nruntime: python\n")

    assert digest() == digest("s3://login")


@pytest.mark.parametrize(
    "text", ["", ": {", "backend: odd\n", "backend:\n  url: 5\n", "- a\n", "backend:\n", "\xff"]
)
def test_a_project_file_that_names_none_is_passed_over(
    digest: Callable[..., str], text: str
) -> None:
    (Path.cwd() / "Pulumi.yaml").write_bytes(text.encode("latin-1"))
    write_login(Path.home() / ".pulumi", "s3://login")

    assert digest() == digest("s3://login")


@pytest.mark.parametrize("variable", ["PULUMI_HOME", "PULUMI_CREDENTIALS_PATH"])
def test_the_login_may_be_elsewhere(
    digest: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
) -> None:
    write_login(Path.home() / ".pulumi", "s3://default")
    write_login(tmp_path / "elsewhere", "s3://elsewhere")
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))

    assert digest() == digest("s3://elsewhere")


def test_the_path_of_the_credentials_goes_before_the_home(
    digest: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, variable in (("home2", "PULUMI_HOME"), ("other", "PULUMI_CREDENTIALS_PATH")):
        write_login(tmp_path / name, f"s3://{name}")
        monkeypatch.setenv(variable, str(tmp_path / name))

    assert digest() == digest("s3://other")


def test_the_variable_goes_before_the_project_file_and_that_before_the_login(
    digest: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [digest()]
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", SECRET)
    seen.append(digest())
    write_login(Path.home() / ".pulumi", "s3://login")
    seen.append(digest())
    write_project(Path.cwd(), "s3://project")
    seen.append(digest())
    seen.append(digest("s3://variable"))

    expected = ["https://api.pulumi.com", "s3://login", "s3://project", "s3://variable"]
    assert seen == ["", *(digest(url) for url in expected)]


def test_a_login_that_changes_meanwhile_does_not_change_it(
    digest: Callable[..., str],
) -> None:
    del digest
    write_login(Path.home() / ".pulumi", "s3://first")
    backend_digest.cache_clear()
    first = backend_digest()
    write_login(Path.home() / ".pulumi", "s3://second")

    assert backend_digest() == first
    backend_digest.cache_clear()
    assert backend_digest() != first
    backend_digest.cache_clear()


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("", ""),
        ("file://~", "file://~"),
        (f"https://u:{SECRET}@host/x", "https://host/x"),
        (f"postgres://h/db?password={SECRET}&a=b", "postgres://h/db?a=b"),
    ],
)
def test_versions_before_spelled_it_as_it_was_given(
    monkeypatch: pytest.MonkeyPatch, url: str, spelled: str
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)

    assert former_backend() == spelled
