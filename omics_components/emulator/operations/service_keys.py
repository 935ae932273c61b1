"""Keys of the service: what encrypts a store that was created without one."""

import uuid

from omics_components.emulator.caller import Caller

_KEY_ACCOUNTS = ("559620149354", "333333333333")
"""Accounts of the service that own keys. The first one was seen in us-east-1 (assumed:
keyless-store-key)."""


def service_key_arn(caller: Caller, of: str = "") -> str:
    """Return the ARN of the service's key in the caller's Region (assumed: service-key-per-region).

    Args:
        caller: Whose Region; the key's account is never the caller's.
        of: What has a key of its own; empty for the Region's.
    """
    account = next(one for one in _KEY_ACCOUNTS if one != caller.account)
    name = f"{of}.omics.{caller.region}.amazonaws.com".lstrip(".")
    key_id = uuid.uuid5(uuid.NAMESPACE_DNS, name)
    return f"arn:{caller.partition}:kms:{caller.region}:{account}:key/{key_id}"
