"""Check the contents of the built sdist and wheel, then install the wheel and use it.

Each environment is a clean one: no extra, each extra, all of them; once with the newest supported
dependencies (those of constraints.txt) and once with the oldest (the floors in pyproject.toml).
Needs ``dist`` as ``make dist`` leaves it, where the wheel is made from the sdist.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = "omics_components"
EXTRAS = ("", "cli", "emulator", "cli,emulator")
UV = Path(sys.executable).with_name("uv")
LIMIT_S = 300
"""How long one command may take; the longest is an installation with nothing cached."""

USED = """
import importlib, importlib.metadata, os, pkgutil, sys

import omics_components

here, extras = sys.prefix, set(filter(None, sys.argv[2].split(",")))
assert omics_components.__file__.startswith(here), omics_components.__file__
assert importlib.metadata.version("omics-components") == sys.argv[1]
assert os.path.exists(os.path.join(omics_components.__path__[0], "py.typed"))
for name in omics_components.__all__:
    getattr(omics_components, name)

parts = {"cli": ("cli",), "emulator": ("emulator", "testing")}
missing = {f"omics_components.{part}" for extra in parts.keys() - extras for part in parts[extra]}
modules = [
    module.name
    for module in pkgutil.walk_packages(omics_components.__path__, "omics_components.")
    if not any(module.name.startswith(part) for part in missing)
    and not module.name.endswith((".__main__", ".pytest_plugin"))  # begins a program; needs pytest
]
for name in modules:
    importlib.import_module(name)
print(len(modules), "modules,", len(omics_components.__all__), "public names")
"""
"""Run by the new environment's Python, outside of the checkout."""

CALLED = """
import sys

import boto3
from botocore.config import Config

def client(service):
    return boto3.client(
        service, "us-east-1", endpoint_url=sys.argv[1], config=Config(inject_host_prefix=False),
        aws_access_key_id="x", aws_secret_access_key="x",
    )

made = client("omics").create_sequence_store(name="reads")
assert client("omics").get_sequence_store(id=made["id"])["name"] == "reads"
assert client("kms").create_key()["KeyMetadata"]["Enabled"]
print("a store in it, and a key")
"""
"""The same; talks to the emulator."""


class DistributionError(Exception):
    """A distribution is wrong."""


def main() -> int:
    """Check ``dist``; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dist", type=Path, help="the folder with one sdist and one wheel")
    dist: Path = parser.parse_args().dist
    began_s = time.monotonic()
    try:
        sdist, wheel = one(dist, "*.tar.gz"), one(dist, "*.whl")
        check_contents(sdist, wheel)
        count = check_uses(wheel)
    except DistributionError as error:
        print(f"check_distributions: {error}", file=sys.stderr)
        return 1
    print(f"{count} environments passed in {time.monotonic() - began_s:.0f} s")
    return 0


def one(folder: Path, pattern: str) -> Path:
    """Return the only file of its kind."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise DistributionError(f"{folder} has {len(found)} files {pattern}; make dist first")
    return found[0]


def project() -> dict[str, str]:
    """Return the project table of pyproject.toml."""
    with (PROJECT / "pyproject.toml").open("rb") as file:
        facts: dict[str, str] = tomllib.load(file)["project"]
    return facts


# What is in them


def check_contents(sdist: Path, wheel: Path) -> None:
    """Compare both with the files that git tracks: none is missing, none is added.

    Raises:
        DistributionError: They hold something else.
    """
    tracked = run("git", "ls-files", PACKAGE, cwd=PROJECT).stdout.splitlines()
    stem = f"{PACKAGE}-{project()['version']}"
    in_sdist = {f"{stem}/{name}" for name in tracked}
    # hatchling adds the last: the wheel that is made of the sdist goes by it.
    for name in (
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "pyproject.toml",
        "PKG-INFO",
        ".gitignore",
    ):
        in_sdist.add(f"{stem}/{name}")
    with tarfile.open(sdist) as archive:
        compare(sdist.name, {item.name for item in archive if item.isfile()}, in_sdist)

    about = f"{stem}.dist-info"
    in_wheel = {f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    in_wheel |= {f"{about}/licenses/LICENSE", *tracked}
    with zipfile.ZipFile(wheel) as archive:
        compare(wheel.name, set(archive.namelist()), in_wheel)
    if f"{PACKAGE}/py.typed" not in in_wheel:
        raise DistributionError("there is no py.typed")


def compare(name: str, found: set[str], expected: set[str]) -> None:
    """Describe the differences.

    Raises:
        DistributionError: There are some.
    """
    stray, missing = sorted(found - expected), sorted(expected - found)
    if stray or missing:
        raise DistributionError(f"{name}: stray {stray}, missing {missing}")
    print(f"{name}: {len(found)} files, as git has them")


# How it is used


def check_uses(wheel: Path) -> int:
    """Install and use the wheel in each environment; return their number.

    Raises:
        DistributionError: One of them does not do.
    """
    cases = [(age, extras) for age in ("newest", "oldest") for extras in EXTRAS]
    with (
        tempfile.TemporaryDirectory(prefix="omics-dist-") as scratch,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        used = pool.map(lambda case: use(wheel, case[0], case[1], Path(scratch)), cases)
        for (age, extras), line in zip(cases, used, strict=True):
            print(f"{age}, {extras or 'no extra'}: {line}", flush=True)
    return len(cases)


def use(wheel: Path, age: str, extras: str, scratch: Path) -> str:
    """Install the wheel into a separate environment, use it, and report the result."""
    home = scratch / f"{age}-{extras or 'none'}"
    python = install(wheel, age, extras, home)
    seen = [
        run(python, "-I", "-c", USED, project()["version"], extras, cwd=home).stdout.strip(),
        use_command(python, extras, home),
        use_emulator(python, extras, home),
    ]
    return "; ".join(seen)


def install(wheel: Path, age: str, extras: str, home: Path) -> Path:
    """Create an environment below *home*; return its Python."""
    python = home / "venv" / "bin" / "python"
    run(UV, "venv", "--quiet", "--python", sys.executable, home / "venv", cwd=PROJECT)
    wanted = home / "wanted.txt"
    wanted.write_text(f"{PACKAGE}[{extras}] @ {wheel.resolve().as_uri()}\n")
    pins = PROJECT / "constraints.txt"
    if age == "oldest":
        pins = home / "floors.txt"
        chosen = [f"--extra={extra}" for extra in extras.split(",") if extra]
        lowest = ("--resolution", "lowest-direct", "--no-header", "--quiet", "--output-file", pins)
        run(UV, "pip", "compile", *lowest, *chosen, "pyproject.toml", cwd=PROJECT)
    run(
        *(UV, "pip", "install", "--quiet", "--python", python),
        *("--constraint", pins, "--requirement", wanted),
        cwd=home,
    )
    return python


def use_command(python: Path, extras: str, home: Path) -> str:
    """Ask the command for its help, or for the message that names what it needs."""
    command = python.with_name("omics-components")
    if "cli" in extras:
        if "import-file" not in run(command, "--help", cwd=home).stdout:
            raise DistributionError("omics-components --help does not list import-file")
        return "--help answers"
    return refused(home, "the commands need click and rich", command, "--help")


def use_emulator(python: Path, extras: str, home: Path) -> str:
    """Start the emulator and call it, or read the message that names what it needs."""
    command: tuple[str | Path, ...] = (python, "-I", "-m", f"{PACKAGE}.emulator", "--port", "0")
    if "emulator" not in extras:
        return refused(home, "it needs moto, flask, flask_cors", *command)
    with subprocess.Popen(
        command, cwd=home, env=environment(), stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            url = server.stdout.readline().strip() if server.stdout else ""
            return run(python, "-I", "-c", CALLED, url, cwd=home).stdout.strip()
        finally:
            server.terminate()


def refused(home: Path, remedy: str, *command: str | Path) -> str:
    """Run a command that needs a missing extra: it must print one line that says what to install.

    Raises:
        DistributionError: It ran, or said something else.
    """
    done = run(*command, cwd=home, fails=True)
    if remedy not in done.stderr or len(done.stderr.splitlines()) != 1:
        raise DistributionError(f"without its extra, {command[-3:]} said: {done.stderr}")
    return f"says that {remedy}"


def run(*command: str | Path, cwd: Path, fails: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command that succeeds, or one that fails.

    Raises:
        DistributionError: It did the other.
    """
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    if bool(done.returncode) != fails:
        words = " ".join(str(part).partition("\n")[0] for part in command)
        raise DistributionError(
            f"{words}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done


def environment() -> dict[str, str]:
    """Return this environment without variables that name another Python, a stack or an account."""
    others = ("AWS_", "PULUMI_", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}


if __name__ == "__main__":
    sys.exit(main())
