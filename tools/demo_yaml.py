"""Run examples/yaml, a program in YAML, on the native provider against the emulator.

Every claim is checked against the emulated AWS itself, as in ``demo``. Needs the host of
``language_hosts``; nothing reaches the real AWS, and nothing is left behind.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import yaml

from tools.demo import PROJECT, STACK, ClaimError, Demo, environment, painted, title
from tools.emulated import emulated, leave_the_developers_aws
from tools.language_hosts import HOSTS


class YamlDemo(Demo):
    """The steps of the program in YAML."""

    def run(self) -> None:
        """Run all steps."""
        self.pulumi("stack", "init", STACK, quiet=True)
        self.pulumi("config", "set", "omics-components:region", "us-east-1", quiet=True)
        title("Up: a store here, and one in another account by an explicit provider")
        self.pulumi("up", "--yes", "--skip-preview")
        [store] = self.stores()
        self.claim(f"AWS has the store {store['name']}, {store['id']}", store["name"] == "reads")
        self.forget_calls()
        self.pulumi("preview", "--expect-no-changes", quiet=True)
        changing = [name for name in self.calls("omics") if not name.startswith(("List", "Get"))]
        self.claim("a second preview shows no change", not changing)

        title("A change of the description: the preview knows the outputs that stay")
        self.pulumi("config", "set", "description", "Reads of the 2026 cohort", quiet=True)
        shown = self.pulumi("preview", "--diff")
        self.claim("no output is unknown", "output<" not in shown and "[unknown]" not in shown)
        self.pulumi("up", "--yes", "--skip-preview")
        [changed] = self.stores()
        self.claim("it is the same store as before", changed["id"] == store["id"])
        self.claim("with the new words", changed["description"] == "Reads of the 2026 cohort")

        title("Destroy: nothing is left")
        self.pulumi("destroy", "--yes", "--skip-preview")
        self.claim("AWS has no store any more", not self.stores())


def main() -> int:
    """Run the demo.

    Returns:
        The exit code: 0 if every claim held, 1 if not, 2 if the demo could not begin.
    """
    pulumi, host = shutil.which("pulumi"), HOSTS["yaml"]
    if pulumi is None or not (host.folder / host.name).exists():
        print("There is no pulumi, or no host of YAML: run it as make demo-yaml.", file=sys.stderr)
        return 2
    leave_the_developers_aws()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="omics-demo-") as scratch, emulated() as aws:
        project = Path(scratch) / "project"
        shutil.copytree(PROJECT / "examples" / "yaml", project)
        program = yaml.safe_load((project / "Pulumi.yaml").read_text())
        program["plugins"]["providers"][0]["path"] = str(Path(sys.executable).parent)
        (project / "Pulumi.yaml").write_text(yaml.safe_dump(program))
        variables = environment(aws, Path(scratch))
        variables["PATH"] = os.pathsep.join([str(host.folder), os.environ["PATH"]])
        try:
            YamlDemo(pulumi, aws, variables, project).run()
        except ClaimError as error:
            print(painted("31", f"  ✗ {error}"), file=sys.stderr)
            return 1
    took_s = time.monotonic() - began_s
    print(f"\nDone in {took_s:.0f} s. Everything above ran against the emulator, not against AWS.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
