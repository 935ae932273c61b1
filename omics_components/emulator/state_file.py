"""The state file: omics state as JSON, so that an emulator can be stopped and started again.

Only omics: keys, buckets and accounts of the moto services beside it are gone with the process.
"""

import json
import os
import tempfile
from pathlib import Path

from omics_components.emulator.world import World


def load(path: Path, world: World) -> None:
    """Read *path* into *world*; a file that does not exist, or is empty, is an empty world.

    Raises:
        ValueError: The file is not a state of this version.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text.strip():
        try:
            world.load_json(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not a state file of this emulator: {error}") from error


def save(path: Path, world: World) -> None:
    """Write *world* to *path*. A reader, or a crash, sees the old file or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(world.to_json(), stream, indent=1, sort_keys=True)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
