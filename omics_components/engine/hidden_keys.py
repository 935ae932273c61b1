"""The hidden keys: what programs send besides arguments, and states keep besides outputs.

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
"""What ``check`` computes. A program sends its own tags by this name: where they are secret, so is
what the engine gets back by the same name."""

GENERATION_KEY = "__generation"
"""Output: how many resources of the declaration came before."""

OWNER_KEY = "__owner"
"""Output: the owner tag that this state wrote. What AWS shows later never changes it."""

INCOMPLETE_KEY = "__incomplete"
"""Output: the last step was interrupted; what is recorded may differ from what is there."""

PROVIDER_KEY = "__provider"
"""The SDK's own: the recorded provider."""
