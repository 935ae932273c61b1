"""A sequence store with its key, its buckets and its access policy: safe is the short way."""

# No `from __future__ import annotations` here: Pulumi reads the annotations of components and of
# their arguments at run time.

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any, NamedTuple, TypedDict, Unpack, cast

import pulumi
from pulumi import CustomTimeouts, Input, Output, ResourceOptions

from omics_components.engine.derived import SUFFIX_LENGTH
from omics_components.engine.dynamic.declaration import with_hidden_inputs
from omics_components.engine.dynamic.options import refuse_on_component, time_limits
from omics_components.engine.dynamic.run_errors import as_run_error
from omics_components.engine.dynamic.values import (
    MAY_RESOLVE_TO_NOTHING,
    python_name,
    require_value,
)
from omics_components.engine.hidden_keys import ACCESS_POLICY_KEY, DERIVED_KEY
from omics_components.errors import InvalidRequest
from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner
from omics_components.kinds.kms_key.resource import KmsKey
from omics_components.kinds.s3_access_policy.resource import S3AccessPolicy
from omics_components.kinds.s3_bucket.defaults import derived_name_pattern
from omics_components.kinds.s3_bucket.resource import S3Bucket
from omics_components.kinds.sequence_store.resource import SequenceStore
from omics_components.permissions import (
    deployer_policy,
    reader_policy,
    statements_for_services,
)
from omics_components.schema.arn import SequenceStoreArn
from omics_components.schema.enumerations import ETagAlgorithmFamily


class ChildTypes(NamedTuple):
    """The classes that a component declares its children with."""

    key: type[KmsKey]
    bucket: type[S3Bucket]
    store: type[SequenceStore]
    access_policy: type[S3AccessPolicy]


class EncryptedSequenceStoreArgs(TypedDict, total=False):
    """Arguments of the component. None is required, and None is the same as leaving one out."""

    store_name: Input[str]
    """Name of the store. Defaults to the component's name."""

    description: Input[str]
    """What the store is for."""

    e_tag_algorithm_family: Input[ETagAlgorithmFamily]
    """How ETags of read sets are computed: MD5up (the default), SHA256up or SHA512up."""

    propagated_set_level_tags: Input[Sequence[Input[str]]]
    """Up to 5 keys of read set tags that are copied to the S3 objects."""

    tags: Input[Mapping[str, Input[str]]]
    """Tags of every child that can have tags."""

    region: Input[str]
    """Region of all children. Defaults to aws:region."""

    force_destroy: bool
    """Whether destroy may empty the store and the component's own buckets."""

    kms_key_arn: Input[str]
    """Bring your own key. It is not changed: its policy must let HealthOmics in."""

    key_administrators: Input[Sequence[Input[str]]]
    """Who administers the key, without using it."""

    key_users: Input[Sequence[Input[str]]]
    """Who encrypts and decrypts with the key; readers of other accounts belong here."""

    key_deletion_window_in_days: Input[int]
    """Days from destroy until KMS deletes the key for good: 7 to 30. Defaults to 30."""

    key_rotation_period_in_days: Input[int]
    """How often the key material is renewed: 90 to 2560 days. Defaults to 365."""

    restrict_to_account: bool
    """Whether HealthOmics may use the key and write to the fallback bucket on behalf of their own
    account only (``aws:SourceAccount``). Defaults to True. That the service sends it is not
    documented: turn it off if AWS refuses to make the store, or failed uploads do not arrive."""

    fallback_bucket: Input[str]
    """Bring your own bucket for failed uploads. It is not changed: its policy must let HealthOmics
    in."""

    fallback_prefix: str
    """Where in the bucket failed uploads go. Ends with a slash. Defaults to ``fallback/``."""

    fallback_expiration_days: Input[int]
    """Days after which failed uploads are removed. Left out: never."""

    access_logs: bool
    """Whether to make a bucket for S3 access logs. Defaults to False."""

    access_log_bucket: Input[str]
    """Bring your own bucket for access logs, in the store's region and account."""

    s3_access_policy: Input[str | Mapping[str, Any]]
    """The store's S3 access policy as a whole. Either this or ``readers``. Once given, do not leave
    it out: see ``readers``."""

    readers: Input[Sequence[Input[str]]]
    """Principals that may read through S3, beside the account itself. Once given, do not leave it
    out: the access policy would be deleted, and without one no one can read, the account included.
    ``[]`` keeps a policy for the account alone."""


class EncryptedSequenceStore(pulumi.ComponentResource):
    """A sequence store encrypted with a key of its own, with a bucket for failed uploads.

    Children are named after the component: ``<name>-key``, ``<name>-fallback``, ``<name>-store``,
    and on request ``<name>-logs`` and ``<name>-access``; they are the attributes ``key``,
    ``bucket``, ``store``, ``log_bucket`` and ``access_policy`` (None where there is none).

    Args:
        name: Name of the component.
        args: A dictionary of the arguments; see ``EncryptedSequenceStoreArgs``.
        opts: Resource options. parent, transforms, aliases, protect, retain_on_delete and
            custom_timeouts reach the children. Options that would have no effect on a component are
            refused: set them on a child by transforms. So are ``provider`` and ``providers``:
            dynamic resources use the stack's settings, and ``region``.
        **arguments: The same arguments as keywords. Give either these or ``args``.
    """

    arn: Output[str]
    """ARN of the store."""

    sequence_store_id: Output[str]
    """Id of the store."""

    s3_uri: Output[str]
    """URI under which S3 clients find the read sets."""

    s3_access_point_arn: Output[str]
    """ARN of the store's access point."""

    kms_key_arn: Output[str]
    """ARN of the key, the component's own or the one it was given."""

    fallback_bucket: Output[str]
    """Name of the bucket for failed uploads."""

    fallback_location: Output[str]
    """Where in it failed uploads go."""

    access_log_location: Output[str | None]
    """Where access logs go; None without them."""

    reader_policy_json: Output[str]
    """IAM policy for a reader's role, kms:Decrypt included."""

    deployer_policy_json: Output[str]
    """IAM policy for the role that runs this program."""

    required_key_policy_statements: Output[list[dict[str, Any]]]
    """What the policy of a key that was given must contain; empty for the component's own key."""

    required_bucket_policy_statements: Output[list[dict[str, Any]]]
    """What the policy of a bucket that was given must contain; empty for the component's own."""

    # Without annotations: those are the component's outputs.
    _children = ChildTypes(KmsKey, S3Bucket, SequenceStore, S3AccessPolicy)
    _config_namespace = "aws"
    _refuse_options = staticmethod(refuse_on_component)

    def __init__(
        self,
        name: str,
        args: EncryptedSequenceStoreArgs | None = None,
        opts: ResourceOptions | None = None,
        **arguments: Unpack[EncryptedSequenceStoreArgs],
    ) -> None:
        self._refuse_options(name, opts)
        limits = time_limits(name, opts)
        args = _given(name, args, arguments)
        super().__init__("omics-components:index:EncryptedSequenceStore", name, None, opts)
        common: dict[str, Any] = {"region": args.get("region"), "tags": args.get("tags")}
        # The engine hands retain_on_delete down, but not to where a declaration tells its provider.
        child = ResourceOptions(
            parent=self,
            retain_on_delete=opts.retain_on_delete if opts else None,
            custom_timeouts=CustomTimeouts(**limits) if limits else None,
        )

        given_key, given_bucket = args.get("kms_key_arn"), args.get("fallback_bucket")
        children = self._children
        self.key = _key(children, name, args, common, child) if given_key is None else None
        self.kms_key_arn = self.key.arn if self.key else Output.from_input(cast(str, given_key))
        self.bucket = None
        if given_bucket is None:
            self.bucket = _bucket(children, name, args, common, child, key_arn=self.kms_key_arn)
        self.fallback_bucket = (
            self.bucket.bucket if self.bucket else Output.from_input(cast(str, given_bucket))
        )
        prefix = args.get("fallback_prefix", _FALLBACK_PREFIX)
        self.fallback_location = Output.concat("s3://", self.fallback_bucket, "/", prefix)

        self.log_bucket = _log_bucket(children, name, args, common, child)
        logs_go_to = self.log_bucket.bucket if self.log_bucket else args.get("access_log_bucket")
        access_log_location = None
        if logs_go_to is not None:
            access_log_location = Output.concat("s3://", logs_go_to, f"/{name}/")
        self.access_log_location = Output.from_input(cast("str | None", access_log_location))

        has_policy = "s3_access_policy" in args or "readers" in args
        hidden = {ACCESS_POLICY_KEY: True} if has_policy else {}
        self.store = children.store(
            f"{name}-store",
            name=args.get("store_name", name),
            description=args.get("description"),
            sse_config={"type": "KMS", "key_arn": self.kms_key_arn},
            fallback_location=self.fallback_location,
            e_tag_algorithm_family=args.get("e_tag_algorithm_family"),
            propagated_set_level_tags=args.get("propagated_set_level_tags"),
            access_log_location=access_log_location,
            force_destroy=args.get("force_destroy", False),
            **common,
            opts=with_hidden_inputs(child, hidden),
        )
        self.arn = self.store.arn
        self.sequence_store_id = self.store.sequence_store_id
        self.s3_uri = self.store.s3_uri
        self.s3_access_point_arn = self.store.s3_access_point_arn

        self.access_policy = None
        if has_policy:
            self.access_policy = children.access_policy(
                f"{name}-access",
                sequence_store_arn=self.arn,
                policy=args.get("s3_access_policy"),
                readers=args.get("readers"),
                # The store goes after its policy: if it cannot be deleted, its readers still read.
                opts=ResourceOptions.merge(child, ResourceOptions(deleted_with=self.store)),
            )
        self._hand_out_policies(name, args, prefix)

    def _hand_out_policies(self, name: str, args: EncryptedSequenceStoreArgs, prefix: str) -> None:
        self.reader_policy_json = Output.all(self.s3_access_point_arn, self.kms_key_arn).apply(
            lambda arns: json.dumps(reader_policy(*arns), indent=2)
        )
        own_buckets = [
            _names_of(f"{name}-{kind}", bucket)
            for kind, bucket in (("fallback", self.bucket), ("logs", self.log_bucket))
            if bucket
        ]
        region = args.get("region") or pulumi.Config(self._config_namespace).get("region") or "*"
        self.deployer_policy_json = Output.all(region, *own_buckets).apply(
            lambda known: json.dumps(
                deployer_policy(
                    known[0],
                    bucket_names=list(chain(*known[1:])),
                    own_key=self.key is not None,
                    access_policy=self.access_policy is not None,
                    force_destroy=args.get("force_destroy", False),
                ),
                indent=2,
            )
        )
        none: Output[list[dict[str, Any]]] = Output.from_input([])
        guard = args.get("restrict_to_account", True)
        self.required_key_policy_statements = (
            none if self.key else self.arn.apply(lambda arn: _key_statements(arn, guard=guard))
        )
        self.required_bucket_policy_statements = (
            none
            if self.bucket
            else Output.all(self.arn, self.fallback_bucket).apply(
                lambda known: _bucket_statements(known[0], known[1], prefix, guard=guard)
            )
        )
        for what, given in (("key", self.key is None), ("bucket", self.bucket is None)):
            if given:
                pulumi.log.info(
                    f"The {what} is your own and stays as it is: its policy must contain the "
                    f"statements in required_{what}_policy_statements; before there is a store, "
                    f"omics-components policy {what} --statements prints them.",
                    resource=self,
                )
        self.register_outputs(
            {
                "arn": self.arn,
                "kmsKeyArn": self.kms_key_arn,
                "fallbackLocation": self.fallback_location,
                "s3Uri": self.s3_uri,
            }
        )


_FALLBACK_PREFIX = "fallback/"

_LONGEST_ALIAS = 256


_PLAIN: Mapping[str, tuple[type, str]] = {
    "force_destroy": (bool, "True or False"),
    "restrict_to_account": (bool, "True or False"),
    "access_logs": (bool, "True or False"),
    "fallback_prefix": (str, "text"),
}
"""Arguments that decide which children there are, or what the handed out policies say: they must be
known while the program runs."""

_MAY_RESOLVE_TO_NOTHING = frozenset(
    {
        *map(python_name, MAY_RESOLVE_TO_NOTHING),
        "fallback_expiration_days",
        "key_deletion_window_in_days",
        "key_rotation_period_in_days",
    }
)


def _given(
    name: str, args: EncryptedSequenceStoreArgs | None, arguments: EncryptedSequenceStoreArgs
) -> EncryptedSequenceStoreArgs:
    """Return the arguments without those that are None, which programs pass on from their own.

    Raises:
        InvalidRequest: *args* is not a mapping, or is given together with keyword arguments; or
            there is no such argument: a typing error would drop an argument in silence, and with
            ``readers`` the access policy. Or a value is empty, or of the wrong type where it
            decides what the component creates.
    """
    if args is not None and arguments:
        message = f"{name}: give args or keyword arguments, not both"
        raise as_run_error(InvalidRequest(message))
    given: Any = arguments if args is None else args
    names = EncryptedSequenceStoreArgs.__annotations__
    if not isinstance(given, Mapping):
        message = f"{name}: args must be a mapping, not {given!r}"
        raise as_run_error(InvalidRequest(message))
    if slips := [key for key in given if key not in names]:
        likely = [near for key in slips for near in get_close_matches(str(key), names, n=1)]
        advice = f"Did you mean {_listed(likely)}?" if likely else f"It has {', '.join(names)}."
        what = "arguments" if slips[1:] else "argument"
        message = f"{name}: EncryptedSequenceStore has no {what} {_listed(slips)}"
        raise as_run_error(InvalidRequest(message, advice=advice))
    values = {
        key: value
        if key in _MAY_RESOLVE_TO_NOTHING or key in _PLAIN
        else require_value(name, key, value)
        for key, value in given.items()
        if value is not None
    }
    for key in values.keys() & _PLAIN.keys():
        _require_plain(name, key, values[key])
    return cast(EncryptedSequenceStoreArgs, values)


def _require_plain(name: str, argument: str, value: object) -> None:
    """Refuse a value that Python would take for True, or for text, and that is neither.

    Raises:
        InvalidRequest: The value is of another kind.
    """
    kind, words = _PLAIN[argument]
    if isinstance(value, kind):
        return
    is_output = isinstance(value, Output) or inspect.isawaitable(value)
    shown = "an output, which is known too late" if is_output else repr(value)
    getter = "get_bool" if kind is bool else "get"
    raise as_run_error(
        InvalidRequest(
            f"{name}: {argument} must be {words}, not {shown}",
            advice=f'Read it from the configuration with pulumi.Config().{getter}("{argument}").',
        )
    )


def _listed(names: Sequence[object]) -> str:
    return ", ".join(map(repr, names))


def _key(
    children: ChildTypes,
    name: str,
    args: EncryptedSequenceStoreArgs,
    common: Mapping[str, Any],
    opts: ResourceOptions,
) -> KmsKey:
    return children.key(
        f"{name}-key",
        description=f"Encrypts the HealthOmics sequence store {name}",
        administrators=args.get("key_administrators"),
        users=args.get("key_users"),
        restrict_to_account=args.get("restrict_to_account", True),
        rotation_period_in_days=args.get("key_rotation_period_in_days", 365),
        deletion_window_in_days=args.get("key_deletion_window_in_days", 30),
        **common,
        opts=with_hidden_inputs(opts, {DERIVED_KEY: {"alias": _alias_stem(name)}}),
    )


def _alias_stem(name: str) -> str:
    """Return how the alias of the component's key begins: project, stack and component.

    What an alias cannot spell is replaced, and what is too long is cut: the digest of the
    declaration at its end tells equal ones apart.
    """
    words = (pulumi.get_project(), pulumi.get_stack(), name)
    spelled = "/".join(re.sub("[^a-zA-Z0-9_-]", "-", word) for word in words)
    if spelled.startswith("aws/"):  # AWS's own aliases
        spelled = spelled.replace("/", "-", 1)
    return f"alias/{spelled}"[: _LONGEST_ALIAS - SUFFIX_LENGTH]


def _bucket(
    children: ChildTypes,
    name: str,
    args: EncryptedSequenceStoreArgs,
    common: Mapping[str, Any],
    opts: ResourceOptions,
    *,
    key_arn: Output[str],
) -> S3Bucket:
    return children.bucket(
        f"{name}-fallback",
        writer="health-omics",
        prefix=args.get("fallback_prefix", _FALLBACK_PREFIX),
        kms_key_arn=key_arn,
        restrict_to_account=args.get("restrict_to_account", True),
        expiration_days=args.get("fallback_expiration_days"),
        force_destroy=args.get("force_destroy", False),
        **common,
        opts=opts,
    )


def _log_bucket(
    children: ChildTypes,
    name: str,
    args: EncryptedSequenceStoreArgs,
    common: Mapping[str, Any],
    opts: ResourceOptions,
) -> S3Bucket | None:
    """Access logs go to a bucket without a key of ours: whether S3 admits one is in dispute."""
    if not args.get("access_logs") or args.get("access_log_bucket") is not None:
        return None
    return children.bucket(
        f"{name}-logs",
        writer="s3-access-logs",
        prefix=f"{name}/",
        force_destroy=args.get("force_destroy", False),
        **common,
        opts=opts,
    )


def _names_of(resource_name: str, bucket: S3Bucket) -> Output[list[str]]:
    """Return a bucket's name as a pattern; and as it is, where that is another one.

    It is, after a rename of the component under an alias, or if the bucket was adopted. The pattern
    alone is known in the first preview, when the bucket is not.
    """
    pattern = derived_name_pattern(resource_name)

    def names(known: object) -> list[str]:  # an object of the SDK's while it is not known
        is_another = isinstance(known, str) and not fnmatchcase(known, pattern)
        return [pattern, str(known)] if is_another else [pattern]

    return bucket.bucket.apply(names, run_with_unknowns=True)


def _key_statements(arn: str, *, guard: bool) -> list[dict[str, Any]]:
    """Return the statement by which HealthOmics may use a key for the store."""
    store = _place_of(arn)
    owner = Owner(store.partition, store.account)
    return statements_for_services(KeyPolicy(restrict_to_account=guard).document(owner))


def _bucket_statements(arn: str, bucket: str, prefix: str, *, guard: bool) -> list[dict[str, Any]]:
    """Return the statement by which HealthOmics may put failed uploads into a bucket."""
    from omics_components.kinds.s3_bucket.configuration import (  # noqa: PLC0415 models take long to load
        Place,
        bucket_policy,
    )

    store = _place_of(arn)
    place = Place(bucket, store.region, store.account)
    document = bucket_policy(place, "health-omics", prefix, restrict_to_account=guard)
    return statements_for_services(document)


def _place_of(arn: str) -> SequenceStoreArn:
    """Take a store's ARN apart; the ids of users' own mocks need not be ARNs."""
    try:
        return SequenceStoreArn.parse(arn)
    except ValueError:
        return SequenceStoreArn("aws", "", "", "")
