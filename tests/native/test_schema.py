"""The package's schema: valid, deterministic, complete."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from omics_components.native.package import COMPONENT, FUNCTIONS, KINDS, function_token
from omics_components.native.schema import schema, schema_json


def test_the_schema_names_everything_that_is_served() -> None:
    made = schema()
    assert set(made["resources"]) == {COMPONENT, *(kind.token for kind in KINDS)}
    assert set(made["functions"]) == {function_token(function) for function in FUNCTIONS}


def test_every_property_is_described() -> None:
    made = schema()
    bare = [
        f"{token}.{name}"
        for token, resource in made["resources"].items()
        for part in ("inputProperties", "properties")
        for name, spec in resource[part].items()
        if not spec.get("description") and name not in _DRIFT
    ]
    assert not bare


_DRIFT = ("publicAccessBlock", "objectOwnership", "encryption", "lifecycle", "policy")


def test_create_only_inputs_are_marked() -> None:
    store = schema()["resources"]["omics-components:index:SequenceStore"]["inputProperties"]
    marked = {name for name, spec in store.items() if spec.get("willReplaceOnChanges")}
    assert marked == {"sseConfig", "eTagAlgorithmFamily", "region", "replaceTriggers"}


def test_dynamic_resources_become_native_ones_by_an_alias() -> None:
    store = schema()["resources"]["omics-components:index:SequenceStore"]
    assert store["aliases"] == [{"type": "pulumi-python:dynamic/omics:SequenceStore"}]


def test_the_schema_is_the_same_in_every_process() -> None:
    code = "from omics_components.native.schema import schema_json; print(schema_json())"
    command = [sys.executable, "-X", "utf8", "-c", code]
    texts = {
        subprocess.run(
            command, check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert texts == {schema_json()}


def test_pulumi_accepts_the_schema(pulumi_cli: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text(schema_json())
    done = subprocess.run(  # noqa: PLW1510 judged below
        [pulumi_cli, "schema", "check", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    broken = json.loads(schema_json())
    broken["resources"][COMPONENT]["properties"]["arn"] = {"$ref": "#/types/nothing"}
    path.write_text(json.dumps(broken))
    done = subprocess.run(  # noqa: PLW1510 judged below
        [pulumi_cli, "schema", "check", str(path)], capture_output=True, text=True
    )
    assert done.returncode != 0
