"""No environment ends a command in a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from omics_components.cli.root import root

COMMANDS = [
    ["stores", "show", "reads"],
    ["orphans", "--kind", "s3-bucket", "state.json"],
    ["owner", "show", "a-bucket"],
    ["doctor", "--output", "json"],
]
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "a folder as the file of profiles": {"AWS_CONFIG_FILE": "/"},
    "no folder for the file of profiles": {"AWS_CONFIG_FILE": "/dev/null/x"},
    "a profile that is not there": {"AWS_PROFILE": "absent"},
    "no quotas": {"OMICS_COMPONENTS_TPS": "x"},
    "no number of workers": {"OMICS_COMPONENTS_WORKERS": "x"},
    "two lines as the region": {"AWS_REGION": "x\ny"},
    "no URL": {"AWS_ENDPOINT_URL": "x"},
    "half a URL": {"AWS_ENDPOINT_URL": "http://[::1"},
    "another scheme": {"AWS_ENDPOINT_URL_OMICS": "ftp://x"},
    "no certificates": {"AWS_CA_BUNDLE": "/nowhere"},
    "a folder as certificates": {"AWS_CA_BUNDLE": "/"},
    "no flag": {"AWS_USE_FIPS_ENDPOINT": "x"},
    "no number of attempts": {"AWS_MAX_ATTEMPTS": "x"},
    "no mode of retries": {"AWS_RETRY_MODE": "x"},
    "no mode of defaults": {"AWS_DEFAULTS_MODE": "x"},
    "no proxy": {"HTTPS_PROXY": "x:y:z"},
    "a secret key that is not text": {"AWS_SECRET_ACCESS_KEY": "\udcff"},
    "no metadata service": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "x", **NO_KEYS},
    "a folder as a token": {"AWS_WEB_IDENTITY_TOKEN_FILE": "/", "AWS_ROLE_ARN": "x", **NO_KEYS},
    "no container": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "x", **NO_KEYS},
    "no PATH": {"PATH": ""},
    "no interpreter": {"PULUMI_PYTHON_CMD": ""},
    "no width": {"COLUMNS": "0"},
    "no models": {"AWS_DATA_PATH": "/dev/null"},
}


@pytest.mark.usefixtures("store_emulator")
@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_command_ends_in_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("state.json").write_text(json.dumps({"deployment": {"resources": []}}))
    Path("Pulumi.yaml").write_text("name: lab\nruntime: python\n")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    result = CliRunner().invoke(root, arguments)

    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code in {0, 1, 2}
    assert "Traceback" not in result.output
    assert "the check itself failed" not in result.output
    if result.exit_code == 1 and "doctor" not in arguments:
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("Error: ")
