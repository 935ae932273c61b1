"""Find the Pulumi CLI, or install it, and print its path.

    python tools/pulumi_cli.py path [--oldest] [--no-build]
    python tools/pulumi_cli.py both [--no-build]

Four ways, in this order: ``pulumi`` on PATH; the one an earlier run left in the cache
(``$XDG_CACHE_HOME/omics-components/pulumi/<version>``); the official installer; a build from the
published Go modules that ``tools/pulumi-cli`` pins. The version to make is written once, in
``tools/pulumi-cli/engine/go.mod``; that of the oldest CLI that the tests run on, in
``tools/pulumi-cli/oldest-engine/go.mod``. On PATH any supported version is taken; where the oldest
is asked for, only that one.

``both`` is for who needs both: two builds of one run share what Go downloads and compiles.

stdout carries the path, or the two, the oldest last, and nothing else. stderr says which way was
taken, why the earlier ones were not, and how far a build has come.

Exit status: 0 the path is printed; 1 no way worked; 2 wrong usage; 130, 143 and 129 ended by
SIGINT, SIGTERM and SIGHUP.

Not here: choosing the interpreter of a Pulumi program. The official CLI does it by itself, a built
one through the launcher ``tools/pulumi-cli/pulumi-language-python``.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Version = tuple[int, int, int]

MODULES = Path(__file__).resolve().parent / "pulumi-cli"
LANGUAGE_HOST = MODULES / "language-host"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
ENGINE_MODULE = "github.com/pulumi/pulumi/pkg/v3"

# The oldest CLI accepted on PATH: that of the oldest SDK the library supports.
OLDEST_ON_PATH: Version = (3, 235, 0)
# What the CLI needs beside it, or on PATH, to run a Python program with dynamic resources.
COMPANIONS = ("pulumi-language-python", "pulumi-resource-pulumi-python")

INSTALLER_LIMIT_S = 300
BUILD_LIMIT_S = 3600
BUILD_DISK_BYTES = 7 * 10**9
SWEEP_LIMIT_S = 10.0
HEARTBEAT_S = 10.0
POLL_S = 0.2

OFFICIAL_INSTALLER = """
import socket, subprocess, sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
socket.setdefaulttimeout(20)
try:
    PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
except subprocess.CalledProcessError as failed:
    sys.exit((failed.output or b"").decode(errors="replace").strip() or str(failed))
"""

WAYS_OUT = (
    "Ways out: put {cli} on PATH (https://www.pulumi.com/docs/install/), "
    "or install Go {go} or newer (https://go.dev/dl/), put `go` on PATH and run this again."
)


class Unavailable(Exception):
    """A way to get a CLI is not available; the text gives the reason."""


@dataclass(frozen=True)
class Wanted:
    """A CLI to find or install.

    Args:
        engine: The directory of the module that pins it.
        is_exact: Whether no other version on PATH will do.
    """

    engine: Path
    is_exact: bool

    @property
    def version(self) -> Version:
        """The version to install."""
        return pinned_version(self.engine, ENGINE_MODULE)

    @property
    def installed(self) -> Path:
        """The directory of the installed CLI."""
        return cache() / text_of(self.version)

    def __str__(self) -> str:
        """Return what to look for."""
        return f"Pulumi CLI {text_of(self.version)}" if self.is_exact else "a Pulumi CLI"


USUAL = Wanted(MODULES / "engine", is_exact=False)
OLDEST = Wanted(MODULES / "oldest-engine", is_exact=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the path of a usable CLI; the module docstring lists the exit statuses."""
    options = _options(arguments)
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    try:
        for found in find_or_make(options.wanted, may_build=not options.no_build):
            print(found)
    except Unavailable as closed:
        say(str(closed))
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line: ``wanted``, a list, and ``no_build``."""
    parser = argparse.ArgumentParser(description="Find the Pulumi CLI, or make it.")
    commands = parser.add_subparsers(dest="command", required=True)
    path = commands.add_parser(
        "path", help="print the CLI's path, making the CLI when there is none"
    )
    path.add_argument(
        "--oldest",
        action="store_const",
        dest="wanted",
        const=[OLDEST],
        default=[USUAL],
        help="the oldest one that the tests run on",
    )
    both = commands.add_parser("both", help="print the paths of the usual and of the oldest CLI")
    both.set_defaults(wanted=[USUAL, OLDEST])
    for command in (path, both):
        command.add_argument(
            "--no-build", action="store_true", help="do not build from the Go modules"
        )
    return parser.parse_args(arguments)


def _end(signal_number: int, _frame: object) -> NoReturn:
    """Exit through every ``finally``, to remove temporary files."""
    sys.exit(128 + signal_number)


def say(text: str) -> None:
    """Print a message to stderr; stdout is for the path."""
    print(f"pulumi-cli: {text}", file=sys.stderr, flush=True)


# --- the chain ----------------------------------------------------------------------------------


def find_or_make(wanted: Sequence[Wanted], *, may_build: bool) -> list[Path]:
    """Use the first way that works for each CLI.

    Raises:
        Unavailable: None does for one of them; why has been said line by line.
    """
    with contextlib.ExitStack() as held:
        workshop = Workshop(held)
        return [_first(one, workshop, may_build=may_build) for one in wanted]


def _first(wanted: Wanted, workshop: Workshop, *, may_build: bool) -> Path:
    for name, way in ways(wanted, workshop, may_build=may_build):
        try:
            found = way()
        except Unavailable as closed:
            say(f"{name}: {closed}")
        else:
            say(f"{name}: {found}")
            return found
    raise Unavailable(f"no {str(wanted).removeprefix('a ')}: none of the ways above worked")


def ways(
    wanted: Wanted, workshop: Workshop, *, may_build: bool
) -> Iterator[tuple[str, Callable[[], Path]]]:
    """Yield the ways in order; acquire the lock before the first that writes."""
    yield "on PATH", lambda: on_path(wanted)
    yield "cached", lambda: cached(wanted)
    if workshop.open():
        yield "cached meanwhile", lambda: cached(wanted)
    yield "official installer", lambda: make(wanted, workshop, run_official_installer)
    if may_build:
        yield "built from Go modules", lambda: make(wanted, workshop, build_from_modules)


class Workshop:
    """The cache's lock and a working directory, both created on first use.

    Args:
        held: What gives both back.
    """

    def __init__(self, held: contextlib.ExitStack) -> None:
        self._held = held
        self._stage: Path | None = None

    def open(self) -> bool:
        """Acquire the lock unless this run has it; return whether another run had it first."""
        if self._stage is not None:
            return False
        waited = self._held.enter_context(only_one(cache()))
        self._stage = self._held.enter_context(staging(cache()))
        self.scratch.mkdir()
        return waited

    @property
    def stage(self) -> Path:
        """A directory beside the final ones, so that the last step is one rename."""
        if self._stage is None:
            raise RuntimeError("the workshop is not open")
        return self._stage

    @property
    def scratch(self) -> Path:
        """What all that is made in this run needs: one download and one compilation do for two."""
        return self.stage / "scratch"


def on_path(wanted: Wanted) -> Path:
    """Use ``pulumi`` on PATH if it has the wanted version and can run this project."""
    found = shutil.which("pulumi")
    if found is None:
        raise Unavailable("there is no `pulumi`")
    version = version_of(Path(found))
    if wanted.is_exact and version != wanted.version:
        raise Unavailable(f"{found} is {text_of(version)}, not {text_of(wanted.version)}")
    if version < OLDEST_ON_PATH or version[0] != OLDEST_ON_PATH[0]:
        raise Unavailable(
            f"{found} is {text_of(version)}; needed is {text_of(OLDEST_ON_PATH)} or newer, below 4"
        )
    require_companions(Path(found))
    return Path(found)


def cached(wanted: Wanted) -> Path:
    """Use the CLI that an earlier run installed, if it is complete."""
    pulumi = wanted.installed / "bin" / "pulumi"
    if not pulumi.exists():
        raise Unavailable(f"nothing in {wanted.installed}")
    verify(wanted.version, pulumi)
    return pulumi


def make(wanted: Wanted, workshop: Workshop, fill: Callable[[Wanted, Path, Path], None]) -> Path:
    """Fill a directory in the workshop, try what is in it, and only then give it its name."""
    attempt = Path(tempfile.mkdtemp(dir=workshop.stage))
    made = attempt / "made"
    fill(wanted, made, workshop.scratch)
    verify(wanted.version, made / "bin" / "pulumi")
    if wanted.installed.exists():  # it did not pass `cached`
        wanted.installed.replace(attempt / "broken")
    made.replace(wanted.installed)
    return wanted.installed / "bin" / "pulumi"


def run_official_installer(wanted: Wanted, made: Path, scratch: Path) -> None:
    """Let the SDK's Automation API download the CLI, within a time limit."""
    run(
        f"downloading {text_of(wanted.version)} with the official installer",
        [sys.executable, "-c", OFFICIAL_INSTALLER, str(made), text_of(wanted.version)],
        cwd=scratch,
        env={**os.environ, "TMPDIR": str(scratch)},
        limit_s=INSTALLER_LIMIT_S,
    )


def build_from_modules(wanted: Wanted, made: Path, scratch: Path) -> None:
    """Build the CLI and its Python language host; all of Go's caches are in *scratch*."""
    env = go_environment(scratch)
    if not Path(env["GOMODCACHE"]).exists():  # a second build needs little more
        require_disk(scratch)
    go = usable_go(wanted, env)
    programs = made / "bin"
    programs.mkdir(parents=True)
    say(f"building {text_of(wanted.version)} from its published Go modules: some minutes, once")
    host_version = pinned_version(LANGUAGE_HOST, SDK_MODULE)
    engine = (wanted.engine, f"{ENGINE_MODULE}/cmd/pulumi")
    host = (LANGUAGE_HOST, f"{SDK_MODULE}/python/cmd/pulumi-language-python")
    go_build(engine, wanted.version, programs / "pulumi", go=go, env=env)
    go_build(host, host_version, programs / "pulumi-language-python-host", go=go, env=env)
    sdk = module_directory(go, wanted.engine, SDK_MODULE, env)
    for script in (
        MODULES / "pulumi-language-python",
        sdk / "python" / "cmd" / "pulumi-language-python-exec",
        sdk / "python" / "dist" / "pulumi-resource-pulumi-python",
    ):
        (programs / script.name).write_bytes(script.read_bytes())
        (programs / script.name).chmod(0o755)


# --- versions -----------------------------------------------------------------------------------


def pinned_version(module: Path, dependency: str) -> Version:
    """Read the version of *dependency* that the ``go.mod`` of *module* requires."""
    pinned = re.search(rf"{re.escape(dependency)} (v\S+)", (module / "go.mod").read_text())
    if pinned is None:
        raise Unavailable(f"{module / 'go.mod'} does not require {dependency}")
    return parse_version(pinned[1])


def parse_version(text: str) -> Version:
    """Parse ``v3.255.0``, ``go1.26`` or ``3.255.0-dev``."""
    numbers = re.match(r"(?:v|go)?(\d+)\.(\d+)(?:\.(\d+))?", text.strip())
    if numbers is None:
        raise Unavailable(f"no version in {text.strip()[:60]!r}")
    return int(numbers[1]), int(numbers[2]), int(numbers[3] or 0)


def text_of(version: Version) -> str:
    """Format a version."""
    return ".".join(map(str, version))


def version_of(pulumi: Path) -> Version:
    """Ask a CLI for its version."""
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        return parse_version(answer([str(pulumi), "version"], env=env))
    except Unavailable as unclear:
        raise Unavailable(f"{pulumi} does not tell its version: {unclear}") from unclear


def verify(version: Version, pulumi: Path) -> None:
    """Check that a CLI runs, is of *version* and can run Python programs."""
    found = version_of(pulumi)
    if found != version:
        raise Unavailable(f"{pulumi} is {text_of(found)}, not {text_of(version)}")
    require_companions(pulumi)


def require_companions(pulumi: Path) -> None:
    """Check for the programs that run Python programs, as the CLI will look for them."""
    searched = os.pathsep.join([str(pulumi.resolve().parent), os.environ.get("PATH", "")])
    missing = [name for name in COMPANIONS if shutil.which(name, path=searched) is None]
    if missing:
        raise Unavailable(f"{pulumi} has no {' and no '.join(missing)}")


# --- Go -----------------------------------------------------------------------------------------


def go_environment(scratch: Path) -> dict[str, str]:
    """Return an environment in which Go writes only below *scratch*."""
    env = {
        **os.environ,
        "GOMODCACHE": str(scratch / "modules"),
        "GOCACHE": str(scratch / "compiled"),
        "GOTMPDIR": str(scratch),
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
        "GOWORK": "off",
        "GO111MODULE": "on",
        "CGO_ENABLED": "0",
    }
    for other_target in ("GOOS", "GOARCH"):
        env.pop(other_target, None)
    return env


def usable_go(wanted: Wanted, env: Mapping[str, str]) -> str:
    """Find a Go that can build the engine, or that may download a toolchain that can."""
    needed = re.search(r"^go (\S+)$", (wanted.engine / "go.mod").read_text(), re.MULTILINE)
    oldest = needed[1] if needed else "1.26"
    advice = WAYS_OUT.format(cli=wanted, go=oldest)
    go = shutil.which("go")
    if go is None:
        raise Unavailable(f"there is no `go` on PATH. {advice}")
    try:
        found = parse_version(answer([go, "env", "GOVERSION"], env=env, cwd=wanted.engine))
    except Unavailable as unclear:
        raise Unavailable(f"{go} is not usable: {unclear}. {advice}") from unclear
    if found < parse_version(oldest):
        raise Unavailable(f"{go} is {text_of(found)}, needed is {oldest}. {advice}")
    return go


def require_disk(directory: Path) -> None:
    """Check that the modules and compiled packages fit, before minutes are spent."""
    free = shutil.disk_usage(directory).free
    if free < BUILD_DISK_BYTES:
        raise Unavailable(
            f"the build needs {BUILD_DISK_BYTES / 1e9:.0f} GB for a while and {cache()} has "
            f"{free / 1e9:.1f} GB free. Make room, or set XDG_CACHE_HOME to a larger disk"
        )


def go_build(
    program: tuple[Path, str], version: Version, output: Path, *, go: str, env: Mapping[str, str]
) -> None:
    """Build one program: a package path, and the directory of the module that pins it."""
    module, package = program
    stamp = f"-X {SDK_MODULE}/go/common/version.Version=v{text_of(version)}"
    run(
        f"building {output.name}",
        [
            *(go, "build", "-v", "-trimpath", "-tags", "osusergo,grpcnotrace"),
            *("-ldflags", f"-s -w {stamp}", "-o", str(output), package),
        ],
        cwd=module,
        env=env,
        limit_s=BUILD_LIMIT_S,
    )


def module_directory(go: str, module: Path, dependency: str, env: Mapping[str, str]) -> Path:
    """Locate the sources of a dependency."""
    command = [go, "list", "-m", "-f", "{{.Dir}}", dependency]
    return Path(answer(command, env=env, cwd=module).strip())


# --- the cache directory ------------------------------------------------------------------------


def cache() -> Path:
    """Return the directory of installed CLIs, with one folder per version."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "omics-components" / "pulumi"


@contextlib.contextmanager
def only_one(directory: Path) -> Iterator[bool]:
    """Hold the lock of *directory*; yield whether another run had it first.

    The kernel drops the lock with its process, so a killed run blocks no one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock, heartbeat("waiting for another run") as beat:
        waited = False
        while not has_locked(lock):
            if not waited:
                say("another run is making the CLI; waiting for it")
            waited = True
            beat("")
            time.sleep(POLL_S)
        yield waited


def has_locked(lock: IO[str]) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def staging(directory: Path) -> Iterator[Path]:
    """Yield an empty directory below *directory* and remove it afterwards, whatever happens.

    The caller holds the lock, so any other staging directory belonged to a run that was killed. A
    compiler that outlived such a run may write once more: hence the second sweep.
    """
    sweep(directory)
    stage = Path(tempfile.mkdtemp(prefix=".staging-", dir=directory))
    try:
        yield stage
    finally:
        if any(stage.glob("*/*")):
            say("removing what was needed to make it")
        sweep(directory)


def sweep(directory: Path) -> None:
    """Remove the staging directories below *directory*.

    Again and again for a while: what was killed may write its last file meanwhile.
    """
    ends = time.monotonic() + SWEEP_LIMIT_S
    while stages := list(directory.glob(".staging-*")):
        for stage in stages:
            shutil.rmtree(stage, ignore_errors=True)
        if time.monotonic() > ends:
            break
        time.sleep(POLL_S)


# --- programs -----------------------------------------------------------------------------------


def answer(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None, limit_s: float = 300
) -> str:
    """Run a short command and return what it printed."""
    try:
        done = subprocess.run(
            command, env=env, cwd=cwd, timeout=limit_s, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise Unavailable(str(failed)) from failed
    except subprocess.CalledProcessError as failed:
        raise Unavailable(last_line(failed.stderr) or str(failed)) from failed
    return done.stdout


def run(
    stage: str, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], limit_s: float
) -> None:
    """Run a long command in a process group of its own, with a heartbeat and a time limit."""
    ends = time.monotonic() + limit_s
    with (
        heartbeat(stage) as beat,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process,
    ):
        # From here on, whatever ends this run ends the command: nothing may wait for it before.
        try:
            output = Output(process)
            while process.poll() is None:
                if time.monotonic() > ends:
                    raise Unavailable(f"{stage}: not done after {limit_s:.0f} s, given up")
                beat(output.summary())
                time.sleep(POLL_S)
        finally:
            kill_group(process)
        output.wait()
    if process.returncode:
        raise Unavailable(f"{stage} failed: {output.last_words()}")


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill a command and the processes that it left running."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


class Output:
    """The output of a command, read in the background; its end is kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines = process.stdout
        self._modules = 0
        self._packages = 0
        self._tail: deque[str] = deque(maxlen=20)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self) -> None:
        """Wait for the last line; the command has ended."""
        self._reader.join()

    def _read(self) -> None:
        for line in self._lines or ():
            self._modules += line.startswith("go: downloading ")
            self._packages += " " not in line
            if line.strip():
                self._tail.append(line.strip())

    def summary(self) -> str:
        """Report how far `go build -v` has come: it prints each module and each package once."""
        if not self._modules and not self._packages:
            return ""
        return f", {self._modules} modules downloaded, {self._packages} packages compiled"

    def last_words(self) -> str:
        """Return the last line, which most likely names the error."""
        return self._tail[-1] if self._tail else "it said nothing"


@contextlib.contextmanager
def heartbeat(stage: str) -> Iterator[Callable[[str], None]]:
    """Yield what to call often: it shows the stage, the seconds and a summary now and then.

    On a terminal it is one line that keeps changing, elsewhere a line every ten seconds.
    """
    live = sys.stderr.isatty()
    every = 1.0 if live else HEARTBEAT_S
    started = time.monotonic()
    shown = started

    def beat(summary: str) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= every:
            shown = now
            text = f"{stage} … {now - started:.0f} s{summary}"
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True) if live else say(text)

    try:
        yield beat
    finally:
        if live and shown > started:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def last_line(text: str) -> str:
    """Return the last line that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


if __name__ == "__main__":
    sys.exit(main())
