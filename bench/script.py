"""The job without Pulumi: a script with boto3, run as ``python -m bench.script MODE PHASE FILE``.

The SDK's standard retries, up to ten attempts, are all that keeps it within the quotas. The ids of
the stores are kept in a file between the phases, as a script's author would keep them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config

from bench.programs.wanted import COUNT, DESCRIPTION, TAGS

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

T = TypeVar("T")
R = TypeVar("R")

_THREADS = 8
"""As many as Pulumi's engine has steps under way on two cores."""


class Script:
    """Makes stores, reads, changes and deletes them.

    Args:
        file: Where the ids of the stores are kept.
        threads: How many calls may be under way at once.
    """

    def __init__(self, file: Path, threads: int) -> None:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 10}, max_pool_connections=threads
        )
        self._client: OmicsClient = boto3.client("omics", config=config)
        self._file = file
        self._threads = ThreadPoolExecutor(threads)

    def up(self) -> None:
        """Make all stores, and wait until each is ACTIVE."""
        ids = self._each(self._create, [f"store-{number:03}" for number in range(COUNT)])
        self._each(self._wait, ids)
        self._file.write_text(json.dumps(ids))

    def refresh(self) -> None:
        """Read all stores and their tags."""
        self._each(self._read, self._ids())

    def update(self) -> None:
        """Change one property of all stores."""
        self._each(
            lambda id_: self._client.update_sequence_store(id=id_, description=DESCRIPTION),
            self._ids(),
        )

    def destroy(self) -> None:
        """Delete all stores."""
        self._each(lambda id_: self._client.delete_sequence_store(id=id_), self._ids())

    def _create(self, name: str) -> str:
        store = self._client.create_sequence_store(name=name, description=DESCRIPTION, tags=TAGS)
        return store["id"]

    def _wait(self, id_: str) -> None:
        while self._client.get_sequence_store(id=id_)["status"] != "ACTIVE":
            time.sleep(1)

    def _read(self, id_: str) -> None:
        store = self._client.get_sequence_store(id=id_)
        self._client.list_tags_for_resource(resourceArn=store["arn"])

    def _ids(self) -> list[str]:
        ids: list[str] = json.loads(self._file.read_text())
        return ids

    def _each(self, call: Callable[[T], R], items: Iterable[T]) -> list[R]:
        return list(self._threads.map(call, items))


def main() -> None:
    """Run one phase."""
    mode, phase, file = sys.argv[1:]
    getattr(Script(Path(file), _THREADS if mode == "threaded" else 1), phase)()


if __name__ == "__main__":
    main()
