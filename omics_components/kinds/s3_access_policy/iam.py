"""IAM permissions of S3 access policies.

Source of the types: the service authorization reference (docs), which authorizes the actions of a
policy on its store.
"""

from __future__ import annotations

from omics_components.schema.iam import KindPermissions, Permission, only_with

_STORE = ("sequenceStore",)

_GET_STORE = Permission("omics:GetSequenceStore", _STORE)
_GET = Permission("omics:GetS3AccessPolicy", _STORE)
_PUT = Permission("omics:PutS3AccessPolicy", _STORE)

PERMISSIONS = KindPermissions(
    create=(
        _GET_STORE,
        _PUT,
        _GET,
        *only_with("a resumed creation", Permission("omics:ListTagsForResource")),
    ),
    read=(_GET,),
    update=(_PUT, _GET),
    delete=(Permission("omics:DeleteS3AccessPolicy", _STORE),),
    read_owner=(_GET,),
    write_owner=(_GET, _PUT),
    id_of=(_GET_STORE,),
)
