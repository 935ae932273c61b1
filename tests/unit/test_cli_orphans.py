"""``omics-components orphans``: what the states know, and what is found in AWS beside it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from click.testing import CliRunner, Result

from omics_components.cli.root import root
from omics_components.emulator import Emulator, FaultRule
from omics_components.kinds.registry import kind_named
from omics_components.schema.owner_tag import OWNER_TAG, Claim, OwnerTag
from tests.kinds.example import World, example_of
from tests.unit.conftest import SharedClock

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

Run = Callable[..., Result]
Entry = dict[str, Any]
STACK = "urn:pulumi:dev::lab"
URN = f"{STACK}::pulumi-python:dynamic/omics:SequenceStore"
OTHER = "arn:aws:omics:us-east-1:123456789012:sequenceStore/9999999999"


def identity(name: str) -> str:
    """Who declares a store of this name."""
    return f"file:///states|organization|{URN}::{name}"


def owner_tag(name: str, *, unfinished: bool = False) -> dict[str, str]:
    """The tag that the store of this declaration has."""
    claim = Claim.of(identity(name), principal="lab", create_only={}, generation=0)
    owner = OwnerTag.draw(claim)
    return {OWNER_TAG: str(owner if unfinished else owner.finished)}


def store_entry(name: str, id_: str, **more: Any) -> Entry:
    """A store as a state records it."""
    hidden = {"__identity": identity(name), "__provider": "module:omics_components.providers"}
    return {
        "urn": f"{URN}::{name}",
        "custom": True,
        "id": id_,
        "type": "pulumi-python:dynamic/omics:SequenceStore",
        "inputs": {"name": name, **hidden},
        "outputs": {"name": name, "status": "ACTIVE", **hidden},
        **more,
    }


def export(*resources: Entry, pending: tuple[Entry, ...] = ()) -> str:
    """What ``pulumi stack export`` prints."""
    operations = [{"resource": entry, "type": "creating"} for entry in pending]
    deployment = {"manifest": {}, "resources": resources, "pending_operations": operations}
    return json.dumps({"version": 3, "deployment": deployment})


@pytest.fixture
def run(store_emulator: Emulator, tmp_path: Path) -> Run:
    """Run the command with the texts of states, and options."""

    def invoke(*states: str | bytes, options: tuple[str, ...] = ()) -> Result:
        store_emulator.calls.clear()
        files = []
        for number, state in enumerate(states):
            file = tmp_path / f"{number}.json"
            file.write_bytes(state if isinstance(state, bytes) else state.encode())
            files.append(str(file))
        return CliRunner().invoke(root, ["orphans", *files, *options])

    return invoke


@pytest.fixture
def omics(store_emulator: Emulator) -> OmicsClient:  # noqa: ARG001 it must answer
    return boto3.client("omics")


def found(result: Result) -> list[dict[str, Any]]:
    orphans: list[dict[str, Any]] = json.loads(result.stdout)
    assert result.exit_code == (3 if orphans else 0), result.output
    return orphans


def make(omics: OmicsClient, name: str, **tags: str) -> str:
    return omics.create_sequence_store(name=name, tags=tags)["arn"]


def test_a_tagged_store_in_no_state_is_one(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    known = [make(omics, name, **owner_tag(name)) for name in ("reads", "other")]
    make(omics, "foreign", team="lab")
    orphan = make(omics, "lost", **owner_tag("lost"), team="lab")
    store_emulator.put_read_sets(orphan.rpartition("/")[2], 3)
    states = [export(store_entry("reads", known[0])), export(store_entry("other", known[1]))]

    result = run(*states, options=("--read-sets",))

    assert result.exit_code == 3
    arn, facts, adopt, delete = result.stdout.splitlines()
    created = omics.get_sequence_store(id=orphan.rpartition("/")[2])["creationTime"]
    assert arn == orphan
    assert facts.startswith("  sequence store, lost, created ")
    assert facts.endswith("+00:00, ACTIVE, 3 read sets")
    assert f"{created:%Y}" in facts
    assert adopt == (
        f"  adopt     import_='{orphan}' in the program, and "
        f"pulumi config set omics-components:takeOver {orphan}"
    )
    store_id = orphan.rpartition("/")[2]
    assert delete == (
        f"  delete    aws omics delete-sequence-store --id {store_id} --region us-east-1"
    )
    assert result.stderr == (
        "1 orphan in us-east-1; no orphans: 2 in the states, 1 without the tag\n"
    )


def test_only_what_is_in_no_state_costs_a_call_and_nothing_is_changed(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    known = [make(omics, f"s{n}", **owner_tag(f"s{n}")) for n in range(5)]
    make(omics, "lost", **owner_tag("lost"))

    run(export(*(store_entry(f"s{n}", arn) for n, arn in enumerate(known))))

    assert [call.operation for call in store_emulator.calls] == [
        *("ListSequenceStores", "ListTagsForResource"),
    ]


def test_none_is_none(run: Run, omics: OmicsClient) -> None:
    known = make(omics, "reads", **owner_tag("reads"))

    result = run(export(store_entry("reads", known)))

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "0 orphans in us-east-1; no orphans: 1 in the states\n"


@pytest.mark.parametrize(
    "entry",
    [
        lambda arn: store_entry("adopted", arn),
        lambda arn: store_entry("replaced", arn, delete=True),
        lambda arn: {
            "urn": f"{STACK}::aws-native:omics:SequenceStore::reads",
            "custom": True,
            "id": arn.rpartition("/")[2],
            "type": "aws-native:omics:SequenceStore",
            "outputs": {"arn": arn},
        },
    ],
    ids=["adopted by another declaration", "waits for its deletion", "of another provider"],
)
def test_a_store_that_a_state_has_is_none_whatever_its_tag(
    run: Run, omics: OmicsClient, entry: Callable[[str], Entry]
) -> None:
    arn = make(omics, "reads", **owner_tag("elsewhere"))

    assert found(run(export(entry(arn)), options=("--output", "json"))) == []


def test_a_store_that_is_only_read_or_mentioned_is_one_and_that_is_told(
    run: Run, omics: OmicsClient
) -> None:
    arn = make(omics, "reads", **owner_tag("reads"))
    longer = arn + "0"
    stack = {
        "urn": f"{STACK}::pulumi:pulumi:Stack::lab-dev",
        "type": "pulumi:pulumi:Stack",
        "outputs": {"arn": arn},
    }
    read = store_entry("read", arn, external=True)
    policy = {
        "urn": f"{STACK}::policy",
        "custom": True,
        "id": "arn:aws:s3:us-east-1:222222222222:accesspoint/x",
        "inputs": {"sequenceStoreArn": arn},
    }

    result = run(export(stack, read, policy, store_entry("no", longer)))

    assert result.exit_code == 3
    used = [line for line in result.stdout.splitlines() if line.startswith("  used by")]
    assert used == [f"  used by   {entry['urn']}" for entry in (stack, read, policy)]
    assert "the states have nothing of us-east-1" in result.stderr


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_the_states_of_another_account_are_doubted_first(
    run: Run, omics: OmicsClient, form: str
) -> None:
    """All 19 stores are in use: no command to paste must delete them."""
    for number in range(19):
        make(omics, f"reads-{number}", **owner_tag(f"reads-{number}"))
    foreign = store_entry("reads", "arn:aws:omics:us-east-1:111122223333:sequenceStore/1")

    result = run(export(foreign), options=("--output", form))

    assert result.exit_code == 3
    assert result.output.startswith("Warning: the states have nothing of us-east-1")
    assert "delete-sequence-store" not in result.output


def test_one_that_failed_cannot_be_adopted(
    run: Run, omics: OmicsClient, store_emulator: Emulator, clock: SharedClock
) -> None:
    store_emulator.plan_status([("CREATING", 1.0), ("FAILED", "key not usable")])
    make(omics, "reads", **owner_tag("reads"))
    clock.advance(2.0)

    result = run(export(store_entry("reads", "")))

    assert ", FAILED\n  made for" in result.stdout
    assert "  delete    aws omics" in result.stdout
    assert "  adopt" not in result.stdout


def test_an_interrupted_creation_is_told(run: Run, omics: OmicsClient) -> None:
    """A pending operation names the declaration; a replaced one has another store already."""
    pending = store_entry("cut", "")
    cut = make(omics, "cut", **owner_tag("cut", unfinished=True))
    old = make(omics, "reads", **owner_tag("reads"))
    state = export(store_entry("reads", OTHER), pending=(pending,))

    by_arn = {one["arn"]: one for one in found(run(state, options=("--output", "json")))}

    assert by_arn[cut]["made_for"] == f"{URN}::cut"
    assert (by_arn[cut]["resume"], by_arn[cut]["made_for_has"]) == ("pulumi up", None)
    assert by_arn[cut]["owner"].endswith("/unfinished")
    assert (by_arn[cut]["finished"], by_arn[old]["finished"]) == (False, True)
    assert by_arn[old]["made_for"] == f"{URN}::reads"
    assert (by_arn[old]["resume"], by_arn[old]["made_for_has"]) == (None, OTHER)
    text = run(state).stdout
    assert (
        f"  made for  {URN}::cut, whose creation was interrupted\n  resume    pulumi up\n" in text
    )
    assert ", ACTIVE, unfinished\n" in text
    assert f"  made for  {URN}::reads, which has {OTHER} now\n" in text


@pytest.mark.parametrize("declared", [True, False])
def test_a_finished_one_is_resumed_after_it_is_released(
    run: Run, omics: OmicsClient, store_emulator: Emulator, *, declared: bool
) -> None:
    """The state was lost after the creation, or a killed engine did not record it."""
    arn = make(omics, "cut", **owner_tag("cut"))
    state = export(pending=(store_entry("cut", ""),) if declared else ())

    [orphan] = found(run(state, options=("--output", "json", "--read-sets")))

    assert orphan["resume"] == (
        f"omics-components owner release {arn} --state STATE, and pulumi up"
    )
    store_emulator.put_read_sets(arn.rpartition("/")[2], 1)
    [with_data] = found(run(state, options=("--output", "json", "--read-sets")))
    assert with_data["resume"] is None


def test_states_come_as_exports_and_as_checkpoints_also_compressed_and_from_stdin(
    omics: OmicsClient, tmp_path: Path
) -> None:
    arns = [make(omics, f"s{n}", **owner_tag(f"s{n}")) for n in range(3)]
    latest = json.loads(export(store_entry("s0", arns[0])))["deployment"]
    checkpoint = {"version": 3, "checkpoint": {"stack": "dev", "latest": latest}}
    never_updated = {"version": 3, "checkpoint": {"stack": "new"}}
    files = [tmp_path / name for name in ("dev.json", "new.json", "old.json.gz")]
    files[0].write_text(json.dumps(checkpoint))
    files[1].write_text(json.dumps(never_updated))
    files[2].write_bytes(gzip.compress(export(store_entry("s1", arns[1])).encode()))

    result = CliRunner().invoke(
        root,
        ["orphans", *map(str, files), "-", "--output", "json"],
        input=export(store_entry("s2", arns[2])),
    )

    assert found(result) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (export(store_entry("reads", OTHER))[:-9].encode(), "it is not JSON: truncated or enc"),
        (
            gzip.compress(export().encode(), mtime=0)[:-9],
            "it is not JSON: truncated or encrypted",
        ),
        (b"age-encryption.org/v1\n\xff\xfe", "it is not JSON: truncated or encrypted"),
        (b"", "it is not JSON: truncated or encrypted"),
        (b'{"version": 4, "terraform_version": "1.9", "resources": []}', "neither a deployment"),
        (b"[]", "it has neither a deployment nor a checkpoint"),
        (b'{"version": 3, "checkpoint": {"latest": [1]}}', "its checkpoint is no JSON object"),
        (b'{"version": 3, "deployment": {"resources": [{"id": "x"}]}}', "in it has no URN"),
        (b'{"version": 3, "deployment": {"resources": 3}}', "its resources are no list"),
    ],
)
def test_what_is_no_state_is_one_line(
    run: Run, store_emulator: Emulator, tmp_path: Path, content: bytes, words: str
) -> None:
    result = run(export(), content)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {tmp_path / '1.json'} is not a state of Pulumi: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert not store_emulator.calls


def test_without_states_everything_would_be_one(run: Run, store_emulator: Emulator) -> None:
    result = run()

    assert (result.exit_code, result.stdout) == (2, "")
    assert "give the states of all stacks" in result.stderr
    assert not store_emulator.calls


def test_keys_and_buckets_are_found_by_the_index_of_tags(run: Run) -> None:
    kms, s3 = boto3.client("kms"), boto3.client("s3")

    def key(name: str) -> str:
        tags = [{"TagKey": k, "TagValue": v} for k, v in owner_tag(name).items()]
        arn: str = kms.create_key(Tags=tags)["KeyMetadata"]["Arn"]  # type: ignore[arg-type] # a literal
        return arn

    known, orphan, gone = key("known"), key("orphan"), key("gone")
    kms.create_alias(AliasName="alias/lab", TargetKeyId=orphan)
    kms.schedule_key_deletion(KeyId=gone.rpartition("/")[2])
    for name in ("known-uploads", "lost-uploads"):
        s3.create_bucket(Bucket=name)
        tagging: Any = [{"Key": k, "Value": v} for k, v in owner_tag(name).items()]
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tagging})
    s3.create_bucket(Bucket="foreign")
    kinds = ("--kind", "kms-key", "--kind", "s3-bucket", "--output", "json")
    state = export(store_entry("key", known), store_entry("bucket", "known-uploads"))

    by_kind = {one["kind"]: one for one in found(run(state, options=kinds))}

    assert by_kind["kms-key"]["arn"] == orphan
    assert by_kind["kms-key"]["name"] == "alias/lab"
    assert by_kind["kms-key"]["status"] == "Enabled"
    key_id = orphan.rpartition("/")[2]
    assert by_kind["kms-key"]["delete"] == (
        f"aws kms schedule-key-deletion --key-id {key_id} --region us-east-1"
    )
    assert by_kind["s3-bucket"]["arn"] == "arn:aws:s3:::lost-uploads"
    assert by_kind["s3-bucket"]["adopt"].startswith("import_='lost-uploads' in the program")
    assert by_kind["s3-bucket"]["delete"] == "aws s3 rb s3://lost-uploads --region us-east-1"
    assert len(by_kind) == 2


@pytest.mark.parametrize("name", ["kms-key", "s3-bucket"])
def test_what_has_the_tag_only_in_the_index_is_not_one(
    run: Run, store_emulator: Emulator, clock: SharedClock, name: str
) -> None:
    """The index of tags lags behind."""
    example = example_of(kind_named(name))
    example.create(World(store_emulator, clock))
    store_emulator.faults.add({"operation": example.tag_read, **example.no_tags})

    result = run(export(), options=("--kind", name))

    assert (result.exit_code, result.stdout) == (0, "")
    [line, *_] = result.stderr.splitlines()
    assert line == "0 orphans in us-east-1; no orphans: 1 without the tag"


def test_a_table_for_machines(run: Run, omics: OmicsClient) -> None:
    arn = make(omics, 'reads, "all"', **owner_tag("reads"))

    result = run(export(), options=("--output", "csv"))

    [row] = csv.DictReader(io.StringIO(result.stdout))
    assert (row["arn"], row["name"], row["read_sets"]) == (arn, 'reads, "all"', "")


def test_stores_whose_tags_may_not_be_read_are_counted(
    run: Run, omics: OmicsClient, store_emulator: Emulator, clock: SharedClock
) -> None:
    for name in ("theirs", "theirs too"):
        make(omics, name, **owner_tag(name))
    clock.advance(60.0)
    orphan = make(omics, "lost", **owner_tag("lost"))
    store_emulator.faults.add(
        FaultRule(
            operation="ListTagsForResource",
            calls=[1, 2],
            code="AccessDeniedException",
            status=403,
        )
    )

    result = run(export(), options=("--output", "json"))

    assert [one["arn"] for one in found(result)] == [orphan]
    assert result.stderr.splitlines()[-1] == (
        "2 could not be looked at: AWS refuses the caller to read their tags. Other teams' may be "
        "so; if some may be yours, ask as someone who may."
    )


def test_without_the_permission_to_read_tags_nothing_is_called_no_orphan(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    """The permission has no resource type: it is there for all stores or for none."""
    make(omics, "lost", **owner_tag("lost"))
    store_emulator.allow_only(refusing("omics:ListTagsForResource", "*"))

    result = run(export())

    assert (result.exit_code, result.stdout) == (1, "")
    assert "not authorized to perform: omics:ListTagsForResource" in result.stderr
    assert result.stderr.count("\n") == 1


def refusing(action: str, *arns: str) -> dict[str, Any]:
    """A policy that keeps the caller from what another team has."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    theirs = {"Effect": "Deny", "Action": action, "Resource": list(arns)}
    return {"Version": "2012-10-17", "Statement": [everything, theirs]}


def test_read_sets_that_may_not_be_counted_are_not_known(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    orphan = make(omics, "lost", **owner_tag("lost"))
    store_emulator.allow_only(refusing("omics:ListReadSets", f"{orphan}*"))

    result = run(export(), options=("--read-sets", "--output", "json"))

    assert [(one["arn"], one["read_sets"]) for one in found(result)] == [(orphan, None)]
    assert "The read sets of 1 could not be counted: AWS refuses it." in result.stderr


def test_keys_and_buckets_that_may_not_be_read_are_counted(
    run: Run, store_emulator: Emulator
) -> None:
    kms, s3 = boto3.client("kms"), boto3.client("s3")
    [(name, value)] = owner_tag("theirs").items()
    kms.create_key(Tags=[{"TagKey": name, "TagValue": value}])
    s3.create_bucket(Bucket="theirs")
    tagging: Any = {"TagSet": [{"Key": name, "Value": value}]}
    s3.put_bucket_tagging(Bucket="theirs", Tagging=tagging)
    for operation in ("kms:DescribeKey", "s3:GetBucketTagging"):
        store_emulator.faults.add(
            FaultRule(operation=operation, action="error", code="AccessDenied", status=403)
        )

    result = run(export(), options=("--kind", "kms-key", "--kind", "s3-bucket"))

    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 could not be looked at" in result.stderr


def test_a_refused_call_is_one_line(run: Run, store_emulator: Emulator) -> None:
    store_emulator.allow_only({"Version": "2012-10-17", "Statement": []})

    result = run(export())

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: looking for orphans in us-east-1: AccessDeniedExc")
    assert result.stderr.count("\n") == 1
