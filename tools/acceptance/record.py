"""The record of a run: what was found, redacted, as JSON that can be resumed and contributed."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

Verdict = Literal["confirmed", "refuted", "undetermined"]

OWNER = r"^acceptance-[0-9a-f]{12}$"
"""What values of the owner tag match."""

_Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Result(BaseModel):
    """What a run found of one assumption."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Verdict
    """``undetermined`` if the run could not decide it."""
    seen: str
    """What was seen, or why nothing was decided."""
    alternative: str | None = None
    """The alternative that was seen; None if none of those listed was."""
    on: _Date
    """The day."""
    calls: tuple[str, ...] = ()
    """The last calls and how they were answered."""


class Record(BaseModel):
    """What all runs with one owner found."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    service: Literal["AWS", "emulator"]
    """What answered."""
    region: str
    owner: Annotated[str, StringConstraints(pattern=OWNER)] = Field(
        default_factory=lambda: f"acceptance-{secrets.token_hex(6)}"
    )
    """Value of the owner tag."""
    results: dict[str, Result] = Field(default_factory=dict)
    """By the id of the assumption."""

    def save(self, path: Path) -> None:
        """Write it; what was there before is there until it is whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(self.model_dump_json(indent=2) + "\n")
        new.replace(path)


def read_record(path: Path) -> Record:
    """Read a record.

    Raises:
        ValueError: The file is not one. The text names it and each member that is wrong.
    """
    try:
        return Record.model_validate_json(path.read_text())
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}"
            for one in error.errors()
        )
        raise ValueError(f"{path} is not a record of make acceptance: {wrong}") from None


_PATTERNS = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"mrk-[0-9a-f]{32}", "<key>"),
    (r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}", "<access key>"),
    (r"\b\d{12}\b", "<another account>"),
    (r"\b\d{10}\b", "<id>"),
    (r"\b[0-9a-f]{64}\b", "<canonical user>"),
    (r"\b[a-z0-9-]+-s3alias\b", "<access point>"),
    (r"acceptance-[0-9a-f]{12}", "<owner>"),
    (r"([\"']?(?:RequestId|HostId|requestId)[\"']?[:=]\s*)[^\s,})]+", r"\1<request>"),
    (r"(arn:aws[a-z-]*:(?:iam|sts)::[^:\s]*:)[^\s\"',]*", r"\1<principal>"),
)


def redact(text: str, account: str) -> str:
    """Remove what names an account, a resource, a principal or a request."""
    text = text.replace(account, "<account>")
    for pattern, instead in _PATTERNS:
        text = re.sub(pattern, instead, text)
    return text
