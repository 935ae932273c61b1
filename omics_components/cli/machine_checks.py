"""The checks of ``doctor`` that are about this machine: packages, CLI, plugin, variables."""

from __future__ import annotations

import functools
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from omics_components.cli.finding import Finding, Status
from omics_components.errors import OmicsComponentsError

OURS = "omics-components"
_VARIABLES_PREFIX = "OMICS_COMPONENTS_"
_PROGRAM_LIMIT_S = 60.0
_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
_BIN = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
_EXTRAS = {"moto": "emulator"}

_WHAT_THE_PLUGIN_LOADS = """
import json, platform
from importlib.metadata import version
import omics_components.providers, pulumi.dynamic
print(json.dumps([platform.python_version(), version("omics-components"), version("pulumi")]))
"""

Version = tuple[int, ...]


def check_python() -> Iterator[Finding]:
    """Check the running Python version."""
    yield Finding("python", Status.OK, f"{platform.python_version()} ({sys.executable})")


def check_packages() -> Iterator[Finding]:
    """Compare what is installed with what this package requires."""
    yield Finding(OURS, Status.OK, version(OURS))
    for requirement in requires(OURS) or ():
        wanted, _, marker = requirement.partition(";")
        name = re.split(r"[\[<>=!~ ]", wanted)[0]
        if not marker:
            yield _installed(name, wanted.removeprefix(name).strip())
        elif name in _EXTRAS and not _version_of(name):
            text = f"not installed: only the extra {_EXTRAS[name]} needs it"
            yield Finding(name, Status.OK, text)


def check_service_model() -> Iterator[Finding]:
    """See whether botocore knows all operations that are called here."""
    import botocore.session  # noqa: PLC0415 only where the command runs
    from botocore.exceptions import UnknownServiceError  # noqa: PLC0415 as above

    from omics_components.aws.pacing import QUOTAS_TPS  # noqa: PLC0415 as above

    check, advice = "omics model", "Upgrade boto3, and look at AWS_DATA_PATH."
    try:
        model = botocore.session.get_session().get_service_model("omics")
    except UnknownServiceError:
        yield Finding(check, Status.FAILED, "botocore has no model of HealthOmics", advice)
        return
    text = f"{model.api_version} of botocore {version('botocore')}"
    if missing := sorted(QUOTAS_TPS.keys() - set(model.operation_names)):
        yield Finding(check, Status.FAILED, f"{text} lacks {', '.join(missing)}", advice)
    else:
        yield Finding(check, Status.OK, f"{text}: {len(model.operation_names)} operations")


def check_pulumi_cli() -> Iterator[Finding]:
    """Find the Pulumi CLI and compare it with the oldest supported SDK."""
    check = "pulumi CLI"
    found = shutil.which("pulumi")
    if found is None:
        advice = "Install it: https://www.pulumi.com/docs/install/"
        yield Finding(check, Status.FAILED, "there is no pulumi on PATH", advice)
        return
    said = _run([found, "version"], Path.cwd())
    oldest = _lower_bound("pulumi")
    if said.returncode or not (number := _numbers(said.stdout)):
        words = _last_line(said.stderr) or said.stdout.strip() or "nothing"
        yield Finding(check, Status.FAILED, f"{found} version says: {words}", "Reinstall it.")
    elif number < oldest:
        advice = "Upgrade it; older ones are not tried with this library."
        yield Finding(check, Status.WARNING, f"{said.stdout.strip()} ({found})", advice)
    else:
        yield Finding(check, Status.OK, f"{said.stdout.strip()} ({found})")


def check_plugin() -> Iterator[Finding]:
    """Run the interpreter that dynamic resources get, and let it import the providers.

    It is found as the plugin's own launcher does: the project's ``virtualenv``, else what its
    ``toolchain`` has, else ``PULUMI_PYTHON_CMD``, else ``python3``.
    """
    check = "plugin"
    file = project_file(Path.cwd())
    if file is None and "PULUMI_PYTHON_CMD" not in os.environ:
        text = "there is no Pulumi.yaml in this folder or above it"
        yield Finding(check, Status.SKIPPED, text, "Run doctor in the folder of the program.")
        return
    project = read_yaml(file) if file else {}
    runtime = project.get("runtime")
    name = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if file and name != "python":
        text = f"the runtime in {file} is {name}"
        yield Finding(check, Status.FAILED, text, "Dynamic resources in Python need python.")
        return
    options = runtime.get("options") if isinstance(runtime, Mapping) else None
    if options is not None and not isinstance(options, Mapping):
        text = f"runtime.options in {file} is not a mapping"
        yield Finding(check, Status.FAILED, text, "Write it as virtualenv: FOLDER, for example.")
        return
    folder = (file.parent / str(project.get("main") or "")) if file else Path.cwd()
    if not folder.is_dir():
        folder = folder.parent  # main may name a file
    found = _interpreter(folder, options or {})
    yield found if isinstance(found, Finding) else _loaded(found, folder)


def check_variables() -> Iterator[Finding]:
    """Read the environment variables of this library as it reads them."""
    from omics_components.aws.pacing import TPS_VARIABLE, quotas_from  # noqa: PLC0415 only if run
    from omics_components.engine.dynamic.workers import (  # noqa: PLC0415 as above
        WORKERS_VARIABLE,
        workers_from,
    )

    readers: dict[str, Callable[[str], object]] = {
        TPS_VARIABLE: quotas_from,
        WORKERS_VARIABLE: workers_from,
    }
    ours = {name: text for name, text in os.environ.items() if name.startswith(_VARIABLES_PREFIX)}
    if not ours:
        yield Finding("variables", Status.OK, f"none of {', '.join(readers)} is set")
    for name, text in sorted(ours.items()):
        said = f"{name}={text}"
        if name not in readers:
            known = ", ".join(readers)
            yield Finding("variables", Status.WARNING, f"{said}: nothing reads it", f"Use {known}.")
            continue
        try:
            readers[name](text)
        except OmicsComponentsError as error:
            yield Finding.of_error("variables", error)
        else:
            yield Finding("variables", Status.OK, said)


def project_file(folder: Path) -> Path | None:
    """Find the project of a folder, in it or above it, as the CLI does."""
    places = (place / name for place in (folder, *folder.parents) for name in _PROJECT_FILES)
    return next((file for file in places if file.is_file()), None)


def read_yaml(file: Path) -> Mapping[str, Any]:
    """Read a file of Pulumi's.

    Raises:
        ValueError: It is no mapping in YAML.
    """
    import yaml  # noqa: PLC0415 it comes with the SDK

    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_loader())  # noqa: S506 a safe one
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{file} is not valid YAML: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    if not isinstance(content, Mapping):
        raise ValueError(f"{file} holds no mapping")  # noqa: TRY004 the file is wrong
    return content


@functools.cache
def _loader() -> Any:
    """Return PyYAML's safe loader with the types of the CLI's: it has YAML 1.2's booleans.

    There, dates are text, and digits after a zero are a number.
    """
    import yaml  # noqa: PLC0415 it comes with the SDK

    class Loader(yaml.SafeLoader):
        pass

    others = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in others]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    words = re.compile("^(?:true|True|TRUE|false|False|FALSE)$")
    Loader.add_implicit_resolver(others[1], words, list("tTfF"))
    Loader.add_implicit_resolver("!decimal", re.compile("^0[0-9]+$"), ["0"])
    Loader.add_constructor("!decimal", lambda _, node: int(node.value))
    return Loader


def _installed(name: str, wanted: str) -> Finding:
    found = _version_of(name)
    if found is None:
        advice = f"pip install '{name}{wanted}'"
        return Finding(name, Status.FAILED, "not installed", advice)
    ends = dict(re.findall(r"(>=|<)\s*([\d.]+)", wanted))
    too_old = _numbers(found) < _numbers(ends.get(">=", ""))
    too_new = "<" in ends and _numbers(found) >= _numbers(ends["<"])
    if too_old or too_new:
        advice = f"pip install '{name}{wanted}'"
        return Finding(name, Status.FAILED, f"{found}, but {wanted} is needed", advice)
    return Finding(name, Status.OK, found)


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> Version:
    match = re.search(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _lower_bound(name: str) -> Version:
    """Return the oldest version of a package that this one admits."""
    own = next(text for text in requires(OURS) or () if re.match(rf"{name}\b", text))
    return _numbers(own.partition(">=")[2])


def _interpreter(folder: Path, options: Mapping[str, Any]) -> Path | Finding:
    """Find the plugin's interpreter, or say why there is none."""
    toolchain = options.get("toolchain") or os.environ.get("PULUMI_RUNTIME_TOOLCHAIN")
    where = options.get("virtualenv") or os.environ.get("PULUMI_RUNTIME_VIRTUALENV")
    if not where and toolchain == "uv":
        where = ".venv"
    if not where and toolchain == "poetry":
        where = _run(["poetry", "env", "info", "--path"], folder).stdout.strip()
    if where:
        python = folder.joinpath(str(where), *_BIN)
        if python.is_file():
            return python
        text = f"the project's virtualenv is {where}, and there is no {python}"
        return Finding("plugin", Status.FAILED, text, "Make it with pulumi install.")
    named = os.environ.get("PULUMI_PYTHON_CMD") or "python3"
    found = shutil.which(named, path=os.environ.get("PATH"))
    if found:
        return Path(found)
    advice = "Name a virtualenv in Pulumi.yaml, or set PULUMI_PYTHON_CMD."
    return Finding("plugin", Status.FAILED, f"there is no {named} on PATH", advice)


def _loaded(python: Path, folder: Path) -> Finding:
    said = _run([str(python), "-c", _WHAT_THE_PLUGIN_LOADS], folder)
    if said.returncode:
        text = f"{python} cannot load the providers: {_last_line(said.stderr)}"
        # No command with the bare name: it would come from an index, which does not have it yet.
        advice = "Install this library there, too, from where it was installed here."
        return Finding("plugin", Status.FAILED, text, advice)
    try:
        its_python, its_own, its_sdk = map(str, json.loads(_last_line(said.stdout)))
    except (TypeError, ValueError):
        text = f"{python} does not run Python: it printed {_last_line(said.stdout) or 'nothing'!r}"
        advice = "Set PULUMI_PYTHON_CMD or the project's virtualenv to a Python interpreter."
        return Finding("plugin", Status.FAILED, text, advice)
    text = f"{python}: Python {its_python}, {OURS} {its_own}, pulumi {its_sdk}"
    if _numbers(its_sdk) < _lower_bound("pulumi"):
        return Finding("plugin", Status.FAILED, text, "Upgrade pulumi there.")
    if its_own != version(OURS):
        advice = f"This is {OURS} {version(OURS)}: run doctor from the program's environment."
        return Finding("plugin", Status.WARNING, text, advice)
    return Finding("plugin", Status.OK, text)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program; one that cannot be run, or does not end, has failed."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        return subprocess.run(  # noqa: S603 our own argument lists, no shell
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PROGRAM_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""
