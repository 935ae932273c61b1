"""Build the hosts that run Pulumi programs in YAML, Go and TypeScript, once, into the cache.

The official CLI brings them. One that was built from Go modules (``pulumi_cli``) does not, and the
newest versions of the hosts are not published as modules; these are the newest that are and work
with it (docs/native.md). Prints the folder of each host, to be put on PATH.

    python -m tools.language_hosts
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.pulumi_cli import cache

LIMIT_S = 3600


@dataclass(frozen=True)
class Host:
    """A language host.

    Args:
        package: The Go package of its program.
        module: The module that it is in.
        version: The module's version.
    """

    package: str
    module: str
    version: str

    @property
    def folder(self) -> Path:
        """Where it is kept once built."""
        return cache().parent / "language-hosts" / f"{self.name}-{self.version}"

    @property
    def name(self) -> str:
        """The program's name."""
        return self.package.rpartition("/")[2]


HOSTS = {
    "yaml": Host(
        "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
        "github.com/pulumi/pulumi-yaml",
        "v1.25.0",
    ),
    "nodejs": Host(
        "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        "github.com/pulumi/pulumi/sdk/v3",
        "v3.68.0",
    ),
    "go": Host(
        "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go",
        "github.com/pulumi/pulumi/sdk/v3",
        "v3.63.0",
    ),
}


def main() -> int:
    """Build what is not in the cache; print one folder a line."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    for host in HOSTS.values():
        if not (host.folder / host.name).exists():
            build(host)
        print(host.folder)
    return 0


def build(host: Host) -> None:
    """Build a host in a module of its own, and give it its place when it is whole."""
    go = shutil.which("go")
    if go is None:
        sys.exit("there is no `go` on PATH: install Go 1.26 or newer")
    print(f"building {host.name} {host.version}: some minutes, once", file=sys.stderr)
    host.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=host.folder.parent) as scratch:
        env = {
            **os.environ,
            "GOFLAGS": "-mod=mod -modcacherw -buildvcs=false",
            "GOWORK": "off",
            "CGO_ENABLED": "0",
        }
        made = Path(scratch) / "made"
        for command in (
            ["mod", "init", "host"],
            ["get", f"{host.package}@{host.version}"],
            ["build", "-trimpath", "-ldflags", "-s -w", "-o", str(made / host.name), host.package],
        ):
            subprocess.run([go, *command], cwd=scratch, env=env, check=True, timeout=LIMIT_S)
        for script in _scripts(go, host, scratch, env):
            shutil.copy(script, made / script.name)
            (made / script.name).chmod(0o755)
        made.replace(host.folder)


def _scripts(go: str, host: Host, scratch: str, env: dict[str, str]) -> list[Path]:
    """Find the scripts that a host starts programs with."""
    command = [go, "list", "-m", "-f", "{{.Dir}}", host.module]
    found = subprocess.run(
        command, cwd=scratch, env=env, check=True, capture_output=True, text=True
    )
    return (
        sorted((Path(found.stdout.strip()) / "nodejs" / "dist").glob("pulumi-*"))
        if (host.name.endswith("nodejs"))
        else []
    )


if __name__ == "__main__":
    sys.exit(main())
