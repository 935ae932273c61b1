"""IAM permissions of KMS keys.

Source of the types: the service authorization reference (docs). The actions of aliases are
authorized on the alias and on the key; TagResource on the key, also in the call that creates it.
"""

from __future__ import annotations

from omics_components.schema.iam import KindPermissions, Permission, merge, on, only_with

_KEY = ("key",)
_ALIAS_AND_KEY = ("alias", "key")

_DESCRIBE = Permission("kms:DescribeKey", _KEY)
_DESCRIBE_BY_ALIAS = Permission("kms:DescribeKey", _ALIAS_AND_KEY)
"""Asked of an alias that no key may have. The reference has the type key only
(assumed: describe-key-by-alias)."""
_LIST_TAGS = Permission("kms:ListResourceTags", _KEY)
_LIST_ALIASES = Permission("kms:ListAliases")
_TAG = Permission("kms:TagResource", _KEY)
_CREATE_ALIAS = Permission("kms:CreateAlias", _ALIAS_AND_KEY)
_DELETE_ALIAS = Permission("kms:DeleteAlias", _ALIAS_AND_KEY)
_MOVE_ALIAS = Permission("kms:UpdateAlias", _ALIAS_AND_KEY)

_CONFIGURATION = (
    *on("kms", "GetKeyPolicy", "GetKeyRotationStatus", types=_KEY),
    _LIST_TAGS,
    _LIST_ALIASES,
)
_CHANGE = (
    *on("kms", "PutKeyPolicy", "UpdateKeyDescription", types=_KEY),
    *on("kms", "EnableKeyRotation", "DisableKeyRotation", types=_KEY),
    _CREATE_ALIAS,
    _TAG,
    Permission("kms:UntagResource", _KEY),
)

PERMISSIONS = KindPermissions(
    create=merge(
        on("kms", "CreateKey"),
        (_TAG, Permission("kms:EnableKeyRotation", _KEY), _CREATE_ALIAS, _DESCRIBE_BY_ALIAS),
        _CONFIGURATION,
        on("tag", "GetResources"),
        only_with("the alias of a key scheduled for deletion", _MOVE_ALIAS),
        only_with("a resumed creation", *_CHANGE),
    ),
    read=(_DESCRIBE, *_CONFIGURATION),
    update=(
        *_CHANGE,
        _LIST_ALIASES,
        _DELETE_ALIAS,
        *only_with("the alias of a key scheduled for deletion", _DESCRIBE, _MOVE_ALIAS),
    ),
    delete=(
        *on("omics", "ListSequenceStores"),
        Permission("kms:ScheduleKeyDeletion", _KEY),
        _LIST_ALIASES,
        _DELETE_ALIAS,
    ),
    read_owner=(_LIST_TAGS, _DESCRIBE),
    write_owner=(_TAG,),
)
