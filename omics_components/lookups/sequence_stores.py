"""Look up sequence stores and their S3 access policies."""

from pulumi import Input, Output

from omics_components.errors import InvalidRequest
from omics_components.lookups import find_store
from omics_components.lookups.api import sequence_stores
from omics_components.lookups.call import Time, apply_async, client, connect, lookup
from omics_components.lookups.models.sequence_store import (
    GetS3AccessPolicyResult,
    GetSequenceStoreResult,
    S3AccessPolicyKey,
    SequenceStoreFilter,
    SequenceStoreKey,
    SequenceStoreListItem,
)
from omics_components.schema.arn import AccessPointArn
from omics_components.schema.enumerations import SequenceStoreStatus
from omics_components.schema.lookup import RegionArgument, checked


@lookup
def get_sequence_store(
    *,
    id: str | None = None,  # noqa: A002 AWS's own name for it
    arn: str | None = None,
    name: str | None = None,
    region: str | None = None,
) -> GetSequenceStoreResult:
    """Look up one sequence store, its tags included, by exactly one of id, ARN and name.

    Args:
        id: The store's id, 10 to 36 digits.
        arn: The store's ARN.
        name: Its name, as a whole. Names need not be unique: a name that several stores have,
            whatever their status, is an error that lists them.
        region: Where to look. Defaults to the ARN's region, then to that of the stack.

    Raises:
        NotFound: There is no such store.
        InvalidRequest: The arguments are invalid, or several stores have the name.
        InvalidCredentials: There are none, or the ARN is of another account.
    """
    key = checked(SequenceStoreKey, id=id, arn=arn, name=name)
    given = [
        word for word, value in (("id", id), ("arn", arn), ("name", name)) if value is not None
    ]
    if len(given) != 1:
        raise InvalidRequest(
            f"give exactly one of id, arn and name, not {' and '.join(given) or 'none'}"
        )
    aws, known = connect(find_store.region_of(key, checked(RegionArgument, region=region).region))
    return find_store.find_sequence_store(aws, known, key)


def get_sequence_store_output(
    *,
    id: Input[str | None] = None,  # noqa: A002 AWS's own name for it
    arn: Input[str | None] = None,
    name: Input[str | None] = None,
    region: Input[str | None] = None,
) -> Output[GetSequenceStoreResult]:
    """Do as ``get_sequence_store`` does, once all inputs are known."""
    return apply_async(get_sequence_store, locals())


@lookup
def get_sequence_stores(
    *,
    name: str | None = None,
    status: SequenceStoreStatus | None = None,
    created_after: Time | None = None,
    created_before: Time | None = None,
    updated_after: Time | None = None,
    updated_before: Time | None = None,
    region: str | None = None,
) -> list[SequenceStoreListItem]:
    """List the sequence stores of an account and region that pass all filters, as AWS orders them.

    Args:
        name: The name, as a whole.
        status: CREATING, ACTIVE, UPDATING, DELETING or FAILED.
        created_after: Created later than this.
        created_before: Created earlier than this.
        updated_after: Last changed later than this.
        updated_before: Last changed earlier than this.
        region: Where to look. Defaults to that of the stack.

    Raises:
        InvalidRequest: A filter is invalid.
    """
    criteria = checked(
        SequenceStoreFilter,
        name=name,
        status=status,
        created_after=created_after,
        created_before=created_before,
        updated_after=updated_after,
        updated_before=updated_before,
    )
    return list(sequence_stores.iter_sequence_stores(client(region), criteria))


def get_sequence_stores_output(
    *,
    name: Input[str | None] = None,
    status: Input[SequenceStoreStatus | None] = None,
    created_after: Input[Time | None] = None,
    created_before: Input[Time | None] = None,
    updated_after: Input[Time | None] = None,
    updated_before: Input[Time | None] = None,
    region: Input[str | None] = None,
) -> Output[list[SequenceStoreListItem]]:
    """Do as ``get_sequence_stores`` does, once all inputs are known."""
    return apply_async(get_sequence_stores, locals())


@lookup
def get_s3_access_policy(
    *, s3_access_point_arn: str, region: str | None = None
) -> GetS3AccessPolicyResult:
    """Look up the S3 access policy of a store.

    Args:
        s3_access_point_arn: ARN of the store's access point.
        region: Where to look. Defaults to the ARN's region.

    Raises:
        NotFound: There is no such access point, or its store has no policy.
        InvalidRequest: An argument is invalid.
    """
    key = checked(S3AccessPolicyKey, s3_access_point_arn=s3_access_point_arn)
    wanted, own = (
        checked(RegionArgument, region=region).region,
        AccessPointArn.parse(s3_access_point_arn).region,
    )
    if wanted not in (None, own):
        raise InvalidRequest(f"region is {wanted}, but the ARN is in {own}")
    return sequence_stores.describe_s3_access_policy(client(own), key.s3_access_point_arn)


def get_s3_access_policy_output(
    *,
    s3_access_point_arn: Input[str],
    region: Input[str | None] = None,
) -> Output[GetS3AccessPolicyResult]:
    """Do as ``get_s3_access_policy`` does, once all inputs are known."""
    return apply_async(get_s3_access_policy, locals())
