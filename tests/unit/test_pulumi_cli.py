"""The chain to a Pulumi CLI, with stand-ins for `pulumi`, `go` and the official installer."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
TOOL = TOOLS / "pulumi_cli.py"
LAUNCHER = TOOLS / "pulumi-cli" / "pulumi-language-python"
PINNED, OLDEST = (
    re.findall(r"pkg/v3 v(\S+)", (TOOLS / "pulumi-cli" / engine / "go.mod").read_text())[0]
    for engine in ("engine", "oldest-engine")
)
COMPANIONS = ("pulumi-language-python", "pulumi-resource-pulumi-python")

# Writes programs where the real one does, some bytes into its caches, and a line for each build.
GO = """#!/bin/sh
set -e
case "$1" in
env) echo "$FAKE_GO_VERSION" ;;
list)
    mkdir -p "$GOMODCACHE/sdk/python/cmd" "$GOMODCACHE/sdk/python/dist"
    echo '#!/bin/sh' > "$GOMODCACHE/sdk/python/cmd/pulumi-language-python-exec"
    echo '#!/bin/sh' > "$GOMODCACHE/sdk/python/dist/pulumi-resource-pulumi-python"
    echo "$GOMODCACHE/sdk" ;;
build)
    echo "$GOMODCACHE $GOCACHE $*" >> "$FAKE_GO_LOG"
    mkdir -p "$GOMODCACHE" "$GOCACHE"
    echo modules > "$GOMODCACHE/big"
    echo compiled > "$GOCACHE/big"
    echo "go: downloading example.com/module v1.0.0" >&2
    sleep "${FAKE_GO_SECONDS:-0}"
    [ -z "$FAKE_GO_FAILS" ] || { echo "no space left on device" >&2; exit 1; }
    while [ "$1" != -o ]; do shift; done
    version=$(sed -n 's/.*pkg\\/v3 v\\([0-9.]*\\).*/\\1/p' go.mod)
    printf '#!/bin/sh\\necho v%s\\n' "$version" > "$2"
    chmod +x "$2" ;;
esac
"""

INSTALLER = """
import os, pathlib

class PulumiCommand:
    @classmethod
    def install(cls, root, version):
        if os.environ.get("FAKE_INSTALLER") != "works":
            raise OSError("the network is unreachable")
        programs = pathlib.Path(root) / "bin"
        programs.mkdir(parents=True)
        for name in ("pulumi", "pulumi-language-python", "pulumi-resource-pulumi-python"):
            (programs / name).write_text(f"#!/bin/sh\\necho v{version}\\n")
            (programs / name).chmod(0o755)
"""


class Machine:
    """A machine with a PATH, a cache and a network of its own."""

    def __init__(self, root: Path) -> None:
        self.programs = root / "programs"
        self.store = root / "cache" / "omics-components" / "pulumi"
        self.go_log = root / "go.log"
        self.env = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "HOME": str(root),
            "XDG_CACHE_HOME": str(root / "cache"),
            "PYTHONPATH": str(root / "modules"),
            "FAKE_GO_LOG": str(self.go_log),
            "FAKE_GO_VERSION": "go1.99.0",
            "FAKE_GO_FAILS": "",
        }
        a_program(self.programs / "go", GO)
        installer = root / "modules" / "pulumi" / "automation" / "__init__.py"
        installer.parent.mkdir(parents=True)
        installer.write_text(INSTALLER)
        (root / "modules" / "pulumi" / "__init__.py").touch()

    def start(self, *options: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, TOOL, *(options if "both" in options else ("path", *options))],
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def find(self, *options: str, **env: str) -> tuple[int, str, str]:
        process = self.start(*options, **env)
        out, err = process.communicate(timeout=60)
        return process.returncode, out.strip(), err

    @property
    def made(self) -> str:
        return self.place(PINNED)

    def place(self, version: str) -> str:
        return str(self.store / version / "bin" / "pulumi")

    def builds(self) -> int:
        """The number of programs built: two make one CLI."""
        return len(self.go_log.read_text().splitlines()) if self.go_log.exists() else 0

    def kept(self) -> list[str]:
        """What lies in the cache, the lock aside."""
        return sorted(entry.name for entry in self.store.iterdir() if entry.name != ".lock")


def a_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def a_cli(directory: Path, version: str, companions: tuple[str, ...] = COMPANIONS) -> str:
    for companion in companions:
        a_program(directory / companion, "#!/bin/sh\n")
    return str(a_program(directory / "pulumi", f"#!/bin/sh\necho {version}\n"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def wait_for(path: Path) -> None:
    for _ in range(500):
        if path.exists():
            return
        time.sleep(0.02)
    pytest.fail(f"{path} did not appear")


def test_a_cli_on_path_is_taken(machine: Machine) -> None:
    pulumi = a_cli(machine.programs, "v3.300.1")

    code, out, err = machine.find()

    assert (code, out) == (0, pulumi)
    assert f"on PATH: {pulumi}" in err
    assert not machine.store.exists()


@pytest.mark.parametrize(
    ("version", "companions", "reason"),
    [
        ("v3.200.0", COMPANIONS, "is 3.200.0; needed is 3.235.0 or newer"),
        ("v4.0.0", COMPANIONS, "is 4.0.0; needed is 3.235.0 or newer, below 4"),
        ("", COMPANIONS, "does not tell its version"),
        ("v3.300.0", COMPANIONS[:1], "has no pulumi-resource-pulumi-python"),
    ],
)
def test_an_unfit_cli_on_path_is_passed_over_with_the_reason(
    machine: Machine, version: str, companions: tuple[str, ...], reason: str
) -> None:
    a_cli(machine.programs, version, companions)

    code, out, err = machine.find()

    assert (code, out) == (0, machine.made)
    assert reason in err


def test_a_cached_cli_is_taken(machine: Machine) -> None:
    pulumi = a_cli(machine.store / PINNED / "bin", f"v{PINNED}")

    assert machine.find()[:2] == (0, pulumi)
    assert machine.builds() == 0


def test_a_broken_cached_cli_is_made_again(machine: Machine) -> None:
    a_cli(machine.store / PINNED / "bin", "Killed")

    code, out, err = machine.find()

    assert (code, out) == (0, machine.made)
    assert "does not tell its version" in err
    assert machine.kept() == [PINNED]


def test_the_official_installer_comes_before_a_build(machine: Machine) -> None:
    code, out, err = machine.find(FAKE_INSTALLER="works")

    assert (code, out) == (0, machine.made)
    assert f"official installer: {machine.made}" in err
    assert machine.builds() == 0


def test_a_failed_installer_is_one_line_and_the_build_follows(machine: Machine) -> None:
    code, out, err = machine.find()

    assert (code, out) == (0, machine.made)
    (line,) = [line for line in err.splitlines() if "official installer:" in line]
    assert "the network is unreachable" in line
    assert machine.kept() == [PINNED]
    assert sorted(path.name for path in Path(machine.made).parent.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-language-python-host",
        "pulumi-resource-pulumi-python",
    ]


def test_without_a_build_the_answer_is_no(machine: Machine) -> None:
    code, out, err = machine.find("--no-build")

    assert (code, out) == (1, "")
    assert "none of the ways above worked" in err


@pytest.mark.parametrize("version", ["go1.22.1", ""])
def test_an_unusable_go_is_refused_with_the_ways_out(machine: Machine, version: str) -> None:
    code, out, err = machine.find(FAKE_GO_VERSION=version)

    assert (code, out) == (1, "")
    assert "put a Pulumi CLI on PATH" in err
    assert "install Go 1.26" in err


def test_the_oldest_is_another_version_in_a_place_of_its_own(machine: Machine) -> None:
    assert tuple(map(int, OLDEST.split("."))) < tuple(map(int, PINNED.split(".")))

    assert machine.find()[:2] == (0, machine.place(PINNED))
    assert machine.find("--oldest")[:2] == (0, machine.place(OLDEST))
    assert machine.kept() == sorted([OLDEST, PINNED])
    assert machine.builds() == 4

    assert machine.find("--oldest")[:2] == (0, machine.place(OLDEST))
    assert machine.find()[:2] == (0, machine.place(PINNED))
    assert machine.builds() == 4


def test_only_the_very_oldest_is_taken_from_path_for_it(machine: Machine) -> None:
    a_cli(machine.programs, f"v{PINNED}")
    code, out, err = machine.find("--oldest", FAKE_INSTALLER="works")
    assert (code, out) == (0, machine.place(OLDEST))
    assert f"is {PINNED}, not {OLDEST}" in err

    pulumi = a_cli(machine.programs, f"v{OLDEST}")
    assert machine.find("--oldest")[:2] == (0, pulumi)


def test_the_ways_out_name_the_oldest_where_that_is_wanted(machine: Machine) -> None:
    (machine.programs / "go").unlink()

    code, out, err = machine.find("--oldest")

    assert (code, out) == (1, "")
    assert f"put Pulumi CLI {OLDEST} on PATH" in err
    assert f"no Pulumi CLI {OLDEST}: none of the ways above worked" in err


def test_two_builds_of_one_run_share_what_go_keeps(machine: Machine) -> None:
    code, out, _ = machine.find("both")

    assert (code, out.splitlines()) == (0, [machine.place(PINNED), machine.place(OLDEST)])
    assert machine.kept() == sorted([OLDEST, PINNED])
    caches = {tuple(line.split()[:2]) for line in machine.go_log.read_text().splitlines()}
    assert (machine.builds(), len(caches)) == (4, 1)


def test_of_both_only_what_is_missing_is_made(machine: Machine) -> None:
    usual = a_cli(machine.programs, "v3.300.1")

    code, out, _ = machine.find("both")

    assert (code, out.splitlines()) == (0, [usual, machine.place(OLDEST)])
    assert machine.builds() == 2


def test_one_that_cannot_be_had_is_a_failure_of_both(machine: Machine) -> None:
    usual = a_cli(machine.programs, "v3.300.1")

    code, out, err = machine.find("both", "--no-build")

    assert (code, out) == (1, "")
    assert f"on PATH: {usual}" in err
    assert f"no Pulumi CLI {OLDEST}" in err


def test_two_at_once_build_once(machine: Machine) -> None:
    first = machine.start(FAKE_GO_SECONDS="1")
    wait_for(machine.go_log)
    code, out, err = machine.find()

    assert first.communicate(timeout=60)[0].strip() == machine.made
    assert (code, out) == (0, machine.made)
    assert "another run is making the CLI; waiting for it" in err
    assert f"cached meanwhile: {machine.made}" in err
    assert machine.builds() == 2


def test_a_failed_build_says_why_and_leaves_nothing(machine: Machine) -> None:
    code, out, err = machine.find(FAKE_GO_FAILS="yes")

    assert (code, out) == (1, "")
    assert "no space left on device" in err
    assert machine.kept() == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing(machine: Machine, ending: signal.Signals) -> None:
    process = machine.start(FAKE_GO_SECONDS="30")
    wait_for(machine.go_log)
    process.send_signal(ending)
    process.communicate(timeout=20)

    assert process.returncode == 128 + ending
    assert machine.kept() == []


def test_a_killed_build_is_cleaned_up_by_the_next_run(machine: Machine) -> None:
    process = machine.start(FAKE_GO_SECONDS="2")
    wait_for(machine.go_log)
    process.kill()
    process.communicate(timeout=20)
    assert len(machine.kept()) == 1
    assert PINNED not in machine.kept()

    assert machine.find()[:2] == (0, machine.made)
    assert machine.kept() == [PINNED]


PROJECTS = {
    "block": "name: p\nruntime:\n  name: python\n  options:\n    virtualenv: {}\n",
    "flow": "name: p\nruntime: {{name: python, options: {{toolchain: pip, virtualenv: '{}'}}}}\n",
    "json": '{{"name": "p", "runtime": {{"name": "python", "options": {{"virtualenv": "{}"}}}}}}',
    "commented": "# virtualenv: no\nname: p\nruntime:\n  options:\n    virtualenv: {} # ours\n",
}


@pytest.fixture
def launch(tmp_path: Path) -> Path:
    """A launcher whose host prints its arguments and PULUMI_PYTHON_CMD, one to a line."""
    host = '#!/bin/sh\nprintf "%s\\n" "$@" "command=${PULUMI_PYTHON_CMD-}"\n'
    a_program(tmp_path / "bin" / "pulumi-language-python-host", host)
    return a_program(tmp_path / "bin" / "pulumi-language-python", LAUNCHER.read_text())


def host_sees(launch: Path, directory: Path) -> list[str]:
    directory.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "PULUMI_PYTHON_CMD": "/elsewhere/python"}
    out = subprocess.check_output([launch, "127.0.0.1:1"], cwd=directory, env=env, text=True)
    return out.splitlines()


@pytest.mark.parametrize("style", PROJECTS)
@pytest.mark.parametrize("started_in", [".", "program/inner"])
def test_the_launcher_passes_on_the_projects_virtualenv(
    tmp_path: Path, launch: Path, style: str, started_in: str
) -> None:
    project = tmp_path / "a project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(PROJECTS[style].format(".venv"))

    assert host_sees(launch, project / started_in) == [
        f"-root={project}",
        "-virtualenv=.venv",
        "127.0.0.1:1",
        "command=",
    ]


def test_the_launcher_changes_nothing_where_no_virtualenv_is_named(
    tmp_path: Path, launch: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: p # virtualenv: no\nruntime: python\n")

    assert host_sees(launch, project) == ["127.0.0.1:1", "command=/elsewhere/python"]


@pytest.mark.skipif(
    subprocess.call(["/usr/bin/env", "--default-signal=INT", "true"], stderr=subprocess.DEVNULL)
    != 0,
    reason="only GNU env can undo an ignored SIGINT",
)
def test_the_host_can_be_interrupted_under_a_parent_that_ignores_sigint(
    tmp_path: Path, launch: Path
) -> None:
    a_program(tmp_path / "bin" / "pulumi-language-python-host", "#!/bin/sh\nkill -INT $$\n")

    process = subprocess.run(
        ["/bin/sh", "-c", 'trap "" INT; exec "$0"', launch], check=False, cwd=tmp_path
    )

    assert process.returncode == -signal.SIGINT
