"""IAM permissions of S3 buckets.

Source of the types: the service authorization reference (docs). TagResource is authorized on the
bucket that CreateBucket makes with tags.
"""

from __future__ import annotations

from omics_components.schema.iam import KindPermissions, Permission, merge, on, only_with

_BUCKET = ("bucket",)
_OBJECT = ("object",)

_FIND = Permission("s3:GetBucketLocation", _BUCKET)
_GET_TAGS = Permission("s3:GetBucketTagging", _BUCKET)
_PUT_TAGS = Permission("s3:PutBucketTagging", _BUCKET)
_LIST_VERSIONS = Permission("s3:ListBucketVersions", _BUCKET)

_CONFIGURATION = on(
    "s3",
    "GetBucketPublicAccessBlock",
    "GetBucketOwnershipControls",
    "GetEncryptionConfiguration",
    "GetBucketVersioning",
    "GetLifecycleConfiguration",
    "GetBucketPolicy",
    types=_BUCKET,
)
_READ = (_FIND, *_CONFIGURATION, _GET_TAGS)
_PARTS = (
    *on("s3", "PutBucketPublicAccessBlock", "PutBucketOwnershipControls", types=_BUCKET),
    *on("s3", "PutEncryptionConfiguration", "PutBucketVersioning", types=_BUCKET),
    *on("s3", "PutLifecycleConfiguration", "PutBucketPolicy", types=_BUCKET),
)

PERMISSIONS = KindPermissions(
    create=merge(
        on("s3", "CreateBucket", "TagResource", types=_BUCKET),
        _PARTS,
        (_PUT_TAGS,),
        _READ,
        only_with("a resumed creation", _LIST_VERSIONS),
    ),
    read=_READ,
    update=(*_PARTS, _GET_TAGS, _PUT_TAGS),
    delete=(
        Permission("s3:DeleteBucket", _BUCKET),
        _LIST_VERSIONS,
        *only_with(
            "force_destroy",
            *on("s3", "DeleteBucketPolicy", "ListBucketMultipartUploads", types=_BUCKET),
            *on("s3", "DeleteObject", "DeleteObjectVersion", types=_OBJECT),
            *on("s3", "AbortMultipartUpload", types=_OBJECT),
        ),
    ),
    read_owner=(_GET_TAGS, *only_with("a state without region or account", _FIND)),
    write_owner=(_GET_TAGS, _PUT_TAGS, *only_with("a state without region or account", _FIND)),
    check_replacement=(_LIST_VERSIONS,),
)
