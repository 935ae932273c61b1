"""A resource of another provider that has a store, as one that came before this library has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CreateResult, Resource, ResourceProvider

if TYPE_CHECKING:
    import pulumi


class ForeignProvider(ResourceProvider):
    """Makes nothing, and deletes without a look, as a handler of Cloud Control does."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["arn"], props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        import boto3  # noqa: PLC0415 imported in the plugin
        from botocore.config import Config  # noqa: PLC0415 as above

        client = boto3.client("omics", config=Config(inject_host_prefix=False))
        client.delete_sequence_store(id=_id.rpartition("/")[2])


class ForeignStore(Resource, module="other", name="SequenceStore"):
    """The store, by its ARN."""

    def __init__(self, name: str, arn: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(ForeignProvider(), name, {"arn": arn}, opts)
