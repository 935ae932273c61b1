"""The sequence store, as a program declares it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict, cast

import pulumi
from pulumi import Input, Output
from pulumi.dynamic import Resource

from omics_components.engine.dynamic.declaration import declared
from omics_components.engine.dynamic.options import READ_ONLY
from omics_components.engine.dynamic.run_errors import as_run_error
from omics_components.engine.dynamic.values import require_known, require_value
from omics_components.errors import InvalidRequest
from omics_components.providers import SequenceStoreProvider
from omics_components.schema.arn_text import name_of, region_of
from omics_components.schema.enumerations import ETagAlgorithmFamily

_OUTPUTS = (
    "s3Uri",
    "s3AccessPointArn",
    "status",
    "statusMessage",
    "creationTime",
    "updateTime",
    "tagsAll",
)


class SseConfigArgs(TypedDict):
    """Server-side encryption of a store, as a program writes it.

    ``{"type": "KMS", "key_arn": "arn:aws:kms:…:key/…"}``; without ``key_arn``, AWS owns the key.
    """

    type: Input[Literal["KMS"]]
    key_arn: NotRequired[Input[str]]


@pulumi.output_type
class SseConfig(dict[str, Any]):
    """Server-side encryption of a store, as AWS reports it."""

    def __init__(self, *, type: str, key_arn: str | None = None) -> None:  # noqa: A002 AWS's word
        pulumi.set(self, "type", type)
        if key_arn is not None:
            pulumi.set(self, "key_arn", key_arn)

    @property
    @pulumi.getter
    def type(self) -> str:
        """The type of encryption, KMS."""
        return cast(str, pulumi.get(self, "type"))

    @property
    @pulumi.getter(name="keyArn")
    def key_arn(self) -> str | None:
        """ARN of the key; None if AWS owns it."""
        return cast("str | None", pulumi.get(self, "key_arn"))


class SequenceStore(Resource, module="omics", name="SequenceStore"):
    """An AWS HealthOmics sequence store.

    The Pulumi id is the store's ARN. Changing ``sse_config``, ``e_tag_algorithm_family``,
    ``region`` or ``replace_triggers`` makes a new store and then deletes the old one; all else is
    updated in place. A store that holds read sets is never deleted, unless ``force_destroy`` is
    set. The option ``import_`` takes a store over, by its ARN or id.

    Args:
        resource_name: The resource's name in the program.
        name: Name of the store, 1 to 127 printable characters; need not be unique. Defaults to
            *resource_name*.
        description: What the store is for, up to 255 characters. Can be changed, not removed.
        sse_config: Server-side encryption. Left out: a key that AWS owns.
        fallback_location: ``s3://bucket`` or ``s3://bucket/prefix/`` for failed direct uploads.
        e_tag_algorithm_family: ``MD5up`` (the default), ``SHA256up`` or ``SHA512up``.
        propagated_set_level_tags: Up to 5 keys of read set tags that are copied to S3 objects.
        access_log_location: ``s3://bucket`` or ``s3://bucket/prefix/`` for S3 access logs, in the
            store's own region and account.
        tags: Up to 49 tags, aws:defaultTags included. Not for personal health information.
        region: Region of the store. Defaults to aws:region, then to the SDK's own settings.
        force_destroy: Whether deleting the store deletes all read sets in it. It counts once an
            update has recorded it.
        replace_triggers: Any texts; a change of one replaces the store.
        opts: Resource options. ``custom_timeouts`` counts; the defaults are 15 minutes a step.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str] | None = None,
        description: Input[str] | None = None,
        sse_config: Input[SseConfigArgs] | None = None,
        fallback_location: Input[str] | None = None,
        e_tag_algorithm_family: Input[ETagAlgorithmFamily] | None = None,
        propagated_set_level_tags: Input[Sequence[Input[str]]] | None = None,
        access_log_location: Input[str] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        region: Input[str] | None = None,
        force_destroy: Input[bool] = False,
        replace_triggers: Input[Mapping[str, Input[str]]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "name": resource_name if name is None else name,
            "description": description,
            "sseConfig": _wire_sse_config(resource_name, sse_config),
            "fallbackLocation": fallback_location,
            "eTagAlgorithmFamily": e_tag_algorithm_family,
            "propagatedSetLevelTags": propagated_set_level_tags,
            "accessLogLocation": access_log_location,
            "tags": tags,
            "region": region,
            "forceDestroy": force_destroy,
            "replaceTriggers": replace_triggers,
        }
        properties, opts = declared(type(self), resource_name, inputs, _OUTPUTS, opts)
        super().__init__(SequenceStoreProvider(), resource_name, properties, opts)
        setattr(self, READ_ONLY, opts.id is not None)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: Input[str],  # noqa: A002 Pulumi's own name for it
        opts: pulumi.ResourceOptions | None = None,
    ) -> SequenceStore:
        """Read an existing store without owning it.

        Args:
            resource_name: The resource's name in the program.
            id: The store's ARN; or its id, which CLI 3.255 would keep as the output arn.
            opts: Resource options.
        """
        return cls(
            resource_name,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)),
        )

    @property
    def arn(self) -> Output[str]:
        """ARN of the store; the Pulumi id."""
        return self.id

    @property
    def sequence_store_id(self) -> Output[str]:
        """The store's id, 10 to 36 digits."""
        return self.id.apply(name_of)

    @property
    def region(self) -> Output[str]:
        """Region of the store."""
        return self.id.apply(region_of)

    @property
    @pulumi.getter
    def name(self) -> Output[str]:
        """Name of the store."""
        return cast("Output[str]", pulumi.get(self, "name"))

    @property
    @pulumi.getter
    def description(self) -> Output[str | None]:
        """What the store is for."""
        return cast("Output[str | None]", pulumi.get(self, "description"))

    @property
    @pulumi.getter(name="sseConfig")
    def sse_config(self) -> Output[SseConfig | None]:
        """Server-side encryption; None if AWS owns the key."""
        return cast("Output[SseConfig | None]", pulumi.get(self, "sseConfig"))

    @property
    @pulumi.getter(name="fallbackLocation")
    def fallback_location(self) -> Output[str | None]:
        """Where failed direct uploads go."""
        return cast("Output[str | None]", pulumi.get(self, "fallbackLocation"))

    @property
    @pulumi.getter(name="eTagAlgorithmFamily")
    def e_tag_algorithm_family(self) -> Output[str]:
        """How ETags of read sets are computed."""
        return cast("Output[str]", pulumi.get(self, "eTagAlgorithmFamily"))

    @property
    @pulumi.getter(name="propagatedSetLevelTags")
    def propagated_set_level_tags(self) -> Output[list[str] | None]:
        """Keys of read set tags that are copied to S3 objects."""
        return cast("Output[list[str] | None]", pulumi.get(self, "propagatedSetLevelTags"))

    @property
    @pulumi.getter(name="accessLogLocation")
    def access_log_location(self) -> Output[str | None]:
        """Where S3 access logs go."""
        return cast("Output[str | None]", pulumi.get(self, "accessLogLocation"))

    @property
    @pulumi.getter(name="s3Uri")
    def s3_uri(self) -> Output[str]:
        """URI under which S3 clients find the read sets."""
        return cast("Output[str]", pulumi.get(self, "s3Uri"))

    @property
    @pulumi.getter(name="s3AccessPointArn")
    def s3_access_point_arn(self) -> Output[str]:
        """ARN of the S3 access point; its account is the service's, not yours."""
        return cast("Output[str]", pulumi.get(self, "s3AccessPointArn"))

    @property
    @pulumi.getter
    def status(self) -> Output[str]:
        """CREATING, ACTIVE, UPDATING, DELETING or FAILED."""
        return cast("Output[str]", pulumi.get(self, "status"))

    @property
    @pulumi.getter(name="statusMessage")
    def status_message(self) -> Output[str | None]:
        """What AWS says about the status."""
        return cast("Output[str | None]", pulumi.get(self, "statusMessage"))

    @property
    @pulumi.getter(name="creationTime")
    def creation_time(self) -> Output[str]:
        """When the store was made: ISO 8601, UTC."""
        return cast("Output[str]", pulumi.get(self, "creationTime"))

    @property
    @pulumi.getter(name="updateTime")
    def update_time(self) -> Output[str | None]:
        """When it was last changed: ISO 8601, UTC."""
        return cast("Output[str | None]", pulumi.get(self, "updateTime"))

    @property
    @pulumi.getter
    def tags(self) -> Output[dict[str, str] | None]:
        """The store's tags, without the stack's default tags."""
        return cast("Output[dict[str, str] | None]", pulumi.get(self, "tags"))

    @property
    def tags_all(self) -> Output[dict[str, str] | None]:
        """All of the store's tags, aws:defaultTags included."""
        recorded: Output[dict[str, str] | None] = pulumi.get(self, "tagsAll")
        return Output.all(recorded, self.tags).apply(lambda both: both[0] or both[1])

    @property
    @pulumi.getter(name="forceDestroy")
    def force_destroy(self) -> Output[bool]:
        """Whether deleting the store deletes all read sets in it."""
        return cast("Output[bool]", pulumi.get(self, "forceDestroy"))

    @property
    @pulumi.getter(name="replaceTriggers")
    def replace_triggers(self) -> Output[dict[str, str] | None]:
        """The texts whose change replaces the store."""
        return cast("Output[dict[str, str] | None]", pulumi.get(self, "replaceTriggers"))


def _wire_sse_config(
    resource_name: str, value: Input[SseConfigArgs | Mapping[str, Any]] | None
) -> Input[Mapping[str, Any]] | None:
    """Spell ``key_arn`` as the wire does; a mapping that is not known yet is spelled later.

    Raises:
        InvalidRequest: It is an object, such as a lookup's: the SDK would end in a traceback. Or
            its key is ``""``, or an output that resolves to nothing.
    """
    if isinstance(value, Output) or inspect.isawaitable(value):
        later: Output[Any] = Output.from_input(cast("Any", value))
        return later.apply(lambda known: _spelled(resource_name, known, is_resolved=True))
    spelled: Input[Mapping[str, Any]] | None = _spelled(resource_name, value, is_resolved=False)
    return spelled


def _spelled(resource_name: str, known: Any, *, is_resolved: bool) -> Any:
    if isinstance(known, Mapping):
        spelled = {"keyArn" if key == "key_arn" else key: item for key, item in known.items()}
        if "keyArn" in spelled:
            require = require_known if is_resolved else require_value
            spelled["keyArn"] = require(resource_name, "sse_config.key_arn", spelled["keyArn"])
        return spelled
    if known is None or isinstance(known, str | float | int | list):
        return known  # nothing, or for the provider's check to refuse
    raise as_run_error(
        InvalidRequest(
            f"{resource_name}: sse_config must be a mapping, not {type(known).__name__}",
            advice="What a lookup gave becomes one by to_dict().",
        )
    )
