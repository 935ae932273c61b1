"""What programs send beside their arguments.

The engine's displays leave out what begins with ``__``.
"""

IDENTITY_KEY = "__identity"
"""Who declares the resource. The outputs keep the one it was created with."""

TIMEOUTS_KEY = "__timeouts"
"""The resource option ``custom_timeouts``, as ``{"create": "20m", …}``."""

RETAIN_KEY = "__retain"
"""The resource option ``retain_on_delete``, where it is set."""

IMPORT_KEY = "__import"
"""The resource option ``import_``, an ARN or id of what is adopted."""

DERIVED_KEY = "__derived"
"""How names begin that ``check`` derives from the declaration, as ``{"alias": "alias/…"}``."""

ACCESS_POLICY_KEY = "__accessPolicy"
"""Set on a store whose component declares its access policy, too."""

TAGS_ALL_KEY = "tagsAll"
"""What ``check`` computes. A program sends its own tags by this name: where they are secret, so is
what the engine gets back by the same name."""
