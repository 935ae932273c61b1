"""Run the root program's full lifecycle on the real Pulumi engine against the emulator.

Every step prints what Pulumi prints, then checks the claim against the emulated AWS itself; a claim
that does not hold ends the demo with exit code 1. Nothing reaches the real AWS: the endpoint is the
emulator's, the keys are fake and the SDK's own files are out of sight. Nothing is left behind.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

from tools.emulated import Emulated, emulated, leave_the_developers_aws

PROJECT = Path(__file__).resolve().parent.parent
STACK = "demo"
CONFIG_FILE = PROJECT / f"Pulumi.{STACK}.yaml"
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ

Store = dict[str, Any]


class ClaimError(Exception):
    """A claim of a step about the emulated AWS does not hold."""


class Demo:
    """The steps, against one emulator.

    Args:
        pulumi: Path of the Pulumi CLI.
        aws: The emulator.
        environment: Environment of the CLI.
        project: Folder of the program.
    """

    def __init__(
        self, pulumi: str, aws: Emulated, environment: dict[str, str], project: Path = PROJECT
    ) -> None:
        self._pulumi = pulumi
        self._project = project
        self._emulated = aws
        self._environment = environment
        self._aws, self._kms, self._s3 = (aws.client(name) for name in ("omics", "kms", "s3"))

    def run(self) -> None:
        """Run all steps."""
        self.pulumi("stack", "init", STACK, quiet=True)
        self.preview()
        store = self.up()
        self.change(store)
        self.drift(store)
        self.destroy()

    def preview(self) -> None:
        """Preview the first deployment."""
        title("Preview: what would be made")
        self.pulumi("preview", "--diff")
        self.claim("the preview called AWS not once", not self.calls())

    def up(self) -> Store:
        """Create the store with its key and buckets, and show that a second run changes nothing."""
        title("Up: make the store, its key and its buckets")
        self.pulumi("up", "--yes", "--skip-preview")
        [store] = self.stores()
        self.claim(f"AWS has one store: {store['name']}, {store['id']}", store["name"] == "reads")
        self.claim("it is ACTIVE", store["status"] == "ACTIVE")
        owner = store["tags"].pop("omics-components:owner", None)
        self.claim("its tags are the program's", store["tags"] == {"team": "genomics"})
        self.claim("and one that says who made it, should this run be interrupted", bool(owner))
        key = self._kms.describe_key(KeyId=store["sseConfig"]["keyArn"])["KeyMetadata"]
        rotation = self._kms.get_key_rotation_status(KeyId=key["Arn"])
        self.claim("a key of its own encrypts it, and rotates", rotation["KeyRotationEnabled"])
        bucket = store["fallbackLocation"].split("/")[2]
        block = self._s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        self.claim("failed uploads go to a bucket that no one can make public", all(block.values()))
        self.forget_calls()
        self.pulumi("preview", "--expect-no-changes", quiet=True)
        self.claim("a second preview shows no change, and called nothing", not self.calls())
        return store

    def change(self, before: Store) -> None:
        """Change the description and the tags, which updates in place."""
        title("A change of description and tags: one update in place, not a replacement")
        self.pulumi("config", "set", "description", "Reads of the 2026 cohort", quiet=True)
        self.pulumi("config", "set", "--path", "tags.stage", "production", quiet=True)
        self.pulumi("preview", "--diff")
        self.forget_calls()
        self.pulumi("up", "--yes", "--skip-preview")
        made, read = self.calls("omics"), ["ListTagsForResource"]
        [store] = self.stores()
        self.claim("it is the same store as before", store["id"] == before["id"])
        self.claim("it has the new words", store["description"] == "Reads of the 2026 cohort")
        self.claim("it has the new tag", store["tags"].get("stage") == "production")
        self.claim(
            "its owner tag was read, and two calls changed it: UpdateSequenceStore and TagResource",
            made == [*read, "UpdateSequenceStore", "TagResource", *read],
        )

    def drift(self, store: Store) -> None:
        """Change the store outside Pulumi; detect and repair the drift."""
        title("Drift: someone edits the store behind Pulumi's back, refresh finds it")
        self._aws.update_sequence_store(id=store["id"], description="Edited in the console")
        self.forget_calls()
        shown = self.pulumi("refresh", "--yes", "--skip-preview", "--diff")
        self.claim("refresh shows the foreign words", '=> "Edited in the console"' in shown)
        self.claim(
            "two calls read the store: GetSequenceStore and ListTagsForResource",
            self.calls("omics") == ["GetSequenceStore", "ListTagsForResource"],
        )
        self.pulumi("up", "--yes", "--skip-preview")
        [repaired] = self.stores()
        self.claim(
            "the next up put the program's words back",
            repaired["description"] == "Reads of the 2026 cohort",
        )

    def destroy(self) -> None:
        """Delete everything."""
        title("Destroy: nothing is left")
        self.pulumi("destroy", "--yes", "--skip-preview")
        self.claim("AWS has no store any more", not self.stores())
        self.claim("and no bucket", not self._s3.list_buckets()["Buckets"])
        keys = [
            self._kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
            for key in self._kms.list_keys()["Keys"]
        ]
        self.claim("and the key waits 30 days for its deletion", keys == ["PendingDeletion"])

    def pulumi(self, *arguments: str, quiet: bool = False) -> str:
        """Run the CLI and show its output, indented; *quiet* shows it only if it fails.

        Returns:
            The output.

        Raises:
            ClaimError: The CLI failed.
        """
        command = [self._pulumi, *arguments, "--non-interactive"]
        if arguments[0] in {"preview", "up", "refresh", "destroy"}:
            command += ["--color", "always" if COLOUR else "never"]
        if arguments[0] in {"up", "refresh", "destroy"}:
            command.append("--suppress-progress")
        print(f"\n  $ {shlex.join(['pulumi', *arguments])}", flush=True)
        done = subprocess.run(
            command,
            cwd=self._project,
            env=self._environment,
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if done.returncode or not quiet:
            print(textwrap.indent(done.stdout.strip(), "    "), flush=True)
        if done.returncode:
            raise ClaimError(f"pulumi {arguments[0]} ended with exit code {done.returncode}")
        return done.stdout

    def claim(self, sentence: str, holds: bool) -> None:
        """Print a claim that holds.

        Raises:
            ClaimError: It does not hold.
        """
        if not holds:
            raise ClaimError(sentence)
        print(painted("32", f"  ✓ {sentence}"), flush=True)

    def stores(self) -> list[Store]:
        """Ask the emulated AWS for all stores, tags included."""
        found = self._aws.list_sequence_stores()["sequenceStores"]
        return [
            {**store, **self._aws.list_tags_for_resource(resourceArn=store["arn"])}
            for store in found
        ]

    def calls(self, service: str | None = None) -> list[str]:
        """List the operations that were called since ``forget_calls``, of one service or all."""
        calls = self._emulated.calls()
        return [call["operation"] for call in calls if service in (None, call["service"])]

    def forget_calls(self) -> None:
        """Empty the emulator's call log."""
        self._emulated.forget_calls()


def painted(code: str, text: str) -> str:
    """Color *text* if the output is a terminal."""
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def title(text: str) -> None:
    """Print the heading of a step."""
    print("\n" + painted("1;36", f"── {text} " + "─" * max(3, 88 - len(text))), flush=True)


def environment(aws: Emulated, scratch: Path) -> dict[str, str]:
    """Return an environment for the CLI with fake keys, in which it reaches only the emulator."""
    backend = scratch / "backend"
    backend.mkdir()
    return aws.environment() | {
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_HOME": str(scratch / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def main() -> int:
    """Run the demo.

    Returns:
        The exit code: 0 if every claim held, 1 if not, 2 if the demo could not begin.
    """
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        print("There is no pulumi on PATH: run it as make demo.", file=sys.stderr)
        return 2
    if CONFIG_FILE.exists():
        print(f"{CONFIG_FILE} exists: another demo is running, or one was killed.", file=sys.stderr)
        return 2
    leave_the_developers_aws()
    # A terminated demo cleans up like a finished one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="omics-demo-") as scratch, emulated() as aws:
        print(f"The emulated AWS listens on {aws.url}; the Pulumi engine is {pulumi}.")
        try:
            Demo(pulumi, aws, environment(aws, Path(scratch))).run()
        except ClaimError as error:
            print(painted("31", f"  ✗ {error}"), file=sys.stderr)
            return 1
        finally:
            CONFIG_FILE.unlink(missing_ok=True)
    took_s = time.monotonic() - began_s
    print(f"\nDone in {took_s:.0f} s. Everything above ran against the emulator, not against AWS.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
