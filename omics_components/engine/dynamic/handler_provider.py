"""The dynamic provider that programs and states refer to, which loads its handler on demand.

A program needs a provider only to record its import path. So handlers, models and their
dependencies are only loaded in the plugin process, and only those of the requested kind.
"""

from __future__ import annotations

import atexit
import gc
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from omics_components.kinds.registry import kind_of_provider

if TYPE_CHECKING:
    from omics_components.engine.dynamic.adapter import Adapter
    from omics_components.engine.dynamic.properties import Properties
    from omics_components.lifecycle.handler import Handler


class HandlerProvider(ResourceProvider):
    """Forwards the engine's calls to an adapter.

    It has no attributes in a program, so that the state records only its import path; ``configure``
    sets them in the plugin process.
    """

    serialize_as_secret_always = False

    _adapter: Adapter

    @classmethod
    def handler_type(cls) -> type[Handler[Any, Any]]:
        """Load the handler of the kind whose provider has this class's name."""
        return kind_of_provider(cls.__name__).handler

    def configure(self, req: ConfigureRequest) -> None:
        """Set up the adapter with the stack's configuration."""
        # ruff: noqa: PLC0415 programs must not load these
        from omics_components.engine.dynamic.adapter import Adapter
        from omics_components.engine.dynamic.call import end_call
        from omics_components.engine.dynamic.workers import widen_workers
        from omics_components.engine.watchdog import watch_engine
        from omics_components.errors import OmicsComponentsError

        # The engine waits for this process to exit. Without freeze, Python first collects garbage
        # in all loaded modules: 0.1 s, a fifth of the process's time in a short command.
        atexit.register(gc.freeze)
        watch_engine()
        try:
            widen_workers()
        except OmicsComponentsError as error:
            end_call(error)
        self._adapter = Adapter(self.handler_type(), req.config)

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Validate and complete the inputs."""
        return self._adapter.check(olds, news)

    def diff(self, id_: str, olds: Properties, news: Properties) -> DiffResult:
        """Report what changes and what that replaces."""
        return self._adapter.diff(id_, olds, news)

    def create(self, props: Properties) -> CreateResult:
        """Create the resource, or adopt it."""
        return self._adapter.create(props)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Read the resource."""
        return self._adapter.read(id_, props)

    def update(self, id_: str, olds: Properties, news: Properties) -> UpdateResult:
        """Update the resource in place."""
        return self._adapter.update(id_, olds, news)

    def delete(self, id_: str, props: Properties) -> None:
        """Delete the resource."""
        self._adapter.delete(id_, props)
