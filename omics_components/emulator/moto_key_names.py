"""What a call to KMS may name a key by. moto trips over some names, and is too lenient with others.

It takes an ARN for a key of the caller's account and Region, whatever account and Region it names;
a few operations fail on ARNs, or on keys that are not there. So moto is asked by ids only.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from omics_components.emulator.caller import Caller
from omics_components.emulator.error_shapes import error_of
from omics_components.emulator.iam_actions import Request
from omics_components.emulator.moto_state import find_key_by_id
from omics_components.emulator.wire import Response

_TARGET = "TargetKeyId"
_NAMES = ("KeyId", _TARGET, "SourceKeyId", "DestinationKeyId")

_ALSO_BY_ALIAS = frozenset(
    {
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncrypt",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)
"""Cryptographic operations, DescribeKey and GetPublicKey; all others take ids and ARNs (docs)."""

_ARN = re.compile(
    r"arn:[^:]+:kms:(?P<region>[^:]+):(?P<account>[^:]+):(key/(?P<key>[^:/]+)|(?P<alias>alias/.+))"
)


def with_plain_ids(request: Request, caller: Caller) -> bytes | Response:
    """Return the body of a call to KMS with ids in place of other names of keys.

    Returns:
        The body; or the refusal, if a name is of no key of the caller's account and Region.
    """
    asked = parameters(request)
    plain = dict(asked)
    for member in _NAMES:
        name = asked.get(member)
        if not isinstance(name, str):
            continue
        if member == _TARGET and name.startswith("alias/"):
            continue  # moto has a refusal of its own for an alias of an alias
        text, found = _find(name, caller, by_alias=request.operation in _ALSO_BY_ALIAS)
        if found is None:
            return error_of("kms", "NotFoundException", text)
        plain[member] = found
    return request.body if plain == asked else json.dumps(plain).encode()


def parameters(request: Request) -> Mapping[str, Any]:
    """Return the parameters of a call to KMS; none if its body is no JSON object."""
    try:
        asked = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _find(name: str, caller: Caller, *, by_alias: bool) -> tuple[str, str | None]:
    """Return the id of a key, or None and why there is none; the words are moto's."""
    local = name
    if match := _ARN.fullmatch(name):
        if match["region"] != caller.region:
            return f"Invalid arn {match['region']}", None
        if match["account"] != caller.account:
            return f"Key '{name}' does not exist", None
        local = match["key"] or match["alias"]
    is_alias = local.startswith("alias/")
    if is_alias and not by_alias:
        return f"Invalid keyId {name}", None
    found = find_key_by_id(local, account=caller.account, region=caller.region)
    if found:
        return "", found.arn.rpartition("/")[2]
    return f"Alias {name} is not found." if is_alias else f"Key '{name}' does not exist", None
