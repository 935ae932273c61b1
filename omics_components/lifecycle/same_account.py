"""When "it is not there" may be believed: only from the account that would own it."""

from __future__ import annotations

from omics_components.aws.client import Aws
from omics_components.errors import InvalidCredentials


def require_same_account(aws: Aws, *, account: str, region: str, what: str) -> None:
    """Refuse to conclude anything from a missing resource of another account.

    Wrong credentials must not empty a state.

    Args:
        aws: The way into AWS.
        account: The account that owns the resource.
        region: Its region.
        what: The resource, as it stands in the error: ``the store``.

    Raises:
        InvalidCredentials: The caller is of another account.
    """
    caller = aws.account_id(region)
    if caller != account:
        raise InvalidCredentials(
            f"{what} belongs to account {account}, but the credentials to account {caller}: "
            "whether it exists is unknown"
        )
