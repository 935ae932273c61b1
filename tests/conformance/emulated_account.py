"""An account of an emulator in this process, where what is assumed of AWS is tried."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend

from omics_components.emulator import Emulator, ManualClock
from tools.acceptance.account import Account


class Emulated(Account):
    """An account of an emulator in this process, with a clock of its own."""

    def __init__(self, emulator: Emulator, clock: ManualClock) -> None:
        super().__init__(
            _client,
            "acceptance-00000000000a",
            now=clock,
            sleep=clock.advance,
            pace=emulator.configure,
            put_read_set=_put_read_set,
        )
        self.emulator = emulator
        self.clock = clock

    def begin_again(self) -> None:
        """Empty everything, and answer as by default."""
        self.emulator.reset()
        moto_api_backend.reset()
        self.emulator.configure(
            assume={},
            check_keys=True,
            quotas=False,
            creating_s=0,
            deleting_s=0,
            sequence_stores_max=None,
        )
        self.made, self.deleted, self.calls = [], [], []
        self.label = self.owner

    def bucket_for(self, *principals: str, condition: Mapping[str, Any] | None = None) -> str:
        """Make a bucket where services may put objects."""
        self.s3.create_bucket(Bucket="lab")
        allow: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": list(principals)},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::lab/*",
        }
        if condition:
            allow["Condition"] = condition
        document = {"Version": "2012-10-17", "Statement": [allow]}
        self.s3.put_bucket_policy(Bucket="lab", Policy=json.dumps(document))
        return "s3://lab/x/"


def _client(service: str, region: str) -> Any:
    make: Any = boto3.client  # its stubs know services by literal names only
    config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
    return make(service, region_name=region, config=config)


def _put_read_set(account: Account, store_id: str, sample: str) -> str:
    assert isinstance(account, Emulated)
    [made] = account.emulator.put_read_sets(store_id, items=[{"sampleId": sample}])
    return str(made["id"])


@contextmanager
def emulated_account() -> Iterator[Emulated]:
    """Make one, with moto beside it."""
    clock = ManualClock()
    emulator = Emulator(clock=clock, sleep=clock.advance, seed=1, check_keys=True)
    with mock_aws(), emulator.in_process():
        made = Emulated(emulator, clock)
        yield made
        made.close()
