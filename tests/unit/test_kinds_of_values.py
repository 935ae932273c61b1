"""Values of another kind than their argument is of: each is refused."""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from omics_components.kinds.kms_key.model import COMPUTED as COMPUTED_OF_KEYS
from omics_components.kinds.kms_key.model import KmsKeyInputs
from omics_components.kinds.s3_access_policy.model import S3AccessPolicyInputs, policy_problems
from omics_components.kinds.s3_bucket.model import COMPUTED as COMPUTED_OF_BUCKETS
from omics_components.kinds.s3_bucket.model import S3BucketInputs
from omics_components.kinds.sequence_store.model import SequenceStoreInputs
from omics_components.schema.base import Model, wire_name
from omics_components.schema.validation import validate

MODELS: dict[type[Model], tuple[str, ...]] = {
    SequenceStoreInputs: ("tags_all",),
    KmsKeyInputs: COMPUTED_OF_KEYS,
    S3BucketInputs: COMPUTED_OF_BUCKETS,
    S3AccessPolicyInputs: (),
}
"""Each kind's inputs -> fields that no program sets."""

WRONG: dict[type, list[object]] = {
    bool: ["true", "false", "", 0, 1, [], {}, None],
    int: ["30", "", 7.5, True, [30]],
    str: [5, 7.5, True, ["text"], {"a": "text"}],
    list: [5, True, "text", [5], [None], {"a": "text"}],
    dict: [5, True, "text", ["text"], {"a": 5}, {"a": None}, {"a": True}],
    Mapping: [5, True, ["text"]],
    Model: [5, True, "text", ["text"], {"type": 5}, {"type": "KMS", "keyArn": 5}],
}
"""Values of other kinds, as the engine hands them over; numbers without a fraction are whole."""


def _kind(annotation: Any) -> type:
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return str
    if origin in (typing.Annotated, typing.Union, types.UnionType):
        (first, *_) = (item for item in typing.get_args(annotation) if item is not type(None))
        return _kind(first)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return Model
    kind = origin or annotation
    return typing.cast("type", kind)


def _cases() -> Iterator[Any]:
    for model, computed in MODELS.items():
        for name, field in model.model_fields.items():
            if name not in computed:
                yield pytest.param(
                    model, name, _kind(field.annotation), id=f"{model.__name__}-{name}"
                )


@pytest.mark.parametrize(("model", "name", "kind"), list(_cases()))
def test_a_value_of_another_kind_is_refused(model: type[Model], name: str, kind: type) -> None:
    for value in WRONG[kind]:
        validation = validate(model, {wire_name(model, name): value})

        reasons = [failure.reason for failure in validation.failures]
        assert reasons, value
        assert all(reason.startswith(name) and ": must be " in reason for reason in reasons), (
            reasons
        )


@pytest.mark.parametrize("principal", [None, [None], 5])
def test_a_principal_that_resolves_to_nothing_is_refused(principal: object) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:us-east-1:222222222222:accesspoint/x/object/*",
    }

    problems = list(policy_problems({"Version": "2012-10-17", "Statement": [statement]}, None))

    assert any("Principal" in problem.path for problem in problems)
