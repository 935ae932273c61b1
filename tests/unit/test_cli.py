"""The commands, in this process, with the emulator behind them."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import click
import pytest
from click.testing import CliRunner, Result
from pulumi.dynamic.dynamic import serialize_provider

from omics_components import cli
from omics_components.cli.import_file import unique_names
from omics_components.cli.root import COMMANDS, root
from omics_components.emulator import Emulator, FaultRule
from omics_components.kinds.registry import KINDS, Kind
from omics_components.providers import (
    KmsKeyProvider,
    S3AccessPolicyProvider,
    S3BucketProvider,
    SequenceStoreProvider,
)
from omics_components.schema.owner_tag import OWNER_TAG, Claim, OwnerTag
from tests.kinds.example import World, example_of
from tests.unit.conftest import SharedClock

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

Run = Callable[..., Result]
ARN = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"
ALL: dict[str, Any] = {
    "description": 'Reads of the "lab"',
    "sseConfig": {"type": "KMS"},
    "fallbackLocation": "s3://bucket/fallback/",
    "eTagAlgorithmFamily": "SHA256up",
    "propagatedSetLevelTags": ["sample", "cohort"],
    "s3AccessConfig": {"accessLogLocation": "s3://logs/"},
}


@pytest.fixture
def run(store_emulator: Emulator) -> Run:
    """Run ``omics-components`` with these arguments; the call log is empty before."""

    def invoke(*arguments: str) -> Result:
        store_emulator.calls.clear()
        return CliRunner().invoke(root, arguments)

    return invoke


@pytest.fixture
def omics(store_emulator: Emulator) -> OmicsClient:  # noqa: ARG001 it must answer
    return boto3.client("omics")


def file_of(result: Result) -> list[dict[str, Any]]:
    assert (result.exit_code, result.stderr) == (0, "")
    resources: list[dict[str, Any]] = json.loads(result.stdout)["resources"]
    return resources


def failure(result: Result) -> str:
    """The one line that a failed command prints."""
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_file_says_what_a_refresh_would(run: Run, omics: OmicsClient) -> None:
    made = omics.create_sequence_store(name="reads", tags={"team": "lab"}, **ALL)
    live = omics.get_sequence_store(id=made["id"])

    [resource] = file_of(run("import-file", "--id", made["id"]))

    provider = serialize_provider(SequenceStoreProvider())
    inputs, outputs = resource.pop("inputs"), resource.pop("outputs")
    assert resource == {
        "type": "pulumi-python:dynamic/omics:SequenceStore",
        "name": "reads",
        "id": made["arn"],
    }
    assert inputs == {
        "name": "reads",
        "description": 'Reads of the "lab"',
        "fallbackLocation": "s3://bucket/fallback/",
        "eTagAlgorithmFamily": "SHA256up",
        "propagatedSetLevelTags": ["cohort", "sample"],
        "accessLogLocation": "s3://logs/",
        "tags": {"team": "lab"},
        "forceDestroy": False,
        "region": "us-east-1",
        "__provider": provider,
    }
    assert outputs["s3Uri"] == live["s3Access"]["s3Uri"]
    assert outputs["status"] == "ACTIVE"
    assert [key for key in outputs if key.startswith("__")] == ["__provider"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_file_for_the_native_provider(
    kind: Kind, store_emulator: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = World(store_emulator, SharedClock())
    made = world.create(kind.handler, **example_of(kind).declared(world))
    arguments = ["--kind", kind.name, "--id", made.id, "--take-over", "--name", "it", "--native"]

    result = run("import-file", *arguments, "--program", "program.py")

    assert result.exit_code == 0
    entry = {"type": f"omics-components:index:{kind.class_name}", "name": "it", "id": made.id}
    assert json.loads(result.stdout) == {"resources": [entry]}
    program = Path("program.py").read_text()
    assert program.startswith(f"from omics_components.native import {kind.class_name}\n")


def test_stores_are_chosen_by_name_by_tags_and_by_id(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    tags = [{"team": "lab", "stage": "dev"}, {"team": "lab"}, {"team": "lab"}, {"team": "other"}]
    names = ["reads", "reads", "long reads", "other"]
    one, two, three, four = (
        omics.create_sequence_store(name=name, tags=own)["arn"]
        for name, own in zip(names, tags, strict=True)
    )

    def chosen(*arguments: str) -> dict[str, str]:
        return {item["name"]: item["id"] for item in file_of(run("import-file", *arguments))}

    assert chosen("--tag", "team=lab", "--tag", "stage=dev") == {"reads": one}
    assert set(chosen("--store-name", "reads").values()) == {one, two}
    both = chosen("--store-name", "reads", "--store-name", "long reads", "--tag", "team=lab")
    assert set(both) == {"reads", "reads-2", "long-reads"}
    assert set(both.values()) == {one, two, three}
    assert set(chosen("--id", four, "--id", one, "--store-name", "other").values()) == {one, four}
    assert chosen("--id", four, "--name", "renamed") == {"renamed": four}
    changing = [call.name for call in store_emulator.calls if call.operation[:3] != "Get"]
    assert set(changing) <= {"omics:ListSequenceStores", "omics:ListTagsForResource"}


def test_stores_whose_tags_may_not_be_read_are_counted(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    mine = omics.create_sequence_store(name="mine", tags={"team": "mine"})["arn"]
    omics.create_sequence_store(name="theirs", tags={"team": "theirs"})
    store_emulator.faults.add(
        FaultRule(
            operation="omics:ListTagsForResource",
            calls=[2, 5],
            code="AccessDeniedException",
            status=403,
        )
    )

    result = run("import-file", "--tag", "team=mine")

    assert result.exit_code == 0
    assert [item["id"] for item in json.loads(result.stdout)["resources"]] == [mine]
    assert result.stderr.startswith("1 could not be looked at: AWS refuses the caller to read")
    assert result.stderr.count("\n") == 1
    line = failure(run("import-file", "--tag", "team=theirs"))
    assert "none of them has team=theirs. 1 could not be looked at: AWS refuses the" in line


def test_a_store_of_another_region_is_read_there(run: Run) -> None:
    there = boto3.client("omics", region_name="eu-west-1").create_sequence_store(name="reads")

    [by_arn] = file_of(run("import-file", "--id", there["arn"]))
    [by_option] = file_of(run("import-file", "--store-name", "reads", "--region", "eu-west-1"))

    assert by_arn == by_option
    assert by_arn["inputs"]["region"] == "eu-west-1"


def test_default_tags_are_not_the_programs_own(run: Run, omics: OmicsClient) -> None:
    made = omics.create_sequence_store(name="reads", tags={"team": "lab", "unit": "core"})

    [resource] = file_of(run("import-file", "--id", made["id"], "--default-tag", "unit=core"))

    for properties in (resource["inputs"], resource["outputs"]):
        assert properties["tags"] == {"team": "lab"}
        assert properties["tagsAll"] == {"team": "lab", "unit": "core"}


def test_the_other_kinds_are_chosen_by_id(run: Run, omics: OmicsClient) -> None:
    key = boto3.client("kms").create_key(Description="Key")["KeyMetadata"]
    boto3.client("kms").create_alias(AliasName="alias/lab/reads", TargetKeyId=key["KeyId"])
    boto3.client("s3").create_bucket(Bucket="failed-uploads")
    store = omics.create_sequence_store(name="reads")
    point = omics.get_sequence_store(id=store["id"])["s3Access"]["s3AccessPointArn"]

    def imported(kind: str, reference: str) -> dict[str, Any]:
        [resource] = file_of(run("import-file", "--kind", kind, "--id", reference))
        return resource

    by_id = imported("kms-key", key["KeyId"])
    assert (by_id["id"], by_id["name"]) == (key["Arn"], "lab-reads")
    assert by_id["type"] == "pulumi-python:dynamic/kms:Key"
    assert by_id["inputs"]["__provider"] == serialize_provider(KmsKeyProvider())
    assert by_id["inputs"]["description"] == "Key"
    bucket = imported("s3-bucket", "arn:aws:s3:::failed-uploads")
    assert (bucket["id"], bucket["name"]) == ("failed-uploads", "failed-uploads")
    assert bucket["inputs"]["__provider"] == serialize_provider(S3BucketProvider())
    policy = imported("s3-access-policy", store["arn"])
    assert (policy["id"], policy["name"]) == (point, "access-policy")
    assert policy["inputs"]["sequenceStoreArn"] == store["arn"]
    assert policy["inputs"]["__provider"] == serialize_provider(S3AccessPolicyProvider())


def test_files_are_written_and_the_next_command_is_named(
    run: Run, omics: OmicsClient, tmp_path: Path
) -> None:
    omics.create_sequence_store(name="reads", tags={"team": "lab"}, **ALL)
    file, program = tmp_path / "import.json", tmp_path / "stores.py"

    result = run(
        *("import-file", "--store-name", "reads"),
        *("--output", str(file), "--program", str(program)),
    )

    assert (result.exit_code, result.stdout) == (0, "")
    assert f"now run: pulumi import --file {file} --generate-code=false" in result.stderr
    assert len(json.loads(file.read_text())["resources"]) == 1
    assert program.read_text() == (
        """\
from omics_components import SequenceStore

reads = SequenceStore(
    "reads",
    description='Reads of the "lab"',
    fallback_location="s3://bucket/fallback/",
    e_tag_algorithm_family="SHA256up",
    propagated_set_level_tags=[
        "cohort",
        "sample",
    ],
    access_log_location="s3://logs/",
    tags={
        "team": "lab",
    },
    region="us-east-1",
)
"""
    )


def test_the_program_is_formatted_and_its_variables_are_unique(
    run: Run, omics: OmicsClient, tmp_path: Path
) -> None:
    for name in ("1st reads", "class", "Reads", "reads", "日本"):
        omics.create_sequence_store(name=name, tags={"lab": name})
    foreign = {"Version": "2012-10-17", "Statement": []}
    key = boto3.client("kms").create_key(Policy=json.dumps(foreign))["KeyMetadata"]["Arn"]
    boto3.client("s3").create_bucket(Bucket="failed-uploads")
    stores, keys, buckets = (tmp_path / f"{name}.py" for name in ("stores", "keys", "buckets"))
    names = ("1st reads", "class", "Reads", "reads", "日本")
    options = [part for name in names for part in ("--store-name", name)]

    run("import-file", *options, "--program", str(stores))
    run("import-file", "--kind", "kms-key", "--id", key, "--program", str(keys))
    bucket = ("--kind", "s3-bucket", "--id", "failed-uploads")
    run("import-file", *bucket, "--program", str(buckets))

    tree = ast.parse(stores.read_text())
    variables = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    assert [ast.unparse(variable) for variable in variables] == [
        *("r_1st_reads", "reads", "r_class", "reads_2", "日本"),
    ]
    assert "# policy in AWS is what no argument says: an update resets it." in keys.read_text()
    assert 'bucket="failed-uploads",' in buckets.read_text()
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--check", str(tmp_path)]
    subprocess.run(ruff, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "choose what to import by --id, --store-name or --tag"),
        (("--tag", "team"), "'team' is not KEY=VALUE"),
        (("--tag", "=lab"), "'=lab' is not KEY=VALUE"),
        (("--kind", "kms-key", "--tag", "team=lab"), "a kms-key is chosen by --id"),
        (("--kind", "genome", "--id", ARN), "'genome' is not one of 'sequence-store'"),
        (("--id", ARN, "--program", "-"), "--program - needs --output FILE"),
        (("--id", ARN, "--program", "x.json", "--output", "x.json"), "both name x.json"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    run: Run, store_emulator: Emulator, arguments: tuple[str, ...], words: str
) -> None:
    result = run("import-file", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert not store_emulator.calls


def test_one_name_is_for_one_resource(run: Run, omics: OmicsClient) -> None:
    for _ in range(2):
        omics.create_sequence_store(name="reads")

    result = run("import-file", "--store-name", "reads", "--name", "reads")

    assert result.exit_code == 2
    assert "--name names one resource, but 2 are chosen" in result.stderr


def test_a_region_must_be_known(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    result = run("import-file", "--id", ARN)

    assert result.exit_code == 2
    assert "no region is set: give --region or --stack, or set AWS_REGION" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("stores", "show", "reads"),
        ("read-sets", "list", "1234567890"),
        ("import-file", "--store-name", "reads"),
        ("orphans", "state.json"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_region_must_be_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("state.json").write_text('{"deployment": {"resources": []}}')

    result = run(*arguments, "--region", "us_east_1")

    assert (result.exit_code, result.stdout) == (2, "")
    words = "'--region': must be the name of a region, such as us-east-1, not 'us_east_1'"
    assert words in result.stderr


def test_the_region_of_the_environment_must_be_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us east")

    result = run("stores", "show", "reads")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "the environment's region: must be the name of a region, such as" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("--id", ARN),
            f"reading sequence store ({ARN}): ResourceNotFoundException",
        ),
        (("--id", "reads"), "'reads' is not the ARN of a sequence store. Give the store's ARN or"),
        (
            ("--store-name", "reads"),
            "looking for sequence stores in us-east-1: there is none with the name 'reads'.",
        ),
        (
            ("--tag", "team=lab", "--tag", "x=y"),
            "looking for sequence stores in us-east-1: none of them has team=lab, x=y.",
        ),
        (
            ("--id", ARN, "--profile", "absent"),
            f"reading sequence store ({ARN}): The config profile (absent) could not be found",
        ),
        (("--kind", "s3-bucket", "--id", "no-such"), "reading S3 bucket (no-such): "),
    ],
)
def test_what_is_not_there_is_one_line(run: Run, arguments: tuple[str, ...], words: str) -> None:
    assert failure(run("import-file", *arguments)).startswith(f"Error: {words}")


def test_a_store_that_is_not_idle_is_refused(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    store_emulator.plan_status([("CREATING", 600), ("ACTIVE",)])
    arn = omics.create_sequence_store(name="reads")["arn"]

    line = failure(run("import-file", "--id", arn))

    assert line == (
        f"Error: importing {arn}: it is CREATING, not ACTIVE. Wait until it is; or delete it, and "
        "have another one made.\n"
    )


def test_what_this_library_made_needs_leave(
    run: Run, omics: OmicsClient, store_emulator: Emulator, tmp_path: Path
) -> None:
    """The file records an owner that is not in AWS yet: ``owner take`` writes it."""
    before = OwnerTag.draw(Claim.of("x", principal="", create_only={}, generation=0)).finished
    tags = {"team": "lab", OWNER_TAG: str(before)}
    arn = omics.create_sequence_store(name="reads", tags=tags)["arn"]

    line = failure(run("import-file", "--id", arn))
    file = tmp_path / "import.json"
    result = run("import-file", "--id", arn, "--take-over", "--output", str(file))
    [resource] = json.loads(file.read_text())["resources"]

    assert "its ownership tag says that a program of this library made it" in line
    assert resource["inputs"]["tags"] == {"team": "lab"}
    recorded = OwnerTag.parse(resource["outputs"]["__owner"])
    assert recorded
    assert (recorded.is_unfinished, recorded.is_same_owner(before)) == (False, False)
    assert result.stderr.endswith(f"omics-components owner take --yes --state - {arn}\n")
    assert omics.list_tags_for_resource(resourceArn=arn)["tags"] == tags
    assert not any(call.operation.startswith(("Tag", "Untag")) for call in store_emulator.calls)


@pytest.mark.parametrize(
    "name",
    [
        "cohort\u00b2",
        "1",
        "class",
        "\u2460",
        "a b",
        "\u00b7x",
        "\U0001d7d8",
        "-",
        "\u0132",
        "a\u200db",
        "\u0660reads",
    ],
)
def test_every_variable_of_a_program_is_an_identifier(
    run: Run, omics: OmicsClient, tmp_path: Path, name: str
) -> None:
    made = omics.create_sequence_store(name="reads")
    file = tmp_path / "program.py"

    result = run("import-file", "--id", made["id"], "--name", name, "--program", str(file))

    assert result.exit_code == 0
    [assignment] = [one for one in ast.parse(file.read_text()).body if isinstance(one, ast.Assign)]
    assert ast.unparse(assignment.targets[0]).isidentifier()


STACK_COMMANDS = [
    ("stores", "show", "reads"),
    ("read-sets", "list", "reads"),
    ("import-file", "--store-name", "reads"),
    ("orphans", "state.json"),
    ("owner", "show", "a-bucket"),
    ("owner", "take", "a-bucket", "--state", "state.json"),
    ("owner", "release", "a-bucket", "--state", "state.json"),
]


@pytest.mark.parametrize("arguments", STACK_COMMANDS, ids=" ".join)
class TestStack:
    """Each command that reaches AWS can use the configuration of a stack."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            monkeypatch.delenv(name, raising=False)
        entry = {
            "urn": "urn:pulumi:dev::lab::x::y",
            "custom": True,
            "id": "a-bucket",
            "type": "pulumi-python:dynamic/s3:Bucket",
        }
        Path("state.json").write_text(json.dumps({"deployment": {"resources": [entry]}}))
        Path("Pulumi.yaml").write_text("name: lab\nruntime: python\n")

    def test_its_region_and_its_accounts_count(
        self, run: Run, store_emulator: Emulator, arguments: tuple[str, ...]
    ) -> None:
        Path("Pulumi.dev.yaml").write_text(
            "config: {'aws:region': eu-west-1, 'aws:allowedAccountIds': ['111122223333']}"
        )

        result = run(*arguments, "--stack", "dev")

        assert result.exit_code == 1, result.output
        assert "aws:allowedAccountIds allows only 111122223333" in result.stderr
        assert {call.region for call in store_emulator.calls} == {"eu-west-1"}

    def test_its_errors_are_one_line(self, run: Run, arguments: tuple[str, ...]) -> None:
        Path("Pulumi.dev.yaml").write_text("config: {'aws:regoin': eu-west-1}")

        result = run(*arguments, "--stack", "dev")

        assert result.exit_code == 1
        assert "aws:regoin in the stack's configuration is not a key" in result.stderr
        assert result.stderr.count("\n") == 1

    def test_what_is_encrypted_is_not_left_out(self, run: Run, arguments: tuple[str, ...]) -> None:
        Path("Pulumi.dev.yaml").write_text("config: {'aws:profile': {secure: v1:abc}}")

        result = run(*arguments, "--stack", "dev")

        assert result.exit_code == 2
        assert "aws:profile of dev is encrypted" in result.stderr

    def test_a_stack_that_is_not_there(self, run: Run, arguments: tuple[str, ...]) -> None:
        result = run(*arguments, "--stack", "dev")

        assert (result.exit_code, result.stdout) == (2, "")
        assert "Invalid value for '--stack': there is no " in result.stderr

    def test_without_it_no_error_names_a_stack(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
    ) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

        result = run(*arguments, "--region", "us-east-1")

        assert result.exit_code == 1
        assert "Check --profile and the credentials in the environment." in result.stderr
        assert "stack's" not in result.stderr
        assert "aws:" not in result.stderr


def test_every_command_that_reaches_aws_takes_a_stack() -> None:
    def commands(prefix: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                yield from commands(f"{prefix} {name}".strip(), inner)
        else:
            yield prefix, command

    found = [
        (name, {option.name for option in command.params})
        for top in COMMANDS
        for name, command in commands(top, import_module(COMMANDS[top]).command)
    ]
    reaching = {name for name, options in found if "profile" in options}
    assert reaching == {name for name, options in found if "stack" in options}
    tried = {" ".join(arguments[:2]) for arguments in STACK_COMMANDS}
    untried = {name for name in reaching if not any(name in one for one in tried)}
    assert untried == {"doctor", "report"}  # their own tests do


def test_resource_names_are_unique() -> None:
    titles = ["reads", "a/b c", "reads", "reads-2", "::", "reads"]

    assert list(unique_names(titles)) == [
        *("reads", "a-b-c", "reads-2", "reads-2-2", "resource", "reads-3"),
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_loads_no_sdk(name: str) -> None:
    program = (
        "import sys\n"
        "from omics_components.cli.root import root\n"
        f"root([{name!r}, '--help'], standalone_mode=False)\n"
        "print(*sorted({'boto3', 'botocore', 'pulumi', 'pydantic'} & set(sys.modules)))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert printed.splitlines()[-1] == ""


def test_importing_the_library_does_not_load_click() -> None:
    program = (
        "import sys, omics_components, omics_components.cli\n"
        "omics_components.SequenceStore\n"
        "print(*sorted({'click', 'rich'} & set(sys.modules)))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert printed.split() == []


def test_a_missing_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "find_spec", lambda _: None)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    start = (
        "omics-components: the commands need click and rich; install them with: "
        f"{sys.executable} -m pip install "
    )
    text = str(ended.value.code)
    assert text.startswith(start)
    packages = shlex.split(text.removeprefix(start))
    assert [re.split("[<>=]", package)[0] for package in packages] == ["click", "rich"]


def test_the_module_is_the_command() -> None:
    module = [sys.executable, "-m", "omics_components.cli", "--version"]

    printed = subprocess.run(module, check=True, capture_output=True, text=True).stdout

    assert printed.startswith("omics-components, version ")


def test_an_unknown_command_is_refused(run: Run) -> None:
    result = run("export-file")

    assert result.exit_code == 2
    assert "No such command 'export-file'" in result.stderr
