"""Keys of the hidden inputs, which programs send in addition to their arguments.

The engine does not display keys that begin with ``__``.
"""

IDENTITY_KEY = "__identity"
"""Identity of the declaration. The outputs keep the one the resource was created with."""

TIMEOUTS_KEY = "__timeouts"
"""The resource option ``custom_timeouts``, as ``{"create": "20m", …}``."""

RETAIN_KEY = "__retain"
"""The resource option ``retain_on_delete``, if it is set."""

IMPORT_KEY = "__import"
"""The resource option ``import_``: ARN or ID of the resource to adopt."""

DERIVED_KEY = "__derived"
"""Stems of the names that ``check`` derives from the declaration: ``{"alias": "alias/…"}``."""

ACCESS_POLICY_KEY = "__accessPolicy"
"""Set on a store whose component also declares its access policy."""

TAGS_ALL_KEY = "tagsAll"
"""All tags, computed by ``check``. The program sends its own tags by this name, so that the engine
marks the computed ones as secret if the program's are."""
