"""The component, with children of the native provider."""

# No `from __future__ import annotations` here: Pulumi reads annotations of components at run time.

from omics_components import component
from omics_components.engine.dynamic.options import refuse_unpassed
from omics_components.native.resources import KmsKey, S3AccessPolicy, S3Bucket, SequenceStore

# ruff: noqa: D101 the documentation is that of the other component


class EncryptedSequenceStore(component.EncryptedSequenceStore):
    __doc__ = component.EncryptedSequenceStore.__doc__

    _children = component.ChildTypes(KmsKey, S3Bucket, SequenceStore, S3AccessPolicy)
    _config_namespace = "omics-components"
    _refuse_options = staticmethod(refuse_unpassed)
