"""Install the AWS SDKs of other languages that ``tests/languages`` runs: CLI, JavaScript and Go.

    python tools/language_sdks.py

Each is pinned with its checksums in ``tests/languages/<name>`` and installed once, in
``$XDG_CACHE_HOME/omics-components/languages/<name>-<digest of what pins it>``. A second run only
builds the Go program of this checkout again, which takes a second. Node.js with npm, and Go, are
expected on PATH.

Exit status: 0 all are installed; 1 a toolchain is missing or an installation failed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "tests" / "languages"
OLDEST_NODE = (20,)


class Unavailable(Exception):
    """A toolchain is missing, or an installation failed; the text names what to do."""


@dataclass(frozen=True)
class Sdk:
    """One SDK and the folder that it is installed in.

    Args:
        name: Folder below ``tests/languages``.
        pins: Files there that decide what is installed.
        variant: What else decides it, such as the version of the interpreter.
    """

    name: str
    pins: tuple[str, ...]
    variant: str = ""

    @property
    def source(self) -> Path:
        """The folder with its pins and its program."""
        return SOURCES / self.name

    @property
    def folder(self) -> Path:
        """Where it is installed. Other pins have another folder."""
        digest = hashlib.sha256(self.variant.encode())
        for name in self.pins:
            digest.update((self.source / name).read_bytes())
        return cache() / f"{self.name}-{digest.hexdigest()[:12]}"

    @property
    def is_installed(self) -> bool:
        """Whether an installation came to its end."""
        return self._mark.exists()

    def install(self, fill: Callable[[], None]) -> None:
        """Fill the folder, unless an earlier run did."""
        if self.is_installed:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        started_s = time.monotonic()
        fill()
        self._mark.touch()
        _log(f"{self.name}: installed in {time.monotonic() - started_s:.0f} s: {self.folder}")

    @property
    def _mark(self) -> Path:
        return self.folder / ".installed"


def cache() -> Path:
    """Return where the SDKs are kept, next to the Pulumi CLI."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "omics-components" / "languages"


CLI = Sdk("cli", ("requirements.txt",), variant=f"{sys.version_info[:3]} {sys.base_prefix}")
JAVASCRIPT = Sdk("javascript", ("package.json", "package-lock.json"))
GO = Sdk("go", ("go.mod", "go.sum"))


def aws() -> Path:
    """Return the path of the AWS CLI."""
    return CLI.folder / "bin" / "aws"


def go_client() -> Path:
    """Return the path of the program built from ``tests/languages/go``: one a checkout."""
    return ROOT / "build" / "languages" / "go-client"


def main() -> int:
    """Install what is missing; see the module's text for the exit status."""
    try:
        with _alone():
            _require_toolchains()
            CLI.install(_install_cli)
            JAVASCRIPT.install(_install_javascript)
            GO.install(_download_go_modules)
            _build_go_client()
    except Unavailable as error:
        _log(str(error))
        return 1
    return 0


def _require_toolchains() -> None:
    """Check for Node.js, npm and Go on PATH.

    Raises:
        Unavailable: One is missing or too old.
    """
    wanted = re.search(r"^go (\S+)$", (GO.source / "go.mod").read_text(), re.MULTILINE)
    oldest_go = wanted[1] if wanted else "1.24"
    advice = (
        f"Put Node.js {OLDEST_NODE[0]} or newer with npm, and Go {oldest_go} or newer, on PATH"
        " (https://nodejs.org, https://go.dev/dl/)."
    )
    for program in ("node", "npm", "go"):
        if shutil.which(program) is None:
            raise Unavailable(f"there is no `{program}` on PATH. {advice}")
    found = {
        "node": (_version(["node", "--version"]), OLDEST_NODE),
        "go": (_version(["go", "env", "GOVERSION"]), tuple(map(int, oldest_go.split(".")))),
    }
    for program, (version, oldest) in found.items():
        if version < oldest:
            raise Unavailable(f"`{program}` is {'.'.join(map(str, version))}. {advice}")


def _version(command: Sequence[str]) -> tuple[int, ...]:
    # Go may answer with the toolchain that the working directory's go.mod asks for.
    answer = subprocess.run(command, cwd=GO.source, capture_output=True, text=True, check=False)
    numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    if numbers is None:
        raise Unavailable(f"`{' '.join(command)}` prints no version: {answer.stderr.strip()}")
    return tuple(int(number) for number in numbers.groups() if number)


def _install_cli() -> None:
    venv.create(CLI.folder, with_pip=True)
    pip = [str(CLI.folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    pins = str(CLI.source / "requirements.txt")
    _run([*pip, "--disable-pip-version-check", "--require-hashes", "--requirement", pins])


def _install_javascript() -> None:
    for name in JAVASCRIPT.pins:
        shutil.copy(JAVASCRIPT.source / name, JAVASCRIPT.folder / name)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=JAVASCRIPT.folder)


def _download_go_modules() -> None:
    _run(["go", "mod", "download"], cwd=GO.source, environment=_go_environment())


def _build_go_client() -> None:
    """Compile the Go program; what has not changed comes from Go's cache."""
    command = ["go", "build", "-trimpath", "-o", str(go_client()), "."]
    _run(command, cwd=GO.source, environment=_go_environment())


def _go_environment() -> Mapping[str, str]:
    """Return an environment in which Go writes only below the folder of its SDK."""
    return {
        **os.environ,
        "GOMODCACHE": str(GO.folder / "modules"),
        "GOCACHE": str(GO.folder / "compiled"),
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }


def _run(
    command: Sequence[str], *, cwd: Path = SOURCES, environment: Mapping[str, str] | None = None
) -> None:
    """Run a command to its end.

    Raises:
        Unavailable: It failed; its output is quoted.
    """
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"`{' '.join(command)}` failed:\n{done.stdout.strip()}")


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of the cache: two runs at once install one after the other."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _log(text: str) -> None:
    print(f"language-sdks: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
