"""What options take that name accounts."""

from __future__ import annotations

import re
from typing import Any

import click


def account_ids(_context: click.Context, _option: click.Parameter, value: Any) -> Any:
    """Require accounts of an option, which is given once or several times.

    Raises:
        click.BadParameter: One is no account.
    """
    for account in value if isinstance(value, tuple) else (value,):
        if account is not None and not re.fullmatch("[0-9]{12}", account):
            raise click.BadParameter(f"an account ID has 12 digits, not {account!r}")
    return value
