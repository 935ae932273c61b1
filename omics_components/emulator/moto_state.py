"""Keys and buckets of moto, which are memory of this process: for HTTP and in-process alike."""

import re
import sys
from dataclasses import dataclass
from typing import Any

from omics_components.emulator.errors import ServiceError

_CREATED_AS = "omics_components_created_s"
_TAGS_AS = "omics_components_earlier_tags"
_KEY_ARN = re.compile(r"arn:[^:]+:kms:(?P<region>[^:]+):(?P<account>\d{12}):key/(?P<id>[^:/]+)")


@dataclass(frozen=True)
class Key:
    """A KMS key.

    Args:
        arn: Its ARN.
        state: ``Enabled``, ``Disabled``, ``PendingDeletion`` …
        spec: ``SYMMETRIC_DEFAULT``, ``RSA_2048`` …
        usage: ``ENCRYPT_DECRYPT``, ``SIGN_VERIFY`` …
        policy: Its key policy, JSON text.
    """

    arn: str
    state: str
    spec: str
    usage: str
    policy: str


@dataclass(frozen=True)
class Bucket:
    """A bucket of S3.

    Args:
        name: Its name.
        account: Its owner.
        region: Its region.
        partition: Its ARN partition.
        policy: Its policy, JSON text; None without one.
        key_id: The KMS key of its default encryption: ARN, id or alias, or "" for the key that S3
            manages. None without KMS.
    """

    name: str
    account: str
    region: str
    partition: str
    policy: str | None
    key_id: str | None

    @property
    def arn(self) -> str:
        """ARN of the bucket."""
        return f"arn:{self.partition}:s3:::{self.name}"


def find_key(arn: str) -> Key | None:
    """Return the key with *arn*, or None."""
    match = _KEY_ARN.fullmatch(arn)
    return _key(match["account"], match["region"], match["id"]) if match else None


def find_key_by_id(key_id: str, *, account: str, region: str) -> Key | None:
    """Return a key by what a call in *account* and *region* names it: ARN, id or alias."""
    if _KEY_ARN.fullmatch(key_id):
        return find_key(key_id)
    name = key_id.rpartition(":")[2] if key_id.startswith("arn:") else key_id
    backend = _kms(account, region)
    if name.startswith("alias/") and backend:
        name = _key_id_of_alias(backend, name) or name
    return _key(account, region, name)


def _key_id_of_alias(backend: Any, alias: str) -> str | None:
    """Return the id of the key that has an alias; moto makes those of AWS when they are asked for.

    Its older versions, which keep the aliases apart, find an alias in a longer one, too.
    """
    kept_apart = getattr(backend, "key_to_aliases", None)
    if kept_apart is None or alias.startswith("alias/aws/"):
        found: str | None = backend.get_key_id_from_alias(alias)
        return found
    return next((key for key, aliases in kept_apart.items() if alias in aliases), None)


def moto_key(account: str, region: str, key_id: str) -> Any:
    """Return moto's own object of a key, or None."""
    backend = _kms(account, region)
    return backend.keys.get(key_id) if backend else None


def _key(account: str, region: str, key_id: str) -> Key | None:
    found = moto_key(account, region, key_id)
    if found is None:
        return None
    # moto keeps what the request said, and leaves the defaults to its answers.
    usage = found.key_usage or "ENCRYPT_DECRYPT"
    return Key(found.arn, found.key_state, found.key_spec, usage, str(found.policy))


def _kms(account: str, region: str) -> Any:
    from moto.kms.models import kms_backends  # noqa: PLC0415 - slow to import

    try:
        return kms_backends[account][region]
    except KeyError:
        return None  # moto knows no such region


def note_creation(resource: Any, now_s: float) -> None:
    """Remember when one of moto's own objects was made, by the emulator's clock (s)."""
    setattr(resource, _CREATED_AS, now_s)


def created_s(key: Key) -> float:
    """Return when a key was made, by the emulator's clock (s); long ago if that is not known."""
    match = _KEY_ARN.fullmatch(key.arn)
    found = moto_key(match["account"], match["region"], match["id"]) if match else None
    return noted_creation_s(found)


def noted_creation_s(resource: Any) -> float:
    """Return when one of moto's own objects was made (s); long ago if that is not known."""
    return float(getattr(resource, _CREATED_AS, 0.0))


def tag_history(key: Any) -> list[tuple[float, list[Any]]]:
    """Return what the tags of one of moto's keys were: until when (s), and the tags."""
    if not hasattr(key, _TAGS_AS):
        setattr(key, _TAGS_AS, [])
    found: list[tuple[float, list[Any]]] = getattr(key, _TAGS_AS)
    return found


def tags_of_key(key: Any) -> list[dict[str, str]]:
    """Return the tags of one of moto's keys, as ListResourceTags does."""
    from moto.kms.models import kms_backends  # noqa: PLC0415 - slow to import

    backend = kms_backends[key.account_id][key.region]
    found: list[dict[str, str]] = backend.list_resource_tags(key.id)["Tags"]
    return found


def moto_bucket(name: str) -> Any:
    """Return moto's own object of a bucket, or None."""
    if "moto.s3.models" not in sys.modules:
        return None  # only a moto that is loaded has buckets
    from moto.s3.models import s3_backends  # noqa: PLC0415 - slow to import

    owner = s3_backends.bucket_accounts.get(name)
    return s3_backends[owner[1]][owner[0]].buckets.get(name) if owner else None


def find_bucket(name: str) -> Bucket | None:
    """Return the bucket called *name*, in whatever account, or None."""
    if "moto.s3.models" not in sys.modules:
        return None  # only a moto that is loaded has buckets
    from moto.s3.models import s3_backends  # noqa: PLC0415 - slow to import

    owner = s3_backends.bucket_accounts.get(name)
    if owner is None:
        return None
    partition, account = owner
    bucket = s3_backends[account][partition].buckets.get(name)
    if bucket is None:
        return None
    rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    by_kms = str(rule.get("SSEAlgorithm")).startswith("aws:kms")
    return Bucket(
        name,
        account,
        bucket.region_name,
        partition,
        policy=bucket.policy.decode() if bucket.policy else None,
        key_id=(rule.get("KMSMasterKeyID") or "") if by_kms else None,
    )


def tag_bucket(name: str, tags: dict[str, str]) -> None:
    """Set the tags of a bucket."""
    from moto.s3.models import s3_backends  # noqa: PLC0415 - slow to import

    partition, account = s3_backends.bucket_accounts[name]
    backend = s3_backends[account][partition]
    backend.put_bucket_tagging(name, tags)


def forget_tags_of_deleted_buckets(account: str) -> None:
    """Forget the tags of buckets that are no more, and of what was in them."""
    from moto.s3.models import s3_backends  # noqa: PLC0415 - slow to import

    for backend in s3_backends[account].values():
        for arn in [*backend.tagger.tags]:
            # A key may hold colons, too.
            if arn.split(":", 5)[5].partition("/")[0] not in backend.buckets:
                backend.tagger.delete_all_tags_for_resource(arn)


def put_object(bucket: Bucket, key: str, content: bytes) -> None:
    """Store an object as its owner would see it, past every policy.

    Raises:
        ServiceError: The bucket is gone.
    """
    from moto.s3.models import s3_backends  # noqa: PLC0415 - slow to import

    backend = s3_backends[bucket.account][bucket.partition]
    if bucket.name not in backend.buckets:
        raise ServiceError("ResourceNotFoundException", f"There is no bucket {bucket.name}")
    backend.put_object(bucket.name, key, content)
