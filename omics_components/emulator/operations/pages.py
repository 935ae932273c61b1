"""Pages of a list: sizes, opaque tokens and the filters all lists share."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from omics_components.emulator.clock import from_wire
from omics_components.emulator.errors import invalid
from omics_components.emulator.settings import Settings

DEFAULT_PAGE_SIZE = 100
"""Items of a page without maxResults: the model's largest (assumed: list-page-size)."""

_SMALL_PAGE_SIZE = 10


class Listed(Protocol):
    """What can be listed."""

    serial: int
    creation_time_s: float
    update_time_s: float


Item = TypeVar("Item", bound=Listed)


def page(
    items: Iterable[Item],
    keep: Callable[[Item], bool],
    parameters: dict[str, Any],
    scope: str,
    settings: Settings,
) -> tuple[list[Item], str | None]:
    """Return one page in creation order (assumed: list-order) and the token of the next page.

    A page goes on after the last item's serial, so items deleted or made between two calls
    neither repeat nor hide others.

    Args:
        items: All items there are.
        keep: The filter.
        parameters: Parameters of the call; maxResults, nextToken and filter are read.
        scope: What is listed. A token of another list, or with another filter, is refused
            (assumed: page-token-scope).
        settings: Alternatives in force.

    Raises:
        ServiceError: ValidationException, the token is not one of this list.
    """
    digest = _scope_digest(scope, parameters.get("filter"))
    if settings.assumes("page-token-scope") == "accepted":
        digest = ""
    token = parameters.get("nextToken")
    after = _read_token(token, digest) if token else 0
    usual = _SMALL_PAGE_SIZE if settings.assumes("list-page-size") == "ten" else DEFAULT_PAGE_SIZE
    size = parameters.get("maxResults", usual)
    newest_first = settings.assumes("list-order") == "newest-first"

    def follows(item: Item) -> bool:
        return not after or (item.serial < after if newest_first else item.serial > after)

    rest = sorted(
        (item for item in items if follows(item) and keep(item)),
        key=lambda item: item.serial,
        reverse=newest_first,
    )
    shown = rest[:size]
    return shown, _write_token(shown[-1].serial, digest) if len(rest) > size else None


def in_time_range(item: Listed, criteria: dict[str, Any], settings: Settings) -> bool:
    """Return whether *item* passes the createdAfter/Before and updatedAfter/Before of *criteria*.

    A time equal to a bound does not pass (assumed: time-bounds).
    """
    slack_s = 0.0005 if settings.assumes("time-bounds") == "inclusive" else 0.0
    bounds = {
        "created": item.creation_time_s,
        "updated": item.update_time_s,
    }
    return all(
        (f"{verb}After" not in criteria or time_s > from_wire(criteria[f"{verb}After"]) - slack_s)
        and (
            f"{verb}Before" not in criteria
            or time_s < from_wire(criteria[f"{verb}Before"]) + slack_s
        )
        for verb, time_s in bounds.items()
    )


def criteria_of(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the filter's members that are not null."""
    criteria = parameters.get("filter") or {}
    return {name: value for name, value in criteria.items() if value is not None}


def text_matches(wanted: str | None, text: str | None, alternative: str | None) -> bool:
    """Return whether *text* passes the filter *wanted*.

    Args:
        wanted: What the filter holds; None passes everything.
        text: The value.
        alternative: ``prefix`` or ``contains``; None wants it to be equal as a whole.
    """
    if wanted is None:
        return True
    if alternative == "prefix":
        return (text or "").startswith(wanted)
    if alternative == "contains":
        return wanted.casefold() in (text or "").casefold()
    return wanted == text


def _scope_digest(scope: str, criteria: Any) -> str:
    text = json.dumps([scope, criteria], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write_token(serial: int, digest: str) -> str:
    return base64.urlsafe_b64encode(f"{digest}:{serial}".encode()).decode()


def _read_token(token: str, digest: str) -> int:
    try:
        found, _, serial = base64.urlsafe_b64decode(token).decode().partition(":")
        if found == digest:
            return int(serial)
    except ValueError:
        pass  # not base64, not UTF-8 or no number: answered below like a foreign token
    raise invalid("The nextToken is not valid for this request")
