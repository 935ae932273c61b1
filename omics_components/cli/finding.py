"""What one check of ``doctor`` found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from omics_components.errors import OmicsComponentsError


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It could not be made; why is told."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Args:
        check: What was checked, in a word or two.
        status: How it ended.
        text: What was found.
        advice: What to do; empty where nothing is to be done.
    """

    check: str
    status: Status
    text: str
    advice: str = ""

    @classmethod
    def of_error(cls, check: str, error: OmicsComponentsError) -> Finding:
        """Make a failure of an error."""
        text = str(error).removesuffix(error.advice).strip()
        return cls(check, Status.FAILED, text.removesuffix("."), error.advice)

    def __str__(self) -> str:
        return f"{self.text}. {self.advice}" if self.advice else self.text
