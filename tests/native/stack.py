"""A stack whose resources the native plugin serves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from omics_components.emulator import EmulatorServer
from omics_components.native import SequenceStore
from tests.engine.stack import Stack

_OURS = ("omics-components:index:", "pulumi-python:dynamic/")


class NativeStack(Stack):
    """One stack with a backend and a home of its own; its project names the plugin's folder.

    Args:
        folder: Where backend, home and project live.
        server: The emulator behind it.
    """

    def __init__(self, folder: Path, server: EmulatorServer, **options: Any) -> None:
        super().__init__(folder, server, **options)
        self._config = {"omics-components:region": "us-east-1", "aws:region": "us-east-1"}
        self._write_config()
        self.folder = folder
        self.name_plugin_folder(Path(sys.executable).parent)

    def name_plugin_folder(self, plugins: Path | None) -> None:
        """Name in Pulumi.yaml where the plugin is; None for nowhere."""
        project = self.folder / "project" / "Pulumi.yaml"
        settings = yaml.safe_load(project.read_text())
        settings.pop("plugins", None)
        if plugins is not None:
            plugin = {"name": "omics-components", "path": str(plugins)}
            settings["plugins"] = {"providers": [plugin]}
        project.write_text(yaml.safe_dump(settings))

    def resources(self) -> list[dict[str, Any]]:
        """List the recorded resources of this library, but components."""
        ours = [item for item in self._recorded() if item["type"].startswith(_OURS)]
        return [item for item in ours if "id" in item]

    def _declare(self) -> None:
        if callable(self._program):
            self._program()
            return
        for name, arguments in self._program.items():
            SequenceStore(name, **arguments)
