"""The sequence store: what a program may say of it, and what AWS reports."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from omics_components.schema.base import FieldSpec, Model, State
from omics_components.schema.enumerations import ETagAlgorithmFamily
from omics_components.schema.fields import (
    AccessLogLocation,
    Description,
    FallbackLocation,
    Flag,
    KeyArn,
    PropagatedTags,
    Region,
    StoreName,
    TagMap,
    empty_as_absent,
)

DEFAULT_E_TAG_ALGORITHM_FAMILY: ETagAlgorithmFamily = "MD5up"
"""What the service takes where nothing is said (model: "The default value is MD5up")."""

_Empty = BeforeValidator(empty_as_absent)


class SseConfig(Model):
    """Server-side encryption of a store."""

    type: Annotated[Literal["KMS"], FieldSpec("model", create_only=True)] = Field(
        description="The type of encryption; KMS is the only one.",
    )
    key_arn: Annotated[KeyArn | None, FieldSpec("model", create_only=True)] = Field(
        default=None,
        description="ARN of the symmetric KMS key. Left out: a key that AWS owns.",
    )

    def canonical(self) -> object:
        """Return the key: without one, AWS does what it does anyway.

        (assumed: keyless-store-key)
        """
        return self.key_arn


class SequenceStoreInputs(Model):
    """What a program may say of a store.

    Every field is optional here, since a preview may not know it yet; ``name`` is asked for by the
    check and filled in by the resource class.
    """

    name: Annotated[StoreName | None, FieldSpec("model", default="the resource's name")] = Field(
        default=None,
        description="Name of the store; names need not be unique. Defaults to the resource's name.",
    )
    description: Annotated[Description | None, _Empty, FieldSpec("model", clearable=False)] = Field(
        default=None,
        description="What the store is for. Can be changed, but not removed once set.",
    )
    sse_config: Annotated[SseConfig | None, _Empty, FieldSpec("model", create_only=True)] = Field(
        default=None,
        description="Server-side encryption. Left out: a key that AWS owns.",
    )
    fallback_location: Annotated[FallbackLocation | None, _Empty, FieldSpec("model")] = Field(
        default=None,
        description="Where the parts of failed direct uploads go: s3://bucket or s3://bucket/prefix/.",
    )
    e_tag_algorithm_family: Annotated[
        ETagAlgorithmFamily,
        FieldSpec("model", create_only=True, default=DEFAULT_E_TAG_ALGORITHM_FAMILY),
    ] = Field(
        default=DEFAULT_E_TAG_ALGORITHM_FAMILY,
        description="How ETags of read sets are computed: MD5up, SHA256up or SHA512up.",
    )
    propagated_set_level_tags: Annotated[
        PropagatedTags | None, _Empty, FieldSpec("docs", unordered=True)
    ] = Field(
        default=None,
        description="Up to 5 keys of read set tags that are copied to the S3 objects.",
    )
    access_log_location: Annotated[AccessLogLocation | None, _Empty, FieldSpec("model")] = Field(
        default=None,
        description="Where S3 access logs go; a bucket in the store's own region and account.",
    )
    tags: Annotated[TagMap | None, _Empty, FieldSpec("docs")] = Field(
        default=None,
        description="Up to 49 tags of the store itself. Not for personal health information.",
    )
    tags_all: Annotated[TagMap | None, _Empty, FieldSpec("ours")] = Field(
        default=None,
        description="The tags together with those of aws:defaultTags. Computed; left out if equal.",
    )
    force_destroy: Annotated[Flag, FieldSpec("ours", default="False")] = Field(
        default=False,
        description="Whether deleting the store deletes all read sets in it.",
    )
    region: Annotated[
        Region | None, _Empty, FieldSpec("ours", create_only=True, default="the stack's region")
    ] = Field(
        default=None,
        description="Region of the store. Defaults to aws:region, then to the SDK's own settings.",
    )
    replace_triggers: Annotated[
        dict[str, str] | None, _Empty, FieldSpec("ours", create_only=True)
    ] = Field(
        default=None,
        description="Any texts; a change of one replaces the store.",
    )

    @property
    def effective_tags(self) -> dict[str, str]:
        """The tags that the store carries in AWS."""
        return self.tags_all or self.tags or {}


class SseConfigState(State):
    """Server-side encryption as AWS reports it."""

    type: str | None = None
    key_arn: str | None = None

    def is_chosen_by_aws(self, account: str) -> bool:
        """Return whether AWS may have chosen the key, because the store was created without one.

        AWS most likely reports its own key then, in an account of the service (ADR 17; assumed:
        keyless-store-key).
        A customer managed key in the store's account was named by the store's creator.

        Args:
            account: The account in the store's ARN.
        """
        match (self.key_arn or "").split(":", 5):
            case [_, _, _, _, owner, resource]:
                return owner != account or resource.startswith("alias/aws/")
            case _:
                return True


class SequenceStoreState(State):
    """What AWS reports of a store, and what of the program's inputs AWS does not keep.

    ``arn`` and ``sequence_store_id`` are not here: they are in the Pulumi id. ``region`` is in it,
    too; it is repeated, for else a replacement would be shown as if it were new.
    """

    name: str | None = None
    description: str | None = None
    sse_config: SseConfigState | None = None
    fallback_location: str | None = None
    e_tag_algorithm_family: str | None = None
    propagated_set_level_tags: list[str] | None = None
    access_log_location: str | None = None
    s3_uri: str | None = None
    s3_access_point_arn: str | None = None
    status: str | None = None
    status_message: str | None = None
    creation_time: str | None = Field(default=None, description="ISO 8601, UTC.")
    update_time: str | None = Field(default=None, description="ISO 8601, UTC.")
    tags: dict[str, str] | None = None
    tags_all: dict[str, str] | None = Field(default=None, description="Left out if equal to tags.")
    force_destroy: bool = False
    region: str | None = None
    replace_triggers: dict[str, str] | None = None

    @property
    def effective_tags(self) -> dict[str, str]:
        """The tags that the store carries in AWS."""
        return self.tags_all or self.tags or {}


def encryption_to_compare(
    reported: SseConfigState | None, declared: SseConfig | None, account: str
) -> SseConfigState | None:
    """Return the encryption of a live store, without a key that AWS chose by itself.

    Where the program names a key, any other one is a difference. Where it names none, only a key
    in the store's own account is one: in doubt, a store is kept.

    Args:
        reported: What AWS reports, or what is recorded of that.
        declared: What the program declares.
        account: The account in the store's ARN.
    """
    if reported is None or not reported.key_arn:
        return None
    names_key = declared is not None and declared.key_arn is not None
    return reported if names_key or not reported.is_chosen_by_aws(account) else None


def as_declared(reported: str | None, declared: str | None) -> str | None:
    """Return a location of a live store as the program writes it, if only the last slash differs.

    AWS may drop it, or add one (assumed: locations-verbatim).
    """
    same = reported and declared and reported.rstrip("/") == declared.rstrip("/")
    return declared if same else reported


def is_older(seen: SequenceStoreState, recorded: SequenceStoreState) -> bool:
    """Return whether a store is shown as it was before the last recorded update."""
    return bool(
        recorded.update_time
        and (seen.update_time is None or seen.update_time < recorded.update_time)
    )


def inputs_from_state(state: SequenceStoreState, region: str) -> SequenceStoreInputs:
    """Return the inputs that describe *state*, without validation: live ones may break our rules.

    Args:
        state: A store as read or recorded.
        region: The region in its ARN.
    """
    sse = state.sse_config
    same = {
        "name",
        "description",
        "fallback_location",
        "access_log_location",
        "tags",
        "tags_all",
        "replace_triggers",
    }
    return SequenceStoreInputs.model_construct(
        None,
        **{name: getattr(state, name) or None for name in same},
        sse_config=sse and SseConfig.model_construct(None, type=sse.type, key_arn=sse.key_arn),
        e_tag_algorithm_family=state.e_tag_algorithm_family or DEFAULT_E_TAG_ALGORITHM_FAMILY,
        propagated_set_level_tags=sorted(state.propagated_set_level_tags or ()) or None,
        force_destroy=state.force_destroy,
        region=region,
    )
