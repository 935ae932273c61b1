"""README.md, word for word.

Its console blocks and the files it has written are one session of a new user, in a fresh folder
with a fresh HOME, on the real engine. What a test cannot have is stood in for, and nothing else:

- AWS is the emulator that the session itself starts, also behind the profile ``my-profile``;
- the new environment has no pip; ``pip install`` lets it see the packages of the one that runs the
  tests;
- ``make`` finds the CLI of the tests, and only checks that the targets are there (``make -n``);
- ``pulumi login`` takes a folder for the team's backend, whose passphrase is not asked for;
- the port 4566 is a free one; Pulumi's questions are answered with yes;
- the store that is taken over is made just before.
"""

from __future__ import annotations

import os
import re
import shutil
import site
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import boto3
import pytest

import omics_components
from omics_components.emulator import Emulator
from tests.docs.pages import PROJECT, Block, blocks_of
from tests.unit.mocked_engine import ARN, mocked_engine, resolved

BLOCKS = blocks_of(PROJECT / "README.md")

STAND_INS = """
set -euo pipefail
trap 'kill $(jobs -p)' EXIT

python3() {{
    case "$*" in
    "-m venv "*) command python3 -m venv --without-pip "$3" ;;
    *) command python3 "$@" ;;
    esac
}}

pip() {{
    test "$1" = install
    echo 'import site; site.addsitedir("{packages}")' > "$(
        python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/stand-in.pth"
    ln -sf "{scripts}/omics-components" "$(dirname "$(command -v python)")"
}}

make() {{
    case "$*" in
    *pulumi-path) type -P pulumi ;;
    *) command make --no-print-directory -C "{project}" -n "$@" > /dev/null ;;
    esac
}}

pulumi() {{
    if test "$*" = login; then
        mkdir "$HOME/team"
        test -z "${{PULUMI_CONFIG_PASSPHRASE+set}}"
        export PULUMI_CONFIG_PASSPHRASE="of the team"
        set -- login "file://$HOME/team"
    fi
    command pulumi "$@"
}}
"""

WAIT = """
timeout 60 bash -c 'until (exec 3<>/dev/tcp/127.0.0.1/{port}) 2> /dev/null; do sleep 0.1; done'
"""

THE_PAST = """
python - <<'END'
import boto3
from botocore.config import Config
client = boto3.client("omics", config=Config(inject_host_prefix=False))
client.create_sequence_store(name="legacy-reads", description="Before")
END
"""

PROFILE = """
[profile my-profile]
region = us-east-1
endpoint_url = http://127.0.0.1:{port}
aws_access_key_id = x
aws_secret_access_key = x
"""


def session(port: int) -> str:
    """Write the session as a script."""
    scripts = Path(sys.executable).parent
    facts = {"packages": site.getsitepackages()[0], "scripts": scripts, "project": PROJECT}
    script = STAND_INS.format(**facts)
    for block in BLOCKS:
        if block.title is not None:
            script += f"cat > {block.title} <<'END'\n{block.text}END\n"
        elif block.language == "console":
            commands = block.commands.replace("4566", str(port))
            if "import-file" in commands:
                script += THE_PAST
            for command in commands.splitlines():
                script += f"echo '$ '{command!r}\n" + command + "\n"
                if command.endswith("&"):
                    script += WAIT.format(port=port)
    return script


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.engine
def test_a_new_user_gets_through(tmp_path: Path) -> None:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        assert os.environ.get("PULUMI_TESTS") == "skip", "no pulumi on PATH: run make test"
        pytest.skip("PULUMI_TESTS=skip")
    port = free_port()
    home, work = tmp_path / "home", tmp_path / "work"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text(PROFILE.format(port=port))
    work.mkdir()
    base = Path(sys.base_prefix) / "bin"

    done = subprocess.run(
        ["bash", "-c", session(port)],
        cwd=work,
        env={
            "HOME": str(home),
            "PULUMI_HOME": str(home / ".pulumi"),  # the CLI asks the system for a home, not HOME
            "PATH": os.pathsep.join([str(Path(pulumi).parent), str(base), "/usr/bin", "/bin"]),
            "AWS_EC2_METADATA_DISABLED": "true",
            "GOGC": "off",
            "PULUMI_SKIP_CONFIRMATIONS": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert '"omics:CreateSequenceStore"' in (work / "lab" / "deployer.json").read_text()
    assert "1 passed" in done.stdout
    assert "legacy-reads" in (work / "lab" / "__main__.py").read_text()
    assert stacks_in(work / "lab") == ["dev"]
    assert stacks_in(home / "team") == ["prod"]


def stacks_in(backend: Path) -> list[str]:
    """List the stacks that a backend in a folder keeps."""
    return sorted(file.stem for file in backend.glob(".pulumi/stacks/lab/*.json"))


def the_block(words: str) -> Block:
    """Return the one untitled block of Python that has these words."""
    [found] = [
        block
        for block in BLOCKS
        if block.language == "python" and block.title is None and words in block.text
    ]
    return found


def run(block: Block) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(block.text, names)  # noqa: S102 our own page
    return names


def test_each_block_is_of_a_kind_that_is_tried_here() -> None:
    kinds = {block.language for block in BLOCKS if block.title is None}
    untitled = [block for block in BLOCKS if block.language == "python" and not block.title]

    assert kinds == {"", "console", "mermaid", "python"}
    assert untitled == [the_block(words) for words in ("import_=", "StackReference", "get_seq")]


def test_a_store_is_adopted_by_the_option() -> None:
    with mocked_engine() as engine:
        resolved(lambda: {"id": run(the_block("import_="))["legacy"].id})

    assert engine.inputs["legacy-reads"]["__import"].endswith(":sequenceStore/1234567890")


def test_another_stack_reads_the_store_by_reference() -> None:
    with mocked_engine() as engine:
        resolved(lambda: {"id": run(the_block("StackReference"))["reads"].id})

    assert [args.resource_id for args in engine.registered if args.name == "reads"] == [ARN]


def test_lookups_find_the_store(omics_emulator: Emulator) -> None:
    made = boto3.client("omics").create_sequence_store(name="reads")

    names = run(the_block("get_sequence_stores"))

    assert names["reads"].arn == made["arn"]
    assert [store.id for store in names["newest_first"]] == [made["id"]]
    assert omics_emulator.calls


def test_the_picture_shows_what_there_is() -> None:
    [picture] = [block.text for block in BLOCKS if block.language == "mermaid"]

    shown = set(re.findall(r"\b[A-Z]\w+[a-z][A-Z]\w+", picture))
    assert {"EncryptedSequenceStore", "KmsKey", "SequenceStore"} <= shown
    assert shown - {"HealthOmics"} <= set(omics_components.__all__)


def test_the_house_is_as_it_is_drawn() -> None:
    [house] = [block.text for block in BLOCKS if not block.language]

    drawn = {line.split()[0].rstrip("/") for line in house.splitlines()}
    package = PROJECT / "omics_components"
    there = {part.name for part in package.iterdir() if not part.name.startswith(("_", "py."))}
    assert drawn == there, textwrap.dedent(house)
