"""IAM permissions of sequence stores and of their readers.

Source of the types: the service authorization reference (docs). TagResource is authorized on the
store, also in the call that creates it.
"""

from __future__ import annotations

from omics_components.schema.iam import KindPermissions, Permission, merge, on, only_with

_STORE = ("sequenceStore",)

_GET = Permission("omics:GetSequenceStore", _STORE)
_LIST_READ_SETS = Permission("omics:ListReadSets", _STORE)
_DELETE = Permission("omics:DeleteSequenceStore", _STORE)
_TAG = Permission("omics:TagResource", _STORE)
_UNTAG = Permission("omics:UntagResource", _STORE)
_LIST_TAGS = Permission("omics:ListTagsForResource")

_UPDATE = (Permission("omics:UpdateSequenceStore", _STORE), _TAG, _UNTAG, _GET)

PERMISSIONS = KindPermissions(
    create=merge(
        on("omics", "ListSequenceStores", "CreateSequenceStore"),
        (_LIST_TAGS, _TAG, _GET),
        only_with("a KMS key", Permission("kms:DescribeKey", ("key",))),
        only_with("a resumed creation", _LIST_READ_SETS, *_UPDATE),
        only_with("a failed creation", _DELETE),
    ),
    read=(_GET, _LIST_TAGS),
    update=(*_UPDATE, _LIST_TAGS),
    delete=(
        _DELETE,
        _GET,
        _LIST_READ_SETS,
        *only_with("force_destroy", Permission("omics:BatchDeleteReadSet", _STORE)),
    ),
    read_owner=(_LIST_TAGS, *only_with("a busy store", _GET)),
    write_owner=(_TAG, *only_with("a busy store", _GET)),
    check_replacement=(_LIST_READ_SETS,),
)

READER = (
    Permission("s3:ListBucket", ("accesspoint",)),
    *on("s3", "GetObject", "GetObjectTagging", types=("accesspointobject",)),
    Permission("kms:Decrypt", ("key",)),
)
"""What reading the store through its S3 access point needs (docs: sharing, data protection)."""
