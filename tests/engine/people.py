"""People with equal project, stack and resource names in one account, and what each of them has.

A ``Person`` works with the CLI on a machine of their own: a project folder, a Pulumi home and a
backend. A ``Snapshot`` is what there is in the account, contents included.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml
from moto.s3.models import s3_backends

from omics_components.emulator import EmulatorServer
from tests.engine import vault
from tests.engine.stack import plain_client

REGION = "us-east-1"
ACCOUNT = "123456789012"
READER = "arn:aws:iam::111122223333:role/reader"
PROJECT, STACK = "lab", "dev"


class Refused(Exception):
    """A command of the CLI that failed. Its text is all that the CLI printed."""


@dataclass(frozen=True)
class Snapshot:
    """What there is in the account, by Pulumi id, each with all that someone could lose.

    Args:
        things: Contents by id: of a store its status, properties, tags and read sets; of a key its
            state and tags; of a bucket its tags and objects; of an access point its policy.
    """

    things: dict[str, Any]

    @classmethod
    def take(cls, url: str) -> Snapshot:
        """Look at everything in the account, through boto3 alone."""
        omics, kms, s3 = (plain_client(name, REGION, url) for name in ("omics", "kms", "s3"))
        things: dict[str, Any] = {}
        for listed in omics.list_sequence_stores()["sequenceStores"]:
            store = omics.get_sequence_store(id=listed["id"])
            read_sets = omics.list_read_sets(sequenceStoreId=listed["id"])["readSets"]
            store["tags"] = omics.list_tags_for_resource(resourceArn=store["arn"])["tags"]
            store["readSets"] = sorted(read_set["id"] for read_set in read_sets)
            things[store["arn"]] = _plain(store)
            point = store.get("s3Access", {}).get("s3AccessPointArn")
            try:
                policy = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
            except omics.exceptions.ResourceNotFoundException:
                continue
            things[point] = json.loads(policy)
        for key in kms.list_keys()["Keys"]:
            metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            if metadata["KeyState"] != "PendingDeletion":
                things[metadata["Arn"]] = _plain({**metadata, "tags": tags})
        for bucket in s3.list_buckets()["Buckets"]:
            name = bucket["Name"]
            versions = s3.list_object_versions(Bucket=name)
            things[name] = {
                "tags": s3.get_bucket_tagging(Bucket=name)["TagSet"],
                "objects": [
                    (item["Key"], item["VersionId"]) for item in versions.get("Versions", [])
                ],
                "deleted": [item["Key"] for item in versions.get("DeleteMarkers", [])],
            }
        return cls(things)

    def of(self, ids: Iterable[str]) -> dict[str, Any]:
        """Return what there is of some ids; None for one that is gone."""
        return {id_: self.things.get(id_) for id_ in sorted(ids)}


def _plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(answer, default=str, sort_keys=True))
    plain.pop("ResponseMetadata", None)
    plain.pop("updateTime", None)
    return plain


def managed(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of this library's resources in a state, sorted."""
    return sorted(str(item["id"]) for item in resources if "dynamic/" in str(item["type"]))


def put_data(server: EmulatorServer, ids: Iterable[str]) -> None:
    """Put read sets into the stores and objects into the buckets among *ids*."""
    for id_ in ids:
        if ":sequenceStore/" in id_:
            server.emulator.put_read_sets(id_.rpartition("/")[2], count=2)
        elif ":" not in id_:
            for key in ("fallback/sample.bam", "fallback/sample.cram"):
                # moto takes the Deny in the bucket's policy for a Deny of everything.
                s3_backends[ACCOUNT]["aws"].put_object(id_, key, b"reads")


@dataclass
class Person:
    """Someone who runs the CLI.

    Args:
        folder: Where the project and, unless it is shared, the home are.
        server: The emulator.
        backend: The folder that holds the state; two people may share it.
        environment: Variables of this person's shell.
        project: Members of Pulumi.yaml beside those that every project has.
        home: The folder of the CLI's own settings, with the login.
        login: A backend that this person logs in to before each command; "" for none.
        stack: The name of the stack.
    """

    folder: Path
    server: EmulatorServer
    backend: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    project: Mapping[str, Any] = field(default_factory=dict)
    home: Path | None = None
    login: str = ""
    stack: str = STACK

    _new: ClassVar[dict[Path, bytes]] = {}

    def __post_init__(self) -> None:
        self.home = self.home or self.folder / "home"
        self.folder.mkdir(exist_ok=True)
        self.backend.mkdir(exist_ok=True)
        settings = {
            "name": PROJECT,
            "runtime": {"name": "python", "options": {"virtualenv": sys.prefix}},
            **self.project,
        }
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
        if not self._state_file.exists():
            self._make_stack()
        of_stack = vault.settings({"aws:region": REGION})
        text = yaml.safe_dump(
            {
                "secretsprovider": of_stack.secrets_provider,
                "encryptedkey": of_stack.encrypted_key,
                "config": {"aws:region": REGION},
            }
        )
        (self.folder / f"Pulumi.{self.stack}.yaml").write_text(text)

    @property
    def main(self) -> Path:
        """The folder of the program."""
        return Path(self.project.get("main", self.folder))

    def write(self, program: str) -> None:
        """Write the program."""
        self.main.mkdir(exist_ok=True)
        (self.main / "__main__.py").write_text(program)

    def up(self, *options: str) -> str:
        """Run an update; return what the CLI prints.

        Raises:
            Refused: It fails.
        """
        return self.pulumi("up", "--yes", "--skip-preview", *options)

    def preview(self, *options: str) -> str:
        """Run a preview, which must find nothing to change.

        Raises:
            Refused: It fails, or would change something.
        """
        return self.pulumi("preview", "--expect-no-changes", "--diff", *options)

    def destroy(self, *options: str) -> str:
        """Destroy everything.

        Raises:
            Refused: It fails.
        """
        return self.pulumi("destroy", "--yes", "--skip-preview", *options)

    def pulumi(self, *arguments: str) -> str:
        """Run any command of the CLI, after the login if there is one.

        Raises:
            Refused: It fails.
        """
        if self.login:
            self.log_in(self.login)
        return self._run(*arguments, "--stack", self.stack)

    def move(self, urn: str, to: str) -> None:
        """Move a resource to another stack of the same backend."""
        self._run("state", "move", "--source", self.stack, "--dest", to, urn, "--yes")

    def log_in(self, url: str) -> None:
        """Log in to a backend, whichever other process uses this home."""
        self._run("login", url)

    def start(self, *arguments: str) -> Callable[[], str]:
        """Begin a command, and return what waits for its end and returns what it printed."""
        process = subprocess.Popen(
            self._command(*arguments, "--stack", self.stack),
            cwd=self.folder,
            env=self._variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

        def finish() -> str:
            text, _ = process.communicate(timeout=120)
            return _printed(process.returncode, text)

        return finish

    def resources(self) -> list[dict[str, Any]]:
        """List what the state has."""
        state = json.loads(self._state_file.read_text())
        resources: list[dict[str, Any]] = state["checkpoint"]["latest"].get("resources") or []
        return resources

    def managed(self) -> list[str]:
        """Return the ids of this library's resources in the state."""
        return managed(self.resources())

    def urn(self, name: str) -> str:
        """Return the URN of a recorded resource."""
        [urn] = [item["urn"] for item in self.resources() if item["urn"].endswith(f"::{name}")]
        return str(urn)

    @property
    def _state_file(self) -> Path:
        return self.backend / ".pulumi" / "stacks" / PROJECT / f"{self.stack}.json"

    def _make_stack(self) -> None:
        """Make the stack, or copy what the CLI made of the first one of this process."""
        if self.stack != STACK or not self._new:
            self._run("stack", "init", self.stack, PULUMI_BACKEND_URL=self.backend.as_uri())
        if self.stack != STACK:
            return
        if not self._new:
            files = (path for path in self.backend.rglob("*") if path.is_file())
            self._new.update({path.relative_to(self.backend): path.read_bytes() for path in files})
        for path, content in self._new.items():
            (self.backend / path).parent.mkdir(parents=True, exist_ok=True)
            (self.backend / path).write_bytes(content)

    def _command(self, *arguments: str) -> list[str]:
        return ["pulumi", *arguments, "--non-interactive", "--color", "never"]

    def _variables(self) -> dict[str, str]:
        shell = {name: text for name, text in os.environ.items() if not name.startswith("PULUMI_")}
        return {
            **shell,
            **self.server.environment(),
            **vault.environment(),
            "OMICS_COMPONENTS_TPS": "*=inf",  # the emulator has no quotas here
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PULUMI_HOME": str(self.home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **self.environment,
        }

    def _run(self, *arguments: str, **variables: str) -> str:
        done = subprocess.run(
            self._command(*arguments),
            cwd=self.folder,
            env={**self._variables(), **variables},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        return _printed(done.returncode, done.stdout)


def _printed(status: int, text: str) -> str:
    if status:
        raise Refused(text)
    return text
