"""What ``stores.yaml`` may say, and the clear words when it says something else."""

from collections import Counter
from pathlib import Path

import pulumi
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class Entry(BaseModel):
    """One store."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")
    description: str = Field(min_length=1)
    tags: dict[str, str] = {}
    readers: list[str] = []
    own_key: bool = True

    @model_validator(mode="after")
    def _readers_can_decrypt(self) -> "Entry":
        if self.readers and not self.own_key:
            raise ValueError("readers need own_key: true")
        return self


class Catalogue(BaseModel):
    """All stores."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    stores: list[Entry]

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Catalogue":
        counts = Counter(entry.name for entry in self.stores)
        if twice := [name for name, count in counts.items() if count > 1]:
            raise ValueError(f"there are several stores called {', '.join(twice)}")
        return self


def load(path: Path) -> list[Entry]:
    """Read the stores that a file lists.

    Raises:
        pulumi.RunError: The file is not as it should be. Pulumi shows its text, and no traceback.
    """
    try:
        return Catalogue.model_validate(yaml.safe_load(path.read_text())).stores
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise pulumi.RunError("\n".join([f"{path.name} is not right:", *lines])) from error
