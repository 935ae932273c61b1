"""Generate the SDKs of the native package, and link examples in TypeScript and Go with them.

Needs Go, Node.js with npm, and the hosts of ``tools.language_hosts``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from omics_components.native.schema import schema_json

PROJECT = Path(__file__).resolve().parents[2]
GENERATOR = PROJECT / "tools" / "pulumi-cli" / "sdk-generator"
GENERATOR_MODULE = "github.com/pulumi/pulumi/pkg/v3/codegen@v3.206.0"
GO_SDK = "omics-components/sdk/go"
_GO = {"GOFLAGS": "-mod=mod -modcacherw", "GOWORK": "off", "CGO_ENABLED": "0"}
_LIMIT_S = 1800


def generate(folder: Path) -> Path:
    """Generate the SDKs; those in Python and Go must compile.

    Args:
        folder: An empty folder.

    Returns:
        The folder with one SDK a language.
    """
    generator, sdks = folder / "generator", folder / "sdk"
    shutil.copytree(GENERATOR, generator)
    _run(["go", "mod", "init", "generator"], generator)
    _run(["go", "get", GENERATOR_MODULE], generator)
    _run(["go", "build", "-o", "generate", "."], generator)
    (folder / "schema.json").write_text(schema_json())
    _run([str(generator / "generate"), str(folder / "schema.json"), str(sdks)], folder)
    _run([sys.executable, "-m", "compileall", "-q", str(sdks / "python")], folder)
    go = sdks / "go"
    _run(["go", "mod", "init", GO_SDK], go)
    _run(["go", "get", "github.com/pulumi/pulumi/sdk/v3@v3.206.0"], go)
    _run(["go", "mod", "tidy"], go)
    _run(["go", "build", "./..."], go)
    return sdks


def link_nodejs(sdks: Path, example: Path) -> None:
    """Compile the SDK and the example, and put the one where the other finds it."""
    sdk = sdks / "nodejs"
    # A generator that Go 1.26 compiled writes ./ for ../ in folders: path.Rel changed.
    for path in (*sdk.glob("types/*.ts"), *sdk.glob("config/*.ts")):
        text = path.read_text().replace('"./utilities"', '"../utilities"')
        path.write_text(text.replace('"./types/', '"../types/'))
    _run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], example)
    (sdk / "node_modules").symlink_to(example / "node_modules")
    _run(["npx", "tsc", "-p", "."], sdk)
    installed = example / "node_modules" / "omics-components"
    shutil.copytree(sdk / "bin", installed)
    shutil.copy(sdk / "package.json", installed)
    _run(["npx", "tsc", "--noEmit", "-p", "."], example)


def link_go(sdks: Path, example: Path) -> None:
    """Point the example at the SDK, and check it."""
    _run(["go", "mod", "init", "example"], example)
    edit = ["-require", f"{GO_SDK}@v0.0.0", "-replace", f"{GO_SDK}={sdks / 'go'}"]
    _run(["go", "mod", "edit", *edit], example)
    _run(["go", "mod", "tidy"], example)
    _run(["go", "vet", "."], example)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **_GO},
        check=False,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
