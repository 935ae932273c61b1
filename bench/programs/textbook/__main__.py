"""A dynamic provider as Pulumi's documentation shows one, and stores of it.

The class stands in the program, so it is recorded in state as a whole; each method imports what it
needs and makes a client of its own; a wait sleeps; and nothing paces the calls but the SDK's own
retries.
"""

from typing import Any

import pulumi
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from bench.programs.wanted import COUNT, DESCRIPTION, TAGS


class StoreProvider(ResourceProvider):
    """Makes, reads, changes and deletes sequence stores."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create a store and wait until it is ACTIVE."""
        import time  # noqa: PLC0415 as the documentation shows it

        import boto3  # noqa: PLC0415 as above

        client = boto3.client("omics")
        store = client.create_sequence_store(
            name=props["name"], description=props["description"], tags=props["tags"]
        )
        while client.get_sequence_store(id=store["id"])["status"] != "ACTIVE":
            time.sleep(1)
        return CreateResult(store["id"], {**props, "arn": store["arn"]})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare what can change."""
        return DiffResult(changes=any(olds[key] != news[key] for key in ("description", "tags")))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read a store and its tags."""
        import boto3  # noqa: PLC0415 as the documentation shows it

        client = boto3.client("omics")
        store = client.get_sequence_store(id=id_)
        tags = client.list_tags_for_resource(resourceArn=store["arn"])["tags"]
        return ReadResult(id_, {**props, "description": store["description"], "tags": tags})

    def update(self, id_: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Change the description."""
        import boto3  # noqa: PLC0415 as the documentation shows it

        store = boto3.client("omics").update_sequence_store(id=id_, description=news["description"])
        return UpdateResult({**news, "arn": store["arn"]})

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        """Delete a store."""
        import boto3  # noqa: PLC0415 as the documentation shows it

        boto3.client("omics").delete_sequence_store(id=id_)


class Store(Resource):
    """A sequence store."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, *, description: str, tags: dict[str, str]) -> None:
        properties = {"name": name, "description": description, "tags": tags, "arn": None}
        super().__init__(StoreProvider(), name, properties)


for number in range(COUNT):
    Store(f"store-{number:03}", description=DESCRIPTION, tags=TAGS)
