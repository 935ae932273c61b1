"""A provider as programs and states have it: next to nothing, until an engine asks it something.

A program needs a provider only to record its import path. So the handlers, their models and all
that they need are loaded in the plugin process, and of these only the kind that is asked for.
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
    """Passes the engine's questions on to an adapter.

    Carries no attributes while it is part of a program, so that it is recorded in state as nothing
    but its import path; what ``configure`` keeps is set in the plugin process only.
    """

    serialize_as_secret_always = False

    _adapter: Adapter

    @classmethod
    def handler_type(cls) -> type[Handler[Any, Any]]:
        """Load the handler of the kind whose provider has this class's name."""
        return kind_of_provider(cls.__name__).handler

    def configure(self, req: ConfigureRequest) -> None:
        """Get ready to answer, with the stack's configuration."""
        # ruff: noqa: PLC0415 none of this is for programs
        from omics_components.engine.dynamic.adapter import Adapter
        from omics_components.engine.dynamic.call import end_call
        from omics_components.engine.dynamic.watchdog import watch_engine
        from omics_components.engine.dynamic.workers import widen_workers
        from omics_components.errors import OmicsComponentsError

        # The engine waits for the end of this process, which else begins with a search of all that
        # is loaded for garbage: 0.1 s, a fifth of what a short command costs this process.
        atexit.register(gc.freeze)
        watch_engine()
        try:
            widen_workers()
        except OmicsComponentsError as error:
            end_call(error)
        self._adapter = Adapter(self.handler_type(), req.config)

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Judge and complete the inputs."""
        return self._adapter.check(olds, news)

    def diff(self, id_: str, olds: Properties, news: Properties) -> DiffResult:
        """Say what changes and what that replaces."""
        return self._adapter.diff(id_, olds, news)

    def create(self, props: Properties) -> CreateResult:
        """Make the resource, or adopt it."""
        return self._adapter.create(props)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Look at the resource."""
        return self._adapter.read(id_, props)

    def update(self, id_: str, olds: Properties, news: Properties) -> UpdateResult:
        """Change the resource in place."""
        return self._adapter.update(id_, olds, news)

    def delete(self, id_: str, props: Properties) -> None:
        """Delete the resource."""
        self._adapter.delete(id_, props)
