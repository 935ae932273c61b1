"""Generate the SDKs of the native package, compile them, and run the examples in TypeScript and Go.

Each example is copied, linked with the generated SDK, and taken through preview, up, no change,
refresh and destroy, against the emulator. Needs the hosts of ``language_hosts``, Go and npm.

    python -m tools.native_examples nodejs go
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from omics_components.native.schema import schema_json
from tools.emulated import emulated
from tools.language_hosts import HOSTS

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLES = {"nodejs": "typescript", "go": "go"}
GENERATOR = PROJECT / "tools" / "pulumi-cli" / "sdk-generator"
GENERATOR_MODULE = "github.com/pulumi/pulumi/pkg/v3@v3.206.0"
GO_SDK = "omics-components/sdk/go"
GO = {"GOFLAGS": "-mod=mod -modcacherw", "GOWORK": "off", "CGO_ENABLED": "0"}


def main() -> int:
    """Run the examples of the given languages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", choices=[*EXAMPLES], default=[*EXAMPLES])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder)
        for language in parser.parse_args().languages:
            example = folder / language
            shutil.copytree(PROJECT / "examples" / EXAMPLES[language], example)
            {"nodejs": link_nodejs, "go": link_go}[language](folder, example)
            run_through(language, example)
    return 0


def generate(folder: Path) -> None:
    """Generate the SDKs into ``sdk``; those in Python must compile."""
    build = folder / "generator"
    shutil.copytree(GENERATOR, build)
    run(["go", "mod", "init", "generator"], build)
    run(["go", "get", f"{GENERATOR_MODULE.replace('@', '/codegen@')}"], build)
    run(["go", "build", "-o", "generate", "."], build)
    (folder / "schema.json").write_text(schema_json())
    run([str(build / "generate"), str(folder / "schema.json"), str(folder / "sdk")], folder)
    run([sys.executable, "-m", "compileall", "-q", str(folder / "sdk" / "python")], folder)


def link_nodejs(folder: Path, example: Path) -> None:
    """Compile the SDK and the example, and put the one where the other finds it."""
    sdk = folder / "sdk" / "nodejs"
    # A generator that Go 1.26 compiled writes ./ for ../ in folders: path.Rel changed.
    for path in (*sdk.glob("types/*.ts"), *sdk.glob("config/*.ts")):
        text = path.read_text().replace('"./utilities"', '"../utilities"')
        path.write_text(text.replace('"./types/', '"../types/'))
    run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], example)
    (sdk / "node_modules").symlink_to(example / "node_modules")
    run(["npx", "tsc", "-p", "."], sdk)
    installed = example / "node_modules" / "omics-components"
    shutil.copytree(sdk / "bin", installed)
    shutil.copy(sdk / "package.json", installed)
    run(["npx", "tsc", "--noEmit", "-p", "."], example)


def link_go(folder: Path, example: Path) -> None:
    """Compile the SDK and the example, and point the one at the other."""
    sdk = folder / "sdk" / "go"
    run(["go", "mod", "init", GO_SDK], sdk)
    run(["go", "get", "github.com/pulumi/pulumi/sdk/v3@v3.206.0"], sdk)
    run(["go", "mod", "tidy"], sdk)
    run(["go", "build", "./..."], sdk)
    run(["go", "mod", "init", "example"], example)
    edit = ["-require", f"{GO_SDK}@v0.0.0", "-replace", f"{GO_SDK}={sdk}"]
    run(["go", "mod", "edit", *edit], example)
    run(["go", "mod", "tidy"], example)
    run(["go", "vet", "."], example)


def run_through(language: str, example: Path) -> None:
    """Take an example through its life."""
    settings: dict[str, Any] = yaml.safe_load((example / "Pulumi.yaml").read_text())
    settings["plugins"]["providers"][0]["path"] = str(Path(sys.executable).parent)
    (example / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    backend = example.parent / f"{language}-backend"
    backend.mkdir()
    with emulated() as aws:
        environment = {
            **aws.environment(),
            "PATH": os.pathsep.join([str(HOSTS[language].folder), os.environ["PATH"]]),
            "PULUMI_HOME": str(backend / "home"),
            "PULUMI_BACKEND_URL": backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        for command in (
            ["stack", "init", "test"],
            ["config", "set", "omics-components:region", "us-east-1"],
            ["up", "--yes"],
            ["preview", "--expect-no-changes"],
            ["refresh", "--yes", "--expect-no-changes"],
            ["destroy", "--yes"],
        ):
            run(["pulumi", *command, "--non-interactive"], example, environment)


def run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    """Run a command; say which it is, and end with what it printed if it fails."""
    print("$", *command, flush=True)
    env = {**(environment or os.environ), **GO}
    done = subprocess.run(
        command, cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=1800
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
